/**
 * What the execution view says. The plan's sentences are used to the letter.
 */

import { grouped, withCode } from "../../shared/lib/money.js";

const some = (number, one, many = `${one}s`) => `${grouped(String(number))} ${number === 1 ? one : many}`;

/** The sentences of the plan. */
export const sentences = {
  executed: (operations) => `Successfully executed ${operations} database operations.`,
  booked: (order) => `Hedge ${order} created and booked in Murex.`,
  rolledBack: "Execution failed. Transaction rolled back.",
};

export const outcome = {
  waiting: "Approved. Waiting for its turn.",
  approved: "Approved. Execution begins.",
  prepared: (deals) => `Sent to Murex: ${some(deals, "deal")}`,
  booking: (booked, all) => `Booking in Murex: ${booked} of ${some(all, "deal")}`,
  running: (done, all, deals) => {
    const rest = all - done;
    const when = `The other ${rest} follow together when all ${some(deals, "deal")} are booked.`;
    return `${done} of ${some(all, "operation")}. ${when}`;
  },
  runningAlone: (done, all) => `${done} of ${some(all, "operation")}.`,
  unread: "Reading what happened.",
  since: "since approval",
  objective: "objective 2 s",
  reversed: (order) => `${order ?? "The workflow"} is reversed: its deals are cancelled and its entries mirrored.`,
  configured: "The change is in force as approved.",
  settled: "The deal is settled as approved.",
  failed: "Execution failed. Rolling back.",
  reversing: "Reversing.",
  reversedTitle: "Reversed.",
  person: "A person must act.",
  personText: "Murex and HAWK do not agree on what is booked. Nothing more happens by itself.",
  observed: "Approved. Nothing is executed: the rollout is in OBSERVE.",
  cancels: (count) => [`${count}`, "to cancel in Murex", "ledger untouched"],
  done: {
    to: "to done; objective 2 s",
    deals: "deals booked in Murex",
    ledger: "ledger entries, DR = CR",
    journal: (at) => (at ? `journal lines, at ${at}` : "journal lines wait"),
  },
  alone: { to: "from approval to done", operations: "operations in effect" },
  undone: {
    operations: "operations in effect",
    cancels: "cancels confirmed by Murex",
    undone: "operations undone, last first",
    capacity: "capacity free again",
  },
  of: (part, all) => `${part} of ${all}`,
  seconds: (text) => `${text} s`,
  amount: (currency, amount) => withCode(currency, amount),
};

export const ended = {
  REJECTED: (person) => (person ? `Rejected by ${person}.` : "Rejected."),
  WITHDRAWN: "Withdrawn by the person who asked.",
  REVOKED: "Revoked. The approval was taken back before it was executed.",
  EXPIRED: "Expired. Nobody decided in time.",
  SUPERSEDED: "Superseded by another request.",
  STALE_CONTEXT: "Out of date. The facts moved before it was executed.",
  REFUSED: "Refused. Nothing was executed.",
  CLOSED: "Closed. Nothing was executed.",
  nothing: "Nothing was executed.",
  newPlan: "A new plan took its place.",
  openNew: "Open the new plan",
};

export const deals = {
  title: "Deals",
  equal: (booked, all) => `${booked} of ${all}, equal to the plan`,
  booked: "Booked",
  cancelled: "Cancelled",
  step: "Step 1",
  cancelTitle: "Cancel in Murex",
  cancelNote: "every deal that Murex holds or may hold",
  sent: (count) => `${some(count, "cancel")} sent`,
  confirmed: (count) => `${count} of ${count} confirmed`,
  unknown: (booked, all) =>
    `${booked} of ${all} booked. Which of them belong to which entity was not reported.`,
};

export const undo = {
  step: "Step 2",
  title: (count) => `Undo ${some(count, "operation")}, last first`,
  note: "together, when all cancels are confirmed",
  waits: "waits",
  done: (count) => `${count} of ${count} undone`,
  caption: "The operations that are undone, last first",
  operations: "Operations",
  of: "Of",
  rows: "Rows",
  how: "How",
  whole: "the order as a whole",
};

export const log = {
  title: "What happened",
  unit: "seconds since approval",
  booked: (count, from, to) => `${count} more deals booked${span(from, to)}`,
  cancelled: (count, from, to) => `${count} more deals cancelled${span(from, to)}`,
  again: (count, from, to) => `${count} more deals sent again${span(from, to)}`,
  empty: "Nothing has been reported yet.",
};

function span(from, to) {
  return from && to ? `, ${from} to ${to}` : "";
}

export const advice = {
  title: "What you can do",
  undoing: [
    "Wait. If Murex refuses a cancel, this becomes ",
    "Needs a person",
    " and names the deal; it never says “rolled back” before Murex has confirmed.",
  ],
  undone:
    "Nothing is booked and nothing is in the ledger. Put right what failed, then hand the answer in again: " +
    "it becomes a new plan that needs a new approval.",
  person:
    "Look the deals up in Murex. A person of OPERATIONS settles each of them by an override; " +
    "a second person approves it.",
  ended: "Hand the answer in again if it is still wanted: it becomes a new plan that needs a new approval.",
};

export const plan = {
  title: "The plan that was approved",
  ended: "The plan",
  show: (count) => `Show its ${some(count, "section")}`,
  hide: "Hide its sections",
};

export const bar = {
  label: "What next",
  back: "Back to approvals",
  openNew: "Open the new plan",
  next: "Next request",
  reversal: "Ask for a reversal",
  again: "Hand in again",
  settle: "Settle in console",
  leave: "You can leave this page; HAWK goes on.",
  leaveMore: "What was begun runs to its end. A stop keeps new deals back.",
  by: (who, at) => `approved by ${who} at ${at} SGT`,
  toCancel: (count) => `, ${some(count, "deal")} to cancel`,
  inEffect: (done, all) => `, ${done} of ${some(all, "operation")} in effect`,
};

export const said = {
  approved: (sentence) => `${sentence}.`,
  stage: (sentence) => `${sentence}.`,
  back: "Live again.",
  lost: (time) => `Not live since ${time}. Trying again.`,
  lostMore: "What is shown is as of then; HAWK goes on.",
};
