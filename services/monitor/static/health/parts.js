/**
 * What the panels of the health page are made of: links to runbooks, times that go on, figures, bars.
 */

import { said } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { h, newId, s } from "../../shared/lib/dom.js";
import { tenThousandths } from "../../shared/lib/money.js";
import { absolute, hourMinute, moment, span } from "../../shared/lib/time.js";
import { bars as barText, health as text, LABELS } from "./text.js";

const HEIGHT = 14;
const TOP = 2;

function runbookAddress(name) {
  return `/dashboard/runbooks/${encodeURIComponent(name)}`;
}

/** Returns a link to a runbook, which says which one it is; with `short` only to who does not see where it stands. */
export function runbookLink(name, { short = false } = {}) {
  const label = text.runbookOf(LABELS[name] ?? name);
  const named = { href: runbookAddress(name), "aria-label": short ? label : null, "data-focus": `runbook-${name}` };
  return h("a", { class: "icon-link", ...named }, icon("book"), h("span", {}, short ? text.runbook : label));
}

/** Returns "for 48 s" that goes on, with the time in its title; nothing where the time is not known. */
export function lasting(iso, ticks, say = text.lasting) {
  const at = moment(iso);
  if (at === null) return null;
  const element = h("span", { class: "fact", title: absolute(at) });
  ticks.push((now) => {
    const words = say(span(now.getTime() - at.getTime()), hourMinute(at));
    if (element.textContent !== words) element.textContent = words;
  });
  return element;
}

/** Returns a panel with its title, a note, and where to read on. */
export function panel(key, title, { note = null, link = null, tone = null } = {}, ...body) {
  const heading = h("h2", {}, title);
  const head = h("div", { class: "panel-head" }, heading, note && h("span", { class: "muted small" }, note), link);
  return h("section", { class: "panel", dataset: { part: key, ...(tone && { tone }) } }, head, body);
}

/** Returns figures by their names, each of which leads to its runbook: a name, a runbook, a node or text. */
export function figures(entries) {
  const link = (name, runbook) =>
    h("a", { class: "quiet-link", href: runbookAddress(runbook), "data-focus": `figure-${name}` }, name);
  const lines = entries.map(([name, runbook, ...value]) => [h("dt", {}, link(name, runbook)), h("dd", {}, value)]);
  return h("dl", { class: "facts health-figures" }, lines);
}

/** Returns a figure that is plain while it is 0, and toned with since when where it is not. */
export function amiss(count, tone, since, ticks) {
  if (count === 0) return "0";
  const duration = lasting(since, ticks);
  return said([String(count), duration && [", ", duration]], { tone, icon: "warning" });
}

/** Returns the words of a state by its code. */
export function stateOf(states, code) {
  const [word, picture, tone] = states[code] ?? [code, "circle", "idle"];
  return said(word, { tone, icon: picture });
}

function percent(tenThousandth) {
  return `${tenThousandth / 100}%`;
}

function part(name, from, to) {
  if (to <= from) return null;
  return s("rect", { class: name, x: percent(from), y: TOP, width: percent(to - from), height: HEIGHT - 2 * TOP });
}

/** Returns how much of a limit or a position is used, as a bar; the figures stand beside it. */
export function useBar({ name, used, reserved, whole, warning, critical, protected: kept, state }) {
  const hatch = newId("hatch");
  const before = tenThousandths(kept, whole);
  const end = Math.min(10_000, before + tenThousandths(used, whole));
  const levels = [warning, critical].filter((level) => level !== null);
  const marks = levels.length === 2 ? barText.levels({ warning, critical }) : "";
  const words = barText.said({ used, whole, reserved }) + marks;
  const pattern = s(
    "pattern",
    { id: hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("line", { class: "capacity-hatch", x1: 0, y1: 0, x2: 0, y2: 5 }),
  );
  const ground = { y: TOP, width: "100%", height: HEIGHT - 2 * TOP, rx: 2 };
  const hatched = part("", 0, before);
  hatched?.setAttribute("fill", `url(#${hatch})`);
  return s(
    "svg",
    { class: "capacity-bar use-bar", role: "img", width: "100%", height: HEIGHT, "aria-label": `${name}: ${words}` },
    s("defs", {}, pattern),
    s("rect", { class: "capacity-ground", ...ground }),
    hatched,
    part(state in barText.states && state !== "USED_UP" ? "use-late" : "capacity-used", before, end),
    s("rect", { class: "capacity-free", ...ground }),
    levels.map((level) => {
      const at = percent(tenThousandths(level, whole));
      return s("line", { class: "capacity-level", x1: at, x2: at, y1: 0, y2: HEIGHT });
    }),
  );
}

/** Returns text in which what stands between backticks is code. */
export function withCode(text) {
  return text.split("`").map((part, place) => (place % 2 === 1 ? h("code", { class: "any" }, part) : part));
}
