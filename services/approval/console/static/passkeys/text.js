/**
 * What is said about passkeys: their page, and why a browser cannot use one.
 */

const UNITS = [
  ["hour", 3_600],
  ["minute", 60],
];

/** Returns a number of seconds as people say it. */
export function delayOf(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each && seconds % each === 0) ?? ["second", 1];
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

export const passkeys = {
  title: "My passkeys",
  sentence: "What you sign large decisions with. A second person confirms each, and it counts after a delay.",
  away: "The passkeys could not be read.",
  mine: "Mine",
  others: "Of others",
  noneMine: "You have no passkey.",
  states: { COUNTS: "Counts", WAITS: "Counts later", LOST: "Lost", REMOVED: "Removed" },
  person: "Of",
  from: "Counts from",
  until: "Counts until",
  confirmedBy: "Confirmed by",
  removedBy: "Removed by",
  and: " and ",
  name: "Name",
  nameNote: "for you to tell it from others",
  nameHint: "For example: laptop, or blue security key.",
  nameMissing: "Give it a name.",
  register: "Register a passkey",
  registering: "Waiting for your browser…",
  registerQuestion: "Register a passkey?",
  registerFirst: "Your browser asks for your finger, face, PIN or security key.",
  registerText: (delay) =>
    `Another person with an approving role has to confirm the passkey; then it counts after ${delay}.`,
  registered: "Proposed. Another person has to confirm your passkey.",
  add: (name) => `New passkey “${name}”`,
  take: (name) => `Remove passkey “${name}”`,
  lostTitle: (name) => `Lost passkey “${name}”`,
  kind: "Passkey",
  confirm: "Confirm",
  confirming: "Confirming…",
  confirmAdd: (person) => `Let ${person} sign with this passkey?`,
  confirmAddFirst: "Be sure that it is this person who asks.",
  confirmAddText: (delay) =>
    `Who holds the passkey signs in that person's name. It counts after ${delay}; its owner is told.`,
  confirmRemove: (person) => `Remove this passkey of ${person}?`,
  confirmRemoveFirst: "It counts no more, and cannot come back.",
  confirmRemoveText: (delay) => `It ends after ${delay}, or at once where its owner has lost it.`,
  confirmed: "Confirmed.",
  reject: "Reject",
  rejecting: "Rejecting…",
  rejectQuestion: "Reject this?",
  rejectFirst: "Nothing becomes of it.",
  rejectText: "A passkey that was reported lost counts again.",
  rejected: "Rejected.",
  remove: "Remove",
  removing: "Proposing…",
  removeQuestion: (name) => `Remove passkey “${name}”?`,
  removeFirst: "Another person has to confirm it.",
  removeText: (delay) => `Until then the passkey counts, and after that for ${delay} more.`,
  removed: "Proposed. Another person has to confirm the removal.",
  lose: "I have lost it",
  losing: "Reporting…",
  loseQuestion: (name) => `Report passkey “${name}” lost?`,
  loseFirst: "It counts no more, at once.",
  loseText: "Another person confirms that it is gone for good. If you find it, take the report back.",
  lost: "Reported. The passkey counts no more.",
  keyOf: (name) => `Passkey “${name}”`,
  nobody: "Nobody may take this back but those who may reject it.",
};

export const signing = {
  asked: "You sign this with your passkey.",
  askedText: "Your browser asks for it when you approve.",
  cannot: "This needs your passkey.",
  unsupported: "This browser has no passkeys. Use a current Chrome, Edge, Firefox or Safari.",
  insecure: "A browser has passkeys only on a secure page: over https, or on localhost.",
  elsewhere: (origin) => `Your passkeys belong to ${origin}. Open this card there.`,
  stopped: "The passkey was not used: it was cancelled, or nothing happened in time. Press again to try once more.",
  unknown: "This device does not hold your passkey, or holds it already. Use the device that you registered it on.",
  failed: "The browser could not use the passkey. Press again to try once more.",
};
