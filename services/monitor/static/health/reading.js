/**
 * A page that is one document, read again while somebody looks. What was read stays until there is something newer.
 */

import { banner, errorState, loadingState } from "../../shared/elements/banner.js";
import { iconButton } from "../../shared/elements/button.js";
import { liveIndicator } from "../../shared/elements/live.js";
import { fill, h } from "../../shared/lib/dom.js";
import { CONNECTING, LIVE, NOT_LIVE, PAUSED } from "../../shared/lib/live.js";
import { live as liveText, words } from "../../shared/lib/text.js";
import { clockTime, moment } from "../../shared/lib/time.js";

/** Milliseconds between two readings. Nobody who does not look is served: a hidden page reads nothing. */
const USUAL = 5_000;

const SIGNED_OUT = 401;

/**
 * Shows a document at `main` and keeps it true.
 * @param {Object} options
 * @param {HTMLElement} options.main
 * @param {Object} options.context of the site
 * @param {{title: string, away: string, kept: (time: string) => string}} options.text
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
  const away = h("div", { class: "flow-away" });
  const body = h("div", { class: "watched" }, loadingState(6));
  const over = new AbortController();
  const closed = () => over.signal.aborted;
  let pausedAt = null;
  let readAt = null;
  let asked = 0;
  let reading = null;

  function pause(yes) {
    pausedAt = yes ? context.clock.now() : null;
    tell();
    if (!yes) void read();
  }

  function tell(failed = false) {
    const state = pausedAt !== null ? PAUSED : readAt === null ? CONNECTING : failed ? NOT_LIVE : LIVE;
    indicator.show({ state, at: pausedAt ?? readAt, held: 0 });
    pauser.hidden = state === PAUSED || state === CONNECTING;
  }

  function failed(failure) {
    const again = () => void read();
    if (readAt === null) {
      fill(body, errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again }));
      return;
    }
    const retry = h("button", { type: "button", class: "link-button", on: { click: again } }, words.tryAgain);
    const line = { first: text.away, text: `${failure.sentence} ${text.kept(clockTime(readAt))}`, link: retry };
    // Said once, and not anew with each attempt: a reader would hear the same every five seconds.
    if (away.textContent.includes(failure.sentence)) return;
    fill(away, banner("look", [line], { role: "status" }));
  }

  async function read() {
    reading?.abort();
    reading = new AbortController();
    const { signal } = reading;
    asked = performance.now();
    try {
      const document = await context.http.get(address, { signal });
      if (closed() || signal.aborted) return;
      context.clock.set(document.as_of);
      if (readAt === null) fill(body);
      readAt = moment(document.as_of);
      fill(away);
      tell();
      show(document, context.clock.now());
    } catch (failure) {
      if (closed() || signal.aborted || failure.status === SIGNED_OUT) return;
      tell(true);
      failed(failure);
    } finally {
      if (reading?.signal === signal) reading = null;
    }
  }

  const due = () => pausedAt === null && reading === null && !document.hidden && performance.now() - asked >= USUAL;
  const untick = context.clock.tick((now) => {
    follow(now);
    if (due()) void read();
  });
  document.addEventListener("visibilitychange", () => due() && void read(), { signal: over.signal });
  const head = h("div", { class: "page-head watched-head" }, h("h1", { tabindex: "-1" }, text.title), said, right);
  fill(main, head, away, body);
  context.title(text.title);
  void read();
  return {
    body,
    said,
    close() {
      over.abort();
      reading?.abort();
      untick();
    },
  };
}
