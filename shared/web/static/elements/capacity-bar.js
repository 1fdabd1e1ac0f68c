/**
 * How much of a position or a limit is protected, used before, taken by this order, and free after it.
 * The numbers stand in the same row; the bar never says anything alone.
 */

import { h, newId, s } from "../lib/dom.js";
import { grouped, tenThousandths } from "../lib/money.js";
import { capacity as words } from "./text-plan.js";

const HEIGHT = 18;
const BAR = { y: 2, height: 14 };
const ALL = 10_000;

/**
 * Returns the bar.
 *
 * @param {Object} use amounts as text, all in one currency
 * @param {string} use.name
 * @param {string} use.whole the position, or the limit
 * @param {string} [use.protected]
 * @param {string} [use.used]
 * @param {string} use.order
 * @param {string} use.free
 * @param {string} [use.warning] level, on the scale of the whole
 * @param {string} [use.critical]
 */
export function capacityBar(use) {
  const { name, whole, used = "0", order, free, warning, critical } = use;
  const protectedPart = use.protected ?? "0";
  const hatch = newId("hatch");
  const parts = partsOf(whole, { protectedPart, used, order });
  const levels = [warning, critical].filter((level) => level !== undefined && level !== null);
  const said = words.bar({
    name,
    whole: grouped(whole),
    protectedPart: grouped(protectedPart),
    used: grouped(used),
    order: grouped(order),
    free: grouped(free),
  });
  return s(
    "svg",
    {
      class: "capacity-bar",
      role: "img",
      width: "100%",
      height: HEIGHT,
      "aria-label": said + (levels.length === 2 ? words.levels(grouped(warning), grouped(critical)) : ""),
    },
    s("defs", {}, hatching(hatch)),
    s("rect", { class: "capacity-ground", y: BAR.y, width: "100%", height: BAR.height, rx: 2 }),
    parts.map((part) => rectangle(part, hatch)),
    parts.map(({ from, to }) => to < ALL && to > from && gap(to)),
    s("rect", { class: "capacity-free", y: BAR.y, width: "100%", height: BAR.height, rx: 2 }),
    levels.map((level) => mark(tenThousandths(level, whole))),
  );
}

/** Returns a small square as in the bar, for the legend. */
export function capacityKey(kind) {
  if (kind === "level") return h("span", { class: "capacity-key is-level", "aria-hidden": "true" });
  const hatch = newId("hatch");
  return s(
    "svg",
    { class: "capacity-key", width: 14, height: 10, "aria-hidden": "true" },
    kind === "protected" && s("defs", {}, hatching(hatch)),
    s("rect", { class: `capacity-${kind}`, x: 0.5, y: 0.5, width: 13, height: 9, rx: 2, ...fillOf(kind, hatch) }),
  );
}

/** Returns where each part begins and ends. An order below zero gives back: it is drawn as what it takes off. */
function partsOf(whole, { protectedPart, used, order }) {
  const back = order.startsWith("-");
  const taken = tenThousandths(back ? order.slice(1) : order, whole);
  const before = tenThousandths(used, whole);
  const lengths = [
    ["protected", tenThousandths(protectedPart, whole)],
    ["used", back ? Math.max(0, before - taken) : before],
    [back ? "back" : "order", taken],
  ];
  let from = 0;
  return lengths.map(([kind, length]) => {
    const part = { kind, from, to: Math.min(ALL, from + length) };
    from = part.to;
    return part;
  });
}

function rectangle({ kind, from, to }, hatch) {
  if (to <= from) return null;
  return s("rect", {
    class: `capacity-${kind}`,
    x: percent(from),
    y: BAR.y,
    width: percent(to - from),
    height: BAR.height,
    ...fillOf(kind, hatch),
  });
}

function fillOf(kind, hatch) {
  return kind === "protected" ? { fill: `url(#${hatch})` } : {};
}

function hatching(id) {
  return s(
    "pattern",
    { id, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("rect", { class: "capacity-ground", width: 5, height: 5 }),
    s("line", { class: "capacity-hatch", x1: 0, y1: 0, x2: 0, y2: 5 }),
  );
}

function gap(at) {
  return s("line", { class: "capacity-gap", x1: percent(at), x2: percent(at), y1: BAR.y, y2: BAR.y + BAR.height });
}

function mark(at) {
  return s("line", { class: "capacity-level", x1: percent(at), x2: percent(at), y1: 0, y2: HEIGHT });
}

function percent(tenThousandth) {
  return `${tenThousandth / 100}%`;
}
