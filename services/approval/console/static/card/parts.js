/**
 * What stands in the first sections of a card, and in the last: what would happen, risk, capacity, the AI's words.
 */

import { aiText } from "../../shared/elements/ai-text.js";
import { badge, risk as riskBadge } from "../../shared/elements/badge.js";
import { capacityTable } from "../../shared/elements/capacity-table.js";
import { icon } from "../../shared/elements/icons.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { h } from "../../shared/lib/dom.js";
import { RISKS } from "../../shared/lib/text.js";
import { origin as originText, risk as riskText } from "./text.js";

const LINE_ICONS = {
  instruction: "document",
  deals: "swap",
  deal: "swap",
  ledger: "book",
  journal: "book",
  allocation: "sliders",
  row: "sliders",
  audit: "document",
};

const RISK_TONES = { LOW: "idle", MEDIUM: "idle", HIGH: "look" };

/** Returns the plan's own lines. */
export function linesBody(lines) {
  return h(
    "ul",
    { class: "plan-lines" },
    lines.map((line) =>
      h(
        "li",
        {},
        icon(LINE_ICONS[line.key] ?? "document"),
        h("div", { class: "plan-line" }, h("span", {}, line.text), h("span", { class: "muted small" }, line.note)),
      ),
    ),
  );
}

/** Returns the computed risk beside the claimed one: never alike. */
export function riskBody({ computed, reasons, claimed }) {
  return h(
    "div",
    { class: "risk-columns" },
    h(
      "div",
      {},
      h("h3", { class: "risk-title" }, riskText.computed, " ", computedBadge(computed)),
      reasons.length > 0 ? bullets(reasons) : h("p", { class: "muted" }, riskText.noReasons),
    ),
    h("div", {}, h("h3", { class: "risk-title" }, riskText.claimed, " ", claimedBadges(claimed)), claims(claimed)),
  );
}

function computedBadge(level) {
  if (!level) return h("span", { class: "muted" }, riskText.none);
  const word = RISKS[level]?.[0] ?? level;
  return h(
    "span",
    { class: "risk-badge", dataset: { tone: RISK_TONES[level] ?? "idle" } },
    riskBadge(level),
    h("span", { class: "unseen" }, word),
  );
}

/** A level that the AI claims is text of the AI: it is shown as a word only where it is one of the known words. */
function claimedBadges(claimed) {
  const levels = [...new Set(claimed.map((claim) => claim.risk_score).filter(Boolean))];
  return levels.map((level) => badge(RISKS[level]?.[0] ?? aiText(String(level)), { tone: "ai", icon: "spark" }));
}

function claims(claimed) {
  if (claimed.length === 0) return h("p", { class: "muted" }, riskText.noClaims);
  return [
    claimed.map((claim) => [
      claimed.length > 1 && h("p", { class: "muted small risk-action" }, aiText(riskText.action(claim.action_id))),
      bullets([
        riskText.approval(claim.approval_required),
        claim.approval_level && aiText(riskText.level(claim.approval_level)),
        riskText.noReasons,
      ]),
    ]),
    h("p", { class: "muted risk-note" }, riskText.noForce),
  ];
}

function bullets(items) {
  return h("ul", { class: "bullets" }, items.filter(Boolean).map((item) => h("li", {}, item)));
}

/** Returns capacity and limit. */
export function capacityBody({ rows, limit }) {
  return capacityTable(rows, limit);
}

/** Returns what a person asked, what the AI answered, and the source of each value. */
export function originBody({ model, provenance }) {
  const words = model.analysis ? aiText(model.analysis) : h("p", { class: "muted" }, originText.noWords);
  const [who, , after] = originText.asked(model.asked_by, model.prompt);
  const asked = model.prompt
    ? h("p", { class: "muted origin-asked" }, who, quoted(model.prompt), after)
    : h("p", { class: "muted origin-asked" }, originText.answered);
  const table =
    provenance.length > 0 &&
    planTable({
      caption: originText.caption,
      name: "origin-table",
      columns: [{ text: originText.field }, { text: originText.value }, { text: originText.source }],
      rows: provenance.map((each) => [
        each.label,
        { text: each.value, class: "any", "data-label": originText.value },
        { text: source(each), "data-label": originText.source },
      ]),
    });
  return h("div", {}, h("div", { class: "panel-body" }, asked, words), table);
}

/** What a person typed reached HAWK through the model's side, so it is shown as inert as the model's own words. */
function quoted(prompt) {
  const words = aiText(prompt);
  words.classList.add("is-inline");
  return words;
}

function source({ by_ai: byAi, source_label: label }) {
  return byAi ? badge(label, { tone: "ai", icon: "spark" }) : h("span", { class: "second" }, label);
}
