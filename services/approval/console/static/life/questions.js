/**
 * Questions to who asked for the request, and their answers: the panel, and the dialogs of both.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { absolute, hourMinute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { reasonField } from "../fields.js";
import { questions as text } from "./text.js";

/** Characters of a question or an answer, as the service takes them. */
const MAX = 2_000;

/** Returns what the panel is made of; the same piece makes the same panel. */
export function questionsOf(card) {
  const { questions, question_note: note, may_ask: mayAsk, why_not_ask: whyNot, may_answer: mayAnswer } = card;
  return { questions, note, mayAsk, whyNot, mayAnswer };
}

/**
 * Returns the panel: what was asked and answered, and the button to ask, or why not.
 *
 * @param {Object} piece of `questionsOf`
 * @param {{page: Object}} given
 */
export function questionsPanel({ questions, note, mayAsk, whyNot, mayAnswer }, { page }) {
  // Inside another site there is no place for these dialogs: its card leads to the console.
  const elsewhere = Boolean(page.context.root);
  const ask = elsewhere ? h("p", { class: "small muted" }, text.elsewhere) : mayAsk
    ? button(text.ask, { focus: "ask", act: () => openQuestion(page) })
    : forbidden(text.ask, whyNot ?? "", { focus: "ask" });
  const list = questions.map((each) => itemOf(each, mayAnswer && !elsewhere, page));
  return h(
    "section",
    { class: "panel questions-panel", "aria-labelledby": "questions-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "questions-title" }, text.title)),
    h(
      "div",
      { class: "panel-body stack" },
      list.length > 0 ? h("ol", { class: "questions stack" }, list) : h("p", { class: "muted" }, text.none),
      note && h("p", { class: "small muted" }, note),
      ask,
    ),
  );
}

function itemOf(each, mayAnswer, page) {
  const answered = each.answer === null
    ? h("p", { class: "muted small" }, text.open)
    : [h("p", { class: "any" }, each.answer), by(each.answered_by, null, each.answered_at)];
  const act = () => openAnswer(page, each);
  const focus = `answer-${each.number}`;
  return h(
    "li",
    { class: "stack" },
    h(
      "div",
      {},
      h("p", { class: "any" }, h("b", {}, each.question)),
      by(each.person, each.role, each.asked_at),
    ),
    h("div", {}, answered),
    each.answer === null && mayAnswer && button(text.answer, { kind: "primary", focus, act }),
  );
}

function by(person, role, iso) {
  const at = moment(iso);
  return h(
    "p",
    { class: "muted small" },
    role ? `${person}, ${role}, ` : `${person}, `,
    h("time", { datetime: iso, title: absolute(at) }, hourMinute(at)),
  );
}

function openQuestion(page) {
  const field = reasonField({ label: text.question, note: text.kept, missing: text.missing, max: MAX });
  const path = `/approvals/${encodeURIComponent(page.card.workflow_id)}/questions`;
  const send = () => page.context.http.post(path, { question: field.value() });
  return open(page, { title: text.askTitle(page.card.maker), label: text.ask, busy: text.asking, field, send }, {
    first: text.holdsNothing,
    text: text.holdsNothingMore,
  });
}

function openAnswer(page, { number, question }) {
  const field = reasonField({ label: text.answer, note: text.kept, missing: text.missingAnswer, max: MAX });
  const path = `/approvals/${encodeURIComponent(page.card.workflow_id)}/questions/${number}/answer`;
  const send = () => page.context.http.post(path, { answer: field.value() });
  return open(page, { title: text.answerTitle, label: text.answer, busy: text.answering, field, send }, {
    first: question,
    text: text.stands,
  });
}

function open(page, { title, label, busy, field, send }, consequence) {
  return openAct({
    title,
    label,
    busy,
    facts: [youOf(page.context.session)],
    consequence: { tone: "look", lines: [consequence] },
    fields: [field],
    send,
    // What was asked or answered before is found; it is kept once.
    look: async () => {
      await send();
      return true;
    },
    onDone: () => page.refresh(),
  });
}
