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
