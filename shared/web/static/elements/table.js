/**
 * Real tables: a header that is read out with each cell, group rows, a row that is a larger target for its link.
 * Roles are written out, because a style sheet that makes a list of a table takes them away.
 */

import { h } from "../lib/dom.js";

/** Returns the header of a column. */
function head({ label, number = false, unseen = false }) {
  const text = unseen ? h("span", { class: "unseen" }, label) : label;
  return h("th", { scope: "col", role: "columnheader", class: number ? "number" : null }, text);
}

/**
 * Returns a table and the body that rows go into.
 * @param {{label: string, number?: boolean, unseen?: boolean}[]} columns
 * @param {{label: string, name?: string}} options `label` says what the table is; `name` is a further class
 */
export function table(columns, { label, name = "" }) {
  const body = h("tbody", { role: "rowgroup" });
  const row = h("tr", { role: "row" }, columns.map(head));
  const top = h("thead", { role: "rowgroup" }, row);
  const element = h("table", { class: `table ${name}`.trim(), role: "table", "aria-label": label }, top, body);
  return { element, body, columns };
}

/** Returns a cell; the label is shown before it where the table has become a list. */
export function cell(column, ...children) {
  const { label, number = false, key = null } = column;
  return h("td", { role: "cell", class: number ? "number" : null, dataset: { label, ...(key && { key }) } }, children);
}

/** Returns the cell that names its row. */
export function rowHead(column, ...children) {
  return h("th", { role: "rowheader", scope: "row", dataset: { key: column.key ?? "name" } }, children);
}

/** Returns a row. With `href` all of it leads where its link leads. */
export function row(cells, { href = null, names = "" } = {}) {
  const element = h("tr", { role: "row", class: `${href ? "big " : ""}${names}`.trim() || null }, cells);
  if (href) element.addEventListener("click", (event) => follow(element, event));
  return element;
}

/** Returns a row that heads a group, over all columns. */
export function groupRow(text, columns) {
  const named = h("th", { role: "rowheader", scope: "rowgroup", colspan: columns }, text);
  return h("tr", { role: "row", class: "group" }, named);
}

function follow(element, event) {
  const chosen = String(globalThis.getSelection?.() ?? "");
  if (event.button !== 0 || chosen !== "" || event.target.closest("a, button, input, select, summary, label")) return;
  const link = element.querySelector("a[href]");
  if (link === null) return;
  const { ctrlKey, metaKey, shiftKey, altKey } = event;
  link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey, altKey }));
}
