/**
 * Starts the console: its pages, and what its strip and its menu say.
 */

import { startSite } from "../shared/frame/site.js";
import { hourMinute, moment } from "../shared/lib/time.js";
import { MENU } from "./navigation.js";
import { ROUTES } from "./routes.js";
import { menu, site } from "./text.js";

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
    policy = 0,
    passkeys = 0,
    delegations = 0,
    held = 0,
    messages = 0,
    reviews = 0,
  } = waiting.mine;
  frame.counts({
    mine, reversal, configuration, override, rollout, policy, passkeys, delegations, held, messages, reviews,
  });
  frame.elsewhere(waiting.dashboard);
}

void startSite({
  home: site.home,
  about: site.signIn,
  elsewhere: menu.dashboard,
  routes: ROUTES,
  menu: MENU,
  stream: "/approvals/stream",
  read: ({ http, frame, session }) => Promise.all([showRollout(http, frame, session), showWaiting(http, frame)]),
  follow: ({ http, frame }) => showWaiting(http, frame),
});
