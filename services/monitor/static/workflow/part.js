/**
 * Parts of the page that are made again only when what they show has changed; and times that are said of an event.
 */

import { exchange, h } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { icon } from "../../shared/elements/icons.js";
import { since } from "./scale.js";
import { operations as text, raw } from "./text.js";

/**
 * Returns a part with `element` and `show(piece)`.
 * @param {(piece) => (Element|null)} make
 */
export function part(make) {
  let element = h("div", { hidden: true });
  let before;
  return {
    get element() {
      return element;
    },
    show(piece) {
      const now = JSON.stringify(piece ?? null);
      if (now === before) return;
      before = now;
      const node = make(piece) ?? h("div", { hidden: true });
      exchange(element, node);
      element = node;
    },
  };
}

/** Returns when an event was recorded, since the approval; the whole time in its title. */
export function eventTime({ at, ms }) {
  const when = moment(at);
  return h("span", { class: "mono", title: when && absolute(when) }, ms === null ? raw.before : since(ms));
}

/** Returns the number of an event as a button that shows all of it. */
export function eventButton(event, place, open) {
  const act = () => open(event);
  const { number, type, event_id: id } = event;
  return h(
    "button",
    {
      type: "button",
      class: "link-button event-button",
      "aria-label": text.event(number, type),
      "data-focus": `${place}-${id}`,
      on: { click: act },
    },
    number ?? icon("eye"),
  );
}

/** Returns a native choice: `choice({label, values: [[value, name]], chosen, onChoose, focus})`. */
export function choice({ label, values, chosen, onChoose, focus }) {
  const options = values.map(([value, name]) => h("option", { value, selected: value === chosen }, name));
  const select = h("select", { "data-focus": focus, on: { change: () => onChoose(select.value) } }, options);
  return h("label", { class: "choice" }, h("span", {}, label), select, icon("down"));
}
