/**
 * A page of one document that is read again and again: loading, away, kept, as of when. Nothing moves that has not
 * changed, and focus stays where it was.
 */

import { awayPlace, errorState, loadingState } from "../shared/elements/banner.js";
import { icon } from "../shared/elements/icons.js";
import { fill, h } from "../shared/lib/dom.js";
import { readings } from "../shared/lib/reading.js";
import { absolute, clockTime, span } from "../shared/lib/time.js";
import { tell } from "./card/frame.js";
import { control as text } from "./control/text.js";

/** Milliseconds between two readings: nothing here changes by itself more often than people act. */
const EVERY = 10_000;

/** Returns the head of a page: its title, one sentence, and of when it is. */
export function pageHead(title, sentence) {
  const heading = h("h1", { tabindex: "-1" }, title);
  const said = h("p", { class: "sentence" }, sentence);
  const asOf = h("p", { class: "as-of" });
  return {
    element: h("div", { class: "page-head" }, heading, said, asOf),
    say(words_) {
      if (said.textContent !== words_) said.textContent = words_;
    },
    asOf(at, stale) {
      asOf.dataset.tone = stale ? "look" : "idle";
      asOf.title = absolute(at);
      fill(asOf, stale && icon("warning"), h("span", {}, stale ? text.stale(clockTime(at)) : text.asOf(clockTime(at))));
    },
  };
}

/** Returns a panel with a title. */
export function panel(title, body) {
  return h(
    "section",
    { class: "panel", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", {}, title)),
    h("div", { class: "panel-body" }, body),
  );
}

/**
 * Shows a page.
 *
 * @param {Element} main
 * @param {Object} context of the site
 * @param {Object} page
 * @param {string} page.title
 * @param {string} page.sentence below the title
 * @param {string} page.away the sentence where it cannot be read
 * @param {() => Promise<Object>} page.read
 * @param {(document: Object) => void} page.show fills what stands in `page.body`
 * @param {Element[]} page.body
 * @param {Element[]} [page.above] stands there also while the page is read
 * @param {Element} [page.place] in which the body stands, or what there is in its stead
 * @returns {{read: () => Promise<void>, done: (answer: Object|null, sentence: string) => void, close: () => void}}
 */
export function livePage(main, context, page) {
  const head = pageHead(page.title, page.sentence);
  const away = awayPlace({ first: page.away, also: text.nothingDone, name: "page-news" });
  const place = fill(page.place ?? h("div", { class: "page-body" }), loadingState(4));
  let readAt = null;
  const reading = readings({ read: page.read, show: take, failed });

  context.title(page.title);
  fill(main, head.element, page.above ?? null, away.element, place);

  function take(found) {
    const first = readAt === null;
    readAt = context.clock.now();
    head.asOf(readAt, false);
    away.clear();
    page.show(found, head);
    if (first) fill(place, page.body);
    tell(place, readAt, timeLeft);
  }

  function failed(failure, again) {
    if (readAt !== null) {
      head.asOf(readAt, true);
      away.say(failure, readAt, again);
      return;
    }
    const said = `${failure.sentence} ${text.nothingDone}`;
    fill(place, errorState({ title: page.away, text: said, trace: failure.trace, again }));
  }

  const unhear = context.live.hear({ resync: reading.change });
  const untick = context.clock.tick((now) => {
    tell(place, now, timeLeft);
    reading.every(EVERY);
  });
  void reading.now();
  return {
    read: reading.now,
    /** Takes the answer to an act, or reads where the act was looked up; says what was done. */
    done(answer, sentence) {
      if (answer !== null) reading.answered(answer);
      else void reading.now();
      context.announce.say(sentence);
      context.refresh?.();
    },
    close() {
      reading.close();
      unhear();
      untick();
    },
  };
}

/** Returns the words for time that is left. */
export function timeLeft(words_) {
  return words_ === span(0) ? text.over : text.in(words_);
}
