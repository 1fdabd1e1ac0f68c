/**
 * What stands in the middle sections of a card: deals, ledger, operations, undo.
 */

import { dealTable } from "../../shared/elements/deal-table.js";
import { flowPicture } from "../../shared/elements/flow-picture.js";
import { journalLines, ledgerLines, ledgerTable } from "../../shared/elements/ledger-table.js";
import { operationsByStage, operationsList, rowsByTable } from "../../shared/elements/operations-table.js";
import { undoPlan, undoSteps } from "../../shared/elements/undo-plan.js";
import { fill, focused, h } from "../../shared/lib/dom.js";
import { short } from "../../shared/lib/money.js";
import { wideOpener } from "./frame.js";
import { deals as dealsText, section as text } from "./text.js";

/**
 * Returns the switch between entities, and the picture and table of the chosen one.
 * @param {{deals: Object[], flows: Object[]}} piece
 * @param {{part: number|null}} chosen remembers the choice
 * @returns {{controls: Node|null, body: Node}}
 */
export function dealsBody({ deals, flows }, chosen) {
  const body = h("div", { class: "deals-body" });
  const known = flows.some((flow) => flow.part === chosen.part);
  if (!known) chosen.part = flows[0]?.part ?? null;
  const show = (part) => {
    chosen.part = part;
    const flow = flows.find((each) => each.part === part);
    fill(body, flow ? ofOne(flow, deals) : null);
  };
  show(chosen.part);
  const controls = flows.length > 1 ? entitySwitch(flows, chosen, show) : null;
  return { controls, body };
}

function ofOne(flow, deals) {
  const own = deals.filter((deal) => deal.part === flow.part);
  return [h("div", { class: "flow-panel" }, flowPicture(flow), legend(flow)), dealTable(own, flow)];
}

function legend(flow) {
  const pairs = new Set(flow.rates.map((rate) => rate.pair));
  const rates = flow.rates.map(dealsText.rate).join(", ");
  const unit = dealsText.unit(pairs.size === 1 ? [...pairs][0] : null);
  const difference = flow.difference ? ` ${flow.difference.text}` : "";
  return h("p", { class: "second flow-rates" }, flow.rates.length > 0 && rates + unit, difference);
}

/** A switch is a group of radio buttons: arrows, Home and End move in it, as everywhere. */
function entitySwitch(flows, chosen, show) {
  const buttons = flows.map((flow) =>
    h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "switch-part",
        dataset: { part: flow.part, focus: `entity-${flow.part}` },
        title: flow.entity,
      },
      h("b", {}, flow.short),
      ` ${short(flow.amount)}`,
    ),
  );
  const mark = () => {
    for (const button of buttons) {
      const on = Number(button.dataset.part) === chosen.part;
      button.setAttribute("aria-checked", String(on));
      button.setAttribute("tabindex", on ? "0" : "-1");
    }
  };
  const choose = (button) => {
    show(Number(button.dataset.part));
    mark();
  };
  const group = h("div", { class: "switch", role: "radiogroup", "aria-label": text.entities }, buttons);
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-part]");
    if (button) choose(button);
  });
  group.addEventListener("keydown", (event) => {
    const to = stepOf(event.key, buttons.indexOf(focused()), buttons.length);
    if (to === null) return;
    event.preventDefault();
    buttons[to].focus();
    choose(buttons[to]);
  });
  mark();
  return group;
}

function stepOf(key, from, count) {
  if (from < 0) return null;
  const steps = {
    ArrowRight: from + 1,
    ArrowDown: from + 1,
    ArrowLeft: from - 1,
    ArrowUp: from - 1,
    Home: 0,
    End: count - 1,
  };
  return key in steps ? (steps[key] + count) % count : null;
}

/** Returns the ledger with its journal. */
export function ledgerBody(ledger, open) {
  const lines = ledger.lines.length;
  return h(
    "div",
    {},
    ledgerTable(ledger, text.entry(ledger.entries, ledger.entities)),
    journalLines(ledger),
    lines > 0 && wideOpener({
      id: "ledger-lines",
      show: text.showLines(lines),
      hide: text.hideLines,
      open,
      make: () => ledgerLines(ledger),
    }),
  );
}

/** Returns operations by stage; all of them, and the rows by table, on demand. */
export function operationsBody(operations, open, nameOf) {
  return h(
    "div",
    {},
    operationsByStage(operations),
    wideOpener({
      id: "operations-list",
      show: text.showOperations(operations.total),
      hide: text.hideOperations,
      open,
      make: () => h("div", {}, rowsByTable(operations), operationsList(operations, nameOf)),
    }),
  );
}

/** Returns how it is undone; each step on demand. */
export function undoBody(undo, open, nameOf) {
  if (undo.total === 0) return h("p", { class: "panel-body second" }, undo.note || text.noUndo);
  return h(
    "div",
    {},
    undoPlan(undo),
    undo.note && h("p", { class: "panel-body second" }, undo.note),
    wideOpener({
      id: "undo-steps",
      show: text.showSteps(undo.total),
      hide: text.hideSteps,
      open,
      make: () => undoSteps(undo, nameOf),
    }),
  );
}
