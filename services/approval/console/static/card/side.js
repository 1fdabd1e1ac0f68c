/**
 * The right column of a card: who decides, what was viewed, which plan this is.
 */

import { banner } from "../../shared/elements/banner.js";
import { longId } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { h } from "../../shared/lib/dom.js";
import { absolute, deadline, hourMinute, moment } from "../../shared/lib/time.js";
import { cardAddress } from "../routes.js";
import { facts, leftOf } from "./frame.js";
import { plan as planText, viewed as viewedText, who as text } from "./text.js";

/**
 * Returns the panel of who decides.
 * @param {{who: Object, against: string[]|null, mustLook: boolean, open: boolean, when: Object, usd: boolean}} piece
 *   `usd`: the amount in USD is what the policy goes by
 */
export function whoPanel({ who, against, mustLook, open, when, usd }) {
  return h(
    "section",
    { class: "panel who-panel", "aria-labelledby": "who-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "who-title" }, text.title)),
    h(
      "div",
      { class: "panel-body stack" },
      open && permission(who, against, mustLook),
      who.places.length > 0 ? h(
        "ul",
        { class: "places" },
        who.places.map((place) => placeOf(place, who)),
      ) : h("p", {}, text.byPolicy),
      open && who.away?.length > 0 && h("ul", { class: "rules away" }, awayOf(who)),
      h("ul", { class: "rules" }, rulesOf(who)),
      open && who.caps?.length > 0 && h("ul", { class: "rules" }, who.caps.map(capOf)),
      who.earlier?.length > 0 && earlierOf(who.earlier),
      facts([
        [text.policy, [who.policy, usd && h("span", { class: "muted" }, text.basis)]],
        who.escalates ? escalation(who.escalates, when.escalates) : ["", null],
        open ? [text.expires, until(who.expires_at, when.expires)] : ["", null],
        [text.rates, who.pinned && pinned(who.pinned, when)],
      ]),
    ),
  );
}

function permission(who, against, mustLook) {
  const mine = who.decisions.some((each) => each.person === who.viewer.person && each.decision === "APPROVE");
  if (mine) {
    const [first, rest] = text.recorded(who.given, who.needed);
    return banner("good", [{ first, text: rest, icon: "circle-tick" }]);
  }
  if (who.may_decide && mustLook) return banner(
    "look",
    [{ first: text.notYet, text: text.changed(who.as_role), icon: "lock" }],
  );
  if (who.may_decide) {
    return h(
      "p",
      { class: "who-may" },
      h("span", { class: "toned", dataset: { tone: "good" } }, icon("circle-tick")),
      h("b", {}, text.may(who.as_role, who.as_person)),
    );
  }
  return banner("look", [{ first: text.mayNot, text: (against ?? []).filter(Boolean).join(" "), icon: "lock" }]);
}

function placeOf(place, who) {
  const by = place.filled_by;
  const second = by ? filledBy(by, who) : text.nobody(who.given, who.needed);
  const [first, ...others] = place.label.split(" or ");
  return h(
    "li",
    { class: "place", dataset: { filled: Boolean(by) } },
    icon(by ? "circle-tick" : "person"),
    h(
      "span",
      {},
      h("b", {}, first),
      others.length > 0 && ` or ${others.join(" or ")}`,
      h("span", { class: "two" }, second),
    ),
  );
}

function filledBy({ person, role }, who) {
  const decision = who.decisions.find((each) => each.person === person && each.decision === "APPROVE");
  const at = moment(decision?.decided_at);
  return [
    text.filled(person, role),
    decision?.on_behalf_of && text.forPerson(decision.on_behalf_of),
    at && h("time", { datetime: decision.decided_at, title: absolute(at) }, `, ${hourMinute(at)}`),
  ];
}

function capOf(sentence) {
  return h("li", {}, icon("gauge"), h("span", { class: "second any" }, sentence));
}

/** Returns the orders that were added up with this one, as links to their cards. */
function earlierOf(earlier) {
  const orders = [...new Set(earlier.flatMap((each) => each.orders))];
  const items = orders.map((each) => h("li", { class: "any" }, h("a", { href: cardAddress(each) }, each)));
  return h("details", {}, h("summary", {}, text.earlier(orders.length)), h("ul", { class: "bullets" }, items));
}

/** Returns who of those that could decide is away, until when, and who stands in. */
function awayOf(who) {
  return (who.away ?? []).map(({ person, until, mine, by }) => {
    const at = moment(until);
    const when = at ? absolute(at) : until;
    const others = by.map((each) => each.person).join(", ");
    const stands = others ? text.standsIn(others) : text.nobodyStandsIn;
    return h(
      "li",
      {},
      icon("clock-off"),
      h("span", { class: "second any" }, mine ? text.youAreAway(when) : text.isAway(person, when), " ", stands),
    );
  });
}

function rulesOf(who) {
  const rules = who.rules.map((rule) => h("li", {}, icon("shield"), h("span", { class: "second" }, rule)));
  const said = who.rules.some((rule) => rule.includes("person who asked"));
  if (who.four_eyes && !said) rules.push(h(
    "li",
    {},
    icon("ban"),
    h("span", { class: "second" }, text.fourEyes(who.maker.name)),
  ));
  return rules;
}

/** Returns deadlines by their day, as words: they change once a day, not with each document. */
export function whenOf(who, now) {
  const named = (iso) => {
    const at = moment(iso);
    return at && deadline(at, now);
  };
  const { pinned_at: since, valid_until: until } = who.pinned ?? {};
  return {
    expires: named(who.expires_at),
    escalates: named(who.escalates?.at),
    since: named(since),
    until: named(until),
  };
}

function until(iso, words) {
  const time = h("time", { datetime: iso, title: absolute(moment(iso)) }, words);
  return [time, " ", h("span", { class: "muted" }, leftOf(iso))];
}

function escalation(given, words) {
  const since = moment(given.escalated_at);
  if (since) {
    const said = text.escalatedTo(given.to, hourMinute(since));
    return [text.escalated, h("time", { datetime: given.escalated_at }, said)];
  }
  if (!words) return [text.escalates, String(given.to ?? "")];
  return [text.escalates, [`${words} `, given.to, " ", h("span", { class: "muted two" }, leftOf(given.at))]];
}

function pinned({ pinned_at: iso, tolerance_bp: points }, { since, until: last }) {
  if (last) return text.pinnedUntil(last, points);
  return since && h("time", { datetime: iso, title: absolute(moment(iso)) }, text.pinned(since));
}

/**
 * Returns the list of what was viewed; it also jumps.
 * @param {{sections: {key: string, name: string, ticked: boolean}[]}} piece
 * @param {(key: string) => void} jump
 */
export function viewedPanel({ sections }, jump) {
  const count = sections.filter((each) => each.ticked).length;
  return h(
    "section",
    { class: "panel", "aria-labelledby": "viewed-title" },
    h(
      "div",
      { class: "panel-head" },
      h("h2", { id: "viewed-title" }, viewedText.title),
      h("span", { class: "muted small" }, viewedText.of(count, sections.length)),
    ),
    h("ol", { class: "viewed-list" }, sections.map((each, index) => viewedItem(each, index, jump))),
  );
}

function viewedItem({ key, name, ticked }, index, jump) {
  const label = `${index + 1} ${name}, ${ticked ? viewedText.ticked : viewedText.open}`;
  const look = { type: "button", class: "viewed-jump", "aria-label": label, dataset: { focus: `jump-${key}` } };
  return h(
    "li",
    { dataset: { ticked } },
    h(
      "button",
      { ...look, on: { click: () => jump(key) } },
      icon(ticked ? "tick" : "circle"),
      h("span", {}, `${index + 1} ${name}`),
    ),
  );
}

/** Returns the ids of the plan. */
export function planPanel({ digest, ids, reverses }) {
  return h(
    "section",
    { class: "panel plan-panel", "aria-labelledby": "plan-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "plan-title" }, planText.title)),
    h(
      "div",
      { class: "panel-body" },
      facts([
        [planText.digest, longId(digest, planText.digest, { ends: 6 })],
        [planText.workflow, longId(ids.workflow_id, planText.workflow, { ends: 8 })],
        [planText.response, ids.response_id && longId(ids.response_id, planText.response)],
        [planText.reverses, reverses && longId(reverses, planText.reverses)],
      ]),
    ),
  );
}
