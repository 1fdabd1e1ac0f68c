// What the messages of hawk.progress say so far, folded into one value. Pure: no clock, no page.

/** States in which nothing was applied; the execution view has nothing to show for them. */
export const NOT_BEGUN = new Set(["PROPOSED", "PLANNED", "AWAITING_APPROVAL"]);
/** Endings before anything was applied. */
export const WITHOUT_EFFECT = new Set([
  ...["REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED", "SUPERSEDED", "STALE_CONTEXT"],
]);
/** What was asked for is done. */
export const DONE = new Set(["COMPLETED", "POSTED"]);
/** Something went wrong, and is being undone, was undone, or waits for a person. */
export const UNDOING = new Set(["FAILED", "COMPENSATING", "COMPENSATED", "NEEDS_INTERVENTION"]);

/** "Deal 5", or with several events "Deal 5 of event EVENT_…": numbers repeat between them. */
const DEAL = String.raw`^Deal (\d+)(?: of (?:event )?(\S+))? `;
const BOOKED = new RegExp(String.raw`${DEAL}booked in Murex as (\S+) \((\d+) of (\d+)\)$`);
const CANCELLED = new RegExp(String.raw`${DEAL}cancelled in Murex \((\d+) of (\d+)\)$`);
const BY_HAND = new RegExp(String.raw`${DEAL}booked by hand as (\S+), approved by `);
const NOT_BOOKED = new RegExp(String.raw`${DEAL}not booked: ([\s\S]+)$`);
const NOT_THERE = new RegExp(String.raw`${DEAL}found not to be in Murex, approved by `);
const AGAIN = new RegExp(String.raw`${DEAL}sent again, attempt (\d+)$`);
const UNDOING_DEALS = /^Undoing: (\d+) deals? to cancel in Murex$/;
const JOURNAL = /^(?:Journal|Reversing journal) posted: (\d+) lines?$/;
const CODED = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*): ?([\s\S]*)$/;

/**
 * Returns the value before the first message.
 * @returns {Object}
 */
export function nothingYet() {
  return {
    messages: [],
    sequence: 0,
    state: null,
    stages: {},
    orderId: null,
    completed: 0,
    total: 0,
    prepared: null,
    booked: 0,
    planned: null,
    deals: [],
    undoing: null,
    lines: null,
    failure: null,
    failedStage: null,
    reason: null,
    approvedAt: null,
    approvedBy: null,
    completedAt: null,
    postedAt: null,
    successor: null,
    final: false,
  };
}

/**
 * Returns the value after one more message. A message that was folded before changes nothing.
 * @param {Object} seen
 * @param {Object} message of hawk.progress
 * @returns {Object}
 */
export function fold(seen, message) {
  if (message.sequence <= seen.sequence) {
    return seen;
  }
  const next = {
    ...seen,
    messages: [...seen.messages, message],
    sequence: message.sequence,
    state: message.state,
    stages: message.stages ?? seen.stages,
    orderId: message.order_id ?? seen.orderId,
    completed: message.completed_operations,
    total: message.total_operations,
    successor: message.successor ?? seen.successor,
    reason: message.reason ?? seen.reason,
    final: Boolean(message.final),
  };
  return withDeal(withState(next, message, seen.state), message);
}

function withState(next, message, before) {
  const entered = message.state !== before;
  switch (message.state) {
    case "APPROVED":
      return entered ? { ...next, approvedAt: message.at, approvedBy: message.status } : next;
    case "PREPARED":
      return entered ? { ...next, prepared: message.completed_operations } : next;
    case "COMPLETED":
      return entered && before !== "POSTED" ? { ...next, completedAt: message.at } : next;
    case "POSTED":
      return entered ? { ...next, postedAt: message.at, lines: count(message.status, JOURNAL) } : next;
    case "COMPENSATING":
      return {
        ...next,
        undoing: count(message.status, UNDOING_DEALS) ?? next.undoing,
        failure: failureOf(next, message),
      };
    case "FAILED":
      return { ...next, failedStage: message.stage ?? next.failedStage, failure: failureOf(next, message) };
    case "COMPENSATED":
    case "NEEDS_INTERVENTION":
      return { ...next, failure: failureOf(next, message) };
    default:
      return next;
  }
}

/** Returns code and cause: the sentence about the deal that failed where there is one, else the reason. */
function failureOf(seen, message) {
  const coded = CODED.exec(message.reason ?? "");
  const code = coded ? coded[1] : (seen.failure?.code ?? null);
  const cause = coded ? coded[2] : (message.reason ?? seen.failure?.cause ?? message.status);
  const deal = NOT_BOOKED.test(message.status) ? message.status : (seen.failure?.deal ?? null);
  return { code, cause, deal };
}

function withDeal(next, message) {
  const found = dealOf(message.status);
  if (found === null) {
    return next;
  }
  const deal = { ...found, at: message.at };
  const before = next.deals.find((each) => sameDeal(each, deal));
  const others = next.deals.filter((each) => each !== before);
  const counted = BOOKED.exec(message.status)?.slice(4) ?? CANCELLED.exec(message.status)?.slice(3) ?? null;
  return {
    ...next,
    deals: [...others, { ...deal, attempt: deal.attempt ?? before?.attempt ?? 1 }],
    booked: counted ? Number(counted[0]) : next.booked + (deal.status === "booked" ? 1 : 0),
    planned: counted ? Number(counted[1]) : next.planned,
  };
}

/** Returns what a sentence says about one deal, or null. `event`: where several events have deals of one number. */
export function dealOf(status) {
  let found = BOOKED.exec(status) ?? BY_HAND.exec(status);
  if (found) {
    return { number: Number(found[1]), event: found[2] ?? null, status: "booked", contract: found[3] };
  }
  found = CANCELLED.exec(status);
  if (found) {
    return { number: Number(found[1]), event: found[2] ?? null, status: "cancelled" };
  }
  found = NOT_BOOKED.exec(status) ?? NOT_THERE.exec(status);
  if (found) {
    return { number: Number(found[1]), event: found[2] ?? null, status: "declined", reason: found[3] ?? null };
  }
  found = AGAIN.exec(status);
  return found
    ? { number: Number(found[1]), event: found[2] ?? null, status: "sent", attempt: Number(found[3]) }
    : null;
}

/** Whether two are one deal. Without an event a booked deal is known by its contract alone: numbers repeat. */
function sameDeal(one, other) {
  if (one.number !== other.number || one.event !== other.event) {
    return false;
  }
  return one.contract === undefined || other.contract === undefined || one.contract === other.contract;
}

function count(status, pattern) {
  const found = pattern.exec(status);
  return found ? Number(found[1]) : null;
}

/**
 * Returns the lines of the log, newest first; neighbours of one kind become one line.
 * @param {Object[]} messages oldest first
 * @param {number} [alone] how many of the newest run stand for themselves
 * @returns {{kind: string, messages: object[]}[]} `kind` is "message", or what a folded run holds
 */
export function logLines(messages, alone = 3) {
  const lines = [];
  for (const run of runsNewestFirst(messages)) {
    if (run.kind === null) {
      lines.push({ kind: "message", messages: run.messages });
      continue;
    }
    const shown = lines.length === 0 ? alone : 1;
    const rest = run.messages.slice(shown);
    // One more line that says "1 more" would be no shorter than the message.
    const own = rest.length === 1 ? run.messages : run.messages.slice(0, shown);
    lines.push(...own.map((message) => ({ kind: "message", messages: [message] })));
    if (rest.length > 1) {
      lines.push({ kind: run.kind, messages: rest });
    }
  }
  return lines;
}

function runsNewestFirst(messages) {
  const runs = [];
  for (const message of [...messages].reverse()) {
    const kind = kindOf(message.status);
    const last = runs.at(-1);
    if (kind !== null && last?.kind === kind) {
      last.messages.push(message);
    } else {
      runs.push({ kind, messages: [message] });
    }
  }
  return runs;
}

function kindOf(status) {
  const kinds = { booked: BOOKED, cancelled: CANCELLED, again: AGAIN };
  return Object.keys(kinds).find((kind) => kinds[kind].test(status)) ?? null;
}

/**
 * Returns "+0.891": seconds since the approval, to the millisecond.
 * @param {string|null} approvedAt ISO time
 * @param {string} at ISO time
 * @returns {string|null}
 */
export function sinceApproval(approvedAt, at) {
  if (approvedAt === null) {
    return null;
  }
  const milliseconds = Date.parse(at) - Date.parse(approvedAt);
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    return null;
  }
  return `+${Math.floor(milliseconds / 1000)}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
