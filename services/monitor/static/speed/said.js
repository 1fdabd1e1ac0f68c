/**
 * Says once that the windows of speed are not counted.
 */

import { clockTime, moment } from "../../shared/lib/time.js";
import { speed as text } from "./text.js";

/** Milliseconds after which it is said: Faust begins again by itself, mostly within a second. */
const SURE = 15_000;

/**
 * Returns what takes `(running, since, now)` of each reading. While a server is away it is that which is said, and the
 * windows begin again some seconds after it.
 */
export function windowsSayer({ announce, live }) {
  let known = false;
  let said = false;
  return (running, since, now) => {
    if (running) {
      if (said) announce.say(text.runsAgain);
      known = false;
      said = false;
      return;
    }
    if (known) return;
    known = live.away().length > 0;
    const at = moment(since);
    if (known || at === null || now.getTime() - at.getTime() < SURE) return;
    known = true;
    said = true;
    announce.alert(text.stoppedNow(clockTime(at)));
  };
}
