/**
 * What is away, on whichever page: since when, what follows from it, and where it is said what to do.
 */

import { banner } from "../shared/elements/banner.js";
import { clockTime, moment } from "../shared/lib/time.js";
import { runbookLink } from "./health/parts.js";
import { away as text } from "./text.js";

/** Returns what shows what is away. It is read out once when it goes, and once when it is back. */
export function awayNotice() {
  let before = [];
  return (list, { frame }) => {
    const lines = list.map(({ subject, since, sentence, runbook }) => ({
      subject,
      first: text.since(subject, clockTime(moment(since))),
      text: sentence,
      link: runbookLink(runbook),
    }));
    frame.notice("away", lines.length > 0 && banner("look", lines));
    const fresh = lines.filter(({ subject }) => !before.includes(subject));
    const back = before.filter((each) => !lines.some(({ subject }) => subject === each));
    if (fresh.length > 0) frame.announce.alert(fresh.map((line) => `${line.first} ${line.text}`).join(" "));
    if (back.length > 0) frame.announce.say(text.back(back));
    before = lines.map(({ subject }) => subject);
  };
}
