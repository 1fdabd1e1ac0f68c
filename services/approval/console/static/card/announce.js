/**
 * What is read out while a card is shown. Politely: decisions, stages, completion, live again. At once, and once each:
 * failure, a person is needed, the plan changed, the connection is lost, the time is nearly over. Not read out: single
 * deals, and times that pass.
 */

import { clockTime, left, moment } from "../../shared/lib/time.js";
import { changed, expiry, outcome as decided } from "./text.js";
import { outcome, said, sentences } from "../execution/text.js";

/** Minutes before the end at which it is said. */
const ENDS = [10, 2];
const MINUTE = 60_000;
/** Milliseconds for which a message is news: what is older was there when the page was opened. */
const NEWS = 30_000;

/** Returns the announcer of one page. */
export function announcer({ announce, clock }) {
  const done = new Set();

  function once(key, text) {
    if (done.has(key)) return false;
    done.add(key);
    announce.alert(text);
    return true;
  }

  return {
    /** Says what others decided meanwhile. */
    card(before, now) {
      if (before === null || before.workflow_id !== now.workflow_id) return;
      for (const each of now.decisions.slice(before.decisions.length)) {
        const approved = each.decision === "APPROVE";
        announce.say(approved ? decided.approvedBy(each.person, each.role) : decided.rejected(each.person));
      }
    },
    /** Says what the progress brought. */
    progress(before, now, message) {
      if (clock.now() - moment(message.at) > NEWS) return;
      if (before.state !== now.state && alerts[now.state]) {
        once(`${now.state} ${message.workflow_id}`, alerts[now.state](message));
        return;
      }
      const text = politely(before, now, message);
      if (text) announce.say(text);
    },
    lost: (at) => announce.alert(said.lost(clockTime(at))),
    back: () => announce.say(said.back),
    changed: () => announce.alert(changed.announced),
    /** Says that the time is nearly over; returns whether it is over now, once. */
    expiry(card, now) {
      if (card === null || card.state !== "AWAITING_APPROVAL") return false;
      const rest = left(moment(card.expires_at), now);
      if (rest === 0) return once(`over ${card.workflow_id}`, expiry.now);
      const mark = ENDS.findLast((minutes) => rest <= minutes * MINUTE);
      if (mark !== undefined) once(`${mark} ${card.workflow_id}`, expiry.soon(Math.ceil(rest / MINUTE)));
      return false;
    },
  };
}

const alerts = {
  FAILED: () => outcome.failed,
  COMPENSATING: () => outcome.failed,
  COMPENSATED: () => sentences.rolledBack,
  NEEDS_INTERVENTION: (message) => `${message.status}.`,
};

function politely(before, now, message) {
  if (before.completedAt === null && now.completedAt !== null) return `${message.status}.`;
  if (before.state !== now.state && ["APPROVED", "POSTED"].includes(now.state)) return said.approved(message.status);
  return message.stage !== null && /^Stage \S+ completed$/.test(message.status) ? said.stage(message.status) : null;
}
