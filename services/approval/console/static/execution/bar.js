/**
 * The bar below a workflow that was approved, or has ended: where to go from here. It decides nothing.
 */

import { button } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { clockTime, moment } from "../../shared/lib/time.js";
import { about, frame } from "../card/bar.js";
import { MENU } from "../navigation.js";
import { revocationOf } from "../life/revocation.js";
import { isReversible, openReversalRequest } from "../reversal/request.js";
import { cardAddress } from "../routes.js";
import { bar as text } from "./text.js";

const RUNNING = new Set(["APPROVED", "PREPARED", "BOOKING", "FAILED", "COMPENSATING", "REVERSING"]);

/** Endings after which another plan takes the place of this one. */
const REPLACED = new Set(["STALE_CONTEXT", "SUPERSEDED"]);

/** Returns the bar by what has become of the workflow. */
export function executionBar({ view, state, seen, decisions, taking }, page) {
  const back = link(text.back, "/", { focus: "back" });
  if (state === "APPROVED" && taking) {
    const given = { card: page.card, context: page.context, onDone: () => page.refresh() };
    const { made, said } = revocationOf(taking, given);
    return frame(text.label, [made, back], said ?? saidOf({ view, state, seen, decisions }));
  }
  return frame(text.label, buttonsOf(state, seen, page, back), saidOf({ view, state, seen, decisions }));
}

function buttonsOf(state, seen, page, back) {
  const order = { order: page.card.view.headline.order_id ?? "", workflow: page.workflow };
  if (state === "NEEDS_INTERVENTION") return [to("overrides", text.settle, "primary", order), back];
  if (seen.successor && REPLACED.has(state)) {
    return [link(text.openNew, cardAddress(seen.successor), { kind: "primary", focus: "new" }), back];
  }
  if (state === "COMPENSATED") return [to("answers", text.again, "primary", {}), back];
  if (seen.completedAt !== null && !RUNNING.has(state)) {
    const next = button(text.next, { kind: "primary", bar: true, focus: "next", act: () => void nextRequest(page) });
    const ask = () => openReversalRequest({ card: page.card, context: page.context });
    const reverse = button(text.reversal, { kind: "plain", icon: "back", bar: true, focus: "reversal", act: ask });
    return [next, isReversible(page.card.view.headline, state) && reverse, back];
  }
  return [back];
}

/** A page that the menu does not have does not exist yet, so nothing leads there. */
function to(name, words, kind, query, picture = null) {
  const known = MENU.flatMap((group) => group.pages).find((each) => each.name === name);
  return known ? link(words, address(known.href, query), { kind, picture, focus: name }) : null;
}

function link(words, href, { kind = null, picture = null, focus }) {
  const names = ["button", "button-bar", kind && `button-${kind}`].filter(Boolean).join(" ");
  return h(
    "a",
    { class: names, href, dataset: { focus } },
    picture && icon(picture),
    h("span", { class: "button-word" }, words),
  );
}

/** Goes to the first request that waits for this person; to the queue where none does. */
async function nextRequest(page) {
  let next = null;
  try {
    const queue = await page.context.http.get(address("/approvals", { tab: "mine" }));
    next = queue.approvals.find((each) => each.workflow_id !== page.workflow) ?? null;
  } catch {
    // The queue says what is wrong.
  }
  await page.context.navigate(next ? cardAddress(next.workflow_id) : "/");
}

function saidOf({ view, state, seen, decisions }) {
  if (RUNNING.has(state) && state !== "COMPENSATING" && state !== "FAILED") {
    return [h("p", {}, text.leave), h("p", { class: "muted small" }, text.leaveMore)];
  }
  return [
    h("p", {}, what(view, state, seen)),
    by(decisions, seen) && h("p", { class: "muted small" }, by(decisions, seen)),
  ];
}

function what({ headline }, state, seen) {
  const [bold] = about({ ...headline, deals: 0 });
  if (state === "COMPENSATING" && seen.undoing !== null) return [bold, text.toCancel(seen.undoing)];
  if (state === "COMPENSATED") return [bold, text.inEffect(seen.completed, seen.total)];
  return about(headline);
}

function by(decisions, seen) {
  const approved = decisions.filter((each) => each.decision === "APPROVE");
  const people = approved.map((each) => `${each.person} (${each.role})`).join(", ");
  const at = moment(approved.at(-1)?.decided_at ?? seen.approvedAt);
  return people && at ? text.by(people, clockTime(at)) : null;
}
