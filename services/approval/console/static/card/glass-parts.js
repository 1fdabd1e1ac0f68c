/**
 * What a card shows of an emergency: from where to declare one, and what marks a request that was approved in one.
 */

import { banner } from "../../shared/elements/banner.js";
import { button } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { glass as text } from "./text.js";

/**
 * Returns the panel from which somebody declares an emergency; nothing for one who may not.
 * @param {{may: boolean, minutes: number}} piece
 * @param {() => void} act opens the dialog
 */
export function glassPanel({ may, minutes }, act) {
  if (!may) return null;
  return h(
    "section",
    { class: "panel", "aria-labelledby": "glass-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "glass-title" }, text.title)),
    h(
      "div",
      { class: "panel-body stack" },
      h("p", { class: "second" }, text.sentence(minutes)),
      h("div", { class: "act-row" }, button(text.button, { kind: "danger", icon: "warning", act, focus: "glass" })),
    ),
  );
}

/** Returns the banner of a request that is carried out, or was, after an emergency; nothing for one without. */
export function glassBanner({ said }) {
  if (!said) return null;
  const link = said.used ? h("a", { href: "/console/reviews" }, text.reviews) : null;
  return banner("look", [{ first: text.marked, text: said.text, icon: "warning", link }]);
}
