/**
 * Starts the console: who is signed in, the frame, the stream of what changes, the page of the address.
 */

import { banner, emptyState, errorState } from "../shared/elements/banner.js";
import { fill, h } from "../shared/lib/dom.js";
import { createHttp } from "../shared/lib/http.js";
import { LIVE, NOT_LIVE, openLive } from "../shared/lib/live.js";
import { createRouter } from "../shared/lib/router.js";
import { live as liveText } from "../shared/lib/text.js";
import { Clock, clockTime, hourMinute, left, moment } from "../shared/lib/time.js";
import { createFrame } from "./frame.js";
import { ROUTES } from "./routes.js";
import { loginAddress, showSignIn, SIGN_IN_PAGE, wantedPage } from "./signin.js";
import { site } from "./text.js";
import { showTheme } from "./theme.js";

const STREAM = "/approvals/stream";
const SIGNED_OUT = 401;

/** Milliseconds before its end at which a session is said to end. */
const AHEAD = 2 * 60 * 1000;

/** Milliseconds between two looks at the figures in menu and strip. */
const FIGURES = 15_000;

/** Milliseconds after which the figures follow a change: the service reads them as often, for everybody. */
const FOLLOWS = 5_000;

const environment = () => document.documentElement.dataset.environment;

/** Lets many hear one stream. Each hears `changed(ids)`, `resync()` and `state(state)`. */
function createHub(clock, report) {
  const hearing = new Set();
  const each = (name, ...given) => [...hearing].forEach((one) => one[name]?.(...given));
  const inServersTime = (state) => ({ ...state, at: state.at && clock.of(state.at) });
  const told = () => inServersTime(stream.state());
  const tell = () => {
    report(told());
    each("state", told());
  };
  const stream = openLive({
    url: STREAM,
    now: () => new Date(),
    on: { changed: (document) => each("changed", document?.workflow_ids ?? []) },
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
    pause: stream.pause,
    resume: stream.resume,
    close() {
      untick();
      stream.close();
    },
  };
}

/** Says once that the page is no longer live, and once that it is again. */
function reporter(frame) {
  let lost = false;
  return (state) => {
    frame.live(state);
    if (state.state === NOT_LIVE && !lost) frame.announce.alert(liveText.lost(state.at && clockTime(state.at)));
    if (state.state === LIVE && lost) frame.announce.say(liveText.again);
    if (state.state === LIVE || state.state === NOT_LIVE) lost = state.state === NOT_LIVE;
  };
}

/** Keeps the strip true: mode of the rollout, stop, policy. */
async function showRollout(http, frame, session) {
  let rollout;
  try {
    rollout = await http.get("/rollout");
  } catch {
    return;
  }
  const stopped = rollout.stop?.stopped_by;
  const policy = rollout.policy ?? session.environment?.policy;
  const facts = [
    [site.rollout, rollout.mode],
    [site.stop, rollout.stopped ? "on" : site.off],
    ...(policy ? [[site.policy, policy]] : []),
  ];
  const since = stopped && moment(stopped.at);
  frame.strip.show({
    facts,
    stopped: stopped
      ? site.stopped({ since: since ? hourMinute(since) : "", by: stopped.person, reason: rollout.stop.reason })
      : null,
  });
}

/** Keeps the figures of the menu true: what waits for me, page by page. */
async function showWaiting(http, frame) {
  let waiting;
  try {
    waiting = await http.get("/waiting");
  } catch {
    return;
  }
  const {
    all: mine = 0,
    reversal = 0,
    configuration = 0,
    override = 0,
    rollout = 0,
    held = 0,
    messages = 0,
  } = waiting.mine;
  frame.counts({ mine, reversal, configuration, override, rollout, held, messages });
  frame.dashboard(/^https?:/.test(waiting.dashboard ?? "") ? waiting.dashboard : null);
}

function heading(title) {
  return h("h1", { class: "unseen", tabindex: "-1" }, title);
}

function failed(main, failure, again) {
  const title = site.pageAway;
  const text = failure?.sentence ?? String(failure?.message ?? failure);
  fill(main, heading(title), errorState({ title, text, trace: failure?.trace, again }));
}

function noSuchPage(main) {
  const action = h("a", { href: "/" }, site.toQueue);
  const title = site.noPage;
  fill(main, heading(title), emptyState({ icon: "search", title, text: site.noPageText, action }));
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
    frame.notice(banner("look", [{ first: text, link }]));
    frame.announce.alert(text);
  });
  return stop;
}

/** Shows the console to somebody who is signed in. Returns what ends it. */
function start(session, http, clock, signedOut) {
  const signOut = async () => {
    let next = null;
    try {
      next = await http.post("/logout", {});
    } finally {
      signedOut();
    }
    if (/^https?:/.test(next?.location ?? "")) location.assign(next.location);
  };
  const frame = createFrame({ session, signOut, resume: () => hub.resume() });
  const hub = createHub(clock, reporter(frame));
  const title = (page) => {
    document.title = site.title(page, environment());
  };
  const { announce, counts } = frame;
  const { current } = frame;
  const refresh = () => {
    void showRollout(http, frame, session);
    void showWaiting(http, frame);
  };
  const context = { http, clock, session, live: hub, announce, counts, title, current, refresh, navigate: null };
  let first = true;

  async function show(route, place) {
    const main = frame.main;
    frame.current(route?.name ?? "");
    if (route === null) {
      title(site.noPage);
      noSuchPage(main);
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

  const router = createRouter({ routes: ROUTES, show });
  context.navigate = router.navigate;
  void router.start();
  refresh();
  const figures = setInterval(refresh, FIGURES);
  let following = null;
  hub.hear({
    changed() {
      following ??= setTimeout(() => {
        following = null;
        void showWaiting(http, frame);
      }, FOLLOWS);
    },
  });
  const unwatch = watchSession(session, clock, frame);
  return () => {
    router.stop();
    hub.close();
    clearInterval(figures);
    clearTimeout(following);
    unwatch();
  };
}

async function boot() {
  showTheme();
  const clock = new Clock();
  let session = null;
  let end = null;
  const signedOut = (offer = session.sign_in) => {
    end?.();
    if (end !== null) showSignIn(http, offer, site.signedOut);
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
    if (failure.status === SIGNED_OUT) showSignIn(http, failure.document.sign_in);
    else {
      const main = h("main", { class: "content" });
      fill(document.body, main);
      failed(main, failure, () => location.reload());
    }
    return;
  }
  if (location.pathname === SIGN_IN_PAGE) history.replaceState(null, "", wantedPage());
  end = start(session, http, clock, signedOut);
}

void boot();
