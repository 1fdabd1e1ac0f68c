/**
 * What the page of one workflow says. Sentences end with a full stop, labels do not.
 */

import { grouped } from "../../shared/lib/money.js";

const counted = (count, one, many) => (count === 1 ? `1 ${one}` : `${grouped(String(count))} ${many}`);

export const page = {
  crumbs: "Where this page is",
  overview: "Overview",
  tabs: "Parts of the workflow",
  away: "The workflow could not be read.",
  download: "History as JSON",
  console: "Open in console",
  noTitle: "Workflow",
  changed: (state) => `Now: ${state}.`,
  more: (count) => `The first ${grouped(String(count))} events are shown. The history as JSON has all of them.`,
  cut: "The history is longer than this page.",
};

export const head = {
  usd: "USD",
  model: "Model",
  asked: "Asked by",
  unverified: "claimed, not verified",
  approved: "Approved by",
  rejected: "Rejected by",
  completed: "Completed after",
  objective: (seconds) => `, objective ${seconds}`,
  equal: "Reconciled",
  unequal: "Does not agree",
  entities: (count) => counted(count, "entity", "entities"),
  reverses: "Reverses",
  reversedBy: (attempt) => (attempt === 1 ? "Reversal" : `Reversal, attempt ${attempt}`),
  predecessor: "Planned again after",
  successor: "Followed by",
  operations: (done, total) => `${done} of ${total}`,
  inEffect: "Operations in effect",
};

export const tabs = {
  timeline: "Timeline",
  operations: "Operations",
  deals: "Deals",
  journal: "Ledger",
  undoing: "Rollback",
  reversal: "Reversal",
  undo: "Undo plan",
  events: "Raw events",
};

export const timeline = {
  caption: "Groups of events, with attempts, result and duration",
  columns: {
    group: "Group",
    bar: "Seconds since approval, logarithmic",
    attempts: "Attempts",
    result: "Result",
    duration: "Duration",
  },
  groups: {
    request: ["Request", "asked for, decided"],
    prepare: ["Prepare", "1A, 1B, 2 up to sent"],
    complete: ["Complete", "rest of stage 2"],
    journal: ["Journal", "stage 3"],
    rollback: ["Rollback", "the last operation first"],
    reversal: ["Take back", "the last operation first"],
    person: ["Person", "settled by hand"],
  },
  deal: (number, entity) => `Deal ${number ?? "?"}${entity ? ` of ${entity}` : ""}`,
  cancel: (deal) => `Cancel of ${deal.charAt(0).toLowerCase()}${deal.slice(1)}`,
  to: "to",
  open: (group) => `Events of ${group}`,
  legend: { work: "at work", silent: "silent", again: "second attempt", undo: "undone", open: "awaited" },
  legendTitle: "Seconds since approval, logarithmic",
  show: "Show",
  all: "all",
  unusual: "unusual",
  noneUnusual: "Everything went as planned.",
  empty: "Nothing has been done yet.",
  emptyText: "Events appear here as soon as the plan is approved and applied.",
  running: "running",
  waiting: "waiting",
};

/** What a group has come to: words, tone, icon. */
export const results = {
  sent: () => ["sent", "accent", "right"],
  received: () => ["received by Murex", "accent", "half"],
  asked: () => ["Murex asked", "look", "clock"],
  booked: ({ contract_id: contract }) => [contract, "good", "tick"],
  declined: ({ reason }) => [reason, "failed", "circle-cross"],
  contradicted: ({ reason }) => [reason, "failed", "octagon"],
  cancelling: () => ["cancel sent", "look", "back"],
  cancelled: ({ outcome }) => [outcome === "NOT_FOUND" ? "never in Murex" : "cancelled", "idle", "tick"],
  cancel_refused: ({ reason }) => [`refused: ${reason}`, "failed", "octagon"],
  booked_by_hand: ({ external_reference: reference }) => [`by hand: ${reference ?? "booked"}`, "good", "person"],
  cancelled_by_hand: () => ["by hand: not in Murex", "idle", "person"],
  operations: ({ count }) => [counted(count, "operation", "operations"), null, null],
  undone: ({ count }) => [`${counted(count, "operation", "operations")} taken back`, null, null],
  posted: ({ count }) => [`${counted(count, "line", "lines")} posted`, null, null],
  waits: ({ reason }) => [reason, "look", "clock"],
  settled: ({ reason }) => [reason, "idle", "person"],
  decided: ({ type }) => [events[type]?.({}) ?? type, null, null],
  silent: (seconds, words) => `Silent ${seconds}, ${words}`,
  sentAgain: "sent again",
};

const withReason = (words) => ({ reason }) => (reason ? `${words}: ${reason}` : words);

/** What an event says in a line, by its type; of others the name stands alone. */
export const events = {
  ResponseReceived: () => "The answer was read",
  ProposalMade: () => "Proposed by the answer",
  ConfigurationProposed: () => "Proposed by the answer",
  OverrideProposed: () => "Proposed by the answer",
  PlanDrawn: () => "Planned",
  ReversalRequested: withReason("A person asked for the reversal"),
  ReversalPlanned: () => "The reversal was planned",
  PlanRefused: () => "Refused",
  PlanClosed: withReason("Ended without being applied"),
  TurnAwaited: () => "Waits for its turn",
  ApprovalRequested: () => "Waits for approval",
  DecisionRecorded: ({ person, role, decision }) =>
    person ? `${person} (${role}) ${decision === "APPROVE" ? "approved" : "rejected"}` : "Decided",
  GrantIssued: () => "Granted",
  ApprovalRejected: withReason("Rejected"),
  ApprovalExpired: () => "Expired",
  ApprovalWithdrawn: withReason("Withdrawn"),
  GrantLapsed: () => "The grant lapsed",
  ExecutionPrepared: () => "The grant was verified and used",
  ReversalPrepared: () => "The grant was verified and used",
  DealSent: ({ attempt }) => (attempt > 1 ? `Sent again, same id, attempt ${attempt}` : "Sent, attempt 1"),
  DealReceipted: () => "Receipt: Murex has the message",
  DealAcknowledged: ({ contract_id: contract }) => `Booked, ${contract}`,
  DealDeclined: withReason("Not booked"),
  DealStatusEnquired: () => "No answer; Murex asked",
  AnswerIgnored: ({ why }) => `Ignored: ${why}`,
  DealConfirmed: ({ contract_id: contract }) => `Murex's book confirms ${contract}`,
  DealContradicted: withReason("Murex contradicts itself"),
  DealCancelSent: ({ attempt }) => `Cancel sent, attempt ${attempt}`,
  CancelConfirmed: ({ outcome }) => (outcome === "NOT_FOUND" ? "Murex never had it" : "Cancelled in Murex"),
  CancelRefused: withReason("Murex keeps it"),
  DealBookedByHand: ({ external_reference: reference }) => `Booked by hand as ${reference ?? "unknown"}`,
  DealCancelledByHand: withReason("Found not to be in Murex"),
  ExecutionCompleted: () => "Every operation is in effect",
  ReversalCompleted: () => "Everything is taken back",
  JournalPosted: ({ lines }) => counted(lines ?? 0, "journal line posted", "journal lines posted"),
  ReversalPosted: ({ lines }) => counted(lines ?? 0, "reversing line posted", "reversing lines posted"),
  PostingDeferred: withReason("Posting waits"),
  ReversalPostingDeferred: withReason("Posting waits"),
  CompensationStarted: withReason("Rollback begins"),
  OperationCompensated: ({ operation, table }) => `Operation ${operation} taken back, ${table}`,
  WorkflowCompensated: () => "Everything was undone",
  InterventionRequired: withReason("A person must act"),
  InterventionSettled: withReason("Settled"),
  ReversalStarted: withReason("The reversal begins"),
  OperationReversed: ({ operation, table }) => `Operation ${operation} taken back, ${table}`,
  ExecutionReversed: () => "Every operation is taken back",
  JournalReversed: () => "The journal has its counterparts",
  ProgressReported: ({ status }) => status ?? "Reported",
  many: (first, last) => (first === last ? `Operation ${first}` : `Operations ${first} to ${last}`),
};

export const operations = {
  caption: "Every operation, with its state, time and event",
  columns: { rows: "Rows", at: "At", event: "Event" },
  stages: {
    "1A": "Stage 1A, checks and instruction",
    "1B": "Stage 1B, hedge event and allocation",
    2: "Stage 2, booking",
  },
  stage: (name, entity, done, total) => `${name}${entity ? `, ${entity}` : ""}, ${done} of ${total}`,
  any: "all",
  state: "State",
  states: {
    done: "in effect",
    undone: "taken back",
    planned: "planned",
    not_run: "not run",
  },
  event: (number, type) => `Event ${number ?? "not numbered yet"}, ${type}`,
  empty: "Nothing is planned yet.",
  emptyText: "Operations appear here once the plan is drawn.",
  noMatch: "No operation is of this kind and state.",
};

export const deals = {
  caption: (entity) => (entity ? `Deals of ${entity}` : "Deals"),
  state: "In Murex",
  planned: ["planned", "idle", "circle"],
};

export const journal = {
  caption: "Every line of the journal, with debit and credit",
  by: "Posted by",
  planned: "planned",
  waits: "Planned. Nothing is posted before every deal is booked.",
};

export const undoing = {
  titles: {
    compensation: "Rollback",
    reversed: "Reversal of this workflow",
    reversal: "What this reversal takes back",
  },
  by: "Reversed by workflow",
  of: "Workflow that is reversed",
  step1: "Step 1: cancel in Murex",
  step2: "Step 2: operations, the last first",
  noCancels: "Murex held no deal, so there was nothing to cancel.",
  noSteps: "No operation wrote anything, so there was nothing to take back.",
  cancelled: (some, all) => `${some} of ${all} cancelled`,
  undone: (some, all) => `${some} of ${all} reversed`,
  kept: (count) => `${count} cannot be reversed: the audit trail keeps both`,
  byHand: (count) => `${count} by hand`,
  refused: (count) => `${count} refused by Murex: a person must act`,
  person: "A person must act before the rest is taken back.",
  captionCancels: "Deals that Murex is to give up",
  captionSteps: "Operations that are taken back, the last first",
  columns: {
    deal: "Deal",
    id: "Id in Murex",
    state: "State",
    event: "Event",
    action: "What is done",
  },
  deals: {
    waits: ["to be cancelled", "idle", "circle"],
    cancelling: ["cancel sent", "look", "back"],
    cancelled: ["cancelled", "good", "tick"],
    cancel_refused: ["refused", "failed", "octagon"],
    cancelled_by_hand: ["not in Murex, by hand", "idle", "person"],
    booked_by_hand: ["booked, by hand", "look", "person"],
  },
  steps: {
    waits: ["waits", "idle", "circle"],
    undone: ["reversed", "good", "tick"],
    kept: ["kept", "idle", "dash"],
  },
  planTitle: "How it would be undone",
  planNote: (count) => `${counted(count, "step", "steps")}, the last operation first`,
  noPlan: "There is no plan for undoing this.",
  noPlanText: "A reversal and what was never planned are not undone.",
};

export const raw = {
  caption: "Every event, the oldest first",
  columns: { number: "Event", at: "At", type: "Type", says: "Says", stream: "Stream" },
  open: (number, type) => `Event ${number ?? "without a number yet"}, ${type}`,
  unnumbered: "not numbered yet",
  before: "before the approval",
  title: (number, type) => `Event ${number ?? ""} ${type}`.replace("  ", " "),
  facts: { at: "Recorded", stream: "Stream", event: "Event id", withheld: "Not shown" },
  withheld: (places) => `${places.join(", ")}: a permission, a proof or evidence stays where it is checked.`,
  data: "Its data as JSON",
  away: "The event could not be read.",
  close: "Close",
  copy: "event as JSON",
  empty: "No event is recorded yet.",
};

export const aside = {
  reconciliation: "Reconciliation",
  equal: "Equal",
  unequal: "Not equal",
  open: "Not yet",
  planned: "Deals planned",
  sent: "Sent",
  attempts: (count) => `${count} attempts`,
  acknowledged: "Acknowledged",
  booked: "Booked",
  cancels: "Cancels sent",
  cancelled: "Cancelled",
  ledger: (name, currency) => `${name}, ${currency}`,
  sums: (dr, cr, same) => `${dr} ${same ? "=" : "≠"} ${cr}`,
  toPost: "planned, not posted",
  noLedger: "no entries",
  status: "execution_status",
  noStatus: "Nothing is reported yet.",
  ids: "Ids",
  names: { order: "Order", workflow: "Workflow", response: "Response", plan: "Plan", grant: "Grant" },
};
