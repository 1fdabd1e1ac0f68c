/**
 * The numbered operations of a plan: by stage, by table, and one by one.
 */

import { h } from "../lib/dom.js";
import { planTable } from "./plan-table.js";
import { operations as words } from "./text-plan.js";

/** Returns a row for each stage, and the sum; `document` is `view.operations`. */
export function operationsByStage(document) {
  return planTable({
    caption: words.byStage,
    name: "operations-by-stage",
    columns: [
      { text: words.stage },
      ...words.kinds.map((kind) => ({ text: kind, as: "count" })),
      { text: words.total, as: "count" },
    ],
    rows: document.by_stage.map((row) => [
      { text: [h("b", { class: "operations-stage" }, row.stage), " ", row.name] },
      ...words.kinds.map((kind) => ({ text: String(row[kind]), "data-label": kind })),
      { text: String(row.total), "data-label": words.total },
    ]),
    foot: [
      {
        class: "sum",
        cells: [
          words.all,
          ...words.kinds.map((kind) => ({ text: String(document.totals[kind]), "data-label": kind })),
          { text: String(document.total), "data-label": words.total },
        ],
      },
    ],
  });
}

/** Returns the rows that each table gets or has changed. */
export function rowsByTable(document) {
  return planTable({
    caption: words.byTable,
    name: "operations-by-table",
    columns: [
      { text: words.table, as: "code" },
      { text: words.inserted, as: "count" },
      { text: words.updated, as: "count" },
    ],
    rows: document.rows_by_table.map((row) => [
      { text: h("code", {}, row.table) },
      { text: String(row.inserted), "data-label": words.inserted },
      { text: String(row.updated), "data-label": words.updated },
    ]),
  });
}

/**
 * Returns every operation in its order.
 * @param {Object} document `view.operations`
 * @param {(entity: string|null) => string} nameOf how an entity is called
 */
export function operationsList(document, nameOf) {
  return planTable({
    caption: words.list,
    name: "operations-list",
    columns: [
      { text: words.number, as: "count" },
      { text: words.stage },
      { text: words.kind },
      { text: words.table, as: "code" },
      { text: words.purpose },
      { text: words.entity },
    ],
    rows: document.list.map((each) => [
      String(each.number),
      { text: each.stage, "data-label": words.stage },
      { text: each.kind, class: "muted small" },
      { text: h("code", { class: "any" }, each.table) },
      each.purpose,
      { text: each.entity === null ? null : nameOf(each.entity), class: "muted" },
    ]),
  });
}
