/**
 * What has become of a decision, read from the card. Pure: the card is the only truth.
 */

import { clockTime, moment } from "../../shared/lib/time.js";
import { outcome as text } from "../card/text.js";

/** Endings of a plan after which another takes its place. */
const REPLACED = /^(STALE_CONTEXT|SUPERSEDED)\b/;

/** What a look at the card can find. */
export const OPEN = "open";
export const RECORDED = "recorded";
export const CHANGED = "changed";
export const OVER = "over";

/**
 * Returns `{kind, sentence}`: what the card says about a decision on the plan with this digest.
 * @param {Object} card as it is now
 * @param {{digest: string, person: string, decision: string}} asked
 */
export function truthOf(card, { digest, person, decision }) {
  if (mineOf(card, { digest, person, decision })) return { kind: RECORDED, sentence: text.recorded };
  if (card.plan_digest !== digest) return { kind: CHANGED, sentence: text.changed };
  switch (card.state) {
    case "AWAITING_APPROVAL":
      return { kind: OPEN, sentence: text.nothing };
    case "EXPIRED":
      return { kind: OVER, sentence: text.expired };
    case "APPROVED":
    case "REJECTED":
      return { kind: OVER, sentence: fasterOf(card) };
    default:
      return REPLACED.test(card.reason ?? "")
        ? { kind: CHANGED, sentence: text.changed }
        : { kind: OVER, sentence: endedOf(card) };
  }
}

function mineOf(card, { digest, person, decision }) {
  if (decision === "WITHDRAW") return card.state === "WITHDRAWN";
  return card.decisions.some(
    (each) => each.person === person && each.decision === decision && (each.plan_digest ?? digest) === digest,
  );
}

/** The decision that ended it is the last one. */
function fasterOf(card) {
  const last = card.decisions.at(-1);
  if (!last) return text.ended(card.why_not ?? "");
  const at = moment(last.decided_at);
  return text.faster(last.person, last.decision, at ? clockTime(at) : last.decided_at);
}

function endedOf(card) {
  return text.ended(card.why_not ?? "");
}
