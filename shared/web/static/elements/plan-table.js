/**
 * Tables of a plan. Real tables, with their roles written out: below 640 px each row is shown as two lines, and a row
 * that is shown as anything but a row would lose its meaning for screen readers otherwise.
 */

import { h } from "../lib/dom.js";
import { amount } from "./amount.js";
import { none } from "./badge.js";

/**
 * Returns a table.
 *
 * @param {Object} options
 * @param {string} options.caption for screen readers
 * @param {string} [options.name] class
 * @param {{text: (string|Node), as?: string}[]} options.columns `as`: "amount", "count", "code"; nothing for text
 * @param {Array} options.rows each a list of cells, or `{cells, ...attributes}`; a cell is text, a node, a list of
 *   both, or `{text, span, ...attributes}`; the first cell of a row is its header
 * @param {Array} [options.foot] as rows
 */
export function planTable({ caption, name = "", columns, rows, foot = [] }) {
  const head = h(
    "thead",
    { role: "rowgroup" },
    h("tr", { role: "row" }, columns.map((column) => heading(column))),
  );
  const body = h("tbody", { role: "rowgroup" }, rows.map((row) => line(row, columns)));
  const sums = foot.length > 0 && h("tfoot", { role: "rowgroup" }, foot.map((row) => line(row, columns)));
  const title = h("caption", { class: "unseen" }, caption);
  return h("table", { class: `table plan-table ${name}`.trim(), role: "table" }, title, head, body, sums);
}

function heading({ text, as = "" }) {
  return h("th", { scope: "col", role: "columnheader", class: classOf(as, null) }, text);
}

function line(row, columns) {
  const { cells, ...attributes } = Array.isArray(row) ? { cells: row } : row;
  return h(
    "tr",
    { role: "row", ...attributes },
    cells.map((cell, index) => cellOf(cell, columns[index] ?? {}, index === 0)),
  );
}

function cellOf(cell, { as = "" }, first) {
  const given = cell !== null && typeof cell === "object" && !(cell instanceof Node) && !Array.isArray(cell);
  const { text, span = null, class: name = null, ...attributes } = given ? cell : { text: cell };
  const shown = typeof text === "string" && as === "amount" ? amount(text) : text;
  return h(
    first ? "th" : "td",
    {
      ...(first ? { scope: "row", role: "rowheader" } : { role: "cell" }),
      class: classOf(as, name),
      colspan: span,
      ...attributes,
    },
    shown === null || shown === undefined || shown === "" ? none() : shown,
  );
}

function classOf(as, name) {
  const kind = { amount: "number", count: "number", code: "code-cell" }[as] ?? null;
  return [kind, name].filter(Boolean).join(" ") || null;
}
