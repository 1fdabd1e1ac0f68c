/**
 * How a plan would be undone, last operation first, and what HAWK cannot undo alone.
 */

import { h } from "../lib/dom.js";
import { badge } from "./badge.js";
import { planTable } from "./plan-table.js";
import { undo as words } from "./text-plan.js";

/** Returns a row for each way of undoing; `document` is `view.undo`. What needs others stands first. */
export function undoPlan(document) {
  const steps = [...document.steps].sort((one, other) => Number(one.alone) - Number(other.alone));
  return planTable({
    caption: words.caption,
    name: "undo-plan",
    columns: [{ text: words.count, as: "count" }, { text: words.what }, { text: words.means }],
    rows: steps.map((step) => [
      { text: String(step.count) },
      { text: step.action, class: "undo-action" },
      {
        text: [`${step.note}.`, !step.alone && [" ", badge(words.notAlone, { tone: "look", icon: "warning" })]],
        class: "second",
      },
    ]),
  });
}

/**
 * Returns every step, last operation first.
 * @param {Object} document `view.undo`
 * @param {(entity: string|null) => string} nameOf how an entity is called
 */
export function undoSteps(document, nameOf) {
  return planTable({
    caption: words.list,
    name: "undo-steps",
    columns: [
      { text: words.number, as: "count" },
      { text: words.undoes, as: "count" },
      { text: words.table, as: "code" },
      { text: words.what },
      { text: words.entity },
    ],
    rows: document.list.map((step) => [
      String(step.number),
      { text: String(step.undoes), "data-label": words.undoes },
      { text: h("code", { class: "any" }, step.table) },
      { text: step.action, title: step.note },
      { text: step.entity === null ? null : nameOf(step.entity), class: "muted" },
    ]),
  });
}
