/**
 * Makes elements out of text. Nothing here reads markup, so nothing that a model or a person wrote can become any.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Set as properties, because the attribute is only where they begin. */
const PROPERTIES = new Set(["checked", "disabled", "indeterminate", "open", "selected", "value"]);

/** What would let text become code or leave the style sheets. */
const FORBIDDEN = /^(?:on.*|style|srcdoc|src|action|formaction|innerHTML|outerHTML)$/i;

/** Addresses that a link may have: of this site, or of another one by HTTP. */
const LINK = /^(?:\/(?!\/)|#|\?|https?:\/\/)/i;

function put(element, name, value) {
  if (name.startsWith("aria-") && typeof value === "boolean") value = String(value);
  if (value === null || value === undefined || value === false) return;
  if (name === "class") element.setAttribute("class", value);
  else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (FORBIDDEN.test(name)) throw new TypeError(`An element is not given ${name}.`);
  else if (name === "href" && !LINK.test(value)) throw new TypeError("A link leads to a page of this site or to HTTP.");
  else if (PROPERTIES.has(name) && name in element) element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/**
 * Returns a new element.
 * @param {string} tag
 * @param {Object} [properties] attributes by name; `class`, `on: {click: act}`, `dataset`; null and false
 *   are left out, except of `aria-…`
 * @param {...(Node|string|number|null|false|Array)} children text is only ever text
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) put(element, name, value);
  return add(element, children);
}

/** Returns a new SVG element; see `h`. */
export function s(tag, properties, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties ?? {})) put(element, name, value);
  return add(element, children);
}

/** Returns children without an element around them. */
export function fragment(...children) {
  return add(document.createDocumentFragment(), children);
}

/** Puts new children in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(fragment(...children));
  return element;
}

/** Returns text that only a screen reader has. */
export function unseen(...children) {
  return h("span", { class: "unseen" }, ...children);
}

/**
 * Makes an element's children these nodes, in this order, moving as few as can be: what stays keeps focus and scroll.
 */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let place = parent.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

/**
 * Returns a function that keeps one node for each item: made once, made again only when what it shows has changed.
 * @param {(item) => string} keyOf
 * @param {(item) => Element} make
 * @param {(old: Element, made: Element) => void} [changed] called after a node has taken the place of another
 */
export function keeper(keyOf, make, changed = () => {}) {
  const kept = new Map();
  return (items) => {
    const nodes = [];
    const seen = new Set();
    for (const item of items) {
      const key = keyOf(item);
      const text = JSON.stringify(item);
      const before = kept.get(key);
      seen.add(key);
      if (before?.text === text) {
        nodes.push(before.node);
        continue;
      }
      const node = make(item);
      kept.set(key, { node, text });
      if (before) {
        exchange(before.node, node);
        changed(before.node, node);
      }
      nodes.push(node);
    }
    for (const key of [...kept.keys()]) if (!seen.has(key)) kept.delete(key);
    return nodes;
  };
}

/** Returns what has focus, also where it is inside an element of another site. */
export function focused() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

/** Puts one node in the place of another; what had focus is found again by its `data-focus`. */
export function exchange(old, node) {
  const name = old.contains(focused()) ? focused().dataset?.focus : undefined;
  old.replaceWith(node);
  if (name !== undefined) node.querySelector(`[data-focus="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}

let numbered = 0;

/** Returns an id that no other element of this page has, for `aria-describedby` and its like. */
export function newId(prefix = "hawk") {
  numbered += 1;
  return `${prefix}-${numbered}`;
}
