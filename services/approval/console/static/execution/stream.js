/**
 * Follows the progress of one workflow. The browser mends a cut and says what it has seen last; what comes twice is
 * told by its number, so nothing is lost and nothing counts twice.
 */

/** Milliseconds before a stream that the browser gave up is opened again; the last one repeats. */
const AGAIN = [1_000, 2_000, 4_000, 8_000];

/**
 * @param {Object} options
 * @param {string} options.workflow
 * @param {(message: Object) => void} options.onMessage of hawk.progress
 * @param {() => void} options.onRestart what was folded so far is not known to the service: begin anew
 * @param {(lost: boolean) => void} options.onLost the connection is lost, or back
 * @param {() => boolean} options.over whether the last message was the workflow's last
 * @param {typeof EventSource} [options.Source]
 * @returns {() => void} ends it
 */
export function follow({ workflow, onMessage, onRestart, onLost, over, Source = EventSource }) {
  const address = `/hawk-agent/execute-actions?${new URLSearchParams({ workflow_id: workflow })}`;
  let source = null;
  let timer = null;
  let tries = 0;
  let lost = false;

  function say(now) {
    if (now === lost) return;
    lost = now;
    onLost(now);
  }

  /** A line that was away may be dead without anybody having been told: begin anew, and drop what comes twice. */
  function reopen() {
    clearTimeout(timer);
    source?.close();
    open();
  }

  function end() {
    removeEventListener("online", reopen);
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function open() {
    const mine = new Source(address);
    source = mine;
    mine.addEventListener("open", () => {
      tries = 0;
      say(false);
    });
    mine.addEventListener("message", (event) => {
      const message = parsed(event.data);
      if (message === null || source !== mine) return;
      say(false);
      onMessage(message);
      if (over()) end();
    });
    mine.addEventListener("resync", () => onRestart());
    mine.addEventListener("error", (event) => {
      if (source !== mine) return;
      // The service names the failure of the workflow "error" too: that one carries data, a lost connection none.
      if (event.data !== undefined || over()) return end();
      say(true);
      if (mine.readyState !== Source.CLOSED) return;
      mine.close();
      timer = setTimeout(open, AGAIN[Math.min(tries, AGAIN.length - 1)]);
      tries += 1;
    });
  }

  open();
  addEventListener("online", reopen);
  return end;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
