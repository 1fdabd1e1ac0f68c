/**
 * The head of a card: how much, what, how far along, who asked. It stays in its place while the workflow goes on.
 */

import { stateBadge } from "../../shared/elements/badge.js";
import { banner } from "../../shared/elements/banner.js";
import { icon } from "../../shared/elements/icons.js";
import { stageBar } from "../../shared/elements/stages.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { absolute, isoDay, moment } from "../../shared/lib/time.js";
import { agoOf, inert } from "./frame.js";
import { header as text, page } from "./text.js";

/** Returns where the page is: the queue, this order, and the order that it took the place of. */
export function crumbs({ order, was }) {
  return h(
    "nav",
    { class: "crumbs small", "aria-label": page.crumbs },
    h("a", { href: "/" }, page.approvals),
    order && [icon("right"), h("span", { class: "id" }, order)],
    was && h("span", { class: "muted id" }, page.was(was)),
  );
}

/** Returns the title: the one amount of the page, or the words of a request that moves none. */
export function title({ headline, state, turn }) {
  const { amount, currency, title: what } = headline;
  const heading = amount
    ? h(
      "h1",
      { class: "card-amount", tabindex: "-1" },
      withCode(currency, amount),
      " ",
      h("span", { class: "card-what" }, what),
    )
    : h("h1", { tabindex: "-1" }, what);
  return h(
    "div",
    { class: "card-title" },
    heading,
    stateBadge(state, { detail: turn ? text.turn(turn.before) : null }),
  );
}

/** Returns one line of facts. */
export function factsLine({ headline }) {
  const { amount_usd: usd, currency, dates, entities_text: entities, maker, model, subject } = headline;
  const [inUsd, rate] = usd ? text.usd(usd) : [];
  const several = headline.entities.length > 1;
  return h(
    "ul",
    { class: "card-facts" },
    usd && currency !== "USD" && h("li", {}, h("b", {}, inUsd), ` ${rate}`),
    several ? counted(entities) : subject && h("li", {}, h("b", {}, subject)),
    model && fact(text.model, model),
    dates.trade && fact(text.trade, isoDay(dates.trade)),
    dates.value && fact(text.value, isoDay(dates.value)),
    dates.maturity && fact(text.maturity, isoDay(dates.maturity)),
    asked(maker, headline.requested_at),
  );
}

function fact(name, value) {
  return h("li", {}, `${name} `, h("b", {}, value));
}

function counted(words) {
  const [number, ...rest] = words.split(" ");
  return h("li", {}, h("b", {}, number), ` ${rest.join(" ")}`);
}

function asked(maker, at) {
  const proof = maker.verified
    ? [h("span", { class: "toned", dataset: { tone: "good" } }, icon("circle-tick")), text.verified]
    : [h("span", { class: "toned card-unproved", dataset: { tone: "look" } }, icon("warning"), text.unverified)];
  return h(
    "li",
    { class: "card-asked" },
    `${text.asked} `,
    h("b", {}, maker.name),
    " ",
    proof,
    ", ",
    agoOf(at, absolute(moment(at))),
  );
}

/** Returns the stage bar. */
export function stages(given) {
  return stageBar(given.map(({ state, detail, share }) => ({ state, detail, share })));
}

/** Returns the banner of warnings, or nothing. */
export function warnings({ list, partial, currency }) {
  // A warning may repeat what the answer claims, and where: text of the AI inside HAWK's own sentence.
  const lines = list.map((each) => ({
    first: each.title ?? inert(each.text),
    text: each.title ? inert(each.text) : undefined,
    code: [each.code, each.path && [" ", inert(each.path)]],
  }));
  if (partial && !list.some((each) => each.code === "PARTIAL_CAPACITY")) {
    const [first, rest] = text.partial(partial, currency);
    lines.unshift({ first, text: rest });
  }
  return lines.length > 0 ? banner("look", lines) : null;
}
