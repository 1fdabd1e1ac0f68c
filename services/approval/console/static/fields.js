/**
 * Fields of forms: a label, what is typed, and beside it what is wrong with it.
 */

import { icon } from "../shared/elements/icons.js";
import { fill, h, newId } from "../shared/lib/dom.js";

/**
 * Returns a field with `element`, `input`, `value()`, `check()`, `focus()` and `complain(sentence)`.
 *
 * @param {Object} options
 * @param {string} options.label
 * @param {string} [options.note] beside the label, muted
 * @param {string} [options.hint] below it
 * @param {number} [options.rows] more than none is a field of several lines
 * @param {number} [options.max] characters
 * @param {(value: string) => (string|null)} [options.wrong] the sentence of what is wrong; null for nothing
 * @param {string} [options.value]
 * @param {boolean} [options.required]
 * @param {(value: string) => void} [options.onInput]
 */
export function textField(options) {
  const { label, note, hint, rows = 0, max, wrong = () => null, value = "", required = false, onInput } = options;
  const id = newId("field");
  const problem = h("p", { class: "field-problem", id: `${id}-problem` });
  const advice = hint ? h("p", { class: "small muted", id: `${id}-hint` }, hint) : null;
  const named = {
    class: options.mono ? "input mono" : "input",
    id,
    maxlength: max ?? null,
    value,
    required,
    spellcheck: options.mono ? "false" : null,
    autocomplete: "off",
    inputmode: options.inputmode ?? null,
    "aria-describedby": [advice?.id, problem.id].filter(Boolean).join(" "),
    "data-focus": options.focus ?? null,
  };
  const input = rows > 0 ? h("textarea", { ...named, rows }) : h("input", { ...named, type: "text" });
  const ease = () => {
    fill(problem);
    input.removeAttribute("aria-invalid");
  };
  const complain = (sentence) => {
    fill(problem, icon("circle-cross"), h("span", {}, sentence));
    input.setAttribute("aria-invalid", "true");
  };
  input.addEventListener("input", () => {
    if (input.hasAttribute("aria-invalid") && wrong(input.value.trim()) === null) ease();
    onInput?.(input.value);
  });
  const beside = note ? [" ", h("span", { class: "muted field-note" }, note)] : null;
  return {
    element: h("div", { class: "field" }, h("label", { for: id }, label, beside), advice, input, problem),
    input,
    value: () => input.value.trim(),
    focus: () => input.focus(),
    complain,
    check() {
      const sentence = wrong(input.value.trim());
      if (sentence === null) ease();
      else complain(sentence);
      return sentence === null;
    },
  };
}

/** Returns a field for what somebody has to say: a reason that is kept and shown. */
export function reasonField({ label, note, hint = null, missing, max, required = true }) {
  const wrong = (value) => (required && value === "" ? missing : null);
  return textField({ label, note, hint, rows: 2, max, required, wrong });
}

/**
 * Returns one choice of several, as a group of radio buttons, with `element` and `value()`.
 * @param {{key: string, label: string, text?: string}[]} choices
 */
export function radioField({ legend, choices, chosen, onChoose = () => {} }) {
  const name = newId("choice");
  const inputs = new Map();
  const lines = choices.map(({ key, label, text }) => {
    const input = h("input", { type: "radio", name, value: key, checked: key === chosen });
    input.addEventListener("change", () => onChoose(key));
    inputs.set(key, input);
    const words = h("span", {}, h("b", {}, label), text && h("span", { class: "two" }, text));
    return h("label", { class: "radio" }, input, words);
  });
  const element = h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, legend),
    h("div", { class: "radios" }, lines),
  );
  return {
    element,
    value: () => [...inputs].find(([, input]) => input.checked)?.[0] ?? null,
    choose(key) {
      for (const [each, input] of inputs) input.checked = each === key;
    },
  };
}

/** Returns several choices, as a group of ticks, with `element`, `values()`, `check()` and `choose(keys)`. */
export function ticksField({ legend, choices, chosen = [], missing }) {
  const problem = h("p", { class: "field-problem", id: newId("ticks") });
  const inputs = new Map();
  const lines = choices.map(({ key, label }) => {
    const input = h("input", { type: "checkbox", value: key, checked: chosen.includes(key) });
    input.addEventListener("change", () => values().length > 0 && fill(problem));
    inputs.set(key, input);
    return h("label", { class: "tick" }, input, h("span", {}, label));
  });
  const values = () => [...inputs].filter(([, input]) => input.checked).map(([key]) => key);
  const ticks = h("div", { class: "ticks" }, lines);
  const named = { class: "field", "aria-describedby": problem.id };
  return {
    element: h("fieldset", named, h("legend", { class: "label" }, legend), ticks, problem),
    values,
    focus: () => inputs.values().next().value?.focus(),
    choose(keys) {
      for (const [key, input] of inputs) input.checked = keys.includes(key);
    },
    check() {
      if (values().length > 0) return true;
      fill(problem, icon("circle-cross"), h("span", {}, missing));
      return false;
    },
  };
}
