/**
 * What pages say about the life of a request.
 */

export const revocation = {
  revoke: "Take approval back",
  asking: "Asking…",
  question: "Take this approval back?",
  what: "Workflow",
  order: "Order",
  first: "The executor decides whether it is in time.",
  text: "If it has not begun, it never will, and this ends as revoked. If it has, ask for a reversal.",
  asked: "It was asked that the approval is taken back.",
  by: (person, role, reason) => `${person} (${role}): ${reason}`,
};

export const questions = {
  title: "Questions",
  none: "Nothing was asked.",
  elsewhere: "Questions are asked and answered in HAWK’s console.",
  ask: "Ask a question",
  asking: "Asking…",
  answer: "Answer",
  answering: "Answering…",
  open: "Not answered yet.",
  question: "Question",
  kept: "kept for good, on the card",
  missing: "Write the question.",
  missingAnswer: "Write the answer.",
  askTitle: (maker) => `Ask ${maker} about this?`,
  answerTitle: "Answer this question?",
  holdsNothing: "A question holds nothing up.",
  holdsNothingMore: "The deadline goes on, and others may decide. Who needs the answer waits for it.",
  stands: "Your answer stands: it is not changed later.",
};

export const amendment = {
  title: "Your request",
  what: "You asked for this. You can change the amount while it waits.",
  change: "Change the amount",
  changing: "Changing…",
  question: "Change the amount of this request?",
  now: "Now",
  amount: (currency) => `New amount in ${currency}`,
  wrong: "Write an amount above zero, such as 25,000,000.00.",
  first: "This plan ends, with all that was decided on it.",
  text: "The changed order is planned and asks for approval on its own; more people may be needed.",
  done: "The amount was changed; the new plan follows.",
};
