/**
 * What elements of other sites say besides what a page of the console says.
 */

export const element = {
  noWorkflow: "This element names no workflow.",
  oneScope: "This element names a workflow and a response. Name one of them.",
  noToken: "This element waits for its property token: a function that gives a token for HAWK.",
  base: "The address in base is not one that a token may be sent to: https, or this machine itself.",
  tokenEmpty: "The page around this element gave no token, so HAWK was not asked.",
  tokenFailed: (why) => `The page around this element could not give a token, so HAWK was not asked: ${why}`,
  tokenLate: "The page around this element gave no token in time, so HAWK was not asked.",
  away: "HAWK cannot be shown here.",
  open: "Open in HAWK",
  opens: "in a new window",
};

export const bar = {
  leave: "You can leave; HAWK goes on.",
};

export const progress = {
  title: "Progress",
  waiting: "Nothing has been reported yet.",
  lost: "Not live. Trying again.",
  lostMore: "What is shown is as of then; HAWK goes on.",
  operations: (done, all) => `${done} of ${all} operations.`,
  sentence: (status) => (/[.!?]$/.test(status) ? status : `${status}.`),
};
