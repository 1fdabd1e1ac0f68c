/**
 * How a workflow is undone, in the order in which it happens: deals cancelled in Murex one by one, then every
 * operation, the last one first. And, while nothing is undone, how it would be.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { banner, emptyState } from "../../shared/elements/banner.js";
import { badge, none, said } from "../../shared/elements/badge.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { undoPlan, undoSteps } from "../../shared/elements/undo-plan.js";
import { h, s } from "../../shared/lib/dom.js";
import { undo as words } from "../../shared/elements/text-plan.js";
import { workflowAddress } from "../overview/row.js";
import { eventButton, part } from "./part.js";
import { undoing as text } from "./text.js";

/** Returns a bar of how much is done; the figures stand beside it. */
function progressBar(some, all) {
  const width = all === 0 ? 100 : (some * 100) / all;
  return s(
    "svg",
    { class: "undo-bar", height: 6, "aria-hidden": "true", focusable: "false" },
    s("rect", { class: "bar-ground", width: "100%", height: 6, rx: 3 }),
    s("rect", { class: "bar-of-undo", width: `${width}%`, height: 6, rx: 3 }),
  );
}

function step(title, words_, bar, more) {
  return h(
    "div",
    { class: "undo-step" },
    h("h3", {}, title),
    h("p", {}, words_, more.filter(Boolean).map((each) => [h("span", { class: "muted" }, " · "), each])),
    bar,
  );
}

function eventCell(number, events, place, open) {
  return number === null ? null : eventButton(events[number], place, open);
}

function dealName({ sequence, deal_booking_id: id, entity_id: entity }, several) {
  if (sequence === null) return id;
  return several && entity ? `${sequence}, ${entity}` : String(sequence);
}

function cancels({ list }, events, open) {
  const several = new Set(list.map(({ entity_id: entity }) => entity)).size > 1;
  return planTable({
    caption: text.captionCancels,
    name: "undo-cancels",
    columns: [
      { text: text.columns.deal },
      { text: text.columns.id, as: "code" },
      { text: text.columns.state },
      { text: text.columns.event, as: "count" },
    ],
    rows: list.map((each) => {
      const [word, tone, picture] = text.deals[each.state] ?? [each.state, "idle", "circle"];
      const why = each.reason && h("span", { class: "two" }, plainText(each.reason));
      return [
        dealName(each, several),
        { text: h("code", { class: "any" }, plainText(each.deal_booking_id)) },
        { text: [said(word, { tone, icon: picture }), why], "data-label": text.columns.state },
        {
          text: eventCell(each.event, events, `cancel-${each.deal_booking_id}`, open),
          "data-label": text.columns.event,
        },
      ];
    }),
  });
}

function steps({ list }, events, open) {
  const several = new Set(list.map(({ entity_id: entity }) => entity).filter(Boolean)).size > 1;
  return planTable({
    caption: text.captionSteps,
    name: "undo-operations",
    columns: [
      { text: words.number },
      { text: words.table, as: "code" },
      { text: text.columns.action },
      { text: text.columns.state },
      { text: text.columns.event, as: "count" },
    ],
    rows: list.map((each) => {
      const [word, tone, picture] = text.steps[each.state] ?? [each.state, "idle", "circle"];
      const alone = !each.alone && [" ", badge(words.notAlone, { tone: "look", icon: "warning" })];
      return [
        String(each.operation),
        { text: h("code", { class: "any" }, each.table) },
        { text: [each.action, alone, several && each.entity_id && h("span", { class: "two" }, each.entity_id)] },
        { text: said(word, { tone, icon: picture }), "data-label": text.columns.state },
        { text: eventCell(each.event, events, `undo-${each.operation}`, open), "data-label": text.columns.event },
      ];
    }),
  });
}

function beside({ kind, reversal, reverses }) {
  const other = kind === "reversed" ? reversal : kind === "reversal" ? reverses : null;
  if (!other) return null;
  const label = kind === "reversed" ? text.by : text.of;
  return h("p", {}, `${label} `, h("a", { class: "mono any", href: workflowAddress(other) }, other));
}

function cause({ code, reason }) {
  if (!reason) return null;
  return h("p", { class: "second" }, plainText(reason), code && [" ", h("code", { class: "any" }, code)]);
}

function body({ undoing, events }, open) {
  const { kind, cancels: deals, operations, needs_person: person } = undoing;
  const settled = deals.confirmed + deals.by_hand;
  const ofDeals = [
    deals.by_hand > 0 && text.byHand(deals.by_hand),
    deals.refused > 0 && h("b", { class: "toned", dataset: { tone: "failed" } }, text.refused(deals.refused)),
  ];
  const done = operations.undone;
  const whole = operations.total - operations.never;
  return h(
    "div",
    {},
    h(
      "div",
      { class: "panel-body stack" },
      h("h2", {}, text.titles[kind] ?? text.titles.compensation),
      cause(undoing),
      beside(undoing),
      person && banner("failed", [{ first: text.person }]),
      step(text.step1, text.cancelled(deals.confirmed, deals.total), progressBar(settled, deals.total), ofDeals),
    ),
    deals.total > 0 ? cancels(deals, events, open) : h("p", { class: "panel-body second" }, text.noCancels),
    h(
      "div",
      { class: "panel-body" },
      step(text.step2, text.undone(done, whole), progressBar(done, whole), [
        operations.never > 0 && text.kept(operations.never),
      ]),
    ),
    operations.total > 0 ? steps(operations, events, open) : h("p", { class: "panel-body second" }, text.noSteps),
  );
}

/**
 * Returns what is undone, with `element` and `show(document)`.
 * @param {(event: Object) => void} open shows an event
 */
export function undoingPart(open) {
  const made = part((piece) => (piece === null ? h("div", {}) : body(piece, open)));
  const element = h("div", {}, made.element);
  return {
    element,
    show({ undoing, events }) {
      const named = undoing === null ? [] : [...undoing.cancels.list, ...undoing.operations.list];
      const used = named.filter(({ event }) => event !== null).map(({ event }) => [event, events[event]]);
      made.show(undoing === null ? null : { undoing, events: Object.fromEntries(used) });
    },
  };
}

/** Returns how the plan would be undone, with `element` and `show(document)`. */
export function undoPlanPart() {
  const made = part(({ undo, entities }) => {
    if (undo.total === 0) return emptyState({ title: text.noPlan, text: text.noPlanText });
    const named = (id) => {
      const name = entities.find(({ entity_id: each }) => each === id)?.name;
      return (name ?? "").split(" Entity ").at(-1) || id || none();
    };
    return h(
      "div",
      {},
      h(
        "div",
        { class: "panel-body" },
        h("h2", {}, text.planTitle),
        h("p", { class: "second" }, text.planNote(undo.total)),
      ),
      undoPlan(undo),
      undoSteps(undo, named),
    );
  });
  const element = h("div", {}, made.element);
  return {
    element,
    show({ undo, entities }) {
      made.show({ undo, entities });
    },
  };
}
