/**
 * The bar below a card: what may be done, in the plan's order, and what is being decided.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { leftOf } from "./frame.js";
import { shortDigest } from "./changes.js";
import { bar as text } from "./text.js";

/**
 * Returns the bar of a request that waits.
 *
 * @param {{view: Object, against: string[]|null, observes: boolean, mayReject: boolean, mayWithdraw: boolean}} piece
 * @param {{approve: Function, review: Function, reject: Function, withdraw: Function, leave?: Function}} acts
 */
export function decisionBar(piece, acts) {
  const { view, against, observes, mayReject, mayWithdraw } = piece;
  const label = observes ? text.observe : text.approve;
  const asked = against === null ? null : forbidden(label, against[0], { bar: true, focus: "approve" });
  const primary = asked
    ? asked.firstElementChild
    : button(label, { kind: "primary", icon: "tick", bar: true, focus: "approve", act: acts.approve });
  const secondary = [
    button(text.review, { icon: "eye", bar: true, focus: "review", act: acts.review }),
    mayWithdraw && button(text.withdraw, { kind: "danger", bar: true, focus: "withdraw", act: acts.withdraw }),
    mayReject && !mayWithdraw && button(
      text.reject,
      { kind: "danger", bar: true, focus: "reject", act: acts.reject },
    ),
    cancel(acts.leave),
  ];
  const said = asked ? refusal(asked.lastElementChild, against[1], view) : deciding(view);
  return frame(text.label, [primary, ...secondary], said);
}

/** Cancel leads to the queue; inside another site that site leads on. */
function cancel(leave) {
  const names = "button button-plain button-bar";
  const common = { class: names, title: text.cancelTitle, dataset: { focus: "cancel" } };
  const said = [
    h("span", { class: "button-word" }, text.cancel),
    h("span", { class: "unseen" }, `. ${text.cancelTitle}`),
  ];
  if (leave) return h("button", { type: "button", ...common, on: { click: leave } }, said);
  return h("a", { href: "/", ...common }, said);
}

/** Returns any bar: buttons left, what it is about right. */
export function frame(label, buttons, said) {
  return h(
    "div",
    { class: "action-bar", role: "region", "aria-label": label, id: "decision", tabindex: "-1" },
    h("div", { class: "action-bar-buttons" }, buttons),
    h("div", { class: "action-bar-said" }, said),
  );
}

function deciding({ headline, digest }) {
  return [
    h("p", {}, about(headline)),
    h(
      "p",
      { class: "muted small" },
      `${text.names} `,
      h("code", { title: digest }, shortDigest(digest).replace(/^sha256:/, "")),
      " · ",
      expires(headline),
    ),
  ];
}

function refusal(why, rest, { headline, digest }) {
  why.classList.add("action-bar-reason");
  const second = rest || [
    `${text.now} `,
    h("code", { title: digest }, shortDigest(digest).replace(/^sha256:/, "")),
    " · ",
    expires(headline),
  ];
  return [h("p", {}, why), h("p", { class: "muted small" }, second)];
}

function expires(headline) {
  const left = leftOf(headline.expires_at);
  left.dataset.words = "expires";
  return left;
}

/** Returns "HKD 400,000,000.00, 18 deals, 125 operations", the amount in bold. */
export function about(headline) {
  const { amount, currency, title, deals, operations } = headline;
  const what = amount ? withCode(currency, amount) : title;
  return [h("b", {}, what), text.deciding("", deals, operations).replace(/^/, ", ")];
}
