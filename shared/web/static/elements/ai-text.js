/**
 * The words of the AI: text, whatever they hold. What nobody would see, or what turns other text round, is named.
 */

import { fill, h } from "../lib/dom.js";
import { CHARACTERS, words } from "../lib/text.js";

/** Characters that are shown at once: a screen of text. More is one press away, with its count. */
export const FOLD = 1_200;

/**
 * Controls (tab and line feed apart), what is invisible or turns direction, private and unpaired code points,
 * separators of lines, fillers that look blank, and marks piled up over one letter.
 */
const SIGN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc\ufffd]|(?<=\p{M}{3})\p{M}/u;

/** What looks like markup is set apart as code; it is bounded, because a text may consist of opening brackets. */
const CODE = /<[^<>\n]{1,200}>/;

const PIECE = new RegExp(`(?<code>${CODE.source})|(?<sign>${SIGN.source})`, "gu");
const KEPT = new Set(["\n", "\t"]);

/** A return that belongs to the end of a line says nothing. */
function tidy(text) {
  return text.replace(/\r\n/g, "\n");
}

function nameOf(character) {
  const point = character.codePointAt(0);
  const code = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = CHARACTERS[point];
  return name === undefined ? code : `${code} ${name}`;
}

function sign(character) {
  return h("span", { class: "ai-text-sign" }, nameOf(character));
}

/** Returns nodes for a text, each character either itself or named. */
function pieces(text, codeToo = true) {
  const made = [];
  let from = 0;
  for (const found of text.matchAll(PIECE)) {
    const { code, sign: hidden } = found.groups;
    if (hidden !== undefined && KEPT.has(hidden)) continue;
    if (found.index > from) made.push(text.slice(from, found.index));
    if (code === undefined) made.push(sign(hidden));
    else if (codeToo) made.push(h("code", { class: "ai-text-code" }, pieces(code, false)));
    else made.push(code[0], ...pieces(code.slice(1), false));
    from = found.index + found[0].length;
  }
  made.push(text.slice(from));
  return made;
}

/** Returns as much of a text as is shown folded; no character is cut in two. */
function beginning(text) {
  const last = text.charCodeAt(FOLD - 1);
  const splits = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splits ? FOLD - 1 : FOLD);
}

/**
 * `<hawk-ai-text>`: set `text`. It has no shadow, so that the style sheets of the page hold.
 */
export class AiText extends HTMLElement {
  #text = "";
  #whole = false;

  get text() {
    return this.#text;
  }

  set text(value) {
    this.#text = tidy(String(value ?? ""));
    this.#whole = this.#text.length <= FOLD;
    if (this.isConnected) this.#show();
  }

  connectedCallback() {
    this.classList.add("ai-text");
    this.setAttribute("dir", "ltr");
    this.#show();
  }

  #show() {
    const text = this.#whole ? this.#text : beginning(this.#text);
    const shown = h("span", { class: "ai-text-words" }, pieces(text));
    fill(this, shown, this.#whole ? null : this.#more(text.length, shown));
  }

  #more(length, shown) {
    const open = () => {
      this.#whole = true;
      fill(shown, pieces(this.#text));
      shown.setAttribute("tabindex", "-1");
      shown.focus({ preventScroll: true });
      row.remove();
    };
    const all = count(this.#text.length);
    const opener = h("button", { type: "button", class: "link-button", on: { click: open } }, words.showAll(all));
    const said = h("span", { class: "small muted" }, words.folded(count(length), all));
    const row = h("span", { class: "ai-text-more" }, opener, said);
    return row;
  }
}

function count(number) {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

if (!customElements.get("hawk-ai-text")) customElements.define("hawk-ai-text", AiText);

/**
 * Returns text that came from outside HAWK, in the line where it stands: what nobody would see in it is named. It looks
 * like the words around it; the AI's own words stand in their block.
 */
export function plainText(text) {
  const element = aiText(text);
  element.classList.add("is-plain");
  return element;
}

/** Returns an element that shows a text of the AI. */
export function aiText(text) {
  const element = document.createElement("hawk-ai-text");
  element.text = text;
  return element;
}
