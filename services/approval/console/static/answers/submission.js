/**
 * What becomes of an answer that was handed in: its workflows as they are reported, and the way to their cards.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { stateBadge } from "../../shared/elements/badge.js";
import { banner, loadingState } from "../../shared/elements/banner.js";
import { button, longId } from "../../shared/elements/button.js";
import { fill, h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { facts, part } from "../card/frame.js";
import { cardAddress } from "../routes.js";
import { handIn, submission as text } from "./text.js";

const AWAITING = "AWAITING_APPROVAL";
/** States of a workflow that has no card: nobody was asked yet, or nobody will be. */
const WITHOUT_CARD = new Set(["PROPOSED", "PLANNED", "REFUSED"]);

/** Milliseconds before a stream that the browser gave up is opened again; the last one repeats. */
const AGAIN = [1_000, 2_000, 4_000, 8_000];

/** Milliseconds in which another workflow of the answer would be known: all of them are proposed at once. */
const SETTLED = 1_000;

/** Milliseconds between two looks whether a card is there: its request follows its plan within a second. */
const CARD = [0, 300, 600, 1_000, 2_000, 4_000];

/** Returns the part of the page, with `follow(response)`, `focus()` and `close()`. */
export function submissionPart(context, { onAnother, onCard }) {
  const heading = h("h2", { tabindex: "-1" }, text.title);
  const list = part((piece) => listOf(piece));
  const notice = h("div", {});
  const another = h("div", { class: "act-row" });
  const body = h("div", { class: "panel-body stack" });
  const element = h(
    "section",
    { class: "panel", "aria-label": text.title },
    h("div", { class: "panel-head" }, heading),
    body,
  );
  let source = null;
  let response = null;
  let workflows = new Map();
  let refusal = null;
  let timer = null;
  let settling = null;
  let tries = 0;
  let goes = false;

  function show() {
    list.show({ workflows: [...workflows.values()], refusal });
    const id = facts([[text.response, longId(response, text.response)]]);
    const said = h("p", { class: "second" }, text.following);
    if (body.childElementCount === 0) {
      fill(another, button(handIn.another, { act: onAnother, focus: "another" }));
      body.append(said, notice, list.element, id, another);
    }
  }

  function take(message) {
    if (!message?.workflow_id) return;
    const { workflow_id: workflow, state, status, order_id: order, reason, final } = message;
    const before = workflows.get(workflow);
    if (before && before.sequence >= message.sequence) return;
    workflows.set(workflow, { workflow, state, status, order, reason, final, sequence: message.sequence });
    if (state === AWAITING && before?.state !== AWAITING) context.announce.say(text.waits);
    show();
    clearTimeout(settling);
    if (goes) settling = setTimeout(() => void go(), SETTLED);
  }

  /** Goes to the card where the answer has become one request that waits. */
  async function go() {
    const [only, ...others] = [...workflows.values()];
    if (others.length > 0 || only?.state !== AWAITING) return;
    const mine = response;
    for (const pause of CARD) {
      await new Promise((done) => setTimeout(done, pause));
      if (mine !== response) return;
      try {
        await context.http.get(`/approvals/${encodeURIComponent(only.workflow)}`);
        if (mine !== response) return;
        onCard();
        await context.navigate(cardAddress(only.workflow));
        return;
      } catch (failure) {
        if (!("status" in failure)) throw failure;
      }
    }
  }

  function open() {
    const mine = new EventSource(address("/hawk-agent/execute-actions", { response_id: response }));
    source = mine;
    mine.addEventListener("open", () => {
      tries = 0;
      fill(notice);
    });
    mine.addEventListener("message", (event) => source === mine && take(parsed(event.data)));
    mine.addEventListener("error", (event) => {
      if (source !== mine) return;
      // The service names the end of an answer that led to nothing "error" too: that one carries data.
      if (event.data !== undefined) return ended(parsed(event.data));
      if (mine.readyState !== EventSource.CLOSED || over()) return;
      fill(notice, banner("look", [{ first: text.lost }]));
      timer = setTimeout(open, AGAIN[Math.min(tries, AGAIN.length - 1)]);
      tries += 1;
    });
  }

  function over() {
    return refusal !== null || (workflows.size > 0 && [...workflows.values()].every((each) => each.final));
  }

  function ended(failure) {
    stop();
    if (failure?.workflow_id === null || workflows.size === 0) {
      refusal = failure?.error ?? failure?.reason ?? "";
      context.announce.alert(`${text.refused} ${refusal}`);
    }
    show();
  }

  function stop() {
    source?.close();
    source = null;
    clearTimeout(timer);
    clearTimeout(settling);
  }

  return {
    element,
    /** Follows an answer; `fresh`: it was handed in just now, so its one card is opened once it is there. */
    follow(wanted, fresh = false) {
      stop();
      goes = fresh;
      response = wanted;
      workflows = new Map();
      refusal = null;
      body.replaceChildren();
      show();
      open();
    },
    focus: () => heading.focus({ preventScroll: true }),
    close() {
      stop();
      response = null;
    },
  };
}

function parsed(words) {
  try {
    return JSON.parse(words);
  } catch {
    return null;
  }
}

function listOf({ workflows, refusal }) {
  if (refusal !== null) return banner("failed", [{ first: text.refused, text: plainText(refusal) }]);
  if (workflows.length === 0) {
    return h("div", { role: "status" }, h("p", { class: "second" }, text.read), loadingState(2));
  }
  const items = workflows.map(({ workflow, state, status, order, reason }, at) => {
    const name = order ?? text.request(at + 1);
    const named = { href: cardAddress(workflow), "data-focus": `card-${workflow}` };
    const link = WITHOUT_CARD.has(state) ? null : h("a", named, text.open);
    return h(
      "li",
      { class: "submission-line" },
      h("div", { class: "submission-head" }, h("b", { class: "id" }, name), stateBadge(state), link),
      h("p", { class: "second any" }, plainText(reason ?? status)),
    );
  });
  return h("ul", { class: "submission-list" }, items);
}
