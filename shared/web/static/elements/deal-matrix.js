/**
 * What has become of each deal: sent, received by Murex, booked with its contract; or cancelled one by one.
 * Rows are deals, columns entities. One entity: one column with contract, attempts and time.
 */

import { h } from "../lib/dom.js";
import { short } from "../lib/money.js";
import { path } from "./deal-table.js";
import { icon } from "./icons.js";
import { planTable } from "./plan-table.js";
import { matrix as words } from "./text-plan.js";

/**
 * Returns the table.
 *
 * @param {Object} options
 * @param {Object[]} options.deals `view.deals`
 * @param {Object[]} options.flows `view.flows`: a column each
 * @param {(deal: Object) => {status: string, contract?: string, attempt?: number, since?: string}} options.cellOf
 * @param {{label: string, counts: {some: number, all: number}[]}} options.sum the last row, a count for each column
 */
export function dealMatrix({ deals, flows, cellOf, sum }) {
  return flows.length > 1 ? several(deals, flows, cellOf, sum) : single(deals, cellOf, sum);
}

function several(deals, flows, cellOf, sum) {
  const numbers = [...new Set(deals.map((deal) => deal.number))];
  const at = (number, flow) => deals.find((deal) => deal.number === number && deal.part === flow.part);
  return planTable({
    caption: words.caption,
    name: "deal-matrix is-several",
    columns: [
      { text: words.number },
      { text: words.deal },
      ...flows.map((flow) => ({ text: [h("b", {}, flow.short), ` ${short(flow.amount)}`] })),
    ],
    rows: numbers.map((number) => {
      const first = deals.find((deal) => deal.number === number);
      return [
        { text: number, class: "muted" },
        { text: nameOf(first), class: "deal-path" },
        ...flows.map((flow) => cell(at(number, flow), cellOf, flow)),
      ];
    }),
    foot: [
      {
        class: "sum",
        cells: [
          { text: sum.label, span: 2 },
          ...sum.counts.map(({ some, all }, index) => ({
            text: words.of(some, all),
            "data-label": flows[index].short,
          })),
        ],
      },
    ],
  });
}

function cell(deal, cellOf, flow) {
  if (deal === undefined) return { text: null, "data-label": flow.short };
  const found = cellOf(deal);
  return { text: state(found), class: found.status === "declined" ? "is-declined" : null, "data-label": flow.short };
}

function single(deals, cellOf, sum) {
  return planTable({
    caption: words.caption,
    name: "deal-matrix is-single",
    columns: [
      { text: words.number },
      { text: words.deal },
      { text: words.contract },
      { text: words.attempts, as: "count" },
      { text: words.time, as: "count" },
    ],
    rows: deals.map((deal) => {
      const found = cellOf(deal);
      return [
        { text: deal.number, class: "muted" },
        { text: nameOf(deal), class: "deal-path" },
        { text: state(found), class: found.status === "declined" ? "is-declined" : null },
        { text: found.attempt ? String(found.attempt) : null, "data-label": words.attempts },
        { text: found.since ?? null, class: "mono", "data-label": words.time },
      ];
    }),
    foot: [{
      class: "sum",
      cells: [{ text: sum.label, span: 2 }, { text: words.of(sum.counts[0].some, sum.counts[0].all), span: 3 }],
    }],
  });
}

/** Returns "CO_FX → UHDIC", or "INSTC, hedge spot" for a deal of a book with itself. */
function nameOf(deal) {
  return deal.from === deal.to ? h("span", {}, `${deal.from_label}, ${deal.purpose}`) : path(deal);
}

function state({ status, contract }) {
  const [word, name, tone] = words.states[status] ?? words.states.planned;
  const said = contract && status === "booked" ? h("code", { class: "any" }, contract) : word;
  return h(
    "span",
    { class: "said", dataset: { tone }, title: contract ? word : null },
    icon(name),
    h("span", {}, said),
  );
}

/** Returns what the signs of the table mean. */
export function matrixLegend(kinds) {
  return h(
    "ul",
    { class: "matrix-legend" },
    kinds.map((kind) => {
      const [word, name, tone] = words.states[kind];
      return h(
        "li",
        { class: "said", dataset: { tone } },
        icon(name),
        h("span", { class: "second" }, words.legend[kind] ?? word),
      );
    }),
  );
}
