/**
 * What has become of a workflow, in one panel: a sentence, and figures or a bar. Success is one line and four figures.
 */

import { h, s } from "../lib/dom.js";
import { icon } from "./icons.js";

/**
 * Returns the panel.
 *
 * @param {Object} outcome
 * @param {string} outcome.tone accent, good, look, failed, filled or idle
 * @param {string} outcome.icon
 * @param {string} outcome.title the sentence
 * @param {(string|Node|Array)} [outcome.text]
 * @param {string} [outcome.code]
 * @param {{share: number, tone: string}} [outcome.bar] share in ten-thousandths
 * @param {{value: Node|string, lines: string[]}} [outcome.aside]
 * @param {{value: string, label: string}[]} [outcome.figures]
 */
export function stageOutcome({ tone, icon: name, title, text, code, bar, aside, figures = [], focus = null }) {
  const says = h(
    "div",
    { class: "outcome-says" },
    h("h2", { class: "outcome-title", tabindex: "-1", "data-focus": focus }, title),
    text && h("p", { class: "second sentence" }, text, code && [" ", h("code", {}, code)]),
    bar && track(bar),
  );
  const beside =
    aside &&
    h(
      "div",
      { class: "outcome-aside" },
      h("b", { class: "outcome-figure" }, aside.value),
      aside.lines.map((line) => h("span", {}, line)),
    );
  return h(
    "section",
    { class: "panel outcome", dataset: { tone } },
    h("div", { class: "outcome-head" }, h("span", { class: "outcome-icon" }, icon(name)), says, beside),
    figures.length > 0 &&
      h(
        "dl",
        { class: "outcome-figures" },
        figures.map(({ value, label }) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
      ),
  );
}

function track({ share, tone }) {
  return s(
    "svg",
    {
      class: "outcome-track",
      dataset: { tone },
      width: "100%",
      height: 8,
      "aria-hidden": "true",
      focusable: "false",
    },
    s("rect", { class: "outcome-ground", width: "100%", height: 8, rx: 4 }),
    s("rect", { class: "outcome-bar", width: `${share / 100}%`, height: 8, rx: 4 }),
  );
}
