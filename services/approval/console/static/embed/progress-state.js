/**
 * What the messages of a workflow say of it, without its plan: the eight stages, and one sentence. Pure.
 */

import { tenThousandths } from "../../shared/lib/money.js";
import { DONE, NOT_BEGUN, UNDOING, WITHOUT_EFFECT } from "../execution/state.js";
import { sentenceOf } from "../card/text.js";
import { ended, outcome, sentences } from "../execution/text.js";
import { progress as text } from "./text.js";

const EXECUTED = ["1A", "1B", "2", "3"];
/** A booked deal is named by its contract; a workflow without one has another sentence of its own. */
const HEDGE = /^Successfully executed (\d+) database operations$/;

/** Returns eight stages, as `stageBar` takes them. */
export function stagesOf(seen) {
  const before = seen.state === null || seen.state === "PROPOSED";
  const refused = WITHOUT_EFFECT.has(seen.state);
  const checked = before ? "not_begun" : seen.state === "REFUSED" ? "ended" : "done";
  const waits = seen.state === "AWAITING_APPROVAL" ? "waiting" : refused ? "ended" : "not_begun";
  const approval = seen.approvedAt !== null ? "done" : waits;
  const early = ["validated", "capacity", "policy"].map(() => ({ state: checked }));
  const stages = EXECUTED.map((name) => ({ state: stateOf(seen, name) }));
  return [...early, { state: seen.state === "REFUSED" ? "not_begun" : approval }, ...stages];
}

function stateOf(seen, name) {
  const reported = seen.stages[name] ?? "PENDING";
  if (seen.failedStage === name && seen.failure && seen.completedAt === null) return "failed";
  if (reported === "COMPLETED") return "done";
  if (reported === "IN_PROGRESS") return "running";
  if (reported === "COMPENSATED") return seen.state === "COMPENSATED" ? "undone" : "undoing";
  if (reported === "REVERSED") return seen.state === "REVERSED" ? "undone" : "undoing";
  return "not_begun";
}

/** Returns what `stageOutcome` shows. "Rolled back" and "executed" are said only once they are true. */
export function saidOf(seen) {
  const last = seen.messages.at(-1)?.status ?? text.waiting;
  if (seen.state === "NEEDS_INTERVENTION") return broken(seen, text.sentence(last), "filled", "octagon");
  if (seen.state === "COMPENSATED") return broken(seen, sentences.rolledBack);
  if (UNDOING.has(seen.state) && seen.completedAt === null) return broken(seen, outcome.failed);
  if (seen.completedAt !== null) return done(seen, last);
  if (WITHOUT_EFFECT.has(seen.state)) {
    const title = typeof ended[seen.state] === "function" ? ended[seen.state](null) : ended[seen.state];
    return { tone: "idle", icon: "ban", title, text: sentenceOf(seen.reason ?? "") || ended.nothing };
  }
  const figures = text.operations(seen.completed, seen.total);
  const begun = !NOT_BEGUN.has(seen.state) && seen.total > 0;
  const bar = begun ? { share: tenThousandths(String(seen.completed), String(seen.total)), tone: "accent" } : null;
  const booking = seen.booked > 0 && seen.planned !== null;
  const title = booking ? outcome.booking(seen.booked, seen.planned) : text.sentence(last);
  const icon = seen.state === "AWAITING_APPROVAL" ? "clock" : "half";
  return { tone: "accent", icon, title, text: begun && figures, bar };
}

function done(seen, last) {
  const message = seen.messages.find((each) => each.completed);
  const hedge = HEDGE.test(message?.status ?? "");
  const well = DONE.has(seen.state);
  const own = text.sentence(well ? (message?.status ?? last) : last);
  return {
    tone: well ? "good" : "look",
    icon: well ? "tick" : "back",
    title: well && hedge ? sentences.executed(seen.total) : own,
    text: well && hedge && seen.orderId && seen.deals.length > 0 ? sentences.booked(seen.orderId) : null,
  };
}

function broken(seen, title, tone = "failed", icon = "circle-cross") {
  const cause = sentenceOf(seen.failure?.deal ?? seen.failure?.cause ?? "");
  return { tone, icon, title, text: cause === title ? null : cause, code: seen.failure?.code };
}
