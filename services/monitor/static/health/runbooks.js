/**
 * The runbooks: one at a time, with all of them beside it.
 */

import { emptyState, errorState, loadingState } from "../../shared/elements/banner.js";
import { fill, h } from "../../shared/lib/dom.js";
import { withCode } from "./parts.js";
import { runbooks as text } from "./text.js";

function addressOf(name) {
  return `/dashboard/runbooks/${encodeURIComponent(name)}`;
}

function listOf(all, current) {
  const link = ({ name, title }) => {
    const chosen = name === current ? "page" : null;
    return h("li", {}, h("a", { href: addressOf(name), "aria-current": chosen }, title));
  };
  const list = h("ul", { class: "stack-small" }, all.map(link));
  return h("nav", { class: "panel runbook-list", "aria-label": text.list }, list);
}

function one({ means, steps, alerts }) {
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "panel-head" }, h("h2", {}, text.means)),
    h("p", { class: "panel-body" }, withCode(means)),
    h("div", { class: "panel-head runbook-head" }, h("h2", {}, text.steps)),
    h("ol", { class: "panel-body runbook-steps" }, steps.map((step) => h("li", {}, withCode(step)))),
    alerts.length > 0 && h("p", { class: "panel-body muted small" }, text.alerts(alerts)),
  );
}

/** Shows the runbook that the address names, or the list alone. */
export async function mount({ main, parameters, left }, context) {
  const heading = h("h1", { tabindex: "-1" }, text.title);
  const body = h("div", { class: "runbooks" }, loadingState());
  fill(main, h("div", { class: "page-head" }, heading), body);
  context.title(text.title);
  const read = async () => {
    try {
      const { runbooks } = await context.http.get("/health/runbooks", { signal: left });
      const found = runbooks.find(({ name }) => name === parameters.name);
      const missing = parameters.name !== undefined && found === undefined;
      if (found) heading.textContent = found.title;
      context.title(found?.title ?? text.title);
      const shown = found ? one(found) : missing && emptyState({ icon: "search", title: text.unknown });
      body.dataset.chosen = String(Boolean(shown));
      fill(body, shown, listOf(runbooks, parameters.name));
    } catch (failure) {
      if (left.aborted) return;
      const again = () => void read();
      fill(body, errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again }));
    }
  };
  await read();
  return {};
}
