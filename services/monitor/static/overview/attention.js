/**
 * What needs attention, above everything: its state, the reason in a sentence, and the one next action.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { fill, h, keeper } from "../../shared/lib/dom.js";
import { grouped } from "../../shared/lib/money.js";
import { absolute, moment, span } from "../../shared/lib/time.js";
import { attention as text } from "../text.js";
import { cardAddress, nameOf, workflowAddress, workflowLink } from "./row.js";

const COLUMNS = [
  { key: "state", label: text.columns.state },
  { key: "workflow", label: text.columns.workflow },
  { key: "why", label: text.columns.why },
  { key: "next", label: text.columns.next },
];
const [STATE, WORKFLOW, WHY, NEXT] = COLUMNS;

const CODED = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)(?:: ?([\s\S]*))?$/;

/** Returns the sentence of a reason, and its code where it has one. */
function reasonOf(reason) {
  const found = CODED.exec(reason ?? "");
  if (found === null) return [reason || text.unknown, null];
  return [found[2] || text.unknown, found[1]];
}

/** Returns why somebody should look: nodes, and what follows the clock in them. */
function why(document, ticks) {
  const { attention, reason, ledger, murex, changed_at: changedAt } = document;
  if (attention === "MUREX") {
    const at = moment(changedAt);
    const sentence = h("span", {});
    ticks.push((now) => {
      const silence = at === null ? "" : span(now.getTime() - at.getTime());
      const words = text.silent({ booked: murex.acknowledged, planned: murex.planned, span: silence });
      if (sentence.textContent !== words) sentence.textContent = words;
    });
    return [sentence];
  }
  if (attention === "SILENT") return [text.sentAgain({ booked: murex.acknowledged, planned: murex.planned })];
  const [sentence, code] = reasonOf(reason);
  const more = { POSTING: text.posting(ledger.lines), UNDOING: text.undoing }[attention];
  return [plainText(sentence), more && ` ${more}`, code && [" ", h("code", { class: "any" }, code)]];
}

/** What HAWK does by itself, and a person looks at here. */
const WATCHED = new Set(["UNDOING", "SILENT", "MUREX"]);

/** Returns the one thing to do next; none for what is settled in the console, where no console is known. */
function next(document, console) {
  const watch = WATCHED.has(document.attention);
  const href = watch ? workflowAddress(document.workflow_id) : cardAddress(console, document.workflow_id);
  if (href === null) return null;
  const primary = document.attention === "PERSON";
  const action = text.next[document.attention];
  const label = text.nextOf(action, nameOf(document));
  const names = `button${primary ? " button-primary" : ""}`;
  const picture = primary || document.attention === "POSTING" ? "external" : "eye";
  return h("a", { class: names, href, "aria-label": label, "data-focus": "next" }, icon(picture), action);
}

function about({ currency, amount, changed_at: changedAt }, ticks) {
  const at = moment(changedAt);
  const since = h("span", { title: at && absolute(at) });
  ticks.push((now) => {
    const words = at === null ? "" : span(now.getTime() - at.getTime());
    if (since.textContent !== words) since.textContent = words;
  });
  const money = amount && [h("span", { class: "fact" }, `${currency} ${grouped(amount)}`), at && ", "];
  return h("span", { class: "two" }, money, since);
}

function line({ document, console }) {
  const ticks = [];
  const [word, picture, tone] = text.words[document.attention];
  const element = row([
    cell(STATE, badge(word, { icon: picture, tone, title: document.state })),
    rowHead(WORKFLOW, workflowLink(document), about(document, ticks)),
    cell(WHY, h("span", { class: "any" }, why(document, ticks))),
    cell(NEXT, next(document, console)),
  ]);
  element.follow = (now) => ticks.forEach((tick) => tick(now));
  return element;
}

/** Returns the panel with `show(document, now)` and `follow(now)`. */
export function attentionPanel() {
  const heading = h("h2", {});
  const made = table(COLUMNS, { label: text.table, name: "attention-table" });
  const note = h("span", { class: "muted small" }, text.until);
  const head = h("div", { class: "panel-head" }, heading, note);
  const panel = h("section", { class: "panel attention", dataset: { tone: "failed" } }, head, made.element);
  const calm = h("p", { class: "attention-none second" }, icon("tick"), text.none);
  const element = h("div", { class: "attention-place" });
  const rows = keeper((each) => each.document.workflow_id, line);
  let shown = [];
  return {
    element,
    show({ attention, attention_more: more, console }, now) {
      shown = rows(attention.map((document) => ({ document, console })));
      fill(made.body, shown);
      const words = text.title(attention.length, more);
      if (heading.textContent !== words) heading.textContent = words;
      const wanted = shown.length > 0 ? panel : calm;
      if (element.firstChild !== wanted) fill(element, wanted);
      this.follow(now);
    },
    follow: (now) => shown.forEach((each) => each.follow(now)),
  };
}
