/**
 * The timeline: a row for each group of events, its bar drawn on one axis, its attempts, result and duration in words
 * and figures beside it. Opened, a group shows its events.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { emptyState } from "../../shared/elements/banner.js";
import { none, said } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { flow } from "../../shared/elements/text-plan.js";
import { arrange, fill, h, keeper, newId, s, unseen } from "../../shared/lib/dom.js";
import { span } from "../../shared/lib/time.js";
import { choice, eventButton, eventTime } from "./part.js";
import { scale, seconds } from "./scale.js";
import { events as sentences, results, timeline as text } from "./text.js";

const COLUMNS = [
  { key: "group", label: text.columns.group },
  { key: "bar", label: text.columns.bar },
  { key: "attempts", label: text.columns.attempts, number: true },
  { key: "result", label: text.columns.result },
  { key: "duration", label: text.columns.duration, number: true },
];
const [GROUP, BAR, ATTEMPTS, RESULT, DURATION] = COLUMNS;
const TONES = ["work", "silent", "again", "undo", "open"];
const HATCHED = new Set(["silent", "open"]);
const HEIGHT = 8;
const OUTSIDE = "EXTERNAL";

/** Milliseconds up to which the axis goes while something is awaited. */
const STEPS = [2_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 864_000_000];

function hatch(tone) {
  const id = newId("hatch");
  const line = s("path", { d: "M-1 7L7 -1M3 9L9 3", class: `hatch-${tone}` });
  return [id, s("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, line)];
}

function shape(tone, x, width) {
  const at = { x: `${x / 10}%`, width: `${width / 10}%`, height: HEIGHT };
  if (!HATCHED.has(tone)) return [s("rect", { ...at, rx: 1, class: `bar-of-${tone}` })];
  const [id, pattern] = hatch(tone);
  return [s("defs", {}, pattern), s("rect", { ...at, class: "bar-ground" }), s("rect", { ...at, fill: `url(#${id})` })];
}

/** Returns the bar of a group; what is still awaited goes up to now. */
function bar({ segments }, axis, now) {
  const lines = axis.ticks
    .map(({ at }) => `${at / 10}%`)
    .map((x) => s("line", { x1: x, x2: x, y1: -6, y2: HEIGHT + 6 }));
  const parts = segments.map(({ tone, from, to }) => {
    const { x, width } = axis.part(from, to ?? Math.max(from, now));
    return shape(tone, x, width);
  });
  const given = { class: "time-bar", height: HEIGHT, "aria-hidden": "true", focusable: "false" };
  return s("svg", given, s("g", { class: "time-ticks" }, lines), parts.flat());
}

/** Returns the names of the axis, above the bars. */
function axisHead(axis) {
  const names = axis.ticks.map(({ at, name }) =>
    s("text", { x: `${at / 10}%`, y: 12, "text-anchor": "middle" }, name));
  return s("svg", { class: "time-axis", height: 16, "aria-hidden": "true", focusable: "false" }, names);
}

/** Returns how a book is called; the outside is a bank. */
export function book(name) {
  return name === OUTSIDE ? flow.external : name;
}

/** Returns how a group is called: its name, and what it is about. */
function nameOf({ kind, deal }, entities) {
  if (deal === null) return text.groups[kind] ?? [kind, ""];
  const entity = entities.find(({ entity_id: id }) => id === deal.entity_id);
  const name = text.deal(deal.sequence, entity?.name?.split(" Entity ").at(-1) || deal.entity_id);
  const named = kind === "cancel" ? text.cancel(name) : name;
  if (deal.from === null) return [named, deal.deal_booking_id];
  const [from, to] = [book(deal.from), book(deal.to)];
  if (from === to) return [named, `${from}, ${deal.purpose ?? ""}`];
  return [named, [from, h("span", { "aria-hidden": "true" }, " → "), unseen(` ${text.to} `), to]];
}

/** Returns what a group has come to: sign and words, and how long it was silent. */
export function resultOf({ result, attempts }) {
  const [words, tone, picture] = results[result.kind]?.(result) ?? [result.kind, null, null];
  const line = plainText(String(words ?? ""));
  const shown = tone === null ? line : said("", { tone, icon: picture });
  if (tone !== null) shown.lastChild.append(result.kind === "booked" ? h("code", { class: "any" }, line) : line);
  if (!result.silent_ms) return shown;
  const then = attempts > 1 ? results.sentAgain : results.asked()[0];
  const silent = results.silent(span(result.silent_ms), then);
  return [shown, h("span", { class: "two toned", dataset: { tone: "look" } }, silent)];
}

/** Returns what an event says in a line. */
export function sentence({ type, said: facts }) {
  const words = sentences[type]?.(facts);
  if (words !== undefined) return plainText(words);
  const numbers = facts.operations ?? (facts.operation ? [facts.operation] : []);
  return numbers.length > 0 ? sentences.many(numbers.at(0), numbers.at(-1)) : plainText(type);
}

function eventRow(event, open) {
  return row(
    [
      rowHead(GROUP, sentence(event)),
      cell(BAR, h("code", { class: "any" }, event.type)),
      cell(ATTEMPTS),
      cell(RESULT, eventButton(event, "timeline", open)),
      cell(DURATION, eventTime(event)),
    ],
    { names: "group-event" },
  );
}

function duration({ kind, began, ended }) {
  const words = kind === "request" ? text.waiting : text.running;
  return ended === null ? h("span", { class: "muted" }, words) : seconds(ended - began);
}

/**
 * Returns the timeline with `element`, `tools`, `show(document, now)` and `follow(now)`.
 * @param {(event: Object) => void} open shows an event
 */
export function timelinePart(open) {
  const made = table(COLUMNS, { label: text.caption, name: "timeline table-narrow" });
  const head = made.element.tHead;
  const names = head.querySelectorAll("th")[1];
  const opened = new Set();
  const element = h("div", {});
  const foot = h("div", { class: "timeline-foot" });
  const tools = h("div", { class: "part-tools" });
  let document_ = null;
  let axis = scale(0);
  let end = 0;
  let passed = 0;
  let unusual = false;

  const groups = keeper(({ group }) => group.key, make, (_, node) => node.rows[0].classList.add("changed"));

  function make({ group, isOpen, entities, events, ticks }) {
    const [name, about] = nameOf(group, entities);
    const id = newId("group");
    const act = () => toggle(group.key);
    const arrow = h(
      "button",
      { type: "button", class: "group-button", "aria-expanded": isOpen, "data-focus": group.key, on: { click: act } },
      icon(isOpen ? "down" : "right"),
      h("b", { id }, plainText(name)),
    );
    const drawn = cell(BAR, bar(group, axis, 0));
    const line = row(
      [
        rowHead(GROUP, arrow, " ", h("span", { class: "muted group-about" }, about)),
        drawn,
        cell(ATTEMPTS, group.attempts === null ? none() : String(group.attempts)),
        cell(RESULT, resultOf(group)),
        cell(DURATION, duration(group)),
      ],
      { names: isOpen ? "is-open" : "" },
    );
    const body = h("tbody", { role: "rowgroup", "aria-labelledby": id }, line);
    if (isOpen) body.append(...events.map((event) => eventRow(event, open)));
    body.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !opened.has(group.key)) return;
      event.stopPropagation();
      toggle(group.key);
      element.querySelector(`[data-focus="${CSS.escape(group.key)}"]`)?.focus();
    });
    body.redraw = (now) => ticks.open && fill(drawn, bar(group, axis, now));
    return body;
  }

  function toggle(key) {
    if (!opened.delete(key)) opened.add(key);
    draw();
  }

  function draw() {
    const { timeline, events, entities } = document_;
    const shown = timeline.groups.filter((group) => !unusual || group.unusual || opened.has(group.key));
    end = endOf(timeline.groups, passed);
    axis = scale(end);
    fill(names, unseen(text.columns.bar), axisHead(axis));
    const items = shown.map((group) => {
      const isOpen = opened.has(group.key);
      const own = isOpen ? group.events.map((number) => events[number]) : [];
      return { group, isOpen, entities, events: own, ticks: { open: group.ended === null, end } };
    });
    arrange(made.element, [head, ...groups(items)]);
    arrange(element, parts(timeline.groups, shown));
  }

  function since(now) {
    const { zero } = document_.timeline;
    return zero === null ? 0 : now.getTime() - new Date(zero).getTime();
  }

  function redraw() {
    for (const body of made.element.tBodies) body.redraw?.(passed);
  }

  function parts(all, shown) {
    if (all.length === 0) return [emptyState({ title: text.empty, text: text.emptyText })];
    if (shown.length === 0) return [emptyState({ icon: "tick", title: text.noneUnusual, text: "" })];
    return [made.element, foot];
  }

  fill(tools, choice({
    label: text.show,
    values: [["", text.all], ["unusual", text.unusual]],
    chosen: "",
    focus: "show",
    onChoose(value) {
      unusual = value === "unusual";
      draw();
    },
  }));

  return {
    element,
    tools,
    show(document, now) {
      document_ = document;
      const tones = TONES.filter((tone) =>
        document.timeline.groups.some(({ segments }) => segments.some((each) => each.tone === tone)));
      fill(foot, h("span", {}, text.legendTitle), h("ul", { class: "timeline-legend" }, tones.map(legend)));
      passed = since(now);
      draw();
      redraw();
    },
    /** Lets what is awaited grow up to now. */
    follow(now) {
      if (document_ === null) return;
      passed = since(now);
      if (endOf(document_.timeline.groups, passed) !== end) draw();
      redraw();
    },
  };
}

/** Returns up to when the axis goes; while something is awaited, to the next of few steps: so it rarely changes. */
function endOf(groups, passed) {
  const last = Math.max(0, ...groups.flatMap(({ segments }) => segments.map(({ to, from }) => to ?? from)));
  if (!groups.some(({ ended }) => ended === null)) return last;
  const wanted = Math.max(last, passed);
  return STEPS.find((step) => step > wanted) ?? wanted;
}

function legend(tone) {
  const key = s("svg", { width: 14, height: HEIGHT, "aria-hidden": "true", focusable: "false" }, shape(tone, 0, 1_000));
  return h("li", {}, key, text.legend[tone]);
}
