/**
 * The eight steps of every workflow, in one place on every page.
 */

import { h, newId, s, unseen } from "../lib/dom.js";
import { STAGES, STAGE_WORDS, words } from "../lib/text.js";
import { icon } from "./icons.js";

const ICONS = {
  done: "tick",
  running: "half",
  waiting: "clock",
  undoing: "back",
  undone: "back",
  failed: "circle-cross",
  ended: "ban",
  skipped: "dash",
  not_begun: "circle",
};

/** Where somebody looks first: the step that is neither done nor still to come. */
const NOW = ["failed", "undoing", "waiting", "running", "ended"];
const EMPTY = new Set(["not_begun", "skipped"]);

const WIDTH = 1000;
const STRIPED = new Set(["waiting", "undoing", "undone"]);

/** Returns the stripes of a bar: slanted strokes, drawn as one path, so that no shape depends on the colour alone. */
function stripes(state) {
  const id = newId("stripes");
  return {
    id,
    pattern: s(
      "pattern",
      { id, width: 9, height: 4, patternUnits: "userSpaceOnUse" },
      s("path", { d: "M3 0h5l-3 4H0z", class: `bar-${state}` }),
    ),
  };
}

/** Returns the bar of one step, by its state; `share` is in thousandths, for a step that is running. */
export function stageTrack(state, share) {
  const drawn = s("svg", { class: "stage-bar", "aria-hidden": "true", focusable: "false" });
  const base = (name) => s("rect", { width: "100%", height: 4, rx: 1, class: name });
  if (STRIPED.has(state)) {
    const { id, pattern } = stripes(state);
    drawn.append(s("defs", {}, pattern), s("rect", { width: "100%", height: 4, fill: `url(#${id})` }));
  } else if (state === "running") {
    const width = `${(share ?? 0) / (WIDTH / 100)}%`;
    drawn.append(base("base base-running"), s("rect", { width, height: 4, class: "bar-running" }));
  } else {
    drawn.append(base(EMPTY.has(state) ? "base" : `bar-${state}`));
  }
  return drawn;
}

/**
 * Returns the stage bar.
 * @param {{state: string, detail?: string, share?: number}[]} stages eight; share of a running one in thousandths
 */
export function stageBar(stages) {
  const given = STAGES.map((name, place) => ({ name, state: "not_begun", detail: "", ...stages[place] }));
  const current = given.findIndex(({ state }) => NOW.includes(state));
  const last = given.findLastIndex(({ state }) => state === "done" || state === "undone");
  const place = current >= 0 ? current : Math.max(0, last);
  const items = given.map(({ name, state, detail, share }, number) =>
    h(
      "li",
      { class: "stage", dataset: { state }, "aria-current": number === current ? "step" : null },
      stageTrack(state, share),
      unseen(words.step(number + 1, name, STAGE_WORDS[state] ?? state, detail)),
      icon(ICONS[state] ?? "circle"),
      h("span", { class: "stage-name", "aria-hidden": "true" }, name),
      h("span", { class: "stage-detail", "aria-hidden": "true" }, detail),
    ),
  );
  const now = given[place];
  return h(
    "div",
    { class: "stages-all" },
    h("ol", { class: "stages", "aria-label": words.progress }, items),
    h(
      "p",
      { class: "stages-now", "aria-hidden": "true" },
      h("b", {}, words.stepShort(place + 1, now.name), now.detail && ","),
      now.detail && ` ${now.detail}`,
    ),
  );
}
