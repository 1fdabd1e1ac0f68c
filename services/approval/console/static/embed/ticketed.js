/**
 * A stream that is opened by a ticket. A ticket opens once, so what a browser would do by itself when the line is lost,
 * to ask again at the same address, cannot succeed: the stream is closed, and another is opened with a new ticket and
 * the id of what was seen last.
 */

/** Milliseconds before a stream is opened again; the last one repeats. A person has 60 tickets a minute. */
const AGAIN = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** Milliseconds after which a line that says nothing has held: the next loss is a new one. */
const HELD = 10_000;

/**
 * @param {Object} options
 * @param {Object} options.client see `client.js`
 * @param {{workflow_id?: string, response_id?: string}} options.scope
 * @param {(message: Object) => void} options.onMessage
 * @param {() => void} options.onRestart what was seen so far is not known to the service: it begins again
 * @param {(failure: Object|null) => void} options.onEnd nothing more comes; the failure that ended it
 * @param {(state: {open: boolean, why: string|null}) => void} options.onState
 * @param {() => boolean} options.over whether what was seen is all there will be
 * @param {typeof EventSource} [options.Source]
 * @returns {{end: () => void, reopen: () => void}} `reopen` is for a line that may be dead without a word
 */
export function openTicketed({ client, scope, onMessage, onRestart, onEnd, onState, over, Source = EventSource }) {
  let source = null;
  let timer = null;
  let tries = 0;
  let after = null;
  let openedAt = null;
  let ended = false;
  let turn = 0;

  function end() {
    ended = true;
    removeEventListener("online", reopen);
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function finish(failure) {
    end();
    onEnd(failure);
  }

  function lost(why) {
    if (openedAt !== null && performance.now() - openedAt >= HELD) tries = 0;
    openedAt = null;
    onState({ open: false, why });
    timer = setTimeout(() => void open(), AGAIN[Math.min(tries, AGAIN.length - 1)]);
    tries += 1;
  }

  function reopen() {
    if (ended) return;
    clearTimeout(timer);
    source?.close();
    source = null;
    void open();
  }

  async function broken() {
    const begun = openedAt !== null;
    const mine = turn;
    source.close();
    source = null;
    if (over()) return finish(null);
    if (begun) return lost(null);
    const why = await client.why(scope, after);
    if (ended || mine !== turn) return;
    if (why === "over") finish(null);
    else lost(why);
  }

  async function open() {
    turn += 1;
    const now = turn;
    let ticket;
    try {
      ticket = await client.ticket(scope);
    } catch (failure) {
      if (!ended && now === turn) lost(failure.sentence ?? null);
      return;
    }
    if (ended || now !== turn) return;
    const mine = new Source(client.stream(scope, ticket, after));
    source = mine;
    const take = (event) => {
      if (event.lastEventId !== "") after = event.lastEventId;
      return parsed(event.data);
    };
    mine.addEventListener("open", () => {
      openedAt = performance.now();
      onState({ open: true, why: null });
    });
    mine.addEventListener("message", (event) => {
      if (source !== mine) return;
      const message = take(event);
      tries = 0;
      if (message !== null) onMessage(message);
      if (!ended && over()) finish(null);
    });
    mine.addEventListener("resync", () => {
      after = null;
      onRestart();
    });
    mine.addEventListener("error", (event) => {
      if (source !== mine) return;
      // The service names the failure of a workflow "error" too: that one has data, a lost line has none.
      if (event.data === undefined) void broken();
      else finish(take(event));
    });
  }

  addEventListener("online", reopen);
  void open();
  return { end, reopen };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
