/**
 * The panels of a workflow that was approved: outcome, deals, what is undone, what happened, what to do.
 */

import { badge } from "../../shared/elements/badge.js";
import { dealMatrix, matrixLegend } from "../../shared/elements/deal-matrix.js";
import { icon } from "../../shared/elements/icons.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { h } from "../../shared/lib/dom.js";
import { inert, sectionPanel } from "../card/frame.js";
import { logLines, sinceApproval } from "./state.js";
import { dealNow, dealOfReversal, undoGroups, undoSteps } from "./plan.js";
import { advice as adviceText, deals as dealsText, log as logText, undo as undoText } from "./text.js";

const FAILING = new Set(["COMPENSATING", "COMPENSATED", "NEEDS_INTERVENTION", "FAILED"]);

/** Returns the deals as they are: booked one by one, or cancelled one by one. */
export function dealsPanel({ view, seen }) {
  if (view.deals.length === 0) return null;
  const several = view.flows.length > 1;
  const reversal = view.headline.kind === "reversal";
  const failing = FAILING.has(seen.state) && !seen.completedAt && !reversal;
  const now = new Map(view.deals.map((deal) => [
    deal,
    reversal ? dealOfReversal(deal, seen, several) : dealNow(deal, seen, several),
  ]));
  const counts = view.flows.map((flow) => countOf(
    view.deals.filter((deal) => deal.part === flow.part),
    now,
    failing || reversal,
  ));
  const table = dealMatrix({
    deals: view.deals,
    flows: view.flows,
    cellOf: (deal) => ({
      ...now.get(deal),
      since: now.get(deal).at ? sinceApproval(seen.approvedAt, now.get(deal).at) : null,
    }),
    sum: { label: failing || reversal ? dealsText.cancelled : dealsText.booked, counts },
  });
  const booking = seen.booked > 0 && !seen.completedAt && !failing;
  const unnamed = several && booking && seen.deals.every((deal) => deal.event === null);
  return sectionPanel(
    { key: "matrix", ...headOf({ view, seen, failing, reversal, counts, several }) },
    table,
    unnamed && h("p", { class: "panel-body muted small" }, dealsText.unknown(seen.booked, seen.planned)),
  );
}

/** Deals that were never booked are not cancelled either. */
function countOf(deals, now, cancels) {
  const states = deals.map((deal) => now.get(deal).status);
  const wanted = cancels ? "cancelled" : "booked";
  return {
    some: states.filter((state) => state === wanted).length,
    all: cancels ? states.filter((state) => state !== "declined").length : states.length,
  };
}

function headOf({ view, seen, failing, reversal, counts, several }) {
  const some = counts.reduce((sum, each) => sum + each.some, 0);
  const all = counts.reduce((sum, each) => sum + each.all, 0);
  if (failing) {
    const done = seen.state === "COMPENSATED";
    const mark = done
      ? badge(dealsText.confirmed(all), { tone: "idle", icon: "tick" })
      : seen.state === "COMPENSATING" && badge(dealsText.sent(seen.undoing ?? all), { tone: "look", icon: "back" });
    return {
      number: dealsText.step,
      title: dealsText.cancelTitle,
      note: dealsText.cancelNote,
      controls: mark || null,
    };
  }
  if (reversal) return { title: dealsText.cancelTitle, note: dealsText.cancelNote };
  if (seen.completedAt) return { title: dealsText.title, note: dealsText.equal(some, all) };
  return {
    title: dealsText.title,
    controls: several || view.deals.length > 0 ? matrixLegend(["sent", "booked"]) : null,
  };
}

/** Returns the operations that are undone after the cancels, the last one first. */
export function undoPanel({ view, seen }) {
  const steps = undoSteps(view);
  if (!["COMPENSATING", "COMPENSATED"].includes(seen.state) || steps.length === 0) return null;
  const done = seen.state === "COMPENSATED";
  const nameOf = (id) => view.headline.entities.find((each) => each.entity_id === id)?.short ?? id;
  return sectionPanel(
    {
      key: "undoing",
      number: undoText.step,
      title: undoText.title(steps.length),
      note: undoText.note,
      controls: done ? badge(
        undoText.done(steps.length),
        { tone: "idle", icon: "tick" },
      ) : badge(undoText.waits, { tone: "idle", icon: "clock" }),
    },
    planTable({
      caption: undoText.caption,
      name: "undo-groups",
      columns: [
        { text: undoText.operations, as: "code" },
        { text: undoText.of },
        { text: undoText.rows },
        { text: undoText.how },
      ],
      rows: undoGroups(view).map((group) => [
        { text: h("span", { class: "said" }, icon(done ? "tick" : "circle"), h("b", {}, range(group))) },
        { text: group.entity === null ? h("span", { class: "muted" }, undoText.whole) : nameOf(group.entity) },
        {
          text: group.tables.map(({ name, count }) => (count > 1 ? `${count} ${name}` : name)).join(", "),
          class: "any",
        },
        { text: group.actions.join(", ").toLowerCase(), class: "muted" },
      ]),
    }),
  );
}

function range({ from, to }) {
  return from === to ? String(from) : `${from}–${to}`;
}

/** Returns what happened, the newest first. */
export function logPanel({ seen, names }) {
  const from = seen.messages.findIndex((message) => message.state === "APPROVED");
  const since = from < 0 ? seen.messages : seen.messages.slice(from);
  const lines = logLines(since).map((line) => logLine(line, seen, names));
  const head = h(
    "div",
    { class: "panel-head" },
    h("h2", { id: "log-title" }, logText.title),
    seen.approvedAt && h("span", { class: "muted small" }, logText.unit),
  );
  const list = lines.length > 0 ? h("ol", { class: "log" }, lines) : h(
    "p",
    { class: "panel-body muted" },
    logText.empty,
  );
  return h("section", { class: "panel log-panel", "aria-labelledby": "log-title" }, head, list);
}

function logLine({ kind, messages }, seen, names) {
  const newest = messages[0];
  if (kind === "message") {
    const loud = newest.sequence === seen.sequence || [
      "COMPLETED",
      "FAILED",
      "COMPENSATING",
      "COMPENSATED",
    ].includes(newest.state) && newest.stage === null;
    return h(
      "li",
      { class: loud ? "log-line is-loud" : "log-line" },
      h(
        "time",
        { class: "log-time mono", datetime: newest.at, title: newest.at },
        sinceApproval(seen.approvedAt, newest.at) ?? "",
      ),
      h("span", { class: "any" }, inert(named(newest.status, names))),
    );
  }
  const [to, start] = [newest.at, messages.at(-1).at].map((at) => sinceApproval(seen.approvedAt, at));
  return h(
    "li",
    { class: "log-line is-folded" },
    h("span", { class: "log-time" }),
    h("span", {}, logText[kind](messages.length, start, to)),
  );
}

/** "Deal 5 of event EVENT_…_01 booked" reads "Deal 5 of Branch1 booked". */
export function named(sentence, names) {
  return sentence.replace(/\bof event (EVENT_\w+)/g, (whole, event) => (names[event] ? `of ${names[event]}` : whole));
}

/** Returns what somebody can do about a failure, or nothing. */
export function advicePanel({ seen }) {
  const text = textOf(seen);
  if (text === null) return null;
  const [first, bold, rest] = Array.isArray(text) ? text : [text];
  return h(
    "section",
    { class: "panel", "aria-labelledby": "advice-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "advice-title" }, adviceText.title)),
    h("p", { class: "panel-body second" }, first, bold && h("b", {}, bold), rest),
  );
}

function textOf(seen) {
  if (seen.state === "COMPENSATING" || (seen.state === "FAILED" && !seen.completedAt)) return adviceText.undoing;
  if (seen.state === "COMPENSATED") return adviceText.undone;
  return seen.state === "NEEDS_INTERVENTION" ? adviceText.person : null;
}
