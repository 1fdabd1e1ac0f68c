/**
 * What the pages about health and the runbooks say.
 */

import { grouped } from "../../shared/lib/money.js";

const number = (count) => grouped(String(count));

export const health = {
  title: "Health",
  away: "The health of HAWK could not be read.",
  well: "All is well.",
  looks: (count) => (count === 1 ? "1 thing needs a look; the rest is well." : `${count} things need a look.`),
  attention: (count) => `Needs attention, ${count}`,
  attentionTable: "What needs attention",
  columns: { what: "What", why: "Why", next: "Next" },
  since: (time) => `since ${time}`,
  lasting: (span) => `for ${span}`,
  runbook: "Runbook",
  runbookOf: (label) => `Runbook: ${label}`,
  console: "Console",
  processes: "Processes and servers",
  notKnown: "Where the processes answer is not known here (HAWK_PROCESSES).",
  states: { ready: "ready", not_ready: "not ready", away: "does not answer", ok: "answers" },
  answers: (ms) => `answers in ${number(ms)} ms`,
  counting: "counting",
  standsBy: "stands by",
  version: (version) => version ?? "version not known",
  restarts: (count) => `${number(count)} restarts of tasks`,
  stalls: (count) => `stood still ${number(count)} times`,
  parts: (count) => (count === 1 ? "1 part waits or fails" : `${number(count)} parts wait or fail`),
  every: (count) => (count === 1 ? "What the part says" : `What the ${number(count)} parts say`),
  unknown: (name) => `Not known while ${name} is away.`,
};

/** Code of a line to its word, icon and tone. */
export const WORDS = {
  STOPPED: ["Stopped", "octagon", "failed"],
  SOURCE_AWAY: ["Away", "circle-cross", "failed"],
  PROCESS_AWAY: ["No answer", "circle-cross", "failed"],
  NOT_READY: ["Not ready", "warning", "look"],
  FEED_HELD: ["Feed held up", "lock", "failed"],
  RELAY: ["Relay late", "clock", "look"],
  PASSED_OVER: ["Passed over", "ban", "look"],
  PERSON: ["Needs a person", "octagon", "failed"],
  SILENCE: ["Silent deals", "clock", "look"],
  LETTERS: ["Dead letters", "circle-cross", "look"],
  NOBODY: ["Nobody reads", "circle-cross", "failed"],
  STALLED: ["Stalled", "warning", "look"],
  BEHIND: ["Behind", "clock", "look"],
  CONTROL: ["Begins nothing", "warning", "failed"],
  TURNS: ["Long line", "clock", "look"],
  HELD: ["Rows wait", "inbox", "look"],
  LIMIT: ["Limit", "warning", "look"],
};

/** Names of runbooks to what a link to them says. */
export const LABELS = {
  consumer: "consumers",
  process: "processes",
  broker: "Kafka",
  database: "PostgreSQL",
  windows: "speed windows",
  feed: "feed held up",
  relay: "relay",
  chain: "chain of events",
  unpublishable: "events passed over",
  letters: "dead letters",
  person: "needs a person",
  undone: "undone workflows",
  silence: "silent Murex",
  posting: "posting waits",
  limits: "limits",
  held: "rows that wait",
  undecided: "plans that wait",
  turns: "long line",
  control: "rollout and stop",
};

export const consumers = {
  title: "Consumers",
  columns: { group: "Group", topic: "Topic", waiting: "Waiting", oldest: "Oldest", state: "State" },
  topics: (count) => (count === 1 ? "1 topic" : `${number(count)} topics`),
  others: (count) => (count === 1 ? "1 other topic" : `${number(count)} other topics`),
  every: (count) => `All ${number(count)} groups and topics`,
  states: {
    UP_TO_DATE: ["Up to date", "tick", "idle"],
    BEHIND: ["Behind", "clock", "look"],
    STALLED: ["Stalled", "warning", "look"],
    NOBODY: ["Nobody reads", "circle-cross", "failed"],
  },
  members: (count) => (count === 1 ? "1 process" : `${number(count)} processes`),
};

export const bars = {
  limits: "USD limits by currency",
  limitsNote: "hedged and reserved, against the maximum",
  capacities: "Capacity",
  capacitiesNote: "hedged and reserved, behind what is protected",
  columns: { name: "Currency", exposure: "Exposure", bar: "Used", used: "Used, USD", own: "Used", whole: "Maximum" },
  position: "Position",
  share: "Share",
  states: {
    WARN: ["Above warning", "warning", "look"],
    CRITICAL: ["Above critical", "warning", "look"],
    BREACH: ["Above maximum", "circle-cross", "failed"],
    USED_UP: ["Used up", "dash", "idle"],
  },
  said: ({ used, whole, reserved }) =>
    `${grouped(used)} of ${grouped(whole)} used, of which ${grouped(reserved)} reserved`,
  levels: ({ warning, critical }) => `; warning at ${grouped(warning)}, critical at ${grouped(critical)}`,
  none: "No limit is in force.",
  noneUsed: "No capacity is used.",
  more: (count) => `${count} more`,
};

export const murex = {
  title: "Murex",
  answer: "Answer time",
  answers: (p50, p99, count) => `median ${p50}, p99 ${p99}, of ${number(count)} deals in the last hour`,
  noAnswers: "no deals in the last hour",
  silent: "Silent deals",
  disputes: "Deals in dispute",
  kept: "Deals that it keeps",
  undoing: "Rolling back",
  posting: "Posting waits",
  flight: "In flight, in line",
};

export const relay = {
  title: "Event store and relay",
  published: "Events published",
  unsealed: "Not sealed yet",
  unpublished: "Sealed, not published yet",
  oldest: (count, time) => (count === 0 ? "0" : `${number(count)}, oldest ${time}`),
  passedOver: "Passed over",
  held: "Feed held up by",
  nobody: "no session",
  holder: ({ pid, role, application }) => [`process ${pid}`, role, application].filter(Boolean).join(", "),
  unnamed: "a session that is not named",
};

export const rollout = {
  title: "Rollout and stop",
  mode: "Mode",
  none: "none yet",
  by: (people) => people.join(" and "),
  stop: "Stop",
  running: "Not stopped",
  stopped: "Stopped",
  follows: "The executor keeps to",
  version: (followed, decided) => (followed === decided ? `version ${followed}` : `version ${followed} of ${decided}`),
  nothing: "nothing yet",
  asOf: "It has read all as of",
};

export const letters = {
  title: "Dead letters",
  note: (count) => `${number(count)} of the last days wait`,
  none: "None waits.",
  columns: { at: "When", code: "Code", cure: "What to do" },
  where: (topic, reason) => `${topic}: ${reason}`,
  more: (count) => `${number(count)} more: \`hawk deadletters\`.`,
  act: "Replay or set aside in the console",
};

export const runbooks = {
  title: "Runbooks",
  alerts: (names) => `Alerts: ${names.join(", ")}. docs/operations/runbooks.md has the commands of each.`,
  list: "All runbooks",
  away: "The runbooks could not be read.",
  unknown: "There is no such runbook.",
  means: "What it means",
  steps: "What to do",
};
