/**
 * The strip that says on every page whether deals reach the market, and how the rollout stands.
 */

import { fill, h } from "../lib/dom.js";
import { environments } from "../lib/text.js";

/** Returns the block SIMULATOR or LIVE, for every dialog that confirms. */
export function environmentBlock(kind = document.documentElement.dataset.environment) {
  return h("span", { class: "environment", dataset: { kind } }, environments[kind]?.[0] ?? kind);
}

/**
 * Returns the strip with `show({facts, stopped})`.
 * `facts` are pairs of a name and a value; `stopped` is the sentence that stands while everything is stopped.
 */
export function environmentStrip(kind = document.documentElement.dataset.environment) {
  const [word, cause, effect] = environments[kind] ?? [kind, "", ""];
  const usual = () => [cause && h("span", { class: "strip-cause" }, `${cause} `), effect];
  const said = h("span", { class: "strip-said" }, usual());
  const list = h("ul", { class: "strip-facts" });
  const block = h("span", { class: "strip-block" }, word);
  const element = h("div", { class: "strip", dataset: { kind, stopped: "false" } }, block, said, list);
  element.show = ({ facts = [], stopped = null }) => {
    element.dataset.stopped = String(stopped !== null);
    fill(said, stopped ?? usual());
    said.title = stopped ?? "";
    fill(list, facts.map(([name, value]) => h("li", {}, name, " ", h("b", {}, value))));
  };
  return element;
}
