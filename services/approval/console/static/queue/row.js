/**
 * One request of the queue as a row. A row is a function of its document; only its times go on by themselves.
 */

import { amount } from "../../shared/elements/amount.js";
import { none, risk, stateBadge } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { cell, row, rowHead } from "../../shared/elements/table.js";
import { h, s } from "../../shared/lib/dom.js";
import { absolute, ago, deadline, left, moment, span } from "../../shared/lib/time.js";
import { cardAddress } from "../routes.js";
import { queue as text } from "../text.js";

const AWAITING = "AWAITING_APPROVAL";

/** Time left, in milliseconds, from which it is amber. */
const SOON = 30 * 60 * 1000;

export const COLUMNS = [
  { key: "request", label: text.columns.request },
  { key: "amount", label: text.columns.amount, number: true },
  { key: "usd", label: text.columns.usd, number: true },
  { key: "risk", label: text.columns.risk },
  { key: "needs", label: text.columns.needs },
  { key: "decided", label: text.columns.decided },
  { key: "asked", label: text.columns.asked },
  { key: "expires", label: text.columns.expires, number: true },
];

const [REQUEST, AMOUNT, USD, RISK, NEEDS, DECIDED, ASKED, EXPIRES] = COLUMNS;

/** Returns whether a request comes before the others. */
export function needsAttention(document) {
  return (document.attention ?? []).length > 0;
}

/** Returns whether a request still waits for somebody. */
export function isOpen(document) {
  return document.state === AWAITING;
}

function second(...children) {
  return h("span", { class: "two" }, children);
}

/** Returns the parts of "ORD-… · A-COI · 6 deals", each of which stays on one line. */
function facts(subtitle) {
  const parts = String(subtitle ?? "").split(" · ");
  return parts.flatMap((part, place) => [place > 0 && " · ", h("span", { class: "fact" }, part)]);
}

function request(document) {
  const { title, subtitle, workflow_id: workflow, attention = [], turn = null } = document;
  const link = h("a", { class: "queue-link", href: cardAddress(workflow), "data-focus": "card" }, title);
  const reason = (tone, name, words) =>
    h("span", { class: "queue-reason", dataset: { tone } }, icon(name), h("span", {}, words));
  const reasons = attention.map((each) => reason("look", "warning", each.text));
  return rowHead(REQUEST, link, second(facts(subtitle)), reasons, turn && reason("idle", "clock", turn.text));
}

function needs({ needs: { role, text: because, rules = [] }, tab, why_not: whyNot }) {
  const why = tab === "others" && whyNot ? whyNot : because;
  const shown = why ? h("span", { title: rules.join("\n") || null }, why) : null;
  return cell(NEEDS, h("span", { class: "queue-role" }, role || none()), shown && second(shown));
}

/** Returns a dot for each place: filled by somebody, or open. */
function dots(marks) {
  const width = Math.max(1, marks.length) * 11;
  const circles = marks.map((filled, place) =>
    s("circle", { cx: 5 + place * 11, cy: 5, r: 3.5, class: filled ? "dot dot-filled" : "dot" }),
  );
  const view = { viewBox: `0 0 ${width} 10`, width, height: 10, "aria-hidden": "true", focusable: "false" };
  return s("svg", { class: "dots", ...view }, circles);
}

function decided(document) {
  const { given, needed, marks = [], text: words } = document.decided;
  if (!isOpen(document)) return cell(DECIDED, stateBadge(document.state), words && second(words));
  if (!needed) return cell(DECIDED, none(), second(words));
  const count = h("span", { class: "queue-count" }, dots(marks), text.given(given, needed));
  return cell(DECIDED, count, second(words));
}

/** Returns an element whose words follow the clock: `follow(now)`. */
function following(ticks, at, wordsOf, className = null) {
  const element = h("span", { class: className, title: absolute(at) });
  ticks.push((now) => {
    const words = wordsOf(now);
    if (element.textContent !== words) element.textContent = words;
  });
  return element;
}

function asked({ maker, requested_at: requestedAt }, ticks) {
  const at = moment(requestedAt);
  const unproved = h("span", { class: "two" }, h("span", { class: "toned", dataset: { tone: "look" } }, text.unproved));
  return cell(
    ASKED,
    h("span", { class: "any", dataset: { label: ASKED.label } }, maker.name),
    second(at ? following(ticks, at, (now) => ago(at, now)) : none()),
    maker.verified ? null : unproved,
  );
}

function expires(document, ticks) {
  const at = moment(document.expires_at);
  if (!isOpen(document)) return over(document, ticks);
  if (at === null) return cell(EXPIRES, none());
  const rest = following(ticks, at, (now) => (left(at, now) === 0 ? text.over : span(left(at, now))), "queue-left");
  ticks.push((now) => {
    rest.dataset.tone = left(at, now) <= SOON ? "look" : "waiting";
  });
  return cell(EXPIRES, rest, second(following(ticks, at, (now) => deadline(at, now))));
}

/** Returns when it was decided, in the place of a deadline that no longer counts. */
function over({ decided_at: decidedAt }, ticks) {
  const at = moment(decidedAt);
  if (at === null) return cell(EXPIRES, none());
  return cell(
    { ...EXPIRES, label: text.columns.decided },
    following(ticks, at, (now) => ago(at, now), "queue-left"),
    second(following(ticks, at, (now) => deadline(at, now))),
  );
}

/**
 * Returns the row of a request, with `follow(now)` and its `document`.
 * @param {Object} document as the service gives it, with the `tab` it stands in
 * @param {Date} now
 */
export function queueRow(document, now) {
  const ticks = [];
  const cells = [
    request(document),
    cell(AMOUNT, amount(document.amount, { currency: document.currency ?? "" })),
    cell(USD, amount(document.amount_usd)),
    cell(RISK, risk(document.risk)),
    needs(document),
    decided(document),
    asked(document, ticks),
    expires(document, ticks),
  ];
  const names = needsAttention(document) ? "urgent" : "";
  const element = row(cells, { href: cardAddress(document.workflow_id), names });
  element.follow = (at) => ticks.forEach((tick) => tick(at));
  element.follow(now);
  return element;
}

/** Marks a row that is no longer in the list, and leaves it where it is: nothing moves under the pointer. */
export function markGone(element) {
  if (element.classList.contains("gone")) return;
  element.classList.add("gone");
  const said = h("span", { class: "queue-reason", dataset: { tone: "idle" } }, icon("info"), text.gone);
  element.querySelector("th").append(said);
}
