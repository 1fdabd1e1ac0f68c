/**
 * Buttons: what they do, that they are at it, or why they may not.
 */

import { fill, h, newId } from "../lib/dom.js";
import { words } from "../lib/text.js";
import { icon } from "./icons.js";

/** How long a copy button says that it has copied, in milliseconds. */
const SAID = 2_000;

/**
 * Returns a button.
 * @param {string} text
 * @param {{kind?: string, icon?: string, act?: Function, small?: boolean, bar?: boolean, title?: string,
 *   focus?: string}} [options] kind: "primary", "danger", "plain" or none; further ones are attributes
 */
export function button(text, { kind = null, icon: name = null, act = null, small = false, bar = false, ...rest } = {}) {
  const { title = null, focus = null, ...more } = rest;
  const names = ["button", kind && `button-${kind}`, small && "button-small", bar && "button-bar"];
  const element = h(
    "button",
    { type: "button", class: names.filter(Boolean).join(" "), title, "data-focus": focus, ...more },
    name && icon(name),
    h("span", { class: "button-word" }, text),
  );
  if (act) element.addEventListener("click", (event) => element.getAttribute("aria-busy") !== "true" && act(event));
  return element;
}

/** Says other words on a button that stays: what somebody is pressing is not taken from under them, nor its focus. */
export function reword(element, text) {
  const word = element.querySelector(".button-word");
  if (word.textContent !== text) word.textContent = text;
}

/** Returns a button that is an icon, with its name for everybody who does not see it. */
export function iconButton(name, label, { act = null, small = false, ...more } = {}) {
  const names = `button button-plain button-icon${small ? " button-small" : ""}`;
  const named = { "aria-label": label, title: label };
  const element = h("button", { type: "button", class: names, ...named, ...more }, icon(name));
  if (act) element.addEventListener("click", act);
  return element;
}

/**
 * Shows that a button is at work: other words, as wide as before, and not pressed again. Returns what ends it.
 */
export function busy(element, text) {
  const word = element.querySelector(".button-word");
  const before = word.textContent;
  const picture = element.querySelector(".icon");
  const turning = picture && icon("again");
  picture?.replaceWith(turning);
  element.style.setProperty("min-inline-size", `${element.offsetWidth}px`);
  element.setAttribute("aria-busy", "true");
  word.textContent = text;
  return () => {
    element.removeAttribute("aria-busy");
    element.style.removeProperty("min-inline-size");
    word.textContent = before;
    turning?.replaceWith(picture);
  };
}

/**
 * Returns a button that may not be pressed, and why. It stays where Tab finds it; pressing it leads to the reason.
 */
export function forbidden(text, reason, { bar = false, focus = null } = {}) {
  const id = newId("reason");
  const why = h("span", { class: "reason shows-focus", id, tabindex: "-1" }, reason);
  const element = button(text, { icon: "lock", bar, focus, act: () => why.focus() });
  element.setAttribute("aria-disabled", "true");
  element.setAttribute("aria-describedby", id);
  return h("span", { class: "with-reason" }, element, why);
}

/** Returns a button that copies a text and says so. */
export function copyButton(text, what) {
  const element = iconButton("copy", words.copy(what), { small: true });
  const say = h("span", { class: "small muted", role: "status" });
  element.addEventListener("click", async () => {
    let done = words.copied;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = words.notCopied;
    }
    fill(say, done);
    setTimeout(() => fill(say), SAID);
  });
  return h("span", { class: "copy" }, element, say);
}

/** Returns an id that is shortened in the middle where it is long, whole in its title and in the copy button. */
export function longId(text, what, { ends = 8, copy = true } = {}) {
  const colon = text.indexOf(":") + 1;
  const body = text.slice(colon);
  const short = body.length <= 2 * ends + 1 ? text : `${text.slice(0, colon + ends)}…${body.slice(-ends)}`;
  const code = h("code", { class: "id", title: text }, short);
  return h("span", { class: "long-id" }, code, copy && copyButton(text, what));
}
