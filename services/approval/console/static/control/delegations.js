/**
 * Delegations and absences: who decides in whose place and until when, what waits for a second person, who is away.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { part } from "../card/frame.js";
import { reasonField, textField, ticksField } from "../fields.js";
import { livePage, panel } from "../live-page.js";
import { confirmButton, personOf, proposalFacts, proposalPanel, wideFacts, written } from "../proposal.js";
import { delegations as text } from "./delegations-text.js";
import { act as actText } from "./text.js";

/** Characters of a reason and of a person's name, as the service takes them. */
const REASON_MAX = 2_000;
const PERSON_MAX = 200;
const DAY = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/;

class DelegationsPage {
  constructor({ main }, context) {
    this.context = context;
    this.waiting = part((piece) => waitingPanels(piece, this));
    this.standing = part((piece) => standingPanel(piece, this));
    this.absent = part((piece) => absentPanel(piece, this));
    this.over = part((piece) => overPanel(piece));
    this.give = givingForm(this);
    this.go = goingForm(this);
    const nodes = [this.waiting, this.standing, this.give, this.absent, this.go, this.over];
    const body = h("div", { class: "stack" });
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/delegations", { signal }),
      show: (found) => {
        this.show(found);
        const wanted = nodes.map((each) => each.element);
        const same = wanted.length === body.children.length && wanted.every((node, at) => node === body.children[at]);
        if (!same) body.replaceChildren(...wanted);
      },
      body: [body],
    });
  }

  show({ delegations, absences, my_roles: roles, may }) {
    const of = (...states) => (each) => states.includes(each.state);
    this.waiting.show({ list: delegations.filter(of("WAITS")) });
    this.standing.show({ list: delegations.filter(of("HOLDS", "COMES")) });
    this.absent.show({ list: absences.filter(of("AWAY", "COMES")) });
    this.over.show({ list: delegations.filter(of("OVER")), absences: absences.filter(of("OVER")) });
    this.give.show(roles, may.give);
    this.go.show(roles, may.give);
  }

  /** Opens the dialog of an act that sends one request to this service. */
  act({ path, sent, done, holds, ...dialog }) {
    const { http, session } = this.context;
    openAct({
      ...dialog,
      facts: [...(dialog.facts ?? []), youOf(session)],
      send: () => http.post(path, typeof sent === "function" ? sent() : sent),
      look: async () => holds(await http.get("/delegations")),
      onDone: (answer) => this.page.done(answer, done),
    });
  }

  close() {
    this.page.close();
  }
}

/** Returns a time as the desk reads it. */
function timeOf(iso) {
  const at = moment(iso);
  return h("time", { datetime: iso }, at ? absolute(at) : iso);
}

function stateOf(state) {
  return h("span", { class: "toned", dataset: { tone: text.tones[state] } }, text.states[state]);
}

function known(each) {
  return [
    [text.delegate, h("span", { class: "any" }, each.delegate)],
    [text.delegator, personOf(each.proposed_by)],
    [text.roles, h("span", { class: "any" }, each.roles.join(", "))],
    [text.from, timeOf(each.starts_at)],
    [text.until, timeOf(each.ends_at)],
  ];
}

function waitingPanels({ list }, page) {
  if (list.length === 0) return null;
  return h("div", { class: "stack" }, list.map((each) => {
    const confirm = { label: text.confirm, act: () => confirmIt(each, page), focus: `confirm-${each.delegation_id}` };
    const press = [confirmButton(each, confirm), each.may_end && endButton(each, page, text.takeAway)];
    const title = text.waiting(each.delegate, each.proposed_by.person);
    return proposalPanel(title, each, proposalFacts(each, { reason: text.reason, more: known(each) }), press);
  }));
}

function confirmIt(each, page) {
  page.act({
    title: text.confirmQuestion(each.delegate, each.proposed_by.person),
    label: text.confirm,
    busy: text.confirming,
    icon: "tick",
    facts: [...known(each), [text.reason, written(each.reason)],
      [actText.digest, h("code", { class: "any" }, each.digest)]],
    consequence: { tone: "look", lines: [{ first: text.confirmFirst, text: text.confirmText }] },
    path: `/delegations/${encodeURIComponent(each.delegation_id)}/confirmation`,
    sent: { digest: each.digest },
    holds: (found) => stateIn(found.delegations, "delegation_id", each.delegation_id) !== "WAITS",
    done: text.confirmed,
  });
}

function endButton(each, page, label) {
  return button(label, {
    icon: "circle-cross",
    act: () => endIt(each, page, label),
    focus: `end-${each.delegation_id}`,
    "aria-label": text.endOf(each.delegate),
  });
}

function endIt(each, page, label) {
  const reason = reasonField({ label: actText.reason, note: actText.optional, max: REASON_MAX, required: false });
  page.act({
    title: text.endQuestion(each.delegate, each.proposed_by.person),
    label,
    busy: text.ending,
    kind: "danger",
    icon: "circle-cross",
    facts: known(each),
    fields: [reason],
    consequence: { tone: "look", lines: [{ first: text.endFirst, text: text.endText }] },
    path: `/delegations/${encodeURIComponent(each.delegation_id)}/end`,
    sent: () => ({ reason: reason.value() }),
    holds: (found) => stateIn(found.delegations, "delegation_id", each.delegation_id) === "OVER",
    done: text.ended,
  });
}

function stateIn(list, key, id) {
  return list.find((each) => each[key] === id)?.state ?? "OVER";
}

function empty(first, second = "") {
  return h("p", { class: "muted" }, first, second && ` ${second}`);
}

function standingPanel({ list }, page) {
  const items = list.map((each) => h(
    "div",
    { class: "stack-small" },
    h("h3", { class: "any" }, text.waiting(each.delegate, each.proposed_by.person)),
    wideFacts([
      [text.state, stateOf(each.state)],
      [text.roles, h("span", { class: "any" }, each.roles.join(", "))],
      [text.from, timeOf(each.starts_at)],
      [text.until, timeOf(each.ends_at)],
      [text.confirmedBy, personOf(each.confirmed_by)],
      [text.reason, written(each.reason)],
    ]),
    each.may_end && h("div", { class: "act-row" }, endButton(each, page, text.end)),
  ));
  const none = empty(text.nobodyStands, text.nobodyStandsText);
  return panel(text.standing, h("div", { class: "stack" }, items.length > 0 ? items : none));
}

function absentPanel({ list }, page) {
  const items = list.map((each) => h(
    "div",
    { class: "stack-small" },
    h("h3", { class: "any" }, each.person),
    wideFacts([
      [text.state, stateOf(each.state)],
      [text.roles, h("span", { class: "any" }, each.roles.join(", "))],
      [text.from, timeOf(each.starts_at)],
      [text.until, timeOf(each.ends_at)],
      [text.note, each.note && written(each.note)],
    ]),
    each.may_end && h(
      "div",
      { class: "act-row" },
      button(text.back, { icon: "back", act: () => comeBack(each, page), focus: `back-${each.absence_id}` }),
    ),
  ));
  return panel(text.absent, h("div", { class: "stack" }, items.length > 0 ? items : empty(text.nobodyAway)));
}

function comeBack(each, page) {
  page.act({
    title: text.backQuestion,
    label: text.back,
    busy: text.going,
    consequence: { tone: "accent", lines: [{ first: text.backFirst, text: text.backText }] },
    path: `/absences/${encodeURIComponent(each.absence_id)}/end`,
    sent: {},
    holds: (found) => stateIn(found.absences, "absence_id", each.absence_id) === "OVER",
    done: text.backDone,
  });
}

function overPanel({ list, absences }) {
  if (list.length + absences.length === 0) return null;
  const days = (each) => [timeOf(each.starts_at), " – ", timeOf(each.ends_at)];
  const given = list.map((each) => h(
    "li",
    { class: "any" },
    text.line(each.delegate, each.proposed_by.person, each.roles.join(", ")), ", ", days(each),
    each.ended_by && `, ${text.endedBy(each.ended_by, each.ended_why)}`,
  ));
  const away = absences.map((each) => h("li", { class: "any" }, `${text.states.AWAY}: ${each.person}, `, days(each)));
  return panel(text.over, h("ul", { class: "bullets" }, given, away));
}

function dayField(label) {
  const wrong = (value) => (DAY.test(value) ? null : text.dayWrong);
  return textField({ label, hint: text.dayHint, max: 25, mono: true, required: true, wrong });
}

/** Returns a form behind a line that opens it: its fields are made once, and keep what somebody has begun to write. */
function form(title, sentence, fields, press) {
  const slot = h("div", { class: "act-row" });
  const element = h(
    "details",
    { class: "panel policy-form" },
    h("summary", {}, title),
    h("div", { class: "panel-body stack" }, h("p", { class: "second" }, sentence), fields, slot),
  );
  let may = null;
  return {
    element,
    show({ allowed, why }) {
      if (may === allowed) return;
      may = allowed;
      const { label, act, focus } = press;
      slot.replaceChildren(allowed ? button(label, { kind: "primary", act, focus }) : forbidden(label, why, { focus }));
    },
  };
}

/** Returns whether every field holds something usable, and puts focus on the first that does not. */
function checked(...fields) {
  const wrong = fields.filter((field) => !field.check());
  wrong[0]?.focus();
  return wrong.length === 0;
}

function givingForm(page) {
  const missing = (sentence) => (value) => (value === "" ? sentence : null);
  const whom = textField(
    { label: text.who, hint: text.whoHint, max: PERSON_MAX, required: true, wrong: missing(text.whoMissing) },
  );
  const place = h("div", {});
  const [first, last] = [dayField(text.first), dayField(text.last)];
  const reason = reasonField(
    { label: text.reason, note: text.reasonNote, missing: text.reasonMissing, max: REASON_MAX },
  );
  const fields = [whom, { element: place }, first, last, reason].map((field) => field.element);
  const made = form(text.give, text.giveText, fields, { label: text.giveButton, act: give, focus: "give" });
  let shownRoles = null;
  let roles = null;

  function give() {
    if (!checked(whom, roles, first, last, reason)) return;
    const sent = {
      delegate: whom.value(), roles: roles.values(), starts: first.value(), ends: last.value(), reason: reason.value(),
    };
    page.act({
      title: text.giveQuestion(sent.delegate),
      label: text.giveButton,
      busy: text.giving,
      facts: [[text.roles, sent.roles.join(", ")], [text.from, sent.starts], [text.until, sent.ends],
        [text.reason, written(sent.reason)]],
      consequence: { tone: "accent", lines: [{ first: text.giveFirst, text: text.giveConsequence }] },
      path: "/delegations",
      sent,
      holds: (found) => found.delegations.some((each) =>
        each.state === "WAITS" && each.delegate === sent.delegate && each.reason === sent.reason),
      done: text.given,
    });
  }

  return {
    element: made.element,
    show(held, may) {
      if (shownRoles !== held.join()) {
        shownRoles = held.join();
        const choices = held.map((key) => ({ key, label: key }));
        roles = ticksField({ legend: text.rolesLegend, choices, missing: text.rolesMissing });
        place.replaceChildren(roles.element);
      }
      made.show(may);
    },
  };
}

function goingForm(page) {
  const [first, last] = [dayField(text.first), dayField(text.last)];
  const note = textField({ label: text.note, note: text.noteNote, rows: 2, max: REASON_MAX });
  const fields = [first, last, note].map((field) => field.element);
  const made = form(text.goAway, text.goAwayText, fields, { label: text.goButton, act: go, focus: "go" });

  function go() {
    if (!checked(first, last)) return;
    const sent = { starts: first.value(), ends: last.value(), note: note.value() };
    page.act({
      title: text.goQuestion,
      label: text.goButton,
      busy: text.going,
      facts: [[text.from, sent.starts], [text.until, sent.ends]],
      consequence: { tone: "accent", lines: [{ first: text.goFirst, text: text.goConsequence }] },
      path: "/absences",
      sent,
      holds: (found) => found.absences.some((each) => each.may_end && each.note === sent.note),
      done: text.gone,
    });
  }

  return { element: made.element, show: (_, may) => made.show(may) };
}

/** Shows the page. */
export async function mount(place, context) {
  return new DelegationsPage(place, context);
}
