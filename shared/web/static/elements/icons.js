/**
 * Icons, drawn here: paths on a field of 16 by 16. They are decoration; the word stands beside them.
 */

import { s } from "../lib/dom.js";

const TICK = "M3 8.5l3.2 3.2L13 5";
const RING = "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2z";
const OCTAGON = "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5z";

/** Name to its strokes; those under `solid` are filled. */
const DRAWN = {
  again: ["M13 8a5 5 0 1 1-1.5-3.5L13 6", "M13 2.8V6H9.8"],
  back: ["M6 3L2.8 6.2 6 9.4", "M3 6.2h6.2a3.6 3.6 0 1 1 0 7.2H7"],
  ban: [RING, "M3.8 3.8l8.4 8.4"],
  bell: ["M4 11V7a4 4 0 0 1 8 0v4l1 1.2H3z", "M6.8 14.2h2.4"],
  book: [
    "M8 4.2C6.6 3 4.6 3 2.5 3v9.2c2.1 0 4.1 0 5.5 1.2 1.4-1.2 3.4-1.2 5.5-1.2V3c-2.1 0-4.1 0-5.5 1.2z",
    "M8 4.2v9.2",
  ],
  circle: [RING],
  "circle-cross": [RING, "M6 6l4 4M10 6l-4 4"],
  "circle-tick": [RING, "M5.4 8.3l1.8 1.8 3.4-3.8"],
  clock: [RING, "M8 4.8V8l2.2 1.6"],
  "clock-off": [RING, "M8 4.8V8", "M2.6 13.4L13.4 2.6"],
  close: ["M4 4l8 8M12 4l-8 8"],
  copy: ["M6 6h7v7H6z", "M10 6V3H3v7h3"],
  dash: ["M4 8h8"],
  dashed: [
    "M8 2a6 6 0 0 1 3 .8M13.2 5a6 6 0 0 1 .6 4M12.2 12.2A6 6 0 0 1 9 13.9",
    "M6 13.7a6 6 0 0 1-3-2.4M2.1 8.6A6 6 0 0 1 3 4.7M4.6 3a6 6 0 0 1 1.2-.6",
  ],
  document: ["M4 2h5l3 3v9H4z", "M6.4 8h3.4M6.4 11h3.4"],
  down: ["M4 6l4 4 4-4"],
  external: ["M6.5 3H3v10h10V9.5", "M9.5 3H13v3.5M13 3L7.8 8.2"],
  eye: ["M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z", "M8 6a2 2 0 1 1 0 4 2 2 0 1 1 0-4z"],
  filter: ["M2.5 3.5h11L9.5 8v4.5l-3-1.5V8z"],
  gauge: ["M2.6 11.6a6 6 0 1 1 10.8 0", "M8 9.4l2.6-3"],
  half: [RING, { solid: "M8 2a6 6 0 0 0 0 12z" }],
  inbox: ["M2.2 9L4 3h8l1.8 6v4H2.2z", "M2.2 9h3.4l.8 1.6h3.2l.8-1.6h3.4"],
  info: [RING, "M8 7.4v3.4", { solid: "M8 4.4a.9.9 0 1 1 0 1.8.9.9 0 1 1 0-1.8z" }],
  key: ["M6 7a3 3 0 1 1 0 6 3 3 0 1 1 0-6z", "M8.2 7.8L13 3M11 5l1.8 1.8"],
  left: ["M10 4L6 8l4 4"],
  lock: ["M3.5 7.2h9v6.3h-9z", "M5.4 7V5a2.6 2.6 0 0 1 5.2 0v2"],
  menu: ["M2.5 4.5h11M2.5 8h11M2.5 11.5h11"],
  more: [
    { solid: "M3.4 7a1 1 0 1 1 0 2 1 1 0 1 1 0-2z" },
    { solid: "M8 7a1 1 0 1 1 0 2 1 1 0 1 1 0-2z" },
    { solid: "M12.6 7a1 1 0 1 1 0 2 1 1 0 1 1 0-2z" },
  ],
  octagon: [OCTAGON, "M8 5v3.4", { solid: "M8 10a.9.9 0 1 1 0 1.8A.9.9 0 1 1 8 10z" }],
  pause: ["M5.5 4v8M10.5 4v8"],
  pencil: ["M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4z", "M9.4 4.4l2.2 2.2"],
  people: [
    "M6 3a2.4 2.4 0 1 1 0 4.8A2.4 2.4 0 1 1 6 3z",
    "M1.8 13c0-2.4 1.8-3.8 4.2-3.8s4.2 1.4 4.2 3.8",
    "M10.6 3.4a2.2 2.2 0 0 1 0 4.2M12 9.6c1.4.6 2.2 1.8 2.2 3.4",
  ],
  person: ["M8 2.8a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 1 1 0-5.2z", "M3.2 13.4C3.2 11 5.2 9.8 8 9.8s4.8 1.2 4.8 3.6"],
  play: ["M5 3.5l7 4.5-7 4.5z"],
  pulse: ["M1.5 8.5h3L6.4 3.6l3 8.8L11.2 8.5h3.3"],
  right: ["M6 4l4 4-4 4"],
  search: ["M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 1 1 0-9z", "M10.4 10.4l3.2 3.2"],
  shield: ["M8 2l5 1.8V8c0 3-2 5-5 6-3-1-5-3-5-6V3.8z"],
  sliders: [
    "M2.5 5h6M12 5h1.5M2.5 11H4M7.5 11h6",
    "M10.2 3.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 1 1 0-3.6z",
    "M5.8 9.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 1 1 0-3.6z",
  ],
  spark: ["M8 2c.5 3.6 2.4 5.5 6 6-3.6.5-5.5 2.4-6 6-.5-3.6-2.4-5.5-6-6 3.6-.5 5.5-2.4 6-6z"],
  stop: [OCTAGON],
  swap: ["M2.5 5.5h10M10 3l2.5 2.5L10 8", "M13.5 10.5h-10M6 8l-2.5 2.5L6 13"],
  tick: [TICK],
  ticks: ["M1.5 8.5l3.2 3.2L11 5", "M7.6 11.2l.5.5L14.5 5"],
  up: ["M4 10l4-4 4 4"],
  warning: ["M8 2.2l6.3 11.3H1.7z", "M8 6.4v3.2", { solid: "M8 10.8a.8.8 0 1 1 0 1.6.8.8 0 1 1 0-1.6z" }],
};

/** Returns an icon by its name. */
export function icon(name) {
  const strokes = DRAWN[name] ?? DRAWN.circle;
  const drawn = (stroke) => (typeof stroke === "string" ? { d: stroke } : { d: stroke.solid, class: "solid" });
  const paths = strokes.map((stroke) => s("path", drawn(stroke)));
  return s("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, paths);
}

/** Returns the mark of HAWK. */
export function mark() {
  return s(
    "svg",
    { class: "brand-mark", viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" },
    s("rect", { width: 20, height: 20, rx: 5 }),
    s("path", { d: "M5 7.2l5 3 5-3M6.4 11.4l3.6 2.2 3.6-2.2" }),
  );
}
