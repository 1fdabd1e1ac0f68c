/**
 * The dialog in which somebody decides: what is signed, in full; one request, whatever is pressed; and then the truth,
 * read from the card. It never says "recorded" before the service did.
 */

import { banner } from "../../shared/elements/banner.js";
import { busy, button } from "../../shared/elements/button.js";
import { environmentBlock } from "../../shared/elements/environment.js";
import { fill, focused, h, newId } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { absolute, deadline, moment } from "../../shared/lib/time.js";
import { leftOf, tell } from "../card/frame.js";
import { keepComment, keepNote, keptComment } from "./comment.js";
import { entitiesOf, factsOf, headOf, noticesOf } from "./facts.js";
import { signDecision, whyNoPasskeys } from "../passkeys/browser.js";
import { signing } from "../passkeys/text.js";
import { commentField, typedField } from "./fields.js";
import { CHANGED, OPEN, RECORDED, truthOf } from "./truth.js";
import { bar, dialog as text, outcome } from "../card/text.js";

const SIGNED_OUT = 401;
/** From here on an answer does not say whether the service recorded the decision before it failed. */
const UNSURE = 500;
/** Milliseconds between two looks at the card while the service is away; the last one repeats. */
const LOOKS = [400, 1_000, 2_000, 4_000];

const KINDS = {
  APPROVE: { label: () => bar.approve, busy: bar.approving, icon: "tick", tone: "primary", title: text.approve },
  REJECT: { label: () => bar.reject, busy: bar.rejecting, icon: null, tone: "danger", title: text.reject },
  WITHDRAW: { label: () => bar.withdraw, busy: bar.withdrawing, icon: null, tone: "danger", title: text.withdraw },
};

/**
 * Opens the dialog.
 *
 * @param {Object} options
 * @param {string} options.decision APPROVE, REJECT or WITHDRAW
 * @param {Object} options.card
 * @param {Object} options.context of the page
 * @param {{count: number, all: number, missing: string[], keys: string[]}} options.viewed keys of the sections that are
 *   ticked, and names of those that are not
 * @param {boolean} options.observes what is approved is not executed
 * @param {(card: Object) => void} options.onDecided the decision is recorded; the card as it is then
 * @param {() => void} options.onShowChanges
 * @param {() => void} options.onClosed
 * @returns `{update(card), changed(), close(), tick(now)}`
 */
export function openDialog(options) {
  const { decision, card, context } = options;
  const kind = KINDS[decision];
  const person = context.session.person;
  const asked = { digest: card.plan_digest, person, decision };
  const comment = commentField(
    decision,
    keptComment(person, card.workflow_id),
    (written) => keepComment(person, card.workflow_id, written),
  );
  const typed = decision === "APPROVE" ? typedField(card.view) : null;
  const cancel = button(text.cancel, { bar: true, act: () => close() });
  const label = decision === "APPROVE" && options.observes ? bar.observe : kind.label();
  const press = button(label, { kind: kind.tone, icon: kind.icon, bar: true, act: () => void send() });
  const result = h("div", { class: "dialog-result", role: "alert" });
  const foot = h("div", { class: "dialog-buttons" }, cancel, press);
  const element = frame({ options, kind, comment, typed, result, foot });
  let state = "ready";
  let over = null;

  function close() {
    if (state === "sending" || state === "closed") return;
    state = "closed";
    element.close();
    element.remove();
    options.onClosed();
  }

  function say([first, rest], tone = "failed") {
    fill(result, banner(tone, [{ first, text: rest }]));
  }

  /** Puts another button in the place of both; what had focus there has it again. */
  function replace(made) {
    const had = foot.contains(focused()) || focused() === document.body;
    fill(foot, made);
    if (had) made.focus();
  }

  function settle(now) {
    const { kind: found, sentence } = truthOf(now, asked);
    if (found === RECORDED) return recorded(now);
    if (found === OPEN) return false;
    state = "over";
    if (over === found) return true;
    over = found;
    say(sentence);
    replace(
      found === CHANGED
        ? button(text.show, { kind: "primary", bar: true, act: () => (close(), options.onShowChanges()) })
        : button(text.close, { bar: true, act: close }),
    );
    return true;
  }

  function recorded(now) {
    state = "ready";
    keepComment(person, card.workflow_id, "");
    close();
    options.onDecided(now);
    return true;
  }

  async function send() {
    if (state !== "ready" || !comment.check() || (typed && !typed.check())) return;
    state = "sending";
    fill(result);
    const end = busy(press, kind.busy);
    cancel.setAttribute("aria-disabled", "true");
    try {
      await ask();
    } finally {
      end();
      cancel.removeAttribute("aria-disabled");
    }
  }

  async function ask() {
    let now;
    try {
      now = await post(options, asked, comment.value());
    } catch (failure) {
      await failed(failure);
      return;
    }
    // The answer is the card; where it does not say so, nothing is claimed.
    if (!settle(now)) recorded(now);
  }

  async function failed(failure) {
    if (failure.status === SIGNED_OUT) {
      keepNote(person, card.workflow_id, outcome.sessionOver);
      return;
    }
    const unsure = !failure.known || failure.status === 0 || failure.status >= UNSURE;
    if (unsure) say(outcome.looking, "look");
    const now = await look(unsure);
    if (state === "closed" || now === null) return;
    state = "ready";
    if (settle(now)) return;
    say(unsure ? outcome.nothing : outcome.refused(failure.sentence));
    press.focus();
  }

  /** Reads the card until it is there. After a plain refusal one look is enough. */
  async function look(patient) {
    const at = address(`/approvals/${encodeURIComponent(card.workflow_id)}`, { detail: "false" });
    for (let tries = 0; element.isConnected; tries += 1) {
      try {
        return await context.http.get(at);
      } catch (failure) {
        if (failure.status === SIGNED_OUT) return null;
        if (!patient) return card;
        say(outcome.stillLooking, "look");
      }
      await new Promise((done) => setTimeout(done, LOOKS[Math.min(tries, LOOKS.length - 1)]));
    }
    return null;
  }

  element.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  (context.root ?? document.body).append(element);
  tell(element, context.clock.now(), leftWords);
  element.showModal();
  cancel.focus();
  return {
    element,
    // What somebody approved meanwhile may turn out to be replaced: then there is something to show.
    update: (now) => (state === "ready" || state === "over") && settle(now),
    close: () => {
      if (state === "sending") state = "ready";
      close();
    },
    tick: (now) => tell(element, now, leftWords),
    get open() {
      return state !== "closed";
    },
  };
}

const leftWords = (span) => `in ${span}`;

/** Returns whether the decision carries the signature of a passkey. */
function signs(card, decision) {
  return decision === "APPROVE" && card.policy.signed === true;
}

/** Returns that a passkey signs, or why this browser has none. */
function signingOf() {
  const why = whyNoPasskeys();
  const line = why === null ? { first: signing.asked, text: signing.askedText } : { first: signing.cannot, text: why };
  return banner(why === null ? "accent" : "look", [{ ...line, icon: "key" }]);
}

async function post({ card, context, viewed }, { digest, decision }, written) {
  const at = `/approvals/${encodeURIComponent(card.workflow_id)}`;
  if (decision === "WITHDRAW") return context.http.post(`${at}/withdrawal`, { reason: written });
  const said = { decision, plan_digest: digest, comment: written, viewed: viewed.keys };
  if (!signs(card, decision)) return context.http.post(`${at}/decisions`, said);
  const assertion = await signDecision(context.http, card.workflow_id, digest);
  return context.http.post(`${at}/decisions`, { ...said, assertion });
}

function frame({ options, kind, comment, typed, result, foot }) {
  const { card, context, viewed, decision, observes } = options;
  const title = newId("dialog");
  const { view } = card;
  const approves = decision === "APPROVE";
  const at = moment(card.expires_at);
  const note = [text.expires(deadline(at, context.clock.now())), leftOf(card.expires_at)];
  return h(
    "dialog",
    { class: "dialog decision-dialog", "aria-labelledby": title },
    h(
      "div",
      { class: "dialog-body" },
      h(
        "div",
        { class: "dialog-head" },
        h("h2", { class: "dialog-title", id: title }, approves && observes ? text.observe : kind.title),
        environmentBlock(context.environment),
      ),
      h("div", {}, headOf(view)),
      approves && entitiesOf(view),
      approves ? factsOf({ view, person: context.session.person }) : null,
      approves && noticesOf(view, viewed, observes),
      signs(card, decision) && signingOf(),
      typed?.element,
      comment.element,
      result,
    ),
    h("div", { class: "dialog-foot" }, h("span", { class: "dialog-note", title: absolute(at) }, note), foot),
  );
}
