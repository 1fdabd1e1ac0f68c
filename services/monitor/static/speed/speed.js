/**
 * How fast HAWK is: approval to completed against the objective, endings per minute, and why some had no success.
 */

import { banner, emptyState } from "../../shared/elements/banner.js";
import { said } from "../../shared/elements/badge.js";
import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { arrange, h, keeper } from "../../shared/lib/dom.js";
import { clockTime, hourMinute, moment } from "../../shared/lib/time.js";
import { panel, runbookLink } from "../health/parts.js";
import { watchDocument } from "../health/reading.js";
import { barChart, chartTable, counted } from "./charts.js";
import { windowsSayer } from "./said.js";
import { seconds, speed as text } from "./text.js";

/** Minutes of a reason that are named: what it does now. */
const LATEST = 3;
/** Minutes between two times at the axis. */
const EVERY = 15;

function stoppedBanner({ running, since, why }) {
  if (running) return h("div", { class: "flow-away" });
  const words = text.stoppedWhy(clockTime(moment(since)), why);
  const line = { first: text.stopped, text: words, link: runbookLink("windows") };
  return banner("look", [line], { role: "status" });
}

function percentile({ per_cent: each, over_ms: over, up_to_ms: bound }, objective) {
  if (over === null) return figure(text.names[each], "–");
  const words = bound === null ? text.above(over) : text.atMost(bound);
  const late = bound === null || bound > objective;
  return figure(text.names[each], late ? said(words, { tone: "look", icon: "clock" }) : words, late && text.late);
}

function figure(name, value, note = null) {
  const second = note && h("span", { class: "two" }, note);
  return h("div", { class: "speed-figure" }, h("dt", {}, name), h("dd", {}, value, second));
}

/** Returns the figures against the objective. */
function figuresPanel({ approval_to_completed: timed }) {
  const { timed: all, within_objective: within, objective_ms: objective, percentiles, untimed } = timed;
  const share = all === 0 ? "–" : `${Math.floor((within * 100) / all)} %`;
  const figures = [
    figure(text.within(objective), share, text.share(within, all)),
    ...percentiles.map((each) => percentile(each, objective)),
  ];
  const notes = [text.bounds, untimed > 0 && text.untimed(untimed)].filter(Boolean).join(" ");
  return panel(
    "figures",
    text.figures,
    {},
    h("dl", { class: "panel-body speed-figures" }, figures),
    h("p", { class: "panel-body muted small speed-note" }, notes),
  );
}

/** Returns the histogram; its objective stands behind the last step that keeps it. */
function histogramPanel({ approval_to_completed: timed }) {
  const { histogram, timed: all, within_objective: within, objective_ms: objective } = timed;
  const empty = emptyState({ icon: "gauge", title: text.none, text: text.noneText });
  if (all === 0) return panel("histogram", text.histogram, {}, empty);
  const last = histogram.findLastIndex(({ count }) => count > 0);
  const kept = histogram.findIndex(({ up_to_ms: bound }) => bound === objective);
  const shown = histogram.slice(0, Math.max(last, kept + 2) + 1);
  const chart = barChart({
    said: text.histogramSaid(all, within, objective),
    bars: shown.map(({ up_to_ms: bound, count }, place) => ({
      parts: [[place <= kept ? "chart-good" : "chart-late", count]],
      label: place % 3 === 0 && bound !== null ? seconds(bound) : undefined,
    })),
    mark: { after: kept, label: text.objective(objective) },
  });
  const columns = [
    { key: "took", label: text.took },
    { key: "count", label: text.workflows, number: true },
    { key: "share", label: text.share100, number: true },
  ];
  const words = ({ over_ms: from, up_to_ms: to }) => (to === null ? text.above(from) : text.between(from, to));
  const lines = histogram
    .filter(({ count }) => count > 0)
    .map((each) => [words(each), counted(each.count), `${Math.round((each.count * 100) / all)} %`]);
  const details = chartTable(text.table, text.histogram, columns, lines);
  return panel("histogram", text.histogram, {}, h("div", { class: "panel-body" }, chart, details));
}

/** Returns endings per minute. */
function minutesPanel({ minutes, completed, failed }) {
  const most = Math.max(0, ...minutes.map((each) => each.completed + each.failed));
  const timeOf = ({ start }) => hourMinute(moment(start));
  const chart = barChart({
    said: text.throughputSaid(completed, failed, most),
    bars: minutes.map((each) => ({
      parts: [
        ["chart-good", each.completed],
        ["chart-failed", each.failed],
      ],
      label: new Date(each.start).getUTCMinutes() % EVERY === 0 ? timeOf(each) : undefined,
    })),
  });
  const key = (name, words) => h("li", {}, h("span", { class: `chart-key ${name}`, "aria-hidden": "true" }), words);
  const legend = h("ul", { class: "chart-legend" }, key("is-good", text.completed), key("is-failed", text.failed));
  const columns = [
    { key: "minute", label: text.minute },
    { key: "completed", label: text.completed, number: true },
    { key: "failed", label: text.failed, number: true },
  ];
  const lines = minutes
    .filter((each) => each.completed + each.failed > 0)
    .reverse()
    .map((each) => [timeOf(each), counted(each.completed), counted(each.failed)]);
  const details = lines.length > 0 && chartTable(text.table, text.throughput, columns, lines);
  const words = h("p", { class: "second" }, text.throughputSaid(completed, failed, most));
  return panel("minutes", text.throughput, {}, h("div", { class: "panel-body" }, words, chart, legend, details));
}

/** Returns the reasons, each with what it did in the last minutes. */
function reasonsPanel({ reasons, minutes }) {
  const empty = h("p", { class: "panel-body second" }, text.noReasons);
  if (reasons.length === 0) return panel("reasons", text.reasons, {}, empty);
  const columns = [
    { key: "reason", label: text.reason },
    { key: "count", label: text.count, number: true },
    { key: "latest", label: text.latest },
  ];
  const [REASON, COUNT, LAST] = columns;
  const made = table(columns, { label: text.reasons, name: "table-narrow health-table" });
  for (const { code, count } of reasons) {
    const when = minutes.filter((each) => code in each.reasons).slice(-LATEST).reverse();
    const latest = when.map((each) => text.latestOf(hourMinute(moment(each.start)), each.reasons[code])).join(", ");
    made.body.append(
      row([rowHead(REASON, h("code", { class: "any" }, code)), cell(COUNT, counted(count)), cell(LAST, latest)]),
    );
  }
  return panel("reasons", text.reasons, {}, made.element);
}

const PARTS = [
  { key: "stopped", of: ({ running, since, why }) => ({ running, since, why }), make: stoppedBanner },
  { key: "figures", of: ({ approval_to_completed }) => ({ approval_to_completed }), make: figuresPanel },
  { key: "histogram", of: ({ approval_to_completed }) => ({ approval_to_completed }), make: histogramPanel },
  { key: "minutes", of: ({ minutes, completed, failed }) => ({ minutes, completed, failed }), make: minutesPanel },
  { key: "reasons", of: ({ reasons, minutes }) => ({ reasons, minutes }), make: reasonsPanel },
];

/** Leaves a table open that somebody has opened. */
function keepOpen(old, node) {
  if (old.querySelector("details")?.open) node.querySelector("details")?.setAttribute("open", "");
}

/** Shows the page. */
export async function mount({ main }, context) {
  const make = ({ key, part }) => PARTS.find((each) => each.key === key).make(part);
  const made = keeper(({ key }) => key, make, keepOpen);
  const say = windowsSayer(context);
  const charts = h("div", { class: "health-row health-row-2" });
  const watched = watchDocument({
    main,
    context,
    text,
    address: "/speed",
    show(document, now) {
      say(document.running, document.since, now);
      const [stopped, figures, histogram, minutes, reasons] = made(
        PARTS.map(({ key, of }) => ({ key, part: of(document) })),
      );
      arrange(charts, [histogram, minutes]);
      arrange(watched.body, [stopped, figures, charts, reasons]);
    },
  });
  watched.said.textContent = text.lead;
  return watched;
}
