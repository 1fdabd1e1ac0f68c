/**
 * Banners, and what stands in a part of a page that has nothing to show: empty, no match, error, loading.
 */

import { fill, h, unseen } from "../lib/dom.js";
import { words } from "../lib/text.js";
import { clockTime } from "../lib/time.js";
import { button } from "./button.js";
import { icon } from "./icons.js";

const ICONS = { failed: "circle-cross", look: "warning", accent: "info", good: "tick", idle: "info" };

/**
 * Returns a banner; several warnings share one.
 * @param {string} tone
 * @param {{first?: string, text?: string, code?: string, icon?: string, link?: Node}[]} lines `first` is bold
 */
export function banner(tone, lines, { role = null } = {}) {
  const line = ({ first, text, code, icon: name, link }) => {
    const parts = [first && h("b", {}, first), text, code && h("code", {}, code), link].filter(Boolean);
    const said = parts.flatMap((part, place) => [place > 0 && " ", part]);
    return h("li", { class: "banner-line" }, icon(name ?? ICONS[tone] ?? "info"), h("span", {}, said));
  };
  const list = h("ul", { class: "stack-small" }, lines.map(line));
  return h("div", { class: "banner", dataset: { tone }, role }, list);
}

/** Returns what stands where a list is empty: an icon, one bold sentence, what to do next. */
export function emptyState({ icon: name = "inbox", title, text = null, action = null, tone = null }) {
  return h(
    "div",
    { class: "state", dataset: tone ? { tone } : {} },
    icon(name),
    h("p", { class: "state-title" }, title),
    text && h("p", { class: "sentence" }, text, action instanceof HTMLAnchorElement && [" ", action]),
    action instanceof HTMLAnchorElement ? null : action,
  );
}

/** Returns what stands where something could not be read: what is away, that nothing was decided, what to do. */
export function errorState({ title, text, trace = null, again = null }) {
  return h(
    "div",
    { class: "state", dataset: { tone: "failed" }, role: "alert" },
    icon("circle-cross"),
    h("p", { class: "state-title" }, title),
    h("p", { class: "sentence" }, text),
    again && button(words.tryAgain, { icon: "again", act: again }),
    trace && h("code", { class: "muted any" }, words.trace(trace)),
  );
}

/**
 * Returns a place where a page says that it could not be read again, once however often it tries: `element`,
 * `say(failure, at, again)` with the time of what is shown, and `clear()`.
 * @param {{first: string, also?: string, name?: string}} options what could not be read, and what else is certain
 */
export function awayPlace({ first, also = "", name = null }) {
  const element = h("div", { class: name });
  let said = "";
  return {
    element,
    say({ sentence }, at, again) {
      const text = [sentence, also, words.kept(clockTime(at))].filter(Boolean).join(" ");
      if (text === said) return;
      said = text;
      const link = h("button", { type: "button", class: "link-button", on: { click: again } }, words.tryAgain);
      fill(element, banner("look", [{ first, text, link }], { role: "status" }));
    },
    clear() {
      said = "";
      fill(element);
    },
  };
}

/** Returns quiet blocks that show after 300 ms. */
export function loadingState(blocks = 3) {
  const bars = Array.from({ length: blocks }, () => h("div", { class: "loading-block" }));
  return h("div", { class: "loading", role: "status" }, bars, unseen(words.loading));
}

/** Returns a place whose messages are read out: `say(text)`, and `alert(text)` for what cannot wait. */
export function announcer() {
  const polite = h("div", { role: "status", "aria-live": "polite" });
  const assertive = h("div", { role: "alert", "aria-live": "assertive" });
  return {
    element: h("div", { class: "unseen" }, polite, assertive),
    say: (text) => fill(polite, h("p", {}, text)),
    alert: (text) => fill(assertive, h("p", {}, text)),
  };
}
