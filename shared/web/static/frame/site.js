/**
 * Starts a site: who is signed in, the frame, the stream of what changes, the page of the address.
 */

import { banner, emptyState, errorState } from "../elements/banner.js";
import { fill, h } from "../lib/dom.js";
import { createHttp } from "../lib/http.js";
import { LIVE, NOT_LIVE, openLive, PAUSED } from "../lib/live.js";
import { createRouter } from "../lib/router.js";
import { live as liveText } from "../lib/text.js";
import { Clock, clockTime, hourMinute, left, moment } from "../lib/time.js";
import { createFrame } from "./frame.js";
import { loginAddress, showSignIn, SIGN_IN_PAGE, wantedPage } from "./sign-in.js";
import { site } from "./text.js";
import { showTheme } from "./theme.js";

const SIGNED_OUT = 401;

/** Milliseconds before its end at which a session is said to end. */
const AHEAD = 2 * 60 * 1000;

/** Milliseconds between two looks at the figures in menu and strip. */
const FIGURES = 15_000;

/** Milliseconds after which the figures follow a change: they are read as often, for everybody. */
const FOLLOWS = 5_000;

const environment = () => document.documentElement.dataset.environment;

/**
 * Lets many hear one stream. Each hears `changed(ids)`, `resync()`, `away(list)` and `state(state)`. While a server is
 * away by which the page is stale, the state is that of a page that is not live since then, and is `explained`.
 */
function createHub(stream, clock, report) {
  const hearing = new Set();
  let away = [];
  let stale = null;
  const each = (name, ...given) => [...hearing].forEach((one) => one[name]?.(...given));
  const inServersTime = (state) => ({ ...state, at: state.at && clock.of(state.at) });
  const told = () => {
    const state = inServersTime(opened.state());
    const explained = stale !== null && state.state !== PAUSED;
    return explained ? { ...state, state: NOT_LIVE, at: stale, explained } : state;
  };
  const tell = () => {
    report(told());
    each("state", told());
  };
  function take(document) {
    const before = stale;
    away = document?.away ?? [];
    const times = away.filter((each) => each.stale).map(({ since }) => moment(since));
    stale = times.length > 0 ? new Date(Math.min(...times)) : null;
    each("away", away);
    if (before !== null && stale === null) each("resync");
  }

  const opened = openLive({
    url: stream,
    now: () => new Date(),
    on: { changed: (document) => each("changed", document?.workflow_ids ?? []) },
    always: { away: take },
    onResync: () => each("resync"),
    onState: () => queueMicrotask(tell),
  });
  const untick = clock.tick(tell);
  return {
    hear(one) {
      hearing.add(one);
      one.state?.(told());
      return () => hearing.delete(one);
    },
    state: told,
    away: () => away,
    pause: opened.pause,
    resume: opened.resume,
    close() {
      untick();
      opened.close();
    },
  };
}

/** Says once that the page is no longer live, and once that it is again; not where it is said what is away. */
function reporter(frame) {
  let lost = false;
  let said = false;
  return (state) => {
    frame.live(state);
    if (state.state === NOT_LIVE && !lost) {
      lost = true;
      said = !state.explained;
      if (said) frame.announce.alert(liveText.lost(state.at && clockTime(state.at)));
    }
    if (state.state === LIVE && lost) {
      if (said) frame.announce.say(liveText.again);
      lost = false;
    }
  };
}

function heading(title) {
  return h("h1", { class: "unseen", tabindex: "-1" }, title);
}

function failed(main, failure, again) {
  const title = site.pageAway;
  const text = failure?.sentence ?? String(failure?.message ?? failure);
  fill(main, heading(title), errorState({ title, text, trace: failure?.trace, again }));
}

function noSuchPage(main, home) {
  const action = h("a", { href: "/" }, home);
  const title = site.noPage;
  fill(main, heading(title), emptyState({ icon: "search", title, text: site.noPageText(), action }));
}

/** Says two minutes ahead, once, that the session ends. */
function watchSession(session, clock, frame) {
  const end = moment(session.expires_at);
  if (end === null) return () => {};
  const stop = clock.tick((now) => {
    if (left(end, now) > AHEAD) return;
    stop();
    const text = site.ending(hourMinute(end));
    const link = h("a", { href: loginAddress() }, site.signInAgain);
    frame.notice("session", banner("look", [{ first: text, link }]));
    frame.announce.alert(text);
  });
  return stop;
}

/** Shows a site to somebody who is signed in. Returns what ends it. */
function start(given, session, http, clock, signedOut) {
  const { routes, menu, stream, home, elsewhere, read = () => {}, follow = () => {}, away = () => {} } = given;
  const signOut = async () => {
    let next = null;
    try {
      next = await http.post("/logout", {});
    } finally {
      signedOut();
    }
    if (/^https?:/.test(next?.location ?? "")) location.assign(next.location);
  };
  const frame = createFrame({ session, signOut, menu, elsewhere, resume: () => hub.resume() });
  const hub = createHub(stream, clock, reporter(frame));
  const title = (page) => {
    document.title = site.title(page, environment());
  };
  const { announce, counts, elsewhere: otherSite } = frame;
  const { current } = frame;
  const refresh = () => void read({ http, frame, session });
  const context = { http, clock, session, live: hub, announce, counts, elsewhere: otherSite, title, current, refresh };
  let first = true;

  async function show(route, place) {
    const main = frame.main;
    frame.current(route?.name ?? "");
    if (route === null) {
      title(site.noPage);
      noSuchPage(main, home);
      return null;
    }
    try {
      const module = await route.load();
      if (place.left.aborted) return null;
      main.replaceChildren();
      return await module.mount({ main, ...place }, context);
    } catch (failure) {
      if (!place.left.aborted && failure?.status !== SIGNED_OUT) failed(main, failure, () => void router.reload());
      return null;
    } finally {
      if (!first && !place.left.aborted) {
        main.querySelector("h1")?.focus({ preventScroll: true });
        scrollTo(0, 0);
      }
      first = false;
    }
  }

  const router = createRouter({ routes, show });
  context.navigate = router.navigate;
  void router.start();
  refresh();
  const figures = setInterval(refresh, FIGURES);
  let following = null;
  hub.hear({
    changed() {
      following ??= setTimeout(() => {
        following = null;
        void follow({ http, frame, session });
      }, FOLLOWS);
    },
  });
  hub.hear({ away: (list) => away(list, { frame }) });
  const unwatch = watchSession(session, clock, frame);
  return () => {
    router.stop();
    hub.close();
    clearInterval(figures);
    clearTimeout(following);
    unwatch();
  };
}

/**
 * Starts a site.
 * @param {Object} given
 * @param {{pattern: string, name: string, load: Function}[]} given.routes pages by their address
 * @param {{title: string|null, pages: Object[]}[]} given.menu
 * @param {string} given.stream where it is told what changes
 * @param {string} given.home what its first page is called
 * @param {string} given.about what it is for, in a sentence
 * @param {string} given.elsewhere what the other site is called
 * @param {(tools: {http, frame, session}) => Promise<void>} [given.read] keeps strip and menu true, now and then
 * @param {(tools: {http, frame, session}) => Promise<void>} [given.follow] the same after a change
 * @param {(away: Object[], tools: {frame}) => void} [given.away] hears what does not answer, each time that it turns
 */
export async function startSite(given) {
  showTheme();
  const clock = new Clock();
  let session = null;
  let end = null;
  const signedOut = (offer = session.sign_in) => {
    end?.();
    if (end !== null) showSignIn(http, given.about, offer, site.signedOut);
    end = null;
  };
  const http = createHttp({
    csrf: () => session?.csrf ?? null,
    onDate: (text) => session === null && clock.set(text),
    onSignedOut: (failure) => session !== null && signedOut(failure.document.sign_in),
  });
  try {
    session = await http.get("/session");
  } catch (failure) {
    if (failure.status === SIGNED_OUT) showSignIn(http, given.about, failure.document.sign_in);
    else {
      const main = h("main", { class: "content" });
      fill(document.body, main);
      failed(main, failure, () => location.reload());
    }
    return;
  }
  if (location.pathname === SIGN_IN_PAGE) history.replaceState(null, "", wantedPage());
  end = start(given, session, http, clock, signedOut);
}
