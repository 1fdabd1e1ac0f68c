/**
 * The deals of one event, in the order in which Murex gets them, and what every book ends with.
 */

import { h, unseen } from "../lib/dom.js";
import { amount } from "./amount.js";
import { planTable } from "./plan-table.js";
import { deals as words } from "./text-plan.js";

/**
 * Returns the table.
 * @param {Object[]} deals of `view.deals`, those of one part
 * @param {{net: Object, short: string}} flow of `view.flows`, of that part
 */
export function dealTable(deals, flow) {
  return planTable({
    caption: words.caption(flow.short),
    name: "deal-table",
    columns: [
      { text: words.number },
      { text: words.deal, as: "code" },
      { text: words.path },
      { text: words.sell, as: "amount" },
      { text: words.buy, as: "amount" },
      { text: words.rate, as: "count" },
    ],
    rows: deals.map((deal) => [
      { text: deal.number, class: "muted" },
      { text: [
        h("code", {}, deal.deal_type),
        deal.contract_id && h("code", { class: "two any" }, deal.contract_id),
      ] },
      { text: path(deal), class: "deal-path" },
      { text: money(deal.sell), "data-label": words.sell },
      { text: money(deal.buy), "data-label": words.buy },
      { text: rate(deal), "data-label": words.rate },
    ]),
    foot: flow.net ? [netOf(flow.net)] : [],
  });
}

/** Returns "external bank → CO_FX", with a word in place of the arrow for screen readers. */
export function path(deal) {
  const arrow = [h("span", { class: "muted", "aria-hidden": "true" }, " → "), unseen(` ${words.to} `)];
  return h("span", {}, deal.from_label, arrow, deal.to_label);
}

function money({ amount: text, currency }) {
  return amount(text, { currency });
}

function rate(deal) {
  if (deal.rate === null) return null;
  return h(
    "span",
    { title: deal.rate_type },
    deal.letter && h("span", { class: "muted" }, `${deal.letter} `),
    deal.rate,
  );
}

/** The last row says what each end of the flow has, and that nothing stays between. */
function netOf(net) {
  const text = [
    h("b", {}, `${words.net} ${net.text}`),
    net.between_text && h("span", { class: "muted" }, ` · ${net.between_text}`),
  ];
  return { class: "sum", cells: [{ text, span: 6, class: "deal-net" }] };
}
