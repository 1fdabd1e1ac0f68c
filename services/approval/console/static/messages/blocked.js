/**
 * Messages that hold up their partition: what waits for a second person, and the form that proposes.
 */

import { emptyState } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { fill, h } from "../../shared/lib/dom.js";
import { openAct, youOf } from "../act-dialog.js";
import { part } from "../card/frame.js";
import { reasonField, textField } from "../fields.js";
import { confirmation, confirmButton, proposalFacts, proposalPanel, written } from "../proposal.js";
import { act as actText } from "../control/text.js";
import { blocked as text } from "./text.js";

const ADDRESS = "/deadletters/set-aside";
/** What Kafka takes for a name and the service for a reason. */
const NAME_MAX = 249;
const REASON_MAX = 2_000;
/** Digits of the largest partition and offset. */
const PARTITION_DIGITS = 10;
const OFFSET_DIGITS = 19;

const NAME = /^[A-Za-z0-9._-]+$/;
const NUMBER = /^[0-9]+$/;

/** "hawk-executor-murex hawk.murex.answers 2 41", perhaps after the words of the command. */
const PLACE = /(?:^|\s)(\S+)\s+(\S+)\s+([0-9]+)\s+([0-9]+)\s*$/;

function placeFacts({ group, topic, partition, offset }) {
  return [
    [text.group, h("code", { class: "any" }, group)],
    [text.topic, h("code", { class: "any" }, topic)],
    [text.partition, partition],
    [text.offset, offset],
  ];
}

/** Returns a whole number as JSON takes it; one beyond what JavaScript counts exactly is refused by the field. */
function whole(digits) {
  return Number(digits);
}

function numberField(label, max) {
  const wrong = (value) => (NUMBER.test(value) && Number.isSafeInteger(Number(value)) ? null : text.numberWrong);
  return textField({ label, max, wrong, mono: true, inputmode: "numeric" });
}

/** Returns the part of the page; see `messages.js`. */
export function blockedPart({ context, reread }) {
  const list = part((piece) => listOf(piece));
  const press = part((piece) => pressOf(piece));
  const slot = h("div", { class: "act-row" });
  const form = formOf(slot);
  const intro = h("p", { class: "second page-intro" }, text.what, " ", h("code", {}, "hawk status"), text.where);
  const element = h("div", { class: "stack" }, intro, list.element, form.element);

  const sameAs = (place) => (each) => Object.keys(place).every((name) => String(each[name]) === place[name]);

  function done(sentence) {
    void reread();
    context.announce.say(sentence);
    context.refresh?.();
  }

  function propose() {
    const place = form.place();
    if (place === null) return;
    const reason = form.reason.value();
    const sent = { ...place, partition: whole(place.partition), offset: whole(place.offset), reason };
    openAct({
      title: text.question,
      label: text.proposeButton,
      busy: text.proposing,
      facts: [...placeFacts(place), [text.reason, written(reason)], youOf(context.session)],
      consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
      send: () => context.http.post(ADDRESS, sent),
      look: async () => (await context.http.get(ADDRESS)).proposals.some(sameAs(place)),
      onDone: () => {
        form.empty();
        done(text.done);
      },
    });
  }

  function confirm(waits) {
    const { group, topic, partition, offset, reason, digest } = waits;
    const shown = { facts: placeFacts(waits), reason: [text.reason, reason], digest, session: context.session };
    openAct(confirmation(text, shown, {
      send: () => context.http.post(ADDRESS, { group, topic, partition, offset, reason, digest }),
      look: async () => !(await context.http.get(ADDRESS)).proposals.some((each) => each.digest === digest),
      onDone: () => done(text.confirmed),
    }));
  }

  function listOf(proposals) {
    if (proposals.length === 0) {
      return h("div", { class: "panel" }, emptyState({ icon: "tick", title: text.empty, text: text.emptyText }));
    }
    const panels = proposals.map((waits) => {
      const focus = `confirm-${waits.digest}`;
      const body = proposalFacts(waits, { more: [[text.group, h("code", { class: "any" }, waits.group)]] });
      const act = confirmButton(waits, { label: text.confirm, act: () => confirm(waits), focus });
      return proposalPanel(text.place(waits), waits, body, act);
    });
    return h("div", { class: "stack" }, panels);
  }

  function pressOf({ may, why }) {
    if (!may) return forbidden(text.proposeButton, why, { focus: "propose" });
    return button(text.proposeButton, { act: propose, focus: "propose" });
  }

  return {
    element,
    away: text.away,
    read: (signal) => context.http.get(ADDRESS, { signal }),
    count: (found) => found.proposals.length || null,
    show(found) {
      list.show(found.proposals);
      press.show({ may: found.may_propose, why: found.why });
      if (slot.firstElementChild !== press.element) fill(slot, press.element);
    },
  };
}

function formOf(slot) {
  const wrong = (value) => (NAME.test(value) ? null : text.nameWrong);
  const name = (label) => textField({ label, max: NAME_MAX, mono: true, wrong });
  const group = name(text.group);
  const topic = name(text.topic);
  const partition = numberField(text.partition, PARTITION_DIGITS);
  const offset = numberField(text.offset, OFFSET_DIGITS);
  const missing = text.reasonMissing;
  const reason = reasonField({ label: text.reason, note: actText.reasonNote, missing, max: REASON_MAX });
  const fields = { group, topic, partition, offset };
  group.input.addEventListener("paste", (event) => {
    const found = PLACE.exec(event.clipboardData?.getData("text/plain") ?? "");
    if (found === null) return;
    event.preventDefault();
    Object.values(fields).forEach((field, at) => {
      field.input.value = found[at + 1];
      field.check();
    });
    reason.focus();
  });
  const pairs = h("div", { class: "two-fields" }, Object.values(fields).map((field) => field.element));
  const body = h(
    "div",
    { class: "panel-body stack" },
    h("p", { class: "muted small" }, text.paste),
    pairs,
    reason.element,
    slot,
  );
  const head = h("div", { class: "panel-head" }, h("h2", {}, text.propose));
  return {
    element: h("section", { class: "panel", "aria-label": text.propose }, head, body),
    reason,
    place() {
      const all = [...Object.values(fields), reason];
      const wrong = all.filter((field) => !field.check());
      wrong[0]?.focus();
      if (wrong.length > 0) return null;
      return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.value()]));
    },
    empty() {
      for (const field of [...Object.values(fields), reason]) field.input.value = "";
    },
  };
}
