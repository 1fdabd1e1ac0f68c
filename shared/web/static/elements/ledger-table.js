/**
 * What the ledger gets: balanced pairs by purpose in both ledgers, and the journal with debit against credit.
 */

import { h } from "../lib/dom.js";
import { grouped } from "../lib/money.js";
import { badge } from "./badge.js";
import { planTable } from "./plan-table.js";
import { ledger as words } from "./text-plan.js";

const LEDGERS = ["IFRS", "LOCAL"];

/** Returns the pairs by purpose and accounts, with their sums; `document` is `view.ledger`. */
export function ledgerTable(document, sum) {
  const { currency } = document;
  return planTable({
    caption: words.caption,
    name: "ledger-table",
    columns: [
      { text: words.purpose },
      { text: words.debit, as: "code" },
      { text: words.credit, as: "code" },
      { text: words.ifrs(currency), as: "amount" },
      { text: words.local(currency), as: "amount" },
    ],
    rows: document.rows.map((row) => [
      { text: [h("span", { class: "ledger-purpose muted" }, row.purpose), " ", row.text] },
      { text: h("code", {}, row.debit), "data-label": words.debit },
      { text: h("code", {}, row.credit), "data-label": words.credit },
      { text: row.IFRS, "data-label": LEDGERS[0] },
      { text: row.LOCAL, "data-label": LEDGERS[1] },
    ]),
    foot: [
      {
        class: "sum",
        cells: [
          { text: sum, span: 3 },
          ...LEDGERS.map((kind) => ({
            text: grouped(document.entries_total[kind]),
            class: "number",
            "data-label": kind,
          })),
        ],
      },
    ],
  });
}

/** Returns one line for each ledger: debit = credit, and whether that is so. */
export function journalLines(document) {
  return h(
    "ul",
    { class: "journal-lines" },
    LEDGERS.map((kind) => journal(kind, document.totals[kind], document.currency)),
  );
}

function journal(kind, { dr, cr, balanced }, currency) {
  const state = balanced
    ? badge(words.balanced, { tone: "good", icon: "tick" })
    : badge(words.notBalanced, { tone: "failed", icon: "circle-cross" });
  return h(
    "li",
    { class: "journal-line" },
    h("span", { class: "journal-name" }, words.journal(kind)),
    h("span", { class: "journal-sum" }, words.balance(grouped(dr), grouped(cr), currency)),
    state,
  );
}

/** Returns every line of the journal, and every pair behind it. */
export function ledgerLines(document) {
  const lines = planTable({
    caption: words.everyLine,
    name: "ledger-lines",
    columns: [
      { text: words.account, as: "code" },
      { text: words.of },
      { text: words.ledger },
      { text: words.debit, as: "amount" },
      { text: words.credit, as: "amount" },
      { text: words.period, as: "code" },
    ],
    rows: document.lines.map((line) => [
      { text: h("code", {}, line.account) },
      { text: [line.entity, h("span", { class: "two any" }, line.narrative)] },
      line.ledger,
      { text: line.dr, "data-label": words.debit },
      { text: line.cr, "data-label": words.credit },
      { text: h("code", {}, line.period), "data-label": words.period },
    ]),
  });
  return lines;
}
