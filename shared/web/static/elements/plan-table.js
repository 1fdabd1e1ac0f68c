/**
 * Tables of a plan. Real tables, with their roles written out: below 640 px each row is shown as two lines, and a row
 * that is shown as anything but a row would lose its meaning for screen readers otherwise.
 */

import { h, unseen } from "../lib/dom.js";
import { grouped, NOTHING, zero } from "../lib/money.js";

/**
 * Returns a table.
 *
 * @param {Object} options
 * @param {string} options.caption for screen readers
 * @param {string} [options.name] class
 * @param {{text: (string|Node), as?: string}[]} options.columns `as`: "amount", "count", "code"; nothing for text
 * @param {Array[]} options.rows cells: text, a node, or `{text, ...attributes}`; the first cell of a row is its header
 * @param {Array[]} [options.foot] as rows
 */
export function planTable({ caption, name = "", columns, rows, foot = [] }) {
  const head = h(
    "thead",
    { role: "rowgroup" },
    h("tr", { role: "row" }, columns.map((column) => heading(column))),
  );
  const body = h("tbody", { role: "rowgroup" }, rows.map((row) => line(row, columns)));
  const sums = foot.length > 0 && h("tfoot", { role: "rowgroup" }, foot.map((row) => line(row, columns)));
  return h("table", { class: `plan-table ${name}`.trim(), role: "table" }, h("caption", { class: "unseen" }, caption), head, body, sums);
}

function heading({ text, as = "" }) {
  return h("th", { scope: "col", role: "columnheader", class: as && `as-${as}` }, text);
}

function line(row, columns) {
  const [cells, attributes] = Array.isArray(row) ? [row, {}] : [row.cells, { class: row.class }];
  return h(
    "tr",
    { role: "row", ...attributes },
    cells.map((cell, index) => cellOf(cell, columns[index] ?? {}, index === 0)),
  );
}

function cellOf(cell, { as = "" }, first) {
  const given = cell !== null && typeof cell === "object" && !(cell instanceof Node) && !Array.isArray(cell);
  const { text, span, ...attributes } = given ? cell : { text: cell };
  const shown = typeof text === "string" && as === "amount" ? amount(text) : text;
  return h(
    first ? "th" : "td",
    {
      ...(first ? { scope: "row", role: "rowheader" } : { role: "cell" }),
      class: [as && `as-${as}`, attributes.class].filter(Boolean).join(" ") || null,
      colspan: span,
    },
    shown ?? nothing(),
  );
}

/** Returns "187,500,000.00", its zero in bold where `loud`; the code after it, muted, where one is given. */
export function amount(text, { currency = "", loud = false } = {}) {
  if (text === null || text === undefined || text === "") return nothing();
  return h(
    "span",
    { class: loud && zero(text) ? "amount is-loud" : "amount" },
    grouped(text),
    currency && h("span", { class: "amount-code" }, currency),
  );
}

/** Returns an en dash that is read out as a word. */
export function nothing(word = "none") {
  return h("span", {}, h("span", { "aria-hidden": "true" }, NOTHING), unseen(word));
}
