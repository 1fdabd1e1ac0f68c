/**
 * The flow of a plan's deals between books, as a picture. The table beside it says the same in words.
 */

import { h, s } from "../lib/dom.js";
import { FRAME, layOut } from "./flow-layout.js";
import { flow as words } from "./text-plan.js";

const BADGE = 9;
/** Pixels from an end at which the head of an arrow begins. */
const HEAD = "M-9 -5L0 0L-9 5";

/**
 * Returns the picture.
 *
 * @param {Object} flow of `view.flows`
 * @param {{id: string, label: string, kind: string}[]} flow.nodes `kind`: bank, portfolio or final; from left to right
 * @param {{from: string, to: string, deals: Object[]}[]} flow.arrows each with the deals on it
 */
export function flowPicture({ nodes, arrows: given }) {
  if (nodes.length === 0) return null;
  const arrows = given.flatMap(({ from, to, deals }) => deals.map((deal) => ({ ...deal, from, to })));
  const { width, height, boxes, arrows: drawn } = layOut(nodes, arrows);
  const names = new Map(nodes.map((node) => [node.id, node.label]));
  const last = nodes.find((node) => node.kind === "final") ?? nodes.at(-1);
  const picture = s(
    "svg",
    {
      class: "flow",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": words.label(arrows.length, nodes[0].label, last.label),
    },
    drawn.map((arrow) => line(arrow, names)),
    boxes.map(book),
    drawn.map(badge),
  );
  return h("div", { class: "flow-scroll", role: "group", tabindex: "0", "aria-label": words.scroll }, picture);
}

function book(box) {
  const pill = box.kind === "bank";
  const frame = box.kind === "final" && rectangle(box, FRAME, 8, "flow-frame");
  return s(
    "g",
    { class: `flow-book is-${box.kind}` },
    frame,
    rectangle(box, 0, pill ? box.height / 2 : 5, "flow-box"),
    s("text", { x: box.x + box.width / 2, y: box.y + box.height / 2 + 4, "text-anchor": "middle" }, box.label),
  );
}

function rectangle({ x, y, width, height }, outside, radius, name) {
  return s("rect", {
    class: name,
    x: x - outside,
    y: y - outside,
    width: width + 2 * outside,
    height: height + 2 * outside,
    rx: radius,
  });
}

function line(arrow, names) {
  const { x, y, turn } = endOf(arrow.path);
  return s(
    "g",
    { class: arrow.dashed ? "flow-arrow is-dashed" : "flow-arrow" },
    s("title", {}, words.arrow(arrow.number, names.get(arrow.from), names.get(arrow.to), arrow.letter)),
    s("path", { class: "flow-line", d: arrow.path }),
    s("path", { class: "flow-head", d: HEAD, transform: `translate(${x} ${y}) rotate(${turn})` }),
  );
}

function badge({ number, letter, badge: at, letterAt: text }) {
  return s(
    "g",
    { class: "flow-number" },
    s("circle", { cx: at.x, cy: at.y, r: BADGE }),
    s("text", { class: "flow-digit", x: at.x, y: at.y + 4, "text-anchor": "middle" }, number),
    letter && s("text", { class: "flow-letter", x: text.x, y: text.y, "text-anchor": text.anchor }, letter),
  );
}

/** Returns where a path ends and which way it goes there. Paths end with H, V or a curve and V. */
function endOf(path) {
  const steps = [...path.matchAll(/([MHVC])([^MHVC]*)/g)].map(([, kind, text]) => ({
    kind,
    numbers: text.trim().split(/[ ,]+/).map(Number),
  }));
  let [x, y] = [0, 0];
  let turn = 0;
  for (const { kind, numbers } of steps) {
    const [fromX, fromY] = [x, y];
    if (kind === "H") x = numbers[0];
    else if (kind === "V") y = numbers[0];
    else [x, y] = numbers.slice(-2);
    if (kind === "H") turn = x >= fromX ? 0 : 180;
    else if (kind === "V") turn = y >= fromY ? 90 : -90;
  }
  return { x, y, turn };
}
