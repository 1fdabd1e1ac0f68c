/**
 * One request of the queue as a row. A row is a function of its document; only its times go on by themselves.
 */

import { amount } from "../shared/elements/amount.js";
import { none, risk, stateBadge } from "../shared/elements/badge.js";
import { icon } from "../shared/elements/icons.js";
import { cell, row, rowHead } from "../shared/elements/table.js";
import { h, s } from "../shared/lib/dom.js";
import { absolute, ago, deadline, left, moment, span } from "../shared/lib/time.js";
import { cardAddress } from "./routes.js";
import { queue as text } from "./text.js";

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
  return document.headline.state === AWAITING;
}

function second(...children) {
  return h("span", { class: "two" }, children);
}

function request(document) {
  const { headline, attention = [] } = document;
  const title = [headline.title, headline.subject].filter(Boolean).join(", ");
  const facts = [
    headline.order_id && h("span", { class: "id" }, headline.order_id),
    headline.model && h("span", { class: "id" }, headline.model),
    h("span", { class: "id" }, headline.deals ? text.deals(headline.deals) : text.operations(headline.operations ?? 0)),
  ].filter(Boolean);
  const link = h("a", { class: "queue-link", href: cardAddress(document.workflow_id), "data-focus": "card" }, title);
  const line = facts.flatMap((fact, place) => (place === 0 ? [fact] : [" · ", fact]));
  const reasons = attention.map((reason) =>
    h("span", { class: "queue-reason", dataset: { tone: "look" } }, icon("warning"), h("span", {}, reason.text)),
  );
  return rowHead(REQUEST, link, second(line), reasons);
}

function needs(document) {
  const { who } = document;
  const why = document.tab === "others" && who.why_not ? who.why_not : document.because ?? who.rules?.[0] ?? null;
  const four = document.because && who.four_eyes ? "" : null;
  return cell(NEEDS, h("span", { class: "small strong" }, who.tier || none()), why && second(why, four));
}

/** Returns a dot for each place: filled by somebody, or open. */
function dots(given, needed) {
  const circle = (place) =>
    s("circle", { cx: 5 + place * 11, cy: 5, r: 3.5, class: place < given ? "dot dot-filled" : "dot" });
  const width = Math.max(1, needed) * 11;
  const shape = { class: "dots", viewBox: `0 0 ${width} 10`, width, height: 10, "aria-hidden": "true", focusable: "false" };
  return s("svg", shape, Array.from({ length: needed }, (_, place) => circle(place)));
}

function missing(who) {
  const names = (who.decisions ?? []).map(({ person }) => person);
  if (names.length === 0) return text.nobody;
  const open = (who.places ?? []).filter(({ filled_by: by }) => !by);
  return open.length === 0 ? names.join(", ") : text.needsMore(open[0].label);
}

function decided(document) {
  const { who, headline } = document;
  const names = missing(who);
  if (!isOpen(document)) return cell(DECIDED, stateBadge(headline.state), names !== text.nobody && second(names));
  if (!who.needed) return cell(DECIDED, none(), second(text.noneNeeded));
  const count = h("span", { class: "queue-count" }, dots(who.given, who.needed), text.given(who.given, who.needed));
  return cell(DECIDED, count, second(names));
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

function asked(document, ticks) {
  const { headline } = document;
  const at = moment(headline.requested_at);
  const unproved = headline.maker.verified ? null : h("span", { class: "toned two-tone", dataset: { tone: "look" } }, text.unproved);
  return cell(
    ASKED,
    h("span", { class: "any" }, headline.maker.name),
    second(at ? following(ticks, at, (now) => ago(at, now)) : none()),
    unproved && h("span", { class: "two" }, unproved),
  );
}

function expires(document, ticks) {
  const at = moment(document.headline.expires_at);
  if (at === null || !isOpen(document)) return cell(EXPIRES, none());
  const rest = following(ticks, at, (now) => (left(at, now) === 0 ? text.over : span(left(at, now))), "queue-left");
  ticks.push((now) => {
    rest.dataset.tone = left(at, now) <= SOON ? "look" : "waiting";
  });
  return cell(EXPIRES, rest, second(following(ticks, at, (now) => deadline(at, now))));
}

/**
 * Returns the row of a request, with `follow(now)` and its `document`.
 * @param {Object} document as the service gives it, with the `tab` it stands in
 * @param {Date} now
 */
export function queueRow(document, now) {
  const ticks = [];
  const { headline } = document;
  const cells = [
    request(document),
    cell(AMOUNT, amount(headline.amount, { currency: headline.currency ?? "" })),
    cell(USD, amount(headline.amount_usd)),
    cell(RISK, risk(document.risk?.computed ?? document.risk)),
    needs(document),
    decided(document),
    asked(document, ticks),
    expires(document, ticks),
  ];
  const element = row(cells, { href: cardAddress(document.workflow_id), names: needsAttention(document) ? "urgent" : "" });
  element.follow = (at) => ticks.forEach((tick) => tick(at));
  element.follow(now);
  return element;
}

/** Marks a row that is no longer in the list, and leaves it where it is: nothing moves under the pointer. */
export function markGone(element) {
  if (element.classList.contains("gone")) return;
  element.classList.add("gone");
  element.querySelector("th").append(h("span", { class: "queue-reason", dataset: { tone: "idle" } }, icon("info"), text.gone));
}
