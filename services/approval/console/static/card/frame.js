/**
 * Parts of a card: made from one piece of the document, and made again only when that piece has changed.
 */

import { icon } from "../../shared/elements/icons.js";
import { exchange, h, newId } from "../../shared/lib/dom.js";
import { ago, left, moment, span } from "../../shared/lib/time.js";
import { section as text } from "./text.js";

export { plainText as inert } from "../../shared/elements/ai-text.js";

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
    show(piece, force = false) {
      const now = JSON.stringify(piece ?? null);
      if (now === before && !force) return;
      before = now;
      const node = make(piece) ?? h("div", { hidden: true });
      exchange(element, node);
      element = node;
    },
  };
}

/**
 * Returns the panel of a section: number, title, controls, tick.
 * @param {{key: string, number: number, title: string, note?: Node|string, summary?: string, folds?: boolean,
 *   open?: boolean, onOpen?: (open: boolean) => void, tick?: {checked: boolean, set: (checked: boolean) => void},
 *   controls?: Node}} options `summary` stands beside the title where the section is folded
 */
export function sectionPanel(options, ...body) {
  const { key, number, title, note, summary, folds = false, tick, controls } = options;
  const id = newId("section");
  const bodyId = `${id}-body`;
  const heading = h(
    "h2",
    { id, class: "section-title" },
    number && [h("span", { class: "panel-number" }, number), " "],
    title,
    note && [" ", h("span", { class: "section-note" }, note)],
  );
  const panel = h(
    "section",
    {
      class: folds ? "panel card-section folds" : "panel card-section",
      id: `card-${key}`,
      "aria-labelledby": id,
      dataset: { open: "false" },
    },
    h(
      "div",
      { class: "panel-head" },
      heading,
      controls,
      tick && tickOf(key, title, tick),
      folds && opener({ title, summary, bodyId, options }),
    ),
    h("div", { class: "section-body", id: bodyId }, ...body),
  );
  if (options.open) setOpen(panel, true);
  return panel;
}

function tickOf(key, title, { checked, set }) {
  const box = h("input", {
    type: "checkbox",
    checked,
    "aria-label": text.viewedOf(title),
    dataset: { tick: key, focus: `tick-${key}` },
    on: { change: () => set(box.checked) },
  });
  return h("label", { class: "tick" }, box, h("span", {}, text.viewed));
}

/** Where there is little room, the whole head of a folded section opens it. */
function opener({ title, summary, bodyId, options }) {
  const act = (event) => {
    const panel = event.currentTarget.closest(".card-section");
    const open = panel.dataset.open !== "true";
    setOpen(panel, open);
    options.onOpen?.(open);
  };
  return h(
    "button",
    {
      type: "button",
      class: "section-opener",
      "aria-expanded": false,
      "aria-controls": bodyId,
      "aria-label": text.open(title),
      on: { click: act },
    },
    h("span", { class: "muted" }, summary),
    icon("right"),
  );
}

/** Opens or folds a section. */
export function setOpen(panel, open) {
  panel.dataset.open = String(open);
  panel.querySelector(".section-opener")?.setAttribute("aria-expanded", String(open));
}

/**
 * Returns a full-width link that shows a long part below it, never inside a scrolling box.
 * @param {{id: string, show: string, hide: string, open: Set<string>, make: () => Node}} options `open` remembers
 */
export function wideOpener({ id, show, hide, open, make }) {
  const body = h("div", { class: "opened", id: newId("opened"), hidden: true });
  const word = h("span", {}, show);
  const button = h(
    "button",
    {
      type: "button",
      class: "wide-button",
      "aria-expanded": false,
      "aria-controls": body.id,
      dataset: { focus: id },
    },
    icon("down"),
    word,
  );
  const set = (yes) => {
    if (yes && body.childNodes.length === 0) body.append(make());
    body.hidden = !yes;
    word.textContent = yes ? hide : show;
    button.setAttribute("aria-expanded", String(yes));
    if (yes) open.add(id);
    else open.delete(id);
  };
  button.addEventListener("click", () => set(body.hidden));
  if (open.has(id)) set(true);
  return [button, body];
}

/** Returns facts as a list of terms; facts without a value are left out. */
export function facts(pairs, name = "facts") {
  const given = pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "");
  return h("dl", { class: name }, given.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

/** Returns "26 min ago", kept true by `tell`. */
export function agoOf(iso, title) {
  return h("time", { datetime: iso, title, dataset: { ago: iso } });
}

/** Returns "in 23 h 34 min", kept true by `tell`. */
export function leftOf(iso) {
  return h("span", { dataset: { left: iso } });
}

/** Makes every relative time below an element true. @param {(span: string) => string} words */
export function tell(root, now, words) {
  for (const element of root.querySelectorAll("[data-ago]")) put(element, ago(moment(element.dataset.ago), now));
  for (const element of root.querySelectorAll("[data-left]")) {
    put(element, words(span(left(moment(element.dataset.left), now)), element.dataset));
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
