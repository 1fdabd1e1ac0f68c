/**
 * What a dialog repeats of the plan before somebody signs it: in full, in the order in which it is checked.
 */

import { aiText } from "../../shared/elements/ai-text.js";
import { amount } from "../../shared/elements/amount.js";
import { banner } from "../../shared/elements/banner.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { RISKS } from "../../shared/lib/text.js";
import { isoDay } from "../../shared/lib/time.js";
import { facts, inert } from "../card/frame.js";
import { shortDigest } from "../card/changes.js";
import { change as changeText, dialog as text } from "../card/text.js";

/** Returns amount, title, USD and order. */
export function headOf({ headline }) {
  const { amount: figure, currency, amount_usd: usd, title, order_id: order, subject } = headline;
  const second = [title, usd && text.rate(usd), !title.includes(order) && order].filter(Boolean).join(", ");
  return figure
    ? [h("p", { class: "dialog-amount" }, withCode(currency, figure)), h("p", { class: "second" }, second)]
    : [h("p", { class: "dialog-subject" }, title), subject && h("p", { class: "second any" }, subject)];
}

/** Returns each entity with its amount. */
export function entitiesOf({ headline, flows }) {
  if (flows.length === 0) return null;
  return h(
    "ul",
    { class: "dialog-entities" },
    flows.map((flow) =>
      h("li", {}, h("span", {}, titleOf(flow, headline)), amount(flow.amount, { currency: flow.currency })),
    ),
  );
}

/** An entity by its whole name: in a dialog nothing else says which country it is in. */
function titleOf(flow, headline) {
  const name = flow.name ?? headline.entities.find((each) => each.entity_id === flow.entity)?.name;
  return name ? name.replace(" Entity ", " ") : flow.short;
}

/** Returns deals, ledger, operations, undo, risk, as whom, digest. */
export function factsOf({ view, person }) {
  const { headline, ledger, operations, undo, who, digest, change } = view;
  const names = text.facts;
  return facts(
    [
      ...ofKind(view, names),
      headline.deals > 0 && headline.kind === "hedge" ? [names.deals, dealsOf(view)] : ["", null],
      [
        names.ledger,
        ledger && [
          text.ledger(ledger.entries, ledger.totals.IFRS.balanced && ledger.totals.LOCAL.balanced),
          h("span", { class: "dialog-second" }, journalOf(ledger)),
        ],
      ],
      [names.operations, operations && text.operations(operations.total)],
      [names.undo, undoOf(headline.kind, undo)],
      [names.risk, view.risk.computed && riskOf(view.risk)],
      [names.as, text.as(person, who.as_role || who.viewer.roles.join(", "))],
      [names.plan, h("code", { title: digest }, shortDigest(digest))],
      change?.effective_date ? [
        changeText.facts.effective,
        changeText.from(isoDay(change.effective_date)),
      ] : ["", null],
    ],
    "facts dialog-facts",
  );
}

function dealsOf({ headline, flows }) {
  const nodes = flows[0]?.nodes ?? [];
  const first = nodes.find((node) => node.kind === "bank")?.label;
  const last = nodes.find((node) => node.kind === "final")?.label;
  const [count, rest] = text.deals(headline.deals, headline.model, first && `the ${first}`, last);
  return [h("b", {}, count), rest];
}

function journalOf({ currency, totals }) {
  return text.journal(currency, totals.IFRS.dr, totals.LOCAL.dr);
}

function undoOf(kind, undo) {
  if (kind === "reversal") return text.undoReversal;
  if (kind === "hedge") return text.undo;
  return text.undoChange(undo.total);
}

function riskOf({ computed, claimed }) {
  const word = (level) => RISKS[level]?.[0];
  const levels = [...new Set(claimed.map((claim) => claim.risk_score).filter(Boolean))];
  if (levels.length === 0) return text.riskAlone(word(computed) ?? computed);
  // A level that is none of the known words is text of the AI, and stays apart from HAWK's own.
  if (levels.some((level) => !word(level))) return [
    text.riskAlone(word(computed) ?? computed),
    " ",
    aiText(levels.join(", ")),
  ];
  return text.risk(word(computed) ?? computed, levels.map(word).join(", "));
}

function ofKind({ change, headline }, names) {
  if (change === null) return [];
  if (change.kind === "configuration") {
    return change.columns
      .filter((column) => column.changed)
      .map((column) => [
        column.column,
        [h("span", {}, column.before ?? "–"), " → ", h("b", {}, inert(column.after))],
      ]);
  }
  if (change.kind === "override") {
    return [
      [names.finding, h("b", {}, changeText.resolutions[change.found.resolution] ?? change.found.resolution)],
      [changeText.facts.reference, change.found.reference && inert(change.found.reference)],
      [changeText.facts.follows, change.outcome_text],
    ];
  }
  return [
    [names.cancels, text.cancels(headline.deals)],
    [changeText.facts.remains, change.remains],
  ];
}

/** Returns warnings, and what was not viewed, in one banner; or nothing. */
export function noticesOf(view, viewed, observes) {
  const lines = [];
  if (observes) lines.push({ first: text.observed, icon: "info" });
  if (view.warnings.length > 0) {
    const short = view.warnings.map((each) => (each.title ?? each.text).replace(/\.$/, ""));
    lines.push({ first: text.warnings(view.warnings.length), text: inert(`${joined(short)}.`), icon: "warning" });
  }
  if (viewed.missing.length > 0) {
    lines.push({ first: text.unviewed(viewed.count, viewed.all), text: text.notViewed(viewed.missing), icon: "eye" });
  }
  return lines.length > 0 ? banner("look", lines) : null;
}

/** "The answer contradicts the plan; the trade date moved": the first words keep their capital, the others do not. */
function joined(sentences) {
  return sentences.map((each, index) => (index === 0 ? each : each.replace(
    /^(The|A|Not|It|Some) /,
    (word) => word.toLowerCase(),
  ))).join("; ");
}
