/**
 * What somebody has pasted, and what was done with it: kept in the browser's tab, so that a reload loses nothing.
 * One text has one key, made once: however often it is handed in, it is one answer.
 */

const PREFIX = "hawk.hand-in";
const NOTHING = { answer: "", prompt: "" };

/** Characters that are kept; more stays on the page only. */
const KEPT_MAX = 1_000_000;

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? "null") ?? {};
  } catch {
    return {};
  }
}

function write(name, document) {
  try {
    const words = JSON.stringify(document);
    if (words.length <= KEPT_MAX) sessionStorage.setItem(name, words);
    else sessionStorage.removeItem(name);
  } catch {
    // A closed storage costs the text when the tab reloads, nothing else.
  }
}

/** Returns what a person has pasted. */
export function keptDraft(person) {
  const name = `${PREFIX}:${person}`;
  const kept = read(name);
  const state = {
    text: { ...NOTHING, ...kept.text },
    key: kept.key ?? crypto.randomUUID(),
    preview: kept.preview ?? null,
    submitted: kept.submitted ?? null,
  };
  const keep = () => write(name, state);
  return {
    get text() {
      return state.text;
    },
    /** The key of the text as it is: it names these words and no others. */
    get key() {
      return state.key;
    },
    /** The preview that was asked for last, `{id, text}`; null for none. */
    get preview() {
      return state.preview;
    },
    /** The id of the response that was handed in; null before that. */
    get submitted() {
      return state.submitted;
    },
    /** Takes other words; other words have another key. */
    keep(text) {
      if (text.answer === state.text.answer && text.prompt === state.text.prompt) return;
      state.text = text;
      state.key = crypto.randomUUID();
      keep();
    },
    previewed(id, text) {
      state.preview = { id, text };
      keep();
    },
    submit(response) {
      state.submitted = response;
      state.preview = null;
      keep();
    },
    forget() {
      Object.assign(state, { text: NOTHING, key: crypto.randomUUID(), preview: null, submitted: null });
      keep();
    },
  };
}
