/**
 * What a card has around it in the console, for a card inside another site: whether it is live, the stream, the frame.
 */

import { environmentBlock } from "../../shared/elements/environment.js";
import { icon } from "../../shared/elements/icons.js";
import { h } from "../../shared/lib/dom.js";
import { CONNECTING, LIVE, NOT_LIVE, SILENCE } from "../../shared/lib/live.js";
import { about, frame } from "../card/bar.js";
import { bar as barText } from "../execution/text.js";
import { openChannel, teller } from "./channel.js";
import { openInHawk } from "./element.js";
import { bar as text } from "./text.js";

/** Milliseconds between two questions whether HAWK is there, as often as its own streams say so. */
const BEAT = 5_000;

const STOPPED = "/rollout";

/** Returns `live` and `follow` of a context, which go by one stream with tickets and by a question now and then. */
export function watch({ client, workflow, clock, tell }) {
  const hearing = new Set();
  const each = (name, ...given) => [...hearing].forEach((one) => one[name]?.(...given));
  const began = Date.now();
  let state = CONNECTING;
  let at = null;
  let channel = null;
  let timer = null;
  let closed = false;
  let away = false;

  const now = () => ({ state, at: at && clock.of(at), held: 0 });

  function heard() {
    at = new Date();
    const back = state === NOT_LIVE;
    state = LIVE;
    each("state", now());
    if (back) each("resync");
  }

  function silent() {
    if (state === NOT_LIVE || Date.now() - (at?.getTime() ?? began) < SILENCE) return;
    state = NOT_LIVE;
    each("state", now());
  }

  async function beat() {
    try {
      await client.http.get(STOPPED);
      if (!closed && away) channel.reopen();
      else if (!closed && channel.open()) heard();
      away = false;
    } catch {
      // Silence says it. The line may have died without a word meanwhile.
      away = true;
    }
    if (closed) return;
    silent();
    timer = setTimeout(() => void beat(), BEAT);
  }

  function open(next) {
    channel?.close();
    channel = openChannel(client, next);
    let opened = false;
    let before = null;
    const told = teller(tell);
    channel.listen({
      message(message) {
        told(message);
        // Deals and stages are no news of the request; what people decide and what it becomes are.
        if (message.state !== before || message.state === "AWAITING_APPROVAL") each("changed", [next]);
        before = message.state;
      },
      state(line) {
        if (line.open && opened) each("resync");
        opened ||= line.open;
        if (line.open) heard();
      },
    });
  }

  open(workflow);
  void beat();
  return {
    live: {
      hear(one) {
        hearing.add(one);
        one.state?.(now());
        return () => hearing.delete(one);
      },
      state: now,
    },
    follow({ workflow: wanted, onMessage, onRestart, onLost }) {
      if (channel.workflow !== wanted) open(wanted);
      let lost = false;
      const line = ({ open: there }) => {
        if (lost === there) onLost(there === false);
        lost = !there;
      };
      return channel.listen({ message: onMessage, restart: onRestart, state: line });
    },
    moved: open,
    close() {
      closed = true;
      clearTimeout(timer);
      channel.close();
    },
  };
}

/** Returns the line above a card: which environment this is, which order, and the way to HAWK itself. */
export function crumbsOf(environment, base, workflow) {
  return ({ order, was }) =>
    h(
      "div",
      { class: "crumbs small" },
      environmentBlock(environment),
      order && h("span", { class: "id" }, order),
      was && h("span", { class: "muted id" }, was),
      h("span", { class: "crumbs-out" }, icon("external"), openInHawk(base, workflow())),
    );
}

/** Returns the bar below a workflow that was approved, or has ended. What follows is done in HAWK. */
export function executionBarOf(base) {
  return ({ view, seen, state }, page) => {
    const running = seen.completedAt === null && ["APPROVED", "PREPARED", "BOOKING"].includes(state);
    const said = running
      ? [h("p", {}, text.leave), h("p", { class: "muted small" }, barText.leaveMore)]
      : h("p", {}, about(view.headline));
    return frame(barText.label, openInHawk(base, page.workflow, "button button-bar"), said);
  };
}
