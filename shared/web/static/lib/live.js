/**
 * The stream of what has changed, and whether it can be believed: live, not live, or paused by a person.
 */

/** Milliseconds without any word from the service after which a page no longer says that it is live. */
export const SILENCE = 15_000;

/** Milliseconds between looks at the silence. */
const LOOK = 1_000;

/** Milliseconds before a stream that the service has ended is opened again; doubled each time, up to the last. */
const AGAIN = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Messages kept while somebody has paused; what comes after them is read again on resuming. */
const HELD_MAX = 1_000;

export const LIVE = "live";
export const NOT_LIVE = "not-live";
export const PAUSED = "paused";
export const CONNECTING = "connecting";

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Opens a stream and keeps it open.
 *
 * A cut is mended by the browser, which says `Last-Event-ID`. Where a stream begins, for the first time, because the
 * service ended it, or after silence, `onResync` is called: what changed since the page was read is not known.
 *
 * @param {Object} options
 * @param {string} options.url
 * @param {Object<string, (document, event) => void>} options.on by name of event
 * @param {Object<string, (document, event) => void>} [options.always] those that a pause does not hold back
 * @param {() => void} [options.onResync] what is shown has to be read again
 * @param {(state: {state: string, at: Date|null, held: number}) => void} [options.onState]
 * @param {() => Date} options.now
 * @param {typeof EventSource} [options.Source]
 */
export function openLive({ url, on, always = {}, onResync = () => {}, onState = () => {}, now, Source = EventSource }) {
  let source = null;
  let state = CONNECTING;
  let at = null;
  let tries = 0;
  let again = null;
  const began = now();
  let opened = began;
  let held = [];
  let resyncHeld = false;
  let pausedAt = null;

  const shown = () => (pausedAt === null ? { state, at, held: 0 } : { state: PAUSED, at: pausedAt, held: held.length });
  const tell = () => onState(shown());

  function heard() {
    at = now();
    tries = 0;
    state = LIVE;
    tell();
  }

  function resync() {
    if (pausedAt === null) onResync();
    else resyncHeld = true;
  }

  function take(name, event) {
    if (pausedAt === null) on[name]?.(parsed(event.data), event);
    else if (held.length < HELD_MAX) held.push([name, event]);
    else resyncHeld = true;
    heard();
  }

  function open() {
    again = null;
    source = new Source(url);
    let gap = true;
    source.addEventListener("open", () => {
      heard();
      if (gap) resync();
      gap = false;
    });
    source.addEventListener("heartbeat", heard);
    source.addEventListener("resync", () => {
      heard();
      resync();
    });
    for (const name of Object.keys(always)) {
      source.addEventListener(name, (event) => {
        always[name](parsed(event.data), event);
        heard();
      });
    }
    for (const name of Object.keys(on)) source.addEventListener(name, (event) => take(name, event));
    source.addEventListener("error", () => {
      if (source?.readyState !== Source.CLOSED || again !== null) return;
      again = setTimeout(open, AGAIN[Math.min(tries, AGAIN.length - 1)]);
      tries += 1;
    });
  }

  /** Opens another connection: the one there is may be dead without anybody having been told. */
  function reopen() {
    clearTimeout(again);
    source?.close();
    opened = now();
    open();
  }

  function look() {
    const since = (moment) => now().getTime() - moment.getTime();
    if (since(at ?? began) < SILENCE) return;
    if (state !== NOT_LIVE) {
      state = NOT_LIVE;
      tell();
    }
    if (since(opened) >= SILENCE) reopen();
  }

  open();
  const looking = setInterval(look, LOOK);
  addEventListener("online", reopen);
  return {
    /** Returns `{state, at, held}`. */
    state: shown,
    /** Keeps what comes for later. */
    pause() {
      pausedAt ??= now();
      tell();
    },
    /** Gives what was kept, and goes on. */
    resume() {
      if (pausedAt === null) return;
      const waiting = held;
      const missed = resyncHeld;
      pausedAt = null;
      held = [];
      resyncHeld = false;
      for (const [name, event] of waiting) on[name]?.(parsed(event.data), event);
      if (missed) onResync();
      tell();
    },
    close() {
      removeEventListener("online", reopen);
      clearInterval(looking);
      clearTimeout(again);
      source?.close();
      source = null;
    },
  };
}
