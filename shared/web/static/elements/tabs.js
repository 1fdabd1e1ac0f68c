/**
 * Tabs and switches: arrows, Home and End move between them once one has focus.
 */

import { focused, h } from "../lib/dom.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * Returns a list of tabs with `choose(key)` and `count(key, number)`.
 * @param {{key: string, label: string, count?: number|null}[]} tabs
 * @param {{label: string, chosen: string, controls?: string, onChoose: (key: string) => void}} options
 */
export function tabs(given, { label, chosen, controls = null, onChoose }) {
  const made = new Map();
  for (const { key, label: name, count = null } of given) {
    const number = h("span", { class: "count", hidden: count === null }, count);
    const id = `tab-${key}`;
    const named = { role: "tab", class: "tab", id, "aria-controls": controls, "data-focus": id };
    const tab = h("button", { type: "button", ...named }, h("span", {}, name), number);
    tab.addEventListener("click", () => pick(key));
    made.set(key, { tab, number });
  }
  const keys = [...made.keys()];
  const all = [...made.values()].map(({ tab }) => tab);
  const element = h("div", { class: "tabs", role: "tablist", "aria-label": label }, all);

  function show(key) {
    for (const [each, { tab }] of made) {
      tab.setAttribute("aria-selected", String(each === key));
      tab.setAttribute("tabindex", each === key ? "0" : "-1");
    }
  }

  function pick(key) {
    show(key);
    onChoose(key);
  }

  element.addEventListener("keydown", (event) => {
    const at = keys.findIndex((key) => made.get(key).tab === focused());
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    let to = null;
    if (event.key in STEPS) to = (at + STEPS[event.key] + keys.length) % keys.length;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = keys.length - 1;
    if (to === null) return;
    event.preventDefault();
    made.get(keys[to]).tab.focus();
    pick(keys[to]);
  });

  show(chosen);
  element.choose = show;
  element.count = (key, number) => {
    const place = made.get(key)?.number;
    if (place === undefined) return;
    place.hidden = number === null || number === undefined;
    place.textContent = number ?? "";
  };
  return element;
}
