// What a person has begun to write to a decision: it outlives the dialog and the session, not the browser's tab.

const PREFIX = "hawk.comment";

/** Returns what was written for a workflow. */
export function keptComment(person, workflow) {
  try {
    return sessionStorage.getItem(`${PREFIX}:${person}:${workflow}`) ?? "";
  } catch {
    return "";
  }
}

/** Keeps it; nothing written keeps nothing. */
export function keepComment(person, workflow, text) {
  try {
    if (text === "") sessionStorage.removeItem(`${PREFIX}:${person}:${workflow}`);
    else sessionStorage.setItem(`${PREFIX}:${person}:${workflow}`, text);
  } catch {
    // A closed storage costs the comment when the tab reloads, nothing else.
  }
}

/** Takes what was written along to the plan that follows. */
export function moveComment(person, from, to) {
  const text = keptComment(person, from);
  if (text !== "" && keptComment(person, to) === "") keepComment(person, to, text);
}

const NOTE = "hawk.note";

/** Keeps a sentence for the moment after somebody has signed in again. */
export function keepNote(person, workflow, sentence) {
  try {
    sessionStorage.setItem(`${NOTE}:${person}:${workflow}`, JSON.stringify(sentence));
  } catch {
    // Without it the card still says what is true.
  }
}

/** Returns the sentence that was kept, once; null without one. */
export function takeNote(person, workflow) {
  const key = `${NOTE}:${person}:${workflow}`;
  try {
    const kept = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return kept === null ? null : JSON.parse(kept);
  } catch {
    return null;
  }
}
