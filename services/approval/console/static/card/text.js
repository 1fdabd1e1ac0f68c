/**
 * What card, dialog and execution say. Sentences end with a full stop, labels do not.
 */

import { grouped, withCode } from "../../shared/lib/money.js";

const some = (number, one, many = `${one}s`) => `${grouped(String(number))} ${number === 1 ? one : many}`;

export const page = {
  approvals: "Approvals",
  crumbs: "Where this page is",
  was: (order) => `was ${order}`,
  skip: "Skip to decision",
  title: (what, order) => (order ? `${what}, ${order}` : what),
  away: "This card could not be read.",
  nothingDecided: (sentence) => `${sentence} Nothing was decided.`,
  stale: (time) => `Not live since ${time}. Trying again.`,
  notLive: "Not live. Trying again.",
  backLive: "Live again.",
};

export const header = {
  usd: (usd) => [withCode("USD", usd), "at the plan’s rate"],
  model: "Model",
  trade: "Trade",
  value: "Value",
  maturity: "Maturity",
  asked: "Asked by",
  verified: "verified",
  unverified: "claimed, not verified",
  line: (line, dates) => `${line} before it in line${dates}`,
  turn: (before) => `place ${before + 1} in line`,
  partial: ({ allocated, not_allocated: rest }, currency) => [
    "Not all of it fits.",
    `${withCode(currency, allocated)} would be placed, ${withCode(currency, rest)} would not.`,
  ],
};

/** The section's title, and its name in the list of what was viewed. */
export const sections = {
  change: {
    configuration: ["The row, before and after", "Before and after"],
    override: ["What Murex said, and what a person found", "What was found"],
    reversal: ["What is cancelled", "What is cancelled"],
  },
  lines: ["What would happen", "What would happen"],
  risk: ["Risk", "Risk"],
  capacity: ["Capacity and USD limit", "Capacity"],
  deals: ["Deals", "Deals"],
  ledger: ["Ledger", "Ledger"],
  operations: ["Operations by stage", "Operations"],
  undo: ["Undo", "Undo"],
  origin: ["What the model said, and where each value came from", "Words and origin"],
};

export const section = {
  viewed: "Viewed",
  viewedOf: (title) => `Viewed: ${title}`,
  open: (title) => `Show ${title}`,
  deals: (deals, entities) => (entities > 1 ? `${deals}, ${some(entities, "entity", "entities")}` : String(deals)),
  steps: (count) => some(count, "step"),
  reverseOrder: (count) => `${some(count, "step")}, in reverse order`,
  balance: (balanced) => (balanced ? "DR = CR" : "DR and CR differ"),
  entities: "Entity",
  entry: (entries, entities) => `${some(entries, "entry", "entries")}, ${some(entities, "entity", "entities")}`,
  showOperations: (count) => `Show all ${some(count, "operation")}, and the rows by table`,
  hideOperations: "Hide the operations",
  showSteps: (count) => (count === 1 ? "Show the step" : `Show the ${count} steps, last operation first`),
  hideSteps: "Hide the steps",
  showLines: (count) => `Show the ${some(count, "line")} of the journal`,
  hideLines: "Hide the lines",
  noUndo: "Nothing is planned to undo this.",
};

export const risk = {
  computed: "Computed",
  claimed: "Claimed by the AI",
  none: "none",
  approval: (required) => `Approval required: ${required === true ? "yes" : required === false ? "no" : "not said"}`,
  level: (level) => `Approval level: ${level}`,
  noReasons: "No reasons given",
  noClaims: "The AI claims nothing about risk or approval.",
  noForce: "Recorded. It has no force: people, amounts and rules come from HAWK.",
  action: (id) => `Action ${id}`,
};

const RATES = { usd_sgd: "USD/SGD", embedded_spot: "embedded spot", ndf: "forward" };

export const deals = {
  rate: ({ letter, type, value, dashed }) =>
    `${letter} ${RATES[type] ?? type} ${value} (${dashed ? "dashed" : "solid"})`,
  unit: (pair) => (pair ? `, ${pair.split("/")[1]} for 1 ${pair.split("/")[0]}.` : "."),
};

export const origin = {
  asked: (who, prompt) => [`${who} asked: `, prompt, " The AI answered:"],
  answered: "The AI answered:",
  noWords: "The answer holds no words beside its actions.",
  field: "Field",
  value: "Value",
  source: "Came from",
  caption: "Where each value came from",
};

export const change = {
  column: "Column",
  before: "Before",
  after: "After",
  caption: (table, key) => `${table} ${key}, before and after`,
  unchanged: (count) =>
    count === 1 ? "Show 1 column that stays as it is" : `Show ${some(count, "column")} that stay as they are`,
  hideUnchanged: "Hide what stays",
  facts: {
    table: "Table",
    key: "Row",
    effective: "In force",
    version: "Version",
    references: "Concerns",
    murex: "What Murex said",
    contract: "Contract",
    found: "What a person found",
    deal: "Deal",
    status: "Status",
    resolution: "Found",
    reference: "Reference",
    reason: "Reason",
    follows: "What follows",
    workflow: "Workflow",
    why: "Why it waits",
    order: "Order",
    deals: "Deals to cancel",
    ledger: "Ledger",
    period: "Posted in",
    largest: "Largest deal",
    remains: "What remains",
  },
  atOnce: "as soon as it is approved",
  from: (day) => `from ${day}`,
  references: ({ rows, table, keys }) =>
    `${some(rows, "row")} of ${table}${keys.length > 0 ? `: ${keys.join(", ")}` : ""}`,
  resolutions: { BOOKED_MANUALLY: "Booked by hand", CANCELLED: "Not in Murex any more" },
  dealStatus: (status) => status.toLowerCase().replace(/_/g, " "),
  deal: (number, event) => `${number} of ${event}`,
  otherDeals: "Deals of this event",
  this: "this deal",
  pairs: (pairs, lines) => `${some(pairs, "entry", "entries")} reversed, ${some(lines, "mirrored journal line")}`,
};

export const who = {
  title: "Who decides",
  may: (role, person) => `You may approve this as ${role}${person ? `, for ${person}` : ""}.`,
  isAway: (person, until) => `${person} is away until ${until}.`,
  youAreAway: (until) => `You have said to be away until ${until}.`,
  standsIn: (people) => `${people} stands in.`,
  nobodyStandsIn: "Nobody stands in.",
  earlier: (count) => `${some(count, "earlier order")} of this person on this day`,
  forPerson: (person) => `, for ${person}`,
  mayNot: "You may not approve this.",
  notYet: "Not yet.",
  changed: (role) =>
    `${role ? `You hold ${role}, which is enough. ` : ""}The plan changed; tick what changed first.`,
  nobody: (given, needed) => `nobody yet, ${given} of ${needed}`,
  filled: (person, role) => `${person}, ${role}`,
  recorded: (given, needed) => [
    "Your approval is recorded.",
    `${given} of ${needed}; the plan runs once the others have approved.`,
  ],
  fourEyes: (maker) => `Four eyes: ${maker}, who asked, may not approve.`,
  policy: "Policy",
  basis: ", USD equivalent",
  escalates: "Escalates",
  escalated: "Escalated",
  escalatedTo: (role, at) => `to ${role} since ${at}; who has to approve stays as it was`,
  expires: "Expires",
  expired: "Expired",
  rates: "Rates",
  pinned: (at) => `pinned ${at}`,
  pinnedUntil: (at, points) => `pinned until ${at}${points ? `, within ${points} basis points` : ""}`,
  left: (span) => `in ${span}`,
  decided: (decision, at) => `${decision === "APPROVE" ? "approved" : "rejected"} ${at}`,
  byPolicy: "Nobody needs to: the policy itself grants.",
};

export const glass = {
  title: "Emergency",
  sentence: (minutes) =>
    `Is the role that is needed out of reach, and can this not wait? For ${minutes} minutes, persons with any `
    + "approving role may approve it in its place.",
  button: "Break the glass",
  question: "Declare an emergency?",
  breaking: "Declaring…",
  reason: "Reason",
  reasonNote: "required, kept and shown",
  reasonHint: "Why this cannot wait, and how you tried to reach the role.",
  reasonMissing: "Say why. Two others will review it.",
  digest: "Plan",
  first: (minutes) => `For ${minutes} minutes two persons at least approve, of any approving role.`,
  rest: (maker) => `${maker}, who asked, is none of them. Limits, caps and the stop hold as ever.`,
  reviewFirst: "It is reviewed afterwards.",
  reviewText: "Two others, who had no part in it, say whether it was justified. It can be declared once.",
  broken: "Declared. Two persons may approve now.",
  marked: "Emergency.",
  reviews: "After-reviews",
};

export const viewed = {
  title: "Viewed",
  of: (count, all) => `${count} of ${all}`,
  ticked: "viewed",
  open: "not viewed",
};

export const plan = {
  title: "This plan",
  digest: "Digest",
  workflow: "Workflow",
  response: "Response",
  reverses: "Reverses",
};

export const changed = {
  title: "What changed",
  since: "since the plan you were reading,",
  sinceOther: "since the plan before it,",
  value: "Value",
  before: "You read",
  beforeOther: "Before",
  now: "Now",
  difference: "Difference",
  caption: "What differs between the two plans",
  none: "No figure differs; the plan was drawn anew.",
  unknown: "The two plans cannot be compared figure by figure. Read the sections below.",
  rest: "Everything else",
  asBefore: "as before",
  banner: (time) => `The plan you were reading is out of date${time ? ` since ${time}` : ""}; this is the new one.`,
  because: (sentence, approvers) =>
    [
      approvers.length > 0 && `${approvers.join(" and ")} approved the old one.`,
      sentence && sentenceOf(sentence),
      "Nothing was executed. Your ticks were cleared, your comment is kept.",
    ]
      .filter(Boolean)
      .join(" "),
  announced: "The plan changed. Look at what changed first.",
};

/** Returns a reason without the code before it, as a sentence. */
export function sentenceOf(reason) {
  const text = reason.replace(/^[A-Z][A-Z0-9_]*: ?/, "");
  return text === "" ? "" : `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** Why the primary button may not be pressed: the first sentence stands in amber, the rest below it. */
export const reasons = {
  changed: ["The plan changed. Look at what changed first.", ""],
  expired: ["This has expired. Ask for a new plan.", ""],
  stopped: (time) => [`HAWK is stopped${time ? ` since ${time}` : ""}. What is approved now is refused.`, ""],
  notLive: (time) => [
    time ? `Not live since ${time}. Trying again.` : "Not live. Trying again.",
    "You can read and reject; approving waits until this page is live.",
  ],
  samePerson: ["You have approved this already; one person counts once.", ""],
  maker: "You asked for this, so another person must approve it.",
};

export const bar = {
  label: "Decision",
  approve: "Approve & Execute",
  observe: "Approve, not executed",
  review: "Review Details",
  reviewed: "Everything is viewed.",
  reject: "Reject",
  withdraw: "Withdraw",
  cancel: "Cancel",
  cancelTitle: "Leaves this page; nothing is decided.",
  back: "Back to approvals",
  deciding: (what, deals, operations) => [
    what,
    deals > 0 && some(deals, "deal"),
    some(operations, "operation"),
  ].filter(Boolean).join(", "),
  names: "approving names plan",
  now: "now plan",
  expires: (span) => `expires in ${span}`,
  approving: "Approving…",
  rejecting: "Rejecting…",
  withdrawing: "Withdrawing…",
};

export const dialog = {
  approve: "Approve and execute this plan?",
  observe: "Approve this plan? It is not executed.",
  reject: "Reject this plan?",
  withdraw: "Withdraw this request?",
  rate: (usd) => `${withCode("USD", usd)} at the plan’s rate`,
  facts: {
    deals: "Deals",
    ledger: "Ledger",
    operations: "Operations",
    undo: "To undo later",
    risk: "Risk",
    as: "You decide as",
    plan: "Plan",
    change: "Change",
    finding: "Finding",
    cancels: "Cancels",
  },
  deals: (count, model, first, last) => [
    `${count} in Murex`,
    `${model ? `, model ${model}` : ""}${first && last ? `, from ${first} to book ${last}` : ""}`,
  ],
  cancels: (count) => `${some(count, "deal")} in Murex; Murex must confirm each`,
  ledger: (entries, balanced) =>
    `${some(entries, "entry", "entries")}, journal ${balanced ? "DR = CR" : "DR and CR differ"}`,
  journal: (currency, ifrs, local) => `IFRS ${withCode(currency, ifrs)}, LOCAL ${withCode(currency, local)}`,
  noLedger: "no entries",
  operations: (count) => `${some(count, "operation")}, all or nothing`,
  undo: "a reversal, approved on its own; market moves remain",
  undoChange: (steps) => (steps > 0 ? `${some(steps, "step")}, approved on their own` : "not by HAWK"),
  undoReversal: "not undone; the order can be given once more",
  risk: (computed, claimed) => `computed ${computed}, claimed by the AI ${claimed}`,
  riskAlone: (computed) => `computed ${computed}, the AI claims nothing`,
  as: (person, role) => `${person}, ${role}`,
  observed: "The rollout is in OBSERVE: the decision is recorded and nothing is executed.",
  warnings: (count) => `${some(count, "warning")}.`,
  unviewed: (count, all) => `You viewed ${count} of ${all} sections.`,
  notViewed: (names) => `Not viewed: ${names.join(", ")}. This is kept with your decision.`,
  comment: "Comment",
  optional: "optional, kept with the decision",
  reason: "Reason",
  required: "needed, kept with the decision",
  tooLong: (count) => `At most ${grouped(String(count))} characters.`,
  missing: "A reason is needed.",
  expires: (at) => `Expires ${at}, `,
  cancel: "Cancel",
  close: "Close",
  show: "Show what changed",
  type: (id) => ["Type ", id, " to confirm"],
  typed: "It cannot be undone by pressing a button, so it is typed.",
  notYet: (id, missing) =>
    missing > 0
      ? `This is not ${id} yet: ${some(missing, "character")} ${missing === 1 ? "is" : "are"} missing.`
      : `This is not ${id}.`,
};

/** What a decision came to. The first words are bold. */
export const outcome = {
  looking: ["Not known yet whether your decision was recorded.", "Looking."],
  stillLooking: ["Not known yet whether your decision was recorded.", "The service is away; looking again."],
  changed: ["Not recorded.", "The plan changed while you read it."],
  expired: ["Not recorded.", "This expired while you read it. Ask for a new plan."],
  nothing: ["Not recorded.", "Nothing was decided; you can decide again."],
  refused: (sentence) => ["Not recorded.", sentence],
  recorded: ["Recorded.", "Your decision arrived."],
  faster: (person, decision, at) => [
    "Not recorded.",
    `${person} ${decision === "APPROVE" ? "approved" : "rejected"} this at ${at}; one decision stands.`,
  ],
  ended: (sentence) => ["Not recorded.", sentence || "This plan will not be carried out any more."],
  sessionOver: ["Not recorded.", "Your session had ended. Your comment is kept."],
  approvedBy: (person, role) => `Approved by ${person} (${role}).`,
  rejected: (person) => `Rejected by ${person}.`,
};

export const expiry = {
  soon: (minutes) => `This expires in ${minutes} min.`,
  now: "This has expired. Ask for a new plan.",
};
