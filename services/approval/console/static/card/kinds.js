/**
 * The section that only one kind of request has: the row before and after, what was found, what is cancelled.
 */

import { badge } from "../../shared/elements/badge.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { isoDay } from "../../shared/lib/time.js";
import { facts, inert, wideOpener } from "./frame.js";
import { change as text } from "./text.js";

const BODIES = { configuration, override, reversal };

/** Returns the section's body by `view.change`. */
export function changeBody(change, open) {
  return BODIES[change.kind]?.(change, open) ?? null;
}

function configuration(change, open) {
  const changed = change.columns.filter((column) => column.changed);
  const rest = change.columns.filter((column) => !column.changed);
  const references = change.references.rows > 0 && text.references(change.references);
  return h(
    "div",
    {},
    h(
      "div",
      { class: "panel-body" },
      facts([
        [text.facts.table, h("code", {}, change.table)],
        [text.facts.key, h("code", { class: "any" }, change.key)],
        [text.facts.effective, change.effective_date ? text.from(isoDay(change.effective_date)) : text.atOnce],
        [text.facts.version, change.version],
        [text.facts.references, references && h("span", { class: "any" }, references)],
      ]),
    ),
    columnsTable(change, changed),
    rest.length > 0 &&
      wideOpener({
        id: "unchanged",
        show: text.unchanged(rest.length),
        hide: text.hideUnchanged,
        open,
        make: () => columnsTable(change, rest),
      }),
  );
}

/** The value after comes from the AI's answer: it is text, whatever it holds. */
function columnsTable(change, columns) {
  return planTable({
    caption: text.caption(change.table, change.key),
    name: "change-table",
    columns: [{ text: text.column, as: "code" }, { text: text.before }, { text: text.after }],
    rows: columns.map((column) => [
      { text: h("code", { class: "any" }, column.column) },
      { text: column.before, class: "second any", "data-label": text.before },
      { text: column.after === null ? null : value(column), class: "any", "data-label": text.after },
    ]),
  });
}

function value(column) {
  const shown = inert(column.after);
  return column.changed ? h("b", {}, shown) : shown;
}

function override(change) {
  const { found, murex, deal } = change;
  const events = new Set(change.deals.map((each) => each.event_id));
  return h(
    "div",
    {},
    h(
      "div",
      { class: "found-columns" },
      h(
        "div",
        {},
        h("h3", { class: "found-title" }, text.facts.murex),
        facts([
          [text.facts.deal, h("span", { class: "any" }, text.deal(deal.number, deal.event_id))],
          [text.facts.status, h("b", {}, text.dealStatus(murex.status))],
          [text.facts.contract, murex.contract_id && h("code", { class: "any" }, murex.contract_id)],
          [text.facts.why, change.why],
        ]),
      ),
      h(
        "div",
        {},
        h("h3", { class: "found-title" }, text.facts.found),
        facts([
          [text.facts.resolution, h("b", {}, text.resolutions[found.resolution] ?? found.resolution)],
          [text.facts.reference, found.reference && inert(found.reference)],
          [text.facts.reason, found.reason && inert(found.reason)],
          [text.facts.follows, change.outcome_text],
        ]),
      ),
    ),
    planTable({
      caption: text.otherDeals,
      name: "found-deals",
      columns: [{ text: "#" }, { text: text.otherDeals }, { text: text.facts.contract, as: "code" }],
      rows: change.deals.map((each) => [
        { text: each.number, class: "muted" },
        { text: [
          text.dealStatus(each.status),
          events.size > 1 && ` ${each.event_id}`,
          each.this && [" ", badge(text.this, { tone: "accent" })],
        ] },
        {
          text: each.contract_id && h("code", { class: "any" }, each.contract_id),
          "data-label": text.facts.contract,
        },
      ]),
    }),
  );
}

function reversal(change) {
  return h(
    "div",
    { class: "panel-body" },
    facts([
      [text.facts.order, h("code", {}, change.order_id)],
      [text.facts.reason, inert(change.reason)],
      [text.facts.deals, `${change.deals}, ${withCode(change.currency, change.amount)}`],
      [text.facts.largest, change.largest_deal_usd && withCode("USD", change.largest_deal_usd)],
      [text.facts.ledger, text.pairs(change.pairs, change.journal_lines)],
      [text.facts.period, `${change.period}, ${isoDay(change.accounting_date)}`],
      [text.facts.remains, h("b", {}, change.remains)],
    ]),
  );
}
