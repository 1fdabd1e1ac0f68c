/**
 * The sentence that says what has become of a workflow, with its figures. Pure, but for the time that is handed in.
 * "Rolled back" comes after everything was confirmed, "executed" after everything took effect: never before.
 */

import { short, tenThousandths } from "../../shared/lib/money.js";
import { duration, moment } from "../../shared/lib/time.js";
import { undoSteps } from "./plan.js";
import { sentenceOf } from "../card/text.js";
import { ended, outcome as text, sentences } from "./text.js";

/**
 * Returns what `stageOutcome` shows.
 * @param {{card: Object, view: Object, seen: Object, state: string, now: Date, names: Object}} given
 */
export function outcomeOf(given) {
  const { seen, state } = given;
  if (state === "NEEDS_INTERVENTION") return needsPerson(given);
  if (state === "COMPENSATED") return rolledBack(given);
  if (state === "COMPENSATING" || (state === "FAILED" && !seen.completedAt)) return rollingBack(given);
  if (state === "REVERSED" || state === "REVERSING") return reversed(given);
  if (seen.completedAt !== null) return done(given);
  if (state in ended) return over(given);
  return running(given);
}

function titleOfRunning(deals, seen) {
  if (deals === 0) return text.approved;
  return seen.booked > 0 ? text.booking(seen.booked, seen.planned ?? deals) : text.prepared(deals);
}

function running({ card, view, seen, now }) {
  const common = { tone: "accent", icon: "half" };
  const started = seen.approvedAt === null ? null : moment(seen.approvedAt);
  // The clock of this machine may be behind what the service has reported already.
  const latest = Math.max(now, moment(seen.messages.at(-1)?.at) ?? 0);
  const aside = started && { value: elapsed(latest - started), lines: [text.since, ...objective(view)] };
  if (seen.prepared === null) {
    const waits = card.turn !== null && card.turn !== undefined;
    return {
      ...common,
      icon: waits ? "clock" : "circle-tick",
      title: waits ? text.waiting : text.approved,
      text: waits ? `${card.turn.text}.` : null,
      aside,
    };
  }
  const deals = view.headline.deals;
  const { completed, total } = seen;
  const words = deals > 0 ? text.running(completed, total, deals) : text.runningAlone(completed, total);
  const bar = share(completed, total, "accent");
  return { ...common, title: titleOfRunning(deals, seen), text: words, aside, bar };
}

/** The two seconds are the objective of a booked hedge, not of the rest. */
function objective(view) {
  return view.headline.kind === "hedge" ? [text.objective] : [];
}

function elapsed(milliseconds) {
  const length = Math.max(0, milliseconds);
  return length < 60_000 ? text.seconds((Math.floor(length / 100) / 10).toFixed(1)) : duration(length);
}

function share(part, whole, tone) {
  return { share: tenThousandths(String(part), String(whole)), tone };
}

function done({ view, seen }) {
  const total = seen.total;
  const between = moment(seen.completedAt) - moment(seen.approvedAt);
  const common = { tone: "good", icon: "tick", title: sentences.executed(total) };
  if (view.headline.kind !== "hedge") return {
    ...common,
    title: titleOf(view, seen),
    text: textOf(view),
    figures: plain(between, seen),
  };
  const posted = seen.postedAt && duration(moment(seen.postedAt) - moment(seen.approvedAt));
  const figures = [
    { value: duration(between), label: text.done.to },
    { value: text.of(view.headline.deals, view.headline.deals), label: text.done.deals },
    view.ledger && { value: String(view.ledger.entries), label: text.done.ledger },
    view.ledger && { value: String(seen.lines ?? view.ledger.journal_lines), label: text.done.journal(posted) },
  ].filter(Boolean);
  if (view.headline.deals === 0) return { ...common, figures: plain(between, seen) };
  return { ...common, text: sentences.booked(seen.orderId ?? view.headline.order_id), figures };
}

function lastSaid(seen, state, pattern) {
  return seen.messages.findLast((message) => message.state === state && pattern.test(message.status));
}

/** The service's own sentence, where the plan has none. */
function titleOf(view, seen) {
  const said = lastSaid(seen, "COMPLETED", /^Successfully/);
  return said ? `${said.status.split(":")[0]}.` : sentences.executed(seen.total);
}

function textOf({ headline }) {
  return {
    reversal: text.reversed(headline.order_id),
    configuration: text.configured,
    override: text.settled,
  }[headline.kind] ?? null;
}

function plain(between, seen) {
  return [
    { value: duration(between), label: text.alone.to },
    { value: text.of(seen.completed, seen.total), label: text.alone.operations },
  ];
}

function cause({ failure }, names) {
  if (failure === null) return null;
  const sentence = failure.deal ?? failure.cause ?? "";
  const named = sentence.replace(
    /\bof event (EVENT_\w+)/g,
    (whole, event) => (names[event] ? `of ${names[event]}` : whole),
  );
  return sentenceOf(named);
}

function rollingBack({ view, seen, names }) {
  const [value, first, second] = text.cancels(seen.undoing ?? view.headline.deals);
  return {
    tone: "failed",
    icon: "circle-cross",
    title: text.failed,
    text: cause(seen, names),
    code: seen.failure?.code,
    aside: seen.undoing === null ? null : { value, lines: [first, second] },
  };
}

function rolledBack({ view, seen, names }) {
  const steps = undoSteps(view).length;
  const { amount, currency, deals } = view.headline;
  const cancels = seen.undoing ?? 0;
  return {
    tone: "failed",
    icon: "circle-cross",
    title: sentences.rolledBack,
    text: cause(seen, names),
    code: seen.failure?.code,
    figures: [
      { value: text.of(seen.completed, seen.total), label: text.undone.operations },
      deals > 0 && { value: text.of(cancels, cancels), label: text.undone.cancels },
      steps > 0 && { value: text.of(steps, steps), label: text.undone.undone },
      amount && { value: `${currency} ${short(amount)}`, label: text.undone.capacity },
    ].filter(Boolean),
  };
}

/** The service's sentence begins "A person must act: …": it is the title. */
function needsPerson({ seen, names }) {
  const said = lastSaid(seen, "NEEDS_INTERVENTION", /^A person must act/);
  return {
    tone: "filled",
    icon: "octagon",
    title: said ? `${said.status}.` : text.person,
    text: cause({ failure: { ...seen.failure, deal: null } }, names) || text.personText,
    code: seen.failure?.code,
  };
}

function reversed({ seen, state }) {
  const over = state === "REVERSED";
  const last = seen.messages.at(-1)?.status;
  return {
    tone: over ? "idle" : "look",
    icon: "back",
    title: over ? text.reversedTitle : text.reversing,
    text: last ? `${last}.` : null,
  };
}

function over({ card, state }) {
  const rejection = card.decisions.findLast((each) => each.decision === "REJECT");
  const title = state === "REJECTED" ? ended.REJECTED(rejection?.person) : ended[state];
  const said = state === "REJECTED" ? rejection?.comment : sentenceOf(card.reason ?? "");
  return { tone: "idle", icon: icons[state] ?? "ban", title, text: said || ended.nothing };
}

const icons = {
  REJECTED: "circle-cross",
  WITHDRAWN: "back",
  REVOKED: "back",
  EXPIRED: "clock-off",
  SUPERSEDED: "swap",
  STALE_CONTEXT: "again",
};
