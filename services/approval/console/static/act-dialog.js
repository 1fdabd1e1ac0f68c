/**
 * The dialog of one act: what it does, its reason, and who does it. Focus first on Cancel; one request, whatever is
 * pressed. Where no answer came, it looks until it knows whether the act was recorded.
 */

import { banner } from "../shared/elements/banner.js";
import { busy, button } from "../shared/elements/button.js";
import { environmentBlock } from "../shared/elements/environment.js";
import { fill, h, newId } from "../shared/lib/dom.js";
import { facts } from "./card/frame.js";
import { act as text } from "./control/text.js";

const SIGNED_OUT = 401;
/** From here on an answer does not say whether the service recorded the act before it failed. */
const UNSURE = 500;
/** Milliseconds between two looks while the service is away; the last one repeats. */
const LOOKS = [400, 1_000, 2_000, 4_000];

/** Returns the fact of who acts, by which roles. */
export function youOf({ name, roles }) {
  return [text.you, `${name}, ${roles.join(", ")}`];
}

/** Returns whether it is certain that nothing was done. */
function certain(failure) {
  return failure.known && failure.status > 0 && failure.status < UNSURE;
}

/** Returns the link to sign in again where an act needs a later sign-in; the page comes back to where it was. */
function signInLink(failure) {
  const address = failure.document?.sign_in?.address;
  return failure.status === SIGNED_OUT && address ? h("a", { href: address }, text.signIn) : null;
}

/**
 * Opens the dialog.
 *
 * @param {Object} options
 * @param {string} options.title a question
 * @param {string} options.label of the button that acts
 * @param {string} options.busy what it says meanwhile
 * @param {string} [options.kind] "primary" or "danger"
 * @param {string} [options.icon]
 * @param {{tone: string, lines: Object[]}} [options.consequence] what follows, as a banner
 * @param {Array} [options.facts] pairs of a term and a value
 * @param {{element: Element, check: () => boolean}[]} [options.fields]
 * @param {() => Promise<Object>} options.send makes the request
 * @param {() => Promise<boolean>} options.look reads whether it was done; rejects where nobody answers
 * @param {(answer: Object|null) => void} options.onDone the act is recorded; null where that was looked up
 * @param {() => void} [options.onClosed]
 */
export function openAct(options) {
  const from = document.activeElement;
  const cancel = button(text.cancel, { bar: true, act: () => close() });
  const press = button(options.label, {
    kind: options.kind ?? "primary",
    icon: options.icon ?? null,
    bar: true,
    act: () => void send(),
  });
  const result = h("div", { class: "dialog-result", role: "alert" });
  const foot = h("div", { class: "dialog-buttons" }, cancel, press);
  const element = frame(options, result, foot);
  let state = "ready";

  function close() {
    if (state === "sending" || state === "closed") return;
    state = "closed";
    element.close();
    element.remove();
    options.onClosed?.();
    backTo(from);
  }

  function say(tone, first, rest, link = null) {
    fill(result, banner(tone, [{ first, text: rest, link }]));
  }

  async function send() {
    const wrong = (options.fields ?? []).filter((field) => !field.check());
    if (state !== "ready" || wrong.length > 0) return wrong[0]?.focus?.();
    state = "sending";
    fill(result);
    const end = busy(press, options.busy);
    cancel.setAttribute("aria-disabled", "true");
    let outcome;
    try {
      outcome = { answer: await options.send() };
    } catch (failure) {
      outcome = await afterwards(failure);
    }
    end();
    cancel.removeAttribute("aria-disabled");
    state = element.isConnected ? "ready" : "closed";
    if (state === "closed") return;
    if ("answer" in outcome) {
      close();
      options.onDone(outcome.answer);
    } else {
      say("failed", text.notDone, outcome.sentence, outcome.link);
      press.focus();
    }
  }

  /** Returns what is known after a failure: `answer` where the act was done all the same. */
  async function afterwards(failure) {
    if (!("status" in failure)) throw failure;
    if (certain(failure)) return { sentence: failure.sentence, link: signInLink(failure) };
    say("look", text.unsure, text.looking);
    for (let tries = 0; element.isConnected; tries += 1) {
      try {
        return (await options.look()) ? { answer: null } : { sentence: text.notRecorded };
      } catch (later) {
        if (certain(later)) return { sentence: later.sentence, link: signInLink(later) };
        await new Promise((done) => setTimeout(done, LOOKS[Math.min(tries, LOOKS.length - 1)]));
      }
    }
    return { sentence: failure.sentence };
  }

  element.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  document.body.append(element);
  element.showModal();
  cancel.focus();
  return { element, close };
}

/** Puts focus back where it was, or on what has taken its place. */
function backTo(from) {
  if (from?.isConnected) return from.focus({ preventScroll: true });
  const name = from?.dataset?.focus;
  const again = name ? document.querySelector(`[data-focus="${CSS.escape(name)}"]`) : null;
  (again ?? document.querySelector("main h1"))?.focus({ preventScroll: true });
}

function frame({ title, consequence, facts: pairs = [], fields = [] }, result, foot) {
  const id = newId("act");
  const head = h("div", { class: "dialog-head" }, h("h2", { class: "dialog-title", id }, title), environmentBlock());
  const parts = [
    head,
    pairs.length > 0 && facts(pairs, "facts dialog-facts"),
    consequence && banner(consequence.tone, consequence.lines),
    fields.map((field) => field.element),
    result,
  ];
  return h(
    "dialog",
    { class: "dialog decision-dialog", "aria-labelledby": id },
    // What is long scrolls, also where nothing in it takes focus.
    h("div", { class: "dialog-body", tabindex: fields.length === 0 ? "0" : null }, parts),
    h("div", { class: "dialog-foot" }, foot),
  );
}
