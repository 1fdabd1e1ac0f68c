/**
 * What may be pressed on a card, and why not. Pure: it repeats what the service says, it decides nothing itself.
 */

import { clockTime, hourMinute, moment } from "../../shared/lib/time.js";
import { reasons } from "./text.js";

const ENDING = /^([A-Z][A-Z_]+)(?:: |$)/;

/**
 * Returns the state of a workflow by its card and, where it was applied, by what its progress says.
 * A request that was closed has the reason "STATE: why".
 */
export function stateOf(card, progress) {
  if (card.state === "APPROVED") return progress?.state && progress.approvedAt !== null ? progress.state : "APPROVED";
  if (card.state !== "CLOSED") return card.state;
  const named = ENDING.exec(card.reason ?? "")?.[1];
  return progress?.final && progress.state ? progress.state : (named ?? "CLOSED");
}

/** Returns whether people decide on this card now. */
export function isOpen(card) {
  return card.state === "AWAITING_APPROVAL";
}

/** Returns whether it was approved, so that it is executed or was. */
export function isApproved(card) {
  return card.state === "APPROVED" || (card.state === "CLOSED" && card.grant !== null && card.grant?.used_at !== null);
}

/**
 * Returns what stands against approving: its first sentence, and the rest. Null: nothing does.
 * @param {{card: Object, live: {state: string, at: Date|null}, rollout: Object|null, mustLook: boolean}} given
 */
export function whyNot({ card, live, rollout, mustLook }) {
  if (card.state === "EXPIRED") return reasons.expired;
  if (!card.may_decide) return ofService(card);
  if (mustLook) return reasons.changed;
  if (rollout?.stopped) return reasons.stopped(timeOf(rollout.stop?.stopped_by?.at, hourMinute));
  if (live.state === "not-live") return reasons.notLive(live.at ? clockTime(live.at) : "");
  return null;
}

function ofService({ why_not: sentence, why_not_code: code }) {
  if (code === "EXPIRED") return reasons.expired;
  if (code === "SAME_PERSON") return reasons.samePerson;
  const [first, rest] = firstSentence(sentence ?? "");
  return code === "MAKER_IS_CHECKER" ? [reasons.maker, rest] : [first, rest];
}

/** Returns the first sentence and what follows; a point inside an amount ends none. */
function firstSentence(text) {
  const end = /\.(?= [A-Z])/.exec(text);
  return end ? [text.slice(0, end.index + 1), text.slice(end.index + 2)] : [text, ""];
}

function timeOf(iso, how) {
  const at = moment(iso);
  return at ? how(at) : "";
}

/** Returns whether what is approved is not executed: HAWK plans only. */
export function onlyObserves(rollout, card) {
  return rollout?.mode === "OBSERVE" && ["hedge"].includes(card.view.headline.kind);
}
