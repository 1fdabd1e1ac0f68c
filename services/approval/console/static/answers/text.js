/**
 * What the page says on which somebody hands in an answer, and its preview.
 */

import { grouped } from "../../shared/lib/money.js";

const some = (number, one, many = `${one}s`) => `${grouped(String(number))} ${number === 1 ? one : many}`;

export const handIn = {
  title: "Hand in an answer",
  sentence: "Paste what the AI answered. You are its maker; what it asks for waits for approval like any other.",
  form: "The answer",
  answer: "Answer of the AI",
  answerHint: "JSON or text, as it came. It is read by the parser, not changed here.",
  prompt: "What was asked",
  optional: "optional",
  characters: (count) => some(count, "character"),
  preview: "Preview",
  previewing: "Asking…",
  submit: "Submit",
  submitting: "Submitting…",
  another: "Hand in another answer",
  empty: "Paste an answer first.",
  mayNot: (roles, held) => `Answers are handed in by ${roles}; you hold ${held}.`,
  noRole: "no role",
  notSent: "Not handed in.",
  notPreviewed: "No preview was asked for.",
  unsure: "Not known whether it was handed in. Press again: the same text is handed in once.",
  previewText: "A preview reserves nothing, waits for nobody and lapses in minutes.",
  submitText: "Submit hands the text in: a new plan is drawn from the facts of that moment.",
};

export const preview = {
  title: "Preview",
  mark: "Preview, not a request",
  lapses: (span) => `lapses in ${span}`,
  over: "This preview is over.",
  overText: "Rates and capacity move. Ask for a new one.",
  changed: "The text was changed after this preview.",
  changedText: "What is submitted is the text as it is now.",
  away: "The preview could not be read.",
  trying: "Trying again.",
  states: {
    READING: "The parser reads the answer.",
    PLANNING: "The executor draws the plans.",
    DONE: "This is what the answer would become now.",
  },
  slow: (span) => `Nothing has come for ${span}. The dashboard’s health page says whether parser and executor run.`,
  plansSoFar: (count) => `${some(count, "plan")} so far.`,
  done: (plans, refusals) => {
    const counted = [plans > 0 && some(plans, "plan"), refusals > 0 && some(refusals, "refusal")];
    return counted.filter(Boolean).join(", ") || "Nothing to execute";
  },
  refused: "Refused",
  refusals: { code: "Code", sentence: "Why", place: "Where" },
  warnings: "Warnings",
  words: "What the AI said",
  plan: (number, of) => (of === 1 ? "Plan" : `Plan ${number} of ${of}`),
  planRefused: "This part would be refused.",
  nothing: "The answer recommends nothing to execute.",
  nothingText: "It would be kept, and nobody would be asked.",
  drawn: (time) => `drawn ${time} SGT`,
  wouldDecide: "Would decide",
  policyAlone: "nobody: the policy itself grants it",
  because: "Rules",
};

export const submission = {
  title: "Handed in",
  following: "What becomes of it stands here. The page can be left at any time.",
  response: "Response",
  read: "The parser reads the answer.",
  waits: "Waits for approval",
  open: "Open the card",
  ended: "Ended",
  lost: "The connection is lost. Trying again.",
  refused: "Nothing of it was planned.",
  several: (count) => `${some(count, "request")} of this answer.`,
  goes: "Its card opens.",
  request: (number) => `Request ${number}`,
};
