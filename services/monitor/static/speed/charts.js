/**
 * Counts as bars. The table beside each says the same in figures.
 */

import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { h, s } from "../../shared/lib/dom.js";
import { grouped } from "../../shared/lib/money.js";

const HEIGHT = 160;
/** Room above for a mark's words, below for the axis. */
const TOP = 20;
const AXIS = 20;
/** A bar that stands for something is seen. */
const LEAST = 2;

const percent = (share) => `${share.toFixed(2)}%`;

/**
 * Returns bars in a row. Places are shares of the width, so that words keep their size whatever the width.
 * @param {Object} chart
 * @param {string} chart.said what it shows, for who does not see it
 * @param {{parts: [string, number][], label?: string}[]} chart.bars parts by class, from below
 * @param {{after: number, label: string}|null} [chart.mark] a line behind the bar of this place
 */
export function barChart({ said, bars, mark = null }) {
  const most = Math.max(1, ...bars.map(({ parts }) => parts.reduce((sum, [, count]) => sum + count, 0)));
  const step = 100 / bars.length;
  const height = (count) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * (HEIGHT - TOP - AXIS)));
  const drawn = bars.map(({ parts, label }, place) => {
    const x = percent(place * step);
    let y = HEIGHT - AXIS;
    const rects = parts.map(([name, count]) => {
      y -= height(count);
      return count > 0 && s("rect", { class: `chart-bar ${name}`, x, y, width: percent(step), height: height(count) });
    });
    const middle = { x: percent((place + 0.5) * step), y: HEIGHT - 5, "text-anchor": "middle" };
    return [rects, label && s("text", { class: "chart-label", ...middle }, label)];
  });
  const at = mark && percent((mark.after + 1) * step);
  const line = mark && [
    s("line", { class: "chart-mark", x1: at, x2: at, y1: 4, y2: HEIGHT - AXIS }),
    s("text", { class: "chart-label", x: at, dx: -6, y: 13, "text-anchor": "end" }, mark.label),
  ];
  const ground = s("line", { class: "chart-ground", x1: 0, x2: "100%", y1: HEIGHT - AXIS, y2: HEIGHT - AXIS });
  const options = { class: "chart", width: "100%", height: HEIGHT, role: "img", "aria-label": said };
  return s("svg", options, drawn, ground, line);
}

/** Returns a table that opens below a chart. */
export function chartTable(summary, label, columns, lines) {
  const made = table(columns, { label, name: "speed-table" });
  for (const [head, ...cells] of lines) {
    made.body.append(row([rowHead(columns[0], head), ...cells.map((text, place) => cell(columns[place + 1], text))]));
  }
  return h("details", { class: "speed-details" }, h("summary", {}, summary), made.element);
}

/** Returns a count with its thousands parted. */
export function counted(count) {
  return grouped(String(count));
}
