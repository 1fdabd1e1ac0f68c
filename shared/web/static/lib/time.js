/**
 * Times as people of the desk read them: Singapore time, relative first, absolute beside it.
 * Functions take "now"; only `Clock` looks at one.
 */

const ZONE = "Asia/Singapore";
export const ZONE_SHORT = "SGT";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A deadline within so many days is named by its weekday. */
const WEEKDAY_DAYS = 6;

const numbers = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "short",
  day: "numeric",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The locale writes "Sept"; tables and fields of HAWK have three letters. */
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function pieces(at) {
  const found = {};
  for (const { type, value } of numbers.formatToParts(at)) found[type] = value;
  found.month = found.month.slice(0, 3);
  return found;
}

/** Returns the moment that an ISO text names, or null. */
export function moment(text) {
  if (text === null || text === undefined || text === "") return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** Returns "17:08:41". */
export function clockTime(at) {
  const { hour, minute, second } = pieces(at);
  return `${hour}:${minute}:${second}`;
}

/** Returns "17:08". */
export function hourMinute(at) {
  const { hour, minute } = pieces(at);
  return `${hour}:${minute}`;
}

/** Returns "30 Nov 2026". */
export function day(at) {
  const { day: number, month, year } = pieces(at);
  return `${number} ${month} ${year}`;
}

/** Returns "30 Nov 2026" of a date without a time, "2026-11-30"; another text as it is. */
export function isoDay(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  return found === null ? String(text ?? "") : `${Number(found[3])} ${MONTHS[Number(found[2]) - 1]} ${found[1]}`;
}

/** Returns "30 Nov 2026, 17:08:41 SGT". */
export function absolute(at) {
  return `${day(at)}, ${clockTime(at)} ${ZONE_SHORT}`;
}

/** Returns "today 17:19", "Sat 15:40" within a week, "3 Dec 15:40" later or earlier. */
export function deadline(at, now) {
  const then = pieces(at);
  const time = `${then.hour}:${then.minute}`;
  if (day(at) === day(now)) return `today ${time}`;
  const ahead = at.getTime() - now.getTime();
  if (ahead > 0 && ahead < WEEKDAY_DAYS * DAY) return `${then.weekday} ${time}`;
  return `${then.day} ${then.month} ${time}`;
}

/** Returns "42 s", "26 min", "1 h 02 min", "3 d 4 h". */
export function span(milliseconds) {
  const length = Math.max(0, milliseconds);
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) {
    const minutes = String(Math.floor((length % HOUR) / MINUTE)).padStart(2, "0");
    return `${Math.floor(length / HOUR)} h ${minutes} min`;
  }
  return `${Math.floor(length / DAY)} d ${Math.floor((length % DAY) / HOUR)} h`;
}

/** Returns "0.42 s" below ten seconds, else as `span`. */
export function duration(milliseconds) {
  return milliseconds < 10 * SECOND ? `${(Math.max(0, milliseconds) / SECOND).toFixed(2)} s` : span(milliseconds);
}

/** Returns how long ago something was, "26 min ago"; "just now" within seconds, or by a clock that is ahead. */
export function ago(at, now) {
  const length = now.getTime() - at.getTime();
  return length < 5 * SECOND ? "just now" : `${span(length)} ago`;
}

/** Returns the milliseconds that are left, 0 when it is over. */
export function left(at, now) {
  return Math.max(0, at.getTime() - now.getTime());
}

/**
 * The time of the server, kept by the clock of this machine: each document says when it was made, and a machine
 * that is five minutes late must not show five minutes that nobody has.
 */
export class Clock {
  #system;
  #ahead = 0;
  #ticking = new Set();
  #timer = null;

  /** @param {() => number} system milliseconds of this machine */
  constructor(system = () => Date.now()) {
    this.#system = system;
  }

  /** Returns the moment it is. */
  now() {
    return new Date(this.#system() + this.#ahead);
  }

  /** Returns the server's time of a moment that this machine's own clock gave. */
  of(at) {
    return new Date(at.getTime() + this.#ahead);
  }

  /** Takes the time of a document that was just made. */
  set(text) {
    const at = moment(text);
    if (at !== null) this.#ahead = at.getTime() - this.#system();
  }

  /** Calls `act` every second until the returned function is called. */
  tick(act) {
    this.#ticking.add(act);
    this.#timer ??= setInterval(() => this.#ticking.forEach((each) => each(this.now())), SECOND);
    return () => {
      this.#ticking.delete(act);
      if (this.#ticking.size === 0) {
        clearInterval(this.#timer);
        this.#timer = null;
      }
    };
  }
}
