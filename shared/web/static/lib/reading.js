/**
 * Reads what a page shows, again and again: the latest reading counts, a burst of changes is one reading, and while
 * somebody has paused, nothing is shown but what they ask for.
 */

const SIGNED_OUT = 401;

/**
 * Returns the readings of one page.
 *
 * @param {Object} page
 * @param {(signal: AbortSignal) => Promise<Object>} page.read
 * @param {(document: Object, whole: boolean) => void} page.show `whole`: somebody waits for this document, so it is
 *   shown from its beginning, and not as what has become of the one before
 * @param {(failure: Failure, again: () => void) => void} page.failed what was shown before stays
 * @param {(busy: boolean) => void} [page.busy]
 * @param {number} [page.soon] milliseconds from a change to the reading that shows it
 * @param {number} [page.rest] milliseconds from the beginning of a reading to the next that nobody asked for
 */
export function readings({ read, show, failed, busy = () => {}, soon = 0, rest = 0 }) {
  let reading = null;
  let asked = false;
  let timer = null;
  let readAt = -Infinity;
  let owed = true;
  let held = false;
  let missed = false;

  async function begin(wanted) {
    forget();
    const mine = new AbortController();
    reading = mine;
    asked = wanted;
    owed ||= wanted;
    missed = false;
    readAt = performance.now();
    busy(true);
    try {
      const document = await read(mine.signal);
      if (reading !== mine) return;
      const whole = owed;
      owed = false;
      show(document, whole);
    } catch (failure) {
      if (reading !== mine || failure.status === SIGNED_OUT) return;
      if (!("status" in failure)) throw failure;
      failed(failure, () => void begin(true));
    } finally {
      if (reading === mine) {
        reading = null;
        busy(false);
        catchUp();
      }
    }
  }

  /** Forgets the reading that is due, and the one that is under way. */
  function forget() {
    clearTimeout(timer);
    timer = null;
    if (reading === null) return;
    reading.abort();
    reading = null;
    busy(false);
  }

  function change() {
    missed = true;
    catchUp();
  }

  /** Reads what was missed, once nothing is against it. */
  function catchUp() {
    if (!missed || held || reading !== null) return;
    timer ??= setTimeout(() => void begin(false), Math.max(soon, readAt + rest - performance.now()));
  }

  return {
    /** Reads at once, because somebody asked; what is under way is forgotten. Returns when it is over. */
    now: () => begin(true),
    /** Reads once more, because something changed. */
    change,
    /** Shows what an act answered. A reading under way may be from before the act: it is forgotten and made again. */
    answered(document) {
      missed ||= reading !== null;
      forget();
      show(document, false);
      catchUp();
    },
    /** Reads once more where nothing was read for so many milliseconds and somebody looks. */
    every(milliseconds) {
      if (!document.hidden && reading === null && performance.now() - readAt >= milliseconds) change();
    },
    /** Shows nothing more that nobody asked for (`true`), or goes on with one reading of what changed meanwhile. */
    hold(yes) {
      held = yes;
      if (held && (reading === null || !asked)) {
        missed ||= reading !== null;
        forget();
      }
      catchUp();
    },
    close: forget,
  };
}
