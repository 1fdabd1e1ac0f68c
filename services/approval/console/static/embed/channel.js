/**
 * What one workflow reports, kept for whoever listens: the page around, the card, its execution. One line for all.
 */

import { openTicketed } from "./ticketed.js";

/** Endings that are what was asked for. */
const WELL = new Set(["COMPLETED", "POSTED", "REVERSED"]);

/**
 * Returns a channel with `listen({message, restart, state})`, `reopen()` and `close()`.
 * @param {Object} client see `client.js`
 * @param {string} workflow
 */
export function openChannel(client, workflow) {
  const listening = new Set();
  let kept = [];
  let state = { open: false, why: null };
  const each = (name, given) => [...listening].forEach((one) => one[name]?.(given));
  const line = openTicketed({
    client,
    scope: { workflow_id: workflow },
    onMessage(message) {
      kept.push(message);
      each("message", message);
    },
    onRestart() {
      kept = [];
      each("restart");
    },
    onState(now) {
      state = now;
      each("state", state);
    },
    onEnd() {
      state = { open: true, why: null };
      each("state", state);
    },
    over: () => kept.at(-1)?.final === true,
  });
  return {
    workflow,
    /** Whether the line is there, or nothing more will come. */
    open: () => state.open,
    /** Tells what was said so far, and then what is said. Returns what ends it. */
    listen(one) {
      kept.forEach((message) => one.message?.(message));
      listening.add(one);
      return () => listening.delete(one);
    },
    reopen: line.reopen,
    close() {
      listening.clear();
      line.end();
    },
  };
}

/** Tells the page around what a message means; each ending of a workflow once. */
export function teller(tell) {
  const ended = new Set();
  const once = (name, message) => {
    const key = `${name} ${message.workflow_id}`;
    if (!ended.has(key)) tell(name, message);
    ended.add(key);
  };
  return (message) => {
    tell("hawk-progress", message);
    if (message.completed) once("hawk-completed", message);
    if (message.final && !WELL.has(message.state)) once("hawk-failed", message);
  };
}
