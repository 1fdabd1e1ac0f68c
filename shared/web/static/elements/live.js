/**
 * Whether what is shown is live, and since when it is not; what is new and waits to be shown.
 */

import { fill, h } from "../lib/dom.js";
import { CONNECTING, LIVE, NOT_LIVE, PAUSED } from "../lib/live.js";
import { live as text } from "../lib/text.js";
import { clockTime, hourMinute } from "../lib/time.js";
import { button, reword } from "./button.js";
import { icon } from "./icons.js";

/**
 * Returns an element with `show(state)`, which takes what `openLive` reports.
 * @param {{onResume?: () => void, short?: boolean}} [options]
 */
export function liveIndicator({ onResume = () => {}, short = false } = {}) {
  const element = h("div", { class: "live" });
  const resume = button("", { icon: "play", small: true, act: onResume, focus: "resume" });
  const time = (at) => (at === null ? "" : short ? hourMinute(at) : clockTime(at));
  let before = "";

  function word(tone, mark, said) {
    return h("span", { class: "live-word", dataset: { tone } }, mark, said);
  }

  function parts({ state, at }) {
    if (state === LIVE) {
      const dot = h("span", { class: "live-dot", "aria-hidden": "true" });
      const said = h("span", { class: "live-time" }, short ? time(at) : text.at(time(at)));
      return [word("good", dot, text.live), " ", said];
    }
    if (state === NOT_LIVE) {
      return [
        word("look", icon("warning"), text.notLive),
        " ",
        short ? null : h("span", { class: "toned", dataset: { tone: "look" } }, text.notLiveSince(time(at))),
      ];
    }
    if (state === PAUSED) {
      return [
        word("idle", icon("pause"), text.paused),
        " ",
        h("span", {}, text.pausedSince(time(at))),
        " ",
        resume,
      ];
    }
    return [word("idle", icon("half"), text.connecting)];
  }

  element.show = (given) => {
    const state = { state: CONNECTING, at: null, held: 0, ...given };
    const key = `${state.state} ${state.state === LIVE ? "" : state.at?.getTime()}`;
    reword(resume, text.resume(state.held));
    const clock = element.querySelector(".live-time");
    if (state.state === LIVE && key === before && clock !== null) {
      clock.textContent = short ? time(state.at) : text.at(time(state.at));
    } else if (key !== before) {
      fill(element, parts(state));
    }
    before = key;
  };
  element.show({});
  return element;
}

/**
 * Returns a place that says what is new in a list, on a button that shows it: `element`, and `say(words)`; no words
 * where nothing is new.
 */
export function newsPlace(name, act) {
  const element = h("div", { class: name, role: "status" });
  const show = button("", { icon: "down", small: true, act });
  return {
    element,
    say(words) {
      reword(show, words);
      if (words === "") fill(element);
      else if (!show.isConnected) fill(element, show);
    },
  };
}
