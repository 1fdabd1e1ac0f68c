/**
 * One event, whole: a dialog with what it is, and its data as they are kept.
 */

import { errorState, loadingState } from "../../shared/elements/banner.js";
import { button, copyButton } from "../../shared/elements/button.js";
import { fill, h, newId } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { raw as text } from "./text.js";

function facts({ at, stream, version, event_id: id, withheld }) {
  const when = moment(at);
  const rows = [
    [text.facts.at, when && absolute(when)],
    [text.facts.stream, h("code", { class: "any" }, `${stream} ${version}`)],
    [text.facts.event, h("code", { class: "any" }, id)],
    withheld.length > 0 && [text.facts.withheld, text.withheld(withheld)],
  ];
  return h(
    "dl",
    { class: "facts" },
    rows.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

function body(event) {
  const json = JSON.stringify(event.data, null, 2);
  return [
    facts(event),
    h(
      "div",
      { class: "event-data" },
      h("div", { class: "event-data-head" }, h("h3", {}, text.data), copyButton(json, text.copy)),
      h("pre", { class: "event-json", tabindex: "0", "aria-label": text.data }, json),
    ),
  ];
}

/**
 * Shows an event of a workflow; focus goes back to where it came from.
 * @param {Object} context of the site
 * @param {string} workflow
 * @param {Object} event a line of the page's events
 */
export function openEvent(context, workflow, event) {
  const reading = new AbortController();
  const id = newId("event");
  const place = h("div", { class: "stack" }, loadingState(4));
  const title = h("h2", { class: "dialog-title any", id, tabindex: "-1" }, text.title(event.number, event.type));
  const close = button(text.close, { act: () => element.close() });
  const element = h(
    "dialog",
    { class: "dialog event-dialog", "aria-labelledby": id },
    h("div", { class: "dialog-body" }, title, place),
    h("div", { class: "dialog-foot" }, close),
  );
  element.addEventListener("close", () => {
    reading.abort();
    element.remove();
  });
  element.addEventListener("click", (press) => press.target === element && element.close());

  async function read() {
    const path = `/workflows/${encodeURIComponent(workflow)}/history/${encodeURIComponent(event.event_id)}`;
    try {
      fill(place, body(await context.http.get(path, { signal: reading.signal })));
    } catch (failure) {
      if (reading.signal.aborted || failure.status === 401) return element.close();
      fill(place, errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again: read }));
    }
  }

  document.body.append(element);
  element.showModal();
  title.focus();
  void read();
  return element;
}
