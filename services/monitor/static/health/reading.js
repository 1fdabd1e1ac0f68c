/**
 * A page that is one document, read again while somebody looks. What was read stays until there is something newer.
 */

import { awayPlace, errorState, loadingState } from "../../shared/elements/banner.js";
import { iconButton } from "../../shared/elements/button.js";
import { liveIndicator } from "../../shared/elements/live.js";
import { fill, h } from "../../shared/lib/dom.js";
import { CONNECTING, LIVE, NOT_LIVE, PAUSED } from "../../shared/lib/live.js";
import { readings } from "../../shared/lib/reading.js";
import { live as liveText } from "../../shared/lib/text.js";
import { moment } from "../../shared/lib/time.js";

/** Milliseconds between two readings. Nobody who does not look is served: a hidden page reads nothing. */
const USUAL = 5_000;

/**
 * Shows a document at `main` and keeps it true.
 * @param {Object} options
 * @param {HTMLElement} options.main
 * @param {Object} options.context of the site
 * @param {{title: string, away: string}} options.text
 * @param {string} options.address
 * @param {(document: Object, now: Date) => void} options.show puts a document into `body`
 * @param {(now: Date) => void} [options.follow] lets times go on
 * @returns `{body, said, close()}`; `said` is a place beside the title
 */
export function watchDocument({ main, context, text, address, show, follow = () => {} }) {
  const indicator = liveIndicator({ onResume: () => pause(false) });
  const pauser = iconButton("pause", liveText.pause, { small: true, act: () => pause(true) });
  const right = h("div", { class: "live-with-pause" }, indicator, pauser);
  const said = h("p", { class: "sentence" });
  const away = awayPlace({ first: text.away, name: "flow-away" });
  const body = h("div", { class: "watched" }, loadingState(6));
  let pausedAt = null;
  let readAt = null;
  const reading = readings({
    read: (signal) => context.http.get(address, { signal }),
    show(document) {
      context.clock.set(document.as_of);
      if (readAt === null) fill(body);
      readAt = moment(document.as_of);
      away.clear();
      tell();
      show(document, context.clock.now());
    },
    failed(failure, again) {
      tell(true);
      if (readAt !== null) away.say(failure, readAt, again);
      else fill(body, errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again }));
    },
  });

  function pause(yes) {
    pausedAt = yes ? context.clock.now() : null;
    tell();
    reading.hold(yes);
    if (!yes) void reading.now();
  }

  function tell(failed = false) {
    const state = pausedAt !== null ? PAUSED : readAt === null ? CONNECTING : failed ? NOT_LIVE : LIVE;
    indicator.show({ state, at: pausedAt ?? readAt, held: 0 });
    pauser.hidden = state === PAUSED || state === CONNECTING;
  }

  const untick = context.clock.tick((now) => {
    follow(now);
    reading.every(USUAL);
  });
  const head = h("div", { class: "page-head watched-head" }, h("h1", { tabindex: "-1" }, text.title), said, right);
  fill(main, head, away.element, body);
  context.title(text.title);
  void reading.now();
  return {
    body,
    said,
    close() {
      reading.close();
      untick();
    },
  };
}
