/**
 * Signs that approval has become a reflex or is walked around: how people decide, and orders that were added up.
 */

import { icon } from "../../shared/elements/icons.js";
import { h } from "../../shared/lib/dom.js";
import { grouped } from "../../shared/lib/money.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { part } from "../card/frame.js";
import { livePage, panel } from "../live-page.js";
import { wideFacts } from "../proposal.js";
import { cardAddress } from "../routes.js";
import { signals as text } from "./signals-text.js";

/** Shows the page. */
export async function mount({ main }, context) {
  const people = part((piece) => peoplePanel(piece));
  const series = part((piece) => seriesPanel(piece));
  const body = h("div", { class: "stack" });
  return livePage(main, context, {
    title: text.title,
    sentence: text.sentence,
    away: text.away,
    read: (signal) => context.http.get("/signals", { signal }),
    show(found) {
      people.show({ approvers: found.approvers, cut: found.cut });
      series.show({ series: found.series });
      if (body.children.length === 0) body.replaceChildren(people.element, series.element);
      const wanted = [people.element, series.element];
      if (wanted.some((node, at) => node !== body.children[at])) body.replaceChildren(...wanted);
    },
    body: [body],
  });
}

function peoplePanel({ approvers, cut }) {
  const items = approvers.map((each) => h(
    "div",
    { class: "stack-small" },
    h("h3", { class: "any" }, each.person),
    wideFacts([
      [text.decisions, grouped(String(each.decisions))],
      [text.seconds, each.seconds_p50 === null ? text.unknown : text.half(each.seconds_p50)],
      [text.yes, text.percent(each.yes_percent)],
      [text.sections, each.sections_mean],
    ]),
    each.signs.length > 0 && h("ul", { class: "rules" }, each.signs.map(signOf)),
  ));
  const none = h("p", { class: "muted" }, text.nobody);
  const more = cut && h("p", { class: "muted" }, text.cut);
  return panel(text.people, h("div", { class: "stack" }, items.length > 0 ? items : none, more));
}

function signOf(sentence) {
  return h("li", {}, icon("warning"), h("span", { class: "second" }, sentence));
}

function seriesPanel({ series }) {
  const items = series.map((each) => {
    const at = moment(each.requested_at);
    return h(
      "li",
      { class: "any" },
      h("a", { href: cardAddress(each.workflow_id) }, each.workflow_id),
      ` ${text.found(each, at ? absolute(at) : each.requested_at)}`,
    );
  });
  const none = h("p", { class: "muted" }, text.noSeries);
  return panel(text.series, items.length > 0 ? h("ul", { class: "bullets" }, items) : none);
}
