/**
 * A state, a risk, a figure of reconciliation: icon and word first, tone after.
 */

import { h, s, unseen } from "../lib/dom.js";
import { RISKS, STATES, words } from "../lib/text.js";
import { icon } from "./icons.js";

/** Returns any badge. */
export function badge(text, { tone = "idle", icon: name = null, title = null } = {}) {
  return h("span", { class: "badge", dataset: { tone }, title }, name && icon(name), h("span", {}, text));
}

/** Returns the badge of a state by its code, which stands in the title; a code without a word is its own word. */
export function stateBadge(code, { detail = null } = {}) {
  const [word, name, tone] = STATES[code] ?? [code, "circle", "idle"];
  return badge(detail ? `${word}, ${detail}` : word, { tone, icon: name, title: code });
}

/** Returns a figure of reconciliation, "11 of 18 booked": icon and words without a tint. */
export function said(text, { tone = "idle", icon: name = "circle" } = {}) {
  return h("span", { class: "said", dataset: { tone } }, icon(name), h("span", {}, text));
}

/** Returns three small bars and the word of a risk; an en dash where there is none. */
export function risk(code) {
  const known = RISKS[code];
  if (known === undefined) return code ? h("span", { class: "risk" }, code) : none();
  const [word, count] = known;
  const bars = [0, 1, 2].map((place) =>
    s("rect", { x: place * 4.5 + 0.5, y: 0.5, width: 3, height: 8, class: place < count ? "on" : null }),
  );
  const drawn = s("svg", { viewBox: "0 0 13 9", "aria-hidden": "true", focusable: "false" }, bars);
  return h("span", { class: "risk", dataset: { tone: code === "HIGH" ? "look" : "idle" } }, drawn, h("span", {}, word));
}

/** Returns the dash that stands for "not applicable", read out as "none". */
export function none() {
  return h("span", { class: "muted" }, h("span", { "aria-hidden": "true" }, "–"), unseen(words.none));
}
