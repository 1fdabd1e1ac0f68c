/**
 * The approval policy: the table in force in words, those before it, and a proposal with what it would have changed.
 * One person proposes, two others agree.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, facts, part } from "../card/frame.js";
import { reasonField, textField } from "../fields.js";
import { livePage, panel } from "../live-page.js";
import { confirmButton, personOf, proposalFacts, proposalPanel, written } from "../proposal.js";
import { cardAddress } from "../routes.js";
import { act as actText, policy as text } from "./text.js";

/** Characters of a reason, and of a table, as the service takes them. */
const REASON_MAX = 2_000;
const TABLE_MAX = 200_000;

class PolicyPage {
  constructor({ main }, context) {
    this.context = context;
    this.document = null;
    this.change = part((piece) => this.#changePanel(piece));
    this.table = part((piece) => tablePanel(piece));
    this.history = part((piece) => historyPanel(piece));
    this.form = proposalForm(this);
    const body = h("div", { class: "stack" });
    this.body = body;
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/policy", { signal }),
      show: (found) => this.show(found),
      body: [body],
    });
  }

  show(found) {
    this.document = found;
    this.change.show({ pending: found.pending });
    this.table.show({ version: found.version, words: found.in_words, set_at: found.set_at, by: found.approved_by });
    this.history.show({ history: found.history });
    this.form.show(found);
    const nodes = [this.change.element, this.table.element, this.form.element, this.history.element];
    const there = this.body.children;
    const same = nodes.length === there.length && nodes.every((node, at) => there[at] === node);
    if (!same) this.body.replaceChildren(...nodes);
  }

  done(answer, sentence) {
    this.page.done(answer, sentence);
  }

  /** Reads the policy, and returns whether it is as it would be after an act. */
  async holds(whether) {
    return whether(await this.context.http.get("/policy"));
  }

  #changePanel({ pending }) {
    if (pending === null) return null;
    const agree = { label: text.agree, act: () => this.#agree(pending), focus: "agree" };
    const press = [confirmButton(pending, agree), this.#rejectButton(pending)];
    const list = proposalFacts(pending, { reason: text.comment, more: [[text.needs, placesList(pending.places)]] });
    const body = h("div", { class: "stack" }, differenceList(pending), backtestList(pending.backtest), list);
    return proposalPanel(text.change(pending.version), pending, body, press, text.waits);
  }

  #rejectButton(pending) {
    if (!pending.may_reject) return forbidden(text.reject, pending.why, { focus: "reject" });
    return button(text.reject, { icon: "circle-cross", act: () => this.#reject(pending), focus: "reject" });
  }

  #agree(pending) {
    openAct({
      title: text.agreeQuestion(pending.version),
      label: text.agree,
      busy: text.agreeing,
      icon: "tick",
      facts: this.#shown(pending),
      consequence: { tone: "look", lines: [{ first: text.agreeFirst, text: text.agreeText }] },
      send: () => this.context.http.post("/policy", { digest: pending.digest }),
      look: () => this.holds((found) => agreed(found, pending, this.context.session)),
      onDone: (answer) => this.done(answer, text.agreed),
    });
  }

  #reject(pending) {
    const label = { label: actText.reason, note: actText.reasonNote, missing: actText.reasonMissing };
    const reason = reasonField({ ...label, max: REASON_MAX });
    openAct({
      title: text.rejectQuestion(pending.version),
      label: text.reject,
      busy: text.rejecting,
      kind: "danger",
      icon: "circle-cross",
      facts: this.#shown(pending),
      consequence: { tone: "look", lines: [{ first: text.rejectFirst, text: text.rejectText }] },
      fields: [reason],
      send: () => this.context.http.post("/policy/rejection", { digest: pending.digest, reason: reason.value() }),
      look: () => this.holds((found) => found.pending?.digest !== pending.digest),
      onDone: (answer) => this.done(answer, text.rejected),
    });
  }

  #shown(pending) {
    return [
      [text.takenOut, sentences(pending.taken_out)],
      [text.putIn, sentences(pending.put_in)],
      [text.backtest, countsOf(pending.backtest)],
      [text.comment, written(pending.comment)],
      [actText.digest, h("code", { class: "any" }, pending.digest)],
      youOf(this.context.session),
    ];
  }

  close() {
    this.page.close();
  }
}

function agreed(found, pending, session) {
  if (found.version === pending.version) return true;
  const filled = found.pending?.digest === pending.digest ? found.pending.places : [];
  return filled.some((place) => place.filled_by?.person === session.person);
}

function sentences(list) {
  if (list.length === 0) return h("span", { class: "muted" }, text.none);
  return h("ul", { class: "bullets" }, list.map((each) => h("li", { class: "any" }, each)));
}

function placesList(places) {
  const line = ({ role, filled_by: by }) => (by === null ? text.place(role) : text.filled(role, by.person, by.role));
  return sentences(places.map(line));
}

function differenceList({ taken_out: out, put_in: into }) {
  return facts([
    [text.takenOut, sentences(out)],
    [text.putIn, sentences(into)],
  ]);
}

function countsOf(found) {
  return text.counts(found);
}

function backtestList(found) {
  const rows = found.examples.map((each) =>
    h(
      "li",
      { class: "any" },
      h("a", { href: cardAddress(each.workflow_id) }, each.workflow_id),
      ` ${text.example(each)}`,
    ),
  );
  const more = found.more + found.fewer + found.other - rows.length;
  return h(
    "div",
    { class: "stack-small" },
    h("h3", {}, text.backtest),
    h("p", {}, countsOf(found)),
    rows.length > 0 && h("ul", { class: "bullets" }, rows),
    more > 0 && h("p", { class: "muted" }, text.others(more)),
  );
}

function tablePanel({ version, words, set_at: setAt, by }) {
  const at = moment(setAt);
  const people = by.length === 0 ? text.opened : h("span", {}, by.flatMap((each) => [personOf(each), " "]));
  const list = facts([
    [text.version, version],
    [text.since, agoOf(setAt, absolute(at))],
    [text.by, people],
  ]);
  return panel(text.inForce, h("div", { class: "stack" }, sentences(words), list));
}

function historyPanel({ history }) {
  const items = history.map((each) => {
    const at = moment(each.set_at);
    return h(
      "details",
      {},
      h("summary", {}, text.of(each.version, at ? absolute(at) : each.set_at)),
      sentences(each.in_words),
    );
  });
  return panel(text.history, h("div", { class: "stack" }, items));
}

/** Returns the form, with `element` and `show(document)`: made once, it keeps what somebody has begun to write. */
function proposalForm(page) {
  const table = textField({
    label: text.table,
    hint: text.tableHint,
    rows: 14,
    max: TABLE_MAX,
    mono: true,
    wrong: (value) => (read(value) === null ? text.tableWrong : null),
  });
  const comment = textField({ label: text.comment, note: actText.optional, rows: 2, max: REASON_MAX });
  const slot = h("div", { class: "act-row" });
  const element = h(
    "details",
    { class: "panel policy-form" },
    h("summary", {}, text.propose),
    h("div", { class: "panel-body stack" }, h("p", { class: "second" }, text.proposeText), table.element,
      comment.element, slot),
  );
  let shown = null;

  function propose() {
    if (!table.check()) {
      table.focus();
      return;
    }
    const { version, pending } = shown;
    const sent = { table: read(table.value()), expected_version: version, comment: comment.value() };
    openAct({
      title: text.proposeQuestion,
      label: text.proposeButton,
      busy: text.proposing,
      facts: [[text.based, version], [text.comment, written(comment.value())], youOf(page.context.session)],
      consequence: { tone: "accent", lines: [{ first: text.proposeFirst, text: text.proposeConsequence }] },
      send: () => page.context.http.post("/policy", sent),
      look: () => page.holds((found) => found.pending !== null && found.pending.digest !== pending?.digest),
      onDone: (answer) => page.done(answer, text.proposed),
    });
  }

  return {
    element,
    show(found) {
      if (shown === null) table.input.value = JSON.stringify(found.table, null, 2);
      shown = found;
      const { allowed, why } = found.may.propose;
      const press = allowed
        ? button(text.proposeButton, { kind: "primary", act: propose, focus: "propose" })
        : forbidden(text.proposeButton, why, { focus: "propose" });
      if (slot.dataset.may !== String(allowed)) slot.replaceChildren(press);
      slot.dataset.may = String(allowed);
    },
  };
}

/** Returns the table that is written in a text; null where it is none. */
function read(value) {
  try {
    const found = JSON.parse(value);
    return found !== null && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

/** Shows the page. */
export async function mount(place, context) {
  return new PolicyPage(place, context);
}
