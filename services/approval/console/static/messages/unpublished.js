/**
 * Events that the relay passed over: why, who wants them published after all, and the two persons that it takes.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { emptyState } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { fill, h } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, leftOf, part } from "../card/frame.js";
import { reasonField } from "../fields.js";
import { confirmation, confirmButton } from "../proposal.js";
import { act as actText, proposal as proposalText } from "../control/text.js";
import { unpublished as text } from "./text.js";

const ADDRESS = "/events/unpublishable";
const REASON_MAX = 2_000;

/** Returns the part of the page; see `messages.js`. */
export function unpublishedPart({ context, reread }) {
  const list = part((piece) => listOf(piece));
  const element = h("div", { class: "stack" });
  fill(element, list.element);

  const at = (event) => `${ADDRESS}/${event.position}/publication`;

  async function find(event) {
    return (await context.http.get(ADDRESS)).events.find((each) => each.position === event.position) ?? null;
  }

  function done(sentence) {
    void reread();
    context.announce.say(sentence);
    context.refresh?.();
  }

  function propose(event) {
    const missing = text.reasonMissing;
    const reason = reasonField({ label: text.cause, note: actText.reasonNote, missing, max: REASON_MAX });
    openAct({
      title: text.question,
      label: text.propose,
      busy: text.proposing,
      facts: [...eventFacts(event), youOf(context.session)],
      consequence: { tone: "accent", lines: [{ first: text.first, text: text.text }] },
      fields: [reason],
      send: () => context.http.post(at(event), { reason: reason.value() }),
      look: async () => Boolean((await find(event))?.pending),
      onDone: () => done(text.done),
    });
  }

  function confirm(event) {
    const { digest, reason } = event.pending;
    const shown = { facts: eventFacts(event), reason: [text.cause, reason], digest, session: context.session };
    openAct(confirmation(text, shown, {
      send: () => context.http.post(at(event), { digest }),
      look: async () => (await find(event))?.pending?.digest !== digest,
      onDone: () => done(text.confirmed),
    }));
  }

  function listOf({ events, count, may, why }) {
    if (events.length === 0) {
      return h("div", { class: "panel" }, emptyState({ icon: "tick", title: text.empty, text: text.emptyText }));
    }
    const { columns } = text;
    const acts = { propose, confirm, may, why };
    const table = planTable({
      caption: text.list,
      name: "letters-table",
      columns: [columns.event, columns.cause, columns.second, columns.act].map((each) => ({ text: each })),
      rows: events.map((event) => [
        { text: eventOf(event) },
        { text: causeOf(event), class: "any", "data-label": columns.cause },
        { text: secondOf(event), class: "any", "data-label": columns.second },
        { text: actOf(event, acts), "data-label": columns.act },
      ]),
    });
    const more = count > events.length && h("p", { class: "panel-note muted small" }, text.more(events.length, count));
    return h("div", { class: "panel" }, table, more);
  }

  return {
    element,
    away: text.away,
    read: (signal) => context.http.get(ADDRESS, { signal }),
    count: (found) => found.count || null,
    show: (found) => list.show({ events: found.events, count: found.count, may: found.may_propose, why: found.why }),
  };
}

function eventOf({ type, stream, version, position, listed_at: listedAt }) {
  const when = moment(listedAt);
  return [
    h("b", { class: "any" }, type),
    h(
      "span",
      { class: "two any" },
      h("code", { class: "any" }, stream),
      `, ${text.version(version)}, ${text.at(position)}`,
    ),
    when && h("span", { class: "two" }, agoOf(listedAt, absolute(when))),
  ];
}

function causeOf({ cause, reason, ordered, tried }) {
  const said = ordered ? text.ordered : tried ? text.tried : null;
  return [
    h("span", { class: "letter-line" }, h("code", { class: "any" }, cause)),
    h("span", { class: "letter-reason any" }, plainText(reason)),
    said && h(
      "span",
      { class: "with-mark small", dataset: { tone: ordered ? "accent" : "look" } },
      icon(ordered ? "half" : "warning"),
      said,
    ),
  ];
}

function secondOf({ pending }) {
  if (pending === null) return h("span", { class: "muted" }, text.nobody);
  return [
    h("span", {}, text.proposedBy(pending.proposed_by)),
    h("span", { class: "two any" }, plainText(pending.reason)),
    h("span", { class: "two" }, `${proposalText.lapses} `, leftOf(pending.expires_at)),
  ];
}

function actOf(event, { propose, confirm, may, why }) {
  const focus = `event-${event.position}`;
  if (event.ordered) return null;
  if (event.pending !== null) {
    return confirmButton(event.pending, { label: text.confirm, act: () => confirm(event), focus, kind: null });
  }
  if (!may) return forbidden(text.propose, why, { focus });
  return button(text.propose, { small: true, act: () => propose(event), focus });
}

function eventFacts({ type, stream, version, cause, reason }) {
  return [
    [text.event, h("b", { class: "any" }, type)],
    [text.stream, [h("code", { class: "any" }, stream), `, ${text.version(version)}`]],
    [text.why, [h("code", { class: "any" }, cause), " ", h("span", { class: "any" }, reason)]],
  ];
}
