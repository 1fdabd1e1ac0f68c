/**
 * The head of a workflow's page: how much, what, how it stands, who asked and approved, and how far along.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge, stateBadge } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { stageBar } from "../../shared/elements/stages.js";
import { h } from "../../shared/lib/dom.js";
import { grouped, withCode } from "../../shared/lib/money.js";
import { absolute, clockTime, day, moment } from "../../shared/lib/time.js";
import { cardAddress, shortName, workflowAddress } from "../overview/row.js";
import { overview } from "../text.js";
import { seconds } from "./scale.js";
import { head as text, page } from "./text.js";

/** Returns what a workflow is: "COI inception", "Reversal: COI inception". */
export function what({ kind, title }) {
  if (kind === "hedge" || kind === null) return title ?? page.noTitle;
  return [overview.kinds[kind] ?? kind, title].filter(Boolean).join(": ");
}

/** Returns amount, subject and badges, and what can be done with the page. */
export function title(document) {
  const { amount, currency, state, reconciliation } = document;
  const subject = plainText(what(document));
  const heading = amount
    ? h(
      "h1",
      { class: "work-amount", tabindex: "-1" },
      withCode(currency ?? "", amount),
      " ",
      h("span", { class: "work-what" }, subject),
    )
    : h("h1", { class: "any", tabindex: "-1" }, subject);
  const agrees = {
    true: badge(text.equal, { tone: "good", icon: "tick" }),
    false: badge(text.unequal, { tone: "failed", icon: "circle-cross" }),
  }[String(reconciliation.equal)];
  return h("div", { class: "work-title" }, heading, stateBadge(state), agrees);
}

/** Returns the links beside the title. */
export function acts({ workflow_id: workflow, console }) {
  const href = cardAddress(console, workflow);
  const history = `/workflows/${encodeURIComponent(workflow)}/history`;
  return h(
    "div",
    { class: "work-acts" },
    h("a", { class: "button", href: history, download: "", "data-focus": "download" }, icon("down"), page.download),
    href && h("a", { class: "button", href, "data-focus": "console" }, icon("external"), page.console),
  );
}

function fact(name, ...value) {
  return h("li", {}, `${name} `, value);
}

function at(moment_, now) {
  const when = moment(moment_);
  if (when === null) return null;
  const near = day(when) === day(now) ? clockTime(when) : `${day(when)}, ${clockTime(when)}`;
  return h("span", { title: absolute(when) }, ` ${near}`);
}

function approvals({ approval, decisions }, now) {
  const people = approval.approvers.map(({ person, role, at: when }) => [
    h("b", {}, plainText(shortName(person))),
    ` (${role})`,
    at(when, now),
  ]);
  const no = decisions.filter(({ decision }) => decision === "REJECT");
  return [
    people.length > 0 && fact(text.approved, people.flatMap((each, place) => [place > 0 && ", ", each])),
    no.map(({ person, role, decided_at: when }) =>
      fact(text.rejected, h("b", {}, plainText(shortName(person))), ` (${role})`, at(when, now))),
  ];
}

function completed({ completed_ms: ms, objective_ms: objective }) {
  if (ms === null) return null;
  const late = ms > objective;
  const figure = h("b", { class: late ? "toned" : null, dataset: late ? { tone: "look" } : {} }, seconds(ms));
  return fact(text.completed, figure, text.objective(`${objective / 1_000} s`));
}

/** Returns one line of facts: who, when, of what. */
export function facts(document, now) {
  const { amount_usd: usd, currency, entities, model, maker, maker_verified: verified, operations, times } = document;
  const named = entities.length === 1 ? entities[0] : null;
  return h(
    "ul",
    { class: "work-facts" },
    document.turn && h("li", {}, h("b", {}, plainText(document.turn))),
    usd && currency !== "USD" && fact(text.usd, h("b", {}, grouped(usd))),
    named && h("li", {}, plainText((named.name ?? "").replace(" Entity ", " ")), " ", h("b", {}, named.entity_id)),
    entities.length > 1 && h("li", {}, h("b", {}, text.entities(entities.length))),
    model && fact(text.model, h("b", {}, plainText(model))),
    maker &&
      fact(
        text.asked,
        h("b", {}, plainText(shortName(maker))),
        !verified && h("span", { class: "toned small", dataset: { tone: "look" } }, `, ${text.unverified}`),
        at(times.PROPOSED ?? document.created_at, now),
      ),
    approvals(document, now),
    operations.total > 0 &&
      fact(text.inEffect, h("b", {}, text.operations(operations.completed, operations.total))),
    completed(document.timeline),
  );
}

/** Returns the workflows that this one belongs to, each as a link; null where it stands alone. */
export function relatives({ predecessor, successor, reverses, reversals }) {
  const reversing = reversals.map((each) => [text.reversedBy(each.attempt), each.workflow_id]);
  const known = new Set(reversing.map(([, id]) => id));
  const links = [
    [text.predecessor, predecessor],
    [text.reverses, reverses],
    ...reversing,
    [text.successor, known.has(successor) ? null : successor],
  ].filter(([, workflow]) => workflow);
  if (links.length === 0) return null;
  const link = ([name, workflow]) =>
    h("li", {}, `${name} `, h("a", { class: "mono any", href: workflowAddress(workflow) }, workflow));
  return h("ul", { class: "work-facts" }, links.map(link));
}

/** Returns the stage bar. */
export function stages(given) {
  return stageBar(given.map(({ state, detail, share }) => ({ state, detail, share })));
}
