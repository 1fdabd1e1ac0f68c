/**
 * What the elements of both sites say. Sentences end with a full stop, labels do not.
 */

export const failures = {
  noAnswer: "The service does not answer.",
  unreadable: "The service answered, but the answer cannot be read.",
  status: (status) => `The service answers ${status}.`,
};

/** Code of a state to its word, its icon and its tone. Codes are shown in the title, never in place of the word. */
export const STATES = {
  PROPOSED: ["Proposed", "dashed", "idle"],
  PLANNED: ["Planned", "circle", "idle"],
  AWAITING_APPROVAL: ["Awaiting approval", "clock", "waiting"],
  APPROVED: ["Approved", "circle-tick", "accent"],
  PREPARED: ["Prepared", "half", "accent"],
  EXECUTING: ["Booking", "half", "accent"],
  BOOKING: ["Booking", "half", "accent"],
  COMPLETED: ["Completed", "tick", "good"],
  POSTED: ["Posted", "ticks", "good"],
  FAILED: ["Failed", "circle-cross", "failed"],
  COMPENSATING: ["Rolling back", "back", "look"],
  COMPENSATED: ["Rolled back", "back", "idle"],
  REVERSING: ["Reversing", "back", "look"],
  REVERSED: ["Reversed", "back", "idle"],
  NEEDS_INTERVENTION: ["Needs a person", "octagon", "filled"],
  REFUSED: ["Refused", "ban", "idle"],
  REJECTED: ["Rejected", "circle-cross", "idle"],
  EXPIRED: ["Expired", "clock-off", "idle"],
  WITHDRAWN: ["Withdrawn", "back", "idle"],
  REVOKED: ["Revoked", "back", "idle"],
  SUPERSEDED: ["Superseded", "swap", "idle"],
  STALE_CONTEXT: ["Out of date", "again", "idle"],
};

export const RISKS = {
  LOW: ["Low", 1],
  MEDIUM: ["Medium", 2],
  HIGH: ["High", 3],
};

export const STAGES = [
  "Validated",
  "Capacity",
  "Policy",
  "Approval",
  "1A Checks",
  "1B Allocation",
  "2 Murex",
  "3 Journal",
];

/** State of a stage to what a screen reader says. */
export const STAGE_WORDS = {
  done: "done",
  running: "running",
  waiting: "waiting",
  undoing: "being undone",
  undone: "undone",
  failed: "failed here",
  ended: "ended here",
  skipped: "not part of this",
  not_begun: "not begun",
};

export const words = {
  none: "none",
  risk: "Risk",
  riskOf: (word, bars) => `${word}, ${bars} of 3`,
  progress: "Progress",
  step: (number, ...said) => [`Step ${number} of ${STAGES.length}`, ...said].filter(Boolean).join(", "),
  stepShort: (number, name) => `Step ${number} of ${STAGES.length}: ${name}`,
  copy: (what) => `Copy ${what}`,
  copied: "Copied",
  notCopied: "Not copied",
  tryAgain: "Try again",
  kept: (time) => `What is shown is as of ${time} SGT.`,
  trace: (id) => `trace ${id}`,
  loading: "Loading",
  close: "Close",
  showAll: (count) => `Show all ${count} characters`,
  folded: (shown, count) => `${shown} of ${count} characters`,
};

export const live = {
  live: "Live",
  at: (time) => `${time} SGT`,
  connecting: "Connecting",
  notLive: "Not live",
  notLiveSince: (time) => (time ? `as of ${time} SGT, trying again` : "trying again"),
  paused: "Paused",
  pausedSince: (time) => `since ${time}`,
  resume: (changes) => (changes === 0 ? "Resume" : `Resume, show ${changes} ${changes === 1 ? "change" : "changes"}`),
  pause: "Pause",
  again: "Live again.",
  lost: (time) => (time ? `Not live since ${time}. Trying again.` : "Not live. Trying again."),
};

/** Word, what is behind it, and what follows from it: the last is what a narrow window has room for. */
export const environments = {
  SIMULATOR: ["SIMULATOR", "Murex is simulated.", "No deal reaches a market."],
  LIVE: ["LIVE", "", "Deals reach the market."],
};

/** Names of characters that nobody sees, or that turn the direction of others. */
export const CHARACTERS = {
  0x0000: "null",
  0x0007: "bell",
  0x0008: "backspace",
  0x000d: "carriage return",
  0x001b: "escape",
  0x007f: "delete",
  0x00ad: "soft hyphen",
  0x034f: "joiner",
  0x061c: "Arabic mark",
  0x200b: "zero width space",
  0x200c: "zero width non-joiner",
  0x200d: "zero width joiner",
  0x200e: "left to right mark",
  0x200f: "right to left mark",
  0x2028: "line separator",
  0x2029: "paragraph separator",
  0x202a: "left to right embedding",
  0x202b: "right to left embedding",
  0x202c: "end of direction",
  0x202d: "left to right",
  0x202e: "right to left",
  0x2060: "word joiner",
  0x2066: "left to right isolate",
  0x2067: "right to left isolate",
  0x2068: "first strong isolate",
  0x2069: "end of isolate",
  0x2800: "blank",
  0x3164: "filler",
  0xfe0f: "variation",
  0xfeff: "byte order mark",
  0xfffd: "unreadable",
};
