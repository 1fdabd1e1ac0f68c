/**
 * The journal line by line: account, debit and credit, and the event that posted it; before that, what is planned.
 */

import { planTable } from "../../shared/elements/plan-table.js";
import { ledger as words } from "../../shared/elements/text-plan.js";
import { h } from "../../shared/lib/dom.js";
import { grouped, zero } from "../../shared/lib/money.js";
import { eventButton, part } from "./part.js";
import { journal as text } from "./text.js";

function row({ line, event }, open) {
  const by = event === null
    ? h("span", { class: "muted" }, text.planned)
    : eventButton(event, `journal-${line.journal_id}-${line.line}`, open);
  return [
    { text: h("code", {}, line.account) },
    { text: [line.entity_id, h("span", { class: "two any" }, line.narrative)] },
    line.ledger,
    { text: zero(line.dr) ? null : line.dr, "data-label": words.debit },
    { text: zero(line.cr) ? null : line.cr, "data-label": words.credit },
    { text: h("code", {}, line.period), "data-label": words.period },
    { text: by, "data-label": text.by },
  ];
}

function sum([ledger, { dr, cr }]) {
  return {
    class: "sum",
    cells: [
      { text: words.journal(ledger), span: 3 },
      { text: grouped(dr), class: "number", "data-label": words.debit },
      { text: grouped(cr), class: "number", "data-label": words.credit },
      { text: h("span", {}), span: 2 },
    ],
  };
}

function tableOf({ currency, lines, totals }, open) {
  return planTable({
    caption: text.caption,
    name: "ledger-lines",
    columns: [
      { text: words.account, as: "code" },
      { text: words.of },
      { text: words.ledger },
      { text: `${words.debit}, ${currency}`, as: "amount" },
      { text: `${words.credit}, ${currency}`, as: "amount" },
      { text: words.period, as: "code" },
      { text: text.by },
    ],
    rows: lines.map((each) => row(each, open)),
    foot: Object.entries(totals).map(sum),
  });
}

/**
 * Returns the journal with `element` and `show(document)`.
 * @param {(event: Object) => void} open shows an event
 */
export function journalPart(open) {
  const made = part((journal) => {
    const waits = !journal.posted && h("p", { class: "panel-body second" }, text.waits);
    return h("div", {}, waits, tableOf(journal, open));
  });
  const element = h("div", {}, made.element);
  return {
    element,
    show({ journal, events }) {
      const lines = journal.lines.map(({ event, ...line }) => ({ line, event: event === null ? null : events[event] }));
      made.show({ ...journal, lines });
    },
  };
}
