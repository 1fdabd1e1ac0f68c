/**
 * Every event of the workflow, the oldest first; each whole behind its number.
 */

import { banner, emptyState } from "../../shared/elements/banner.js";
import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { arrange, h, keeper } from "../../shared/lib/dom.js";
import { eventButton, eventTime } from "./part.js";
import { page, raw as text } from "./text.js";
import { sentence } from "./timeline.js";

const COLUMNS = [
  { key: "number", label: text.columns.number },
  { key: "at", label: text.columns.at, number: true },
  { key: "type", label: text.columns.type },
  { key: "says", label: text.columns.says },
  { key: "stream", label: text.columns.stream },
];
const [NUMBER, AT, TYPE, SAYS, STREAM] = COLUMNS;

function streamOf({ stream, version }) {
  return h("span", { class: "muted", title: stream }, `${stream.split("-")[0]} ${version}`);
}

/**
 * Returns the list with `element` and `show(document)`.
 * @param {(event: Object) => void} open shows an event
 */
export function eventsPart(open) {
  const made = table(COLUMNS, { label: text.caption, name: "raw-table table-narrow" });
  const rows = keeper((event) => event.event_id, (event) =>
    row([
      rowHead(NUMBER, eventButton(event, "raw", open)),
      cell(AT, eventTime(event)),
      cell(TYPE, h("code", { class: "any" }, event.type)),
      cell(SAYS, sentence(event)),
      cell(STREAM, streamOf(event)),
    ]));
  const element = h("div", {});
  return {
    element,
    show({ events, events_more: more }) {
      const note = more && banner("look", [{ first: page.cut, text: page.more(events.length) }]);
      arrange(made.body, rows(events));
      const shown = events.length === 0 ? emptyState({ title: text.empty, text: "" }) : made.element;
      arrange(element, note ? [note, shown] : [shown]);
    },
  };
}
