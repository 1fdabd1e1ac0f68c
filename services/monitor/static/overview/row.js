/**
 * One workflow as a row: how far it is, and what Murex and the ledger have of it. Only its times go on by themselves.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { amount } from "../../shared/elements/amount.js";
import { none, said, stateBadge } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { stageTrack } from "../../shared/elements/stages.js";
import { cell, row, rowHead } from "../../shared/elements/table.js";
import { h, unseen } from "../../shared/lib/dom.js";
import { absolute, ago, moment } from "../../shared/lib/time.js";
import { overview as text } from "../text.js";

export const COLUMNS = [
  { key: "workflow", label: text.columns.workflow },
  { key: "amount", label: text.columns.amount, number: true },
  { key: "progress", label: text.columns.progress },
  { key: "murex", label: text.columns.murex },
  { key: "ledger", label: text.columns.ledger },
  { key: "who", label: text.columns.who },
];
const [WORKFLOW, AMOUNT, PROGRESS, MUREX, LEDGER, WHO] = COLUMNS;

/** The stages in their order; an object's own order puts 2 before 1A. */
const STAGES = ["1A", "1B", "2", "3"];

/** Endings before anything was applied. */
const WITHOUT_EFFECT = new Set([
  ...["REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED", "SUPERSEDED", "STALE_CONTEXT"],
]);
const UNDOING = new Set(["FAILED", "COMPENSATING", "REVERSING"]);
const UNDONE = new Set(["COMPENSATED", "REVERSED"]);
const STAGE_STATES = {
  PENDING: "not_begun",
  IN_PROGRESS: "running",
  COMPLETED: "done",
  COMPENSATED: "undone",
  REVERSED: "undone",
  FAILED: "failed",
};

/** Share of a stage that is running, in thousandths: how far it is stands beside it in figures. */
const HALF = 500;

/** Returns the name of a person without the address behind it. */
export function shortName(person) {
  return String(person ?? "").split(" <")[0];
}

/** Returns what a workflow is called: its order, or its own id where it has none. */
export function nameOf({ order_id: order, workflow_id: workflow }) {
  return order ?? workflow;
}

/** Returns the address of a workflow's card, which shows its execution too; null where no console is known. */
export function cardAddress(console, workflow) {
  return /^https?:\/\//.test(console ?? "") ? `${console}/console/approvals/${encodeURIComponent(workflow)}` : null;
}

/** Returns the address of a workflow's page on this site. */
export function workflowAddress(workflow) {
  return `/dashboard/workflows/${encodeURIComponent(workflow)}`;
}

/** Returns the name of a workflow as a link to its page. */
export function workflowLink(document) {
  const href = workflowAddress(document.workflow_id);
  const named = { class: "flow-link", title: document.workflow_id, "data-focus": "workflow" };
  return h("a", { ...named, href }, nameOf(document));
}

function second(...children) {
  return h("span", { class: "two" }, children);
}

function entitiesOf(entities) {
  if (entities.length === 1) return plainText((entities[0].name ?? entities[0].entity_id).replace(" Entity ", " "));
  return entities.length === 0 ? null : text.entities(entities.length);
}

function subject({ kind, title, model, entities }) {
  const of = kind === "hedge" || kind === null ? title : [text.kinds[kind], title].filter(Boolean).join(": ");
  const parts = [of, model, entitiesOf(entities)].filter(Boolean);
  return parts.flatMap((part, place) => [place > 0 && " · ", h("span", { class: "fact" }, part)]);
}

/** Returns the state of a stage as its bar shows it. */
function stageState(reported, state) {
  const shown = STAGE_STATES[reported] ?? "not_begun";
  if (shown !== "done" && shown !== "running") return shown;
  if (UNDOING.has(state)) return "undoing";
  return UNDONE.has(state) ? "undone" : shown;
}

function progress({ state, operations, turn }) {
  const { completed, total, stage, stages } = operations;
  const planned = STAGES.filter((name) => name in stages);
  const bars = planned.map((name) => [name, stageState(stages[name], state)]);
  const tracks = bars.map(([, shown]) => h("span", { class: "mini-stage" }, stageTrack(shown, HALF)));
  const words = bars.map(([name, shown]) => `${name} ${text.stageWords[shown]}`).join(", ");
  const now = stage !== null && bars.some(([, shown]) => shown === "running") ? ` · ${text.stage(stage)}` : "";
  const drawn = bars.length > 0 && h("span", { class: "mini-stages", title: text.stages(words) }, tracks);
  const done = total > 0 && second(text.of(completed, total), now, unseen(`. ${text.stages(words)}`));
  const line = turn && second(plainText(turn));
  return cell(PROGRESS, h("span", { class: "flow-progress" }, stateBadge(state), h("span", {}, drawn, done, line)));
}

/** Returns how many deals are planned, sent, acknowledged and booked, in the words that count now. */
export function murexFigure({ state, murex }) {
  const { planned, sent, acknowledged, booked, cancelled, held } = murex;
  if (planned === 0 || WITHOUT_EFFECT.has(state)) return none();
  if (state === "NEEDS_INTERVENTION") return said(text.murex.unsettled, { tone: "failed", icon: "octagon" });
  if (cancelled > 0) return said(text.murex.cancelled(cancelled), { tone: "idle", icon: "back" });
  if (sent > 0 && held === 0) return said(text.murex.held, { tone: "idle", icon: "back" });
  if (UNDOING.has(state)) return said(text.murex.cancelling(acknowledged), { tone: "look", icon: "back" });
  if (sent === 0) return said(text.murex.planned(planned));
  if (booked === planned) return said(text.murex.booked(booked, planned), { tone: "good", icon: "tick" });
  return said(text.murex.booked(acknowledged, planned), { tone: "accent", icon: "half" });
}

function ledgerFigure({ state, ledger }) {
  const { entries, lines, equal, posted, waits } = ledger;
  if (entries === 0 || WITHOUT_EFFECT.has(state)) return said(text.ledger.none, { icon: "dash" });
  if (equal === false) return said(text.ledger.unequal, { tone: "failed", icon: "circle-cross" });
  if (waits) return said(text.ledger.waits(lines), { tone: "look", icon: "clock" });
  const words = state === "REVERSED" ? text.ledger.undone : text.ledger.posted;
  if (posted) return said(words, { tone: "good", icon: "tick" });
  if (UNDONE.has(state)) return said(text.ledger.none, { icon: "dash" });
  return said(text.ledger.waiting);
}

function who({ maker, approvers, changed_at: changedAt, created_at: createdAt }, ticks) {
  const at = moment(changedAt ?? createdAt);
  const from = shortName(maker) || "–";
  const by = approvers.map(shortName).join(", ");
  const arrow = h("span", { "aria-hidden": "true" }, " → ");
  const names = by === "" ? plainText(from) : [plainText(from), arrow, plainText(by)];
  const title = by === "" ? text.askedBy(from) : text.approvedBy(from, by);
  const time = h("span", { title: at && absolute(at) });
  ticks.push((now) => {
    const words = at === null ? "" : ago(at, now);
    if (time.textContent !== words) time.textContent = words;
  });
  return cell(WHO, h("span", { class: "any", title }, names), h("span", { class: "two fact" }, time));
}

/**
 * Returns the row of a workflow, with `follow(now)`.
 * @param {Object} document a line of the overview
 * @param {Date} now
 */
export function flowRow(document, now) {
  const ticks = [];
  const head = rowHead(WORKFLOW, workflowLink(document), second(subject(document)));
  const cells = [
    head,
    cell(AMOUNT, amount(document.amount, { currency: document.currency ?? "" })),
    progress(document),
    cell(MUREX, murexFigure(document)),
    cell(LEDGER, h("span", { title: text.sums(document.ledger) || null }, ledgerFigure(document))),
    who(document, ticks),
  ];
  const element = row(cells, { href: workflowAddress(document.workflow_id) });
  element.follow = (at) => ticks.forEach((tick) => tick(at));
  element.follow(now);
  return element;
}

/** Marks a row that is no longer in the list, and leaves it where it is: nothing moves under the pointer. */
export function markGone(element) {
  if (element.classList.contains("gone")) return;
  element.classList.add("gone");
  element.querySelector("th").append(h("span", { class: "flow-gone" }, icon("info"), text.gone));
}
