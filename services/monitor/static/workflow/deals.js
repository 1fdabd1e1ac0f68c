/**
 * The deals in the order in which Murex gets them: what each sells and buys, and what has become of it.
 */

import { amount } from "../../shared/elements/amount.js";
import { none, said } from "../../shared/elements/badge.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { deals as words } from "../../shared/elements/text-plan.js";
import { h, unseen } from "../../shared/lib/dom.js";
import { part } from "./part.js";
import { deals as text, timeline } from "./text.js";
import { book, resultOf } from "./timeline.js";

function path({ portfolio_from: from, portfolio_to: to }) {
  const arrow = [h("span", { class: "muted", "aria-hidden": "true" }, " → "), unseen(` ${timeline.to} `)];
  return h("span", {}, book(from), arrow, book(to));
}

/** Returns the latest group of a deal: its cancel where there is one. */
function groupOf(deal, groups) {
  const id = deal.deal_booking_id;
  return groups.findLast((each) => each.deal?.deal_booking_id === id);
}

function state(deal, groups) {
  const group = groupOf(deal, groups);
  if (group !== undefined) return resultOf(group);
  const [word, tone, picture] = text.planned;
  return said(word, { tone, icon: picture });
}

function tableOf({ name, list }, groups) {
  const { number, deal, path: way, sell, buy, rate } = words;
  const stands = text.state;
  return planTable({
    caption: text.caption(name),
    name: "deal-table",
    columns: [
      { text: number },
      { text: deal, as: "code" },
      { text: way },
      { text: sell, as: "amount" },
      { text: buy, as: "amount" },
      { text: rate, as: "count" },
      { text: stands },
    ],
    rows: list.map((each) => [
      { text: String(each.deal_sequence), class: "muted" },
      { text: h("code", { class: "any" }, each.deal_type) },
      { text: path(each), class: "deal-path" },
      { text: amount(each.sell_amount, { currency: each.sell_currency }), "data-label": sell },
      { text: amount(each.buy_amount, { currency: each.buy_currency }), "data-label": buy },
      {
        text: each.fx_rate === null ? none() : h("span", { title: each.rate_type }, each.fx_rate),
        "data-label": rate,
      },
      { text: h("div", {}, state(each, groups)), "data-label": stands },
    ]),
  });
}

/** Parts the deals by the event that they belong to, which each begins at 1. */
function parted(list, entities) {
  const events = [...new Set(list.map(({ event_id: event }) => event))];
  return events.map((event) => {
    const own = list.filter((each) => each.event_id === event);
    const entity = entities.find(({ entity_id: id }) => id === own[0].entity_id);
    const name = (entity?.name ?? "").replace(" Entity ", " ") || own[0].entity_id;
    return { name: events.length > 1 ? name : "", list: own };
  });
}

/** Returns the deals with `element` and `show(document)`. */
export function dealsPart() {
  const made = part(({ deals, entities, groups }) => {
    const tables = parted(deals, entities).map((each) => [
      each.name && h("h2", { class: "panel-body" }, each.name),
      tableOf(each, groups),
    ]);
    return h("div", {}, tables);
  });
  const element = h("div", {}, made.element);
  return {
    element,
    show({ deals, entities, timeline: { groups } }) {
      made.show({ deals, entities, groups: groups.filter(({ deal }) => deal !== null) });
    },
  };
}
