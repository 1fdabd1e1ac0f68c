/**
 * What both elements are: a shadow tree with HAWK's style, attributes and properties that mirror each other, and a
 * beginning and an end that follow where the other site puts the element.
 */

import { errorState } from "../../shared/elements/banner.js";
import { fill, h } from "../../shared/lib/dom.js";
import { baseOf, createClient } from "./client.js";
import { element as text } from "./text.js";

const STYLE = new URL("style.css", import.meta.url).href;
/** Below this width, in pixels, an element has one column, as a page has in a window of this width. */
const NARROW = 900;

/** The width of an element, as `matchMedia` gives that of a window. */
class Width extends EventTarget {
  matches = false;

  constructor(room) {
    super();
    this.observer = new ResizeObserver(([{ contentRect }]) => {
      const narrow = contentRect.width < NARROW;
      if (narrow === this.matches) return;
      this.matches = narrow;
      this.dispatchEvent(new Event("change"));
    });
    this.observer.observe(room);
  }
}

/**
 * A class of elements; `run(scope, {client, again})` fills the box and returns what ends it.
 */
export class HawkElement extends HTMLElement {
  static observedAttributes = ["workflow-id", "response-id", "base", "theme"];
  #token = null;
  #room = h("div", { class: "hawk-room", hidden: true });
  #box = h("div", { class: "hawk-scope" });
  #running = null;
  #end = null;
  #due = false;

  constructor() {
    super();
    const sheet = h("link", { rel: "stylesheet", href: STYLE, crossorigin: "anonymous" });
    for (const event of ["load", "error"]) sheet.addEventListener(event, () => this.#styled());
    this.#room.append(this.#box);
    this.attachShadow({ mode: "open" }).append(sheet, this.#room);
    this.width = new Width(this.#room);
  }

  /** A function that gives a token, or a promise of one. */
  get token() {
    return this.#token;
  }

  set token(give) {
    this.#token = typeof give === "function" ? give : null;
    this.#plan();
  }

  connectedCallback() {
    // A property that was set before this class was there lies on the object itself, and hides the one of the class.
    for (const name of ["token", "workflowId", "responseId", "base", "theme"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#plan();
  }

  disconnectedCallback() {
    this.#plan();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    if (name === "theme") this.#theme();
    else this.#plan();
  }

  /** Tells the page around; it gets a copy, so that what is shown stays what the service said. */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail: structuredClone(detail) }));
  }

  /** Several changes at once, and a move from one place to another, are looked at when they are over. */
  #plan() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#settle();
    });
  }

  #settle() {
    const names = ["workflow-id", "response-id", "base"].map((name) => this.getAttribute(name));
    const wanted = this.isConnected ? JSON.stringify([...names, this.#token !== null]) : null;
    if (wanted === this.#running) return;
    this.#running = wanted;
    this.#end?.();
    this.#end = null;
    if (wanted === null) fill(this.#box);
    else this.#begin();
  }

  #begin() {
    const base = baseOf(this.getAttribute("base"));
    const missing = this.missing() ?? (base === null ? text.base : this.#token === null ? text.noToken : null);
    if (missing !== null) {
      fill(this.#box, errorState({ title: text.away, text: missing }));
      return;
    }
    const again = () => {
      this.#running = null;
      this.#plan();
    };
    this.#end = this.run(this.#box, { base, token: (asked) => this.#token(asked), again, createClient });
  }

  #styled() {
    this.#theme();
    this.#room.hidden = false;
    // A length of pages counts from the root's letters, which here are the other site's; the reader's own are these.
    this.#room.style.setProperty("--rem", getComputedStyle(this.#room).fontSize);
  }

  #theme() {
    const theme = this.getAttribute("theme");
    if (theme === "light" || theme === "dark") this.#box.dataset.theme = theme;
    else delete this.#box.dataset.theme;
  }
}

for (const [property, attribute] of [
  ["workflowId", "workflow-id"],
  ["responseId", "response-id"],
  ["base", "base"],
  ["theme", "theme"],
]) {
  Object.defineProperty(HawkElement.prototype, property, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getAttribute(attribute);
    },
    set(value) {
      if (value === null || value === undefined || value === "") this.removeAttribute(attribute);
      else this.setAttribute(attribute, String(value));
    },
  });
}

/** Returns what stands where HAWK has refused or does not answer. */
export function failed(box, failure, sentence, again) {
  fill(box, errorState({ title: text.away, text: sentence, trace: failure.trace, again }));
}

/** Returns the link that leads to HAWK itself. */
export function openInHawk(base, workflow, names = "") {
  const href = `${base}/console/approvals/${encodeURIComponent(workflow)}`;
  const said = h("span", { class: "unseen" }, `, ${text.opens}`);
  return h("a", { class: names, href, target: "_blank", rel: "noopener noreferrer" }, text.open, said);
}

/** Defines an element once: a page may load two releases of a module. */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
