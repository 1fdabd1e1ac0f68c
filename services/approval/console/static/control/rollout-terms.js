/**
 * Terms of the rollout: as they are, as they are proposed, and the form that proposes others.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { fill, h } from "../../shared/lib/dom.js";
import { openAct, youOf } from "../act-dialog.js";
import { part } from "../card/frame.js";
import { radioField, textField, ticksField } from "../fields.js";
import { proposalFacts, proposalPanel, written } from "../proposal.js";
import { act as actText, rollout as text } from "./text.js";

const LIMITED = "LIMITED";
const MODES = ["OBSERVE", LIMITED, "FULL"];
const TYPES = Object.keys(text.types);

/** Characters of a cap and of a comment, as the service takes them. */
const CAP_MAX = 40;
const COMMENT_MAX = 2_000;

/** A cap as the service takes it: digits, at most two decimals. */
const CAP = /^[0-9]+(?:\.[0-9]{1,2})?$/;

/** Returns terms in one line: the mode, and what LIMITED admits. */
export function termsList({ mode, limits }) {
  const types = (limits?.action_types ?? []).map((type) => text.types[type] ?? type).join(", ");
  const said = types ? text.limits(types, limits.order_cap_usd, limits.day_cap_usd) : null;
  return h("span", {}, h("b", {}, mode), said && h("span", { class: "two" }, said));
}

/** Returns the panel of terms that wait for a second person. */
export function changePanel(pending, now, press) {
  const more = [
    [text.before, termsList(now)],
    [text.after, termsList(pending)],
  ];
  const body = proposalFacts(pending, { reason: text.comment, more });
  return proposalPanel(text.change(pending.mode), pending, body, press);
}

function capField(label, onInput) {
  const wrong = (value) => (CAP.test(digits(value)) ? null : text.capWrong);
  return textField({ label, hint: text.capHint, max: CAP_MAX, wrong, inputmode: "decimal", onInput });
}

/** Returns an amount as it was typed, without the commas and blanks that people write in long numbers. */
function digits(value) {
  return value.replace(/[,\s']/g, "");
}

/**
 * Returns the form, with `element` and `show(document)`: it is made once and keeps what somebody has begun to write.
 * @param {Object} page with `context`, `done` and `holds`
 */
export function termsForm(page) {
  const types = ticksField({
    legend: text.typesLegend,
    choices: TYPES.map((key) => ({ key, label: text.types[key] })),
    missing: text.typesMissing,
  });
  const order = capField(text.orderCap);
  const day = capField(text.dayCap);
  const caps = h("div", { class: "two-fields" }, order.element, day.element);
  const limits = h("div", { class: "stack", hidden: true }, types.element, caps);
  const comment = textField({ label: text.comment, note: actText.optional, rows: 2, max: COMMENT_MAX });
  const mode = radioField({
    legend: text.newMode,
    choices: MODES.map((key) => ({ key, label: text.modes[key], text: text.modeTexts[key] })),
    chosen: null,
    onChoose: (key) => showLimits(key),
  });
  const showLimits = (key) => {
    limits.hidden = key !== LIMITED;
  };
  const press = part((piece) => pressOf(piece));
  const slot = h("div", { class: "act-row" });
  const body = h(
    "div",
    { class: "panel-body stack" },
    h("p", { class: "second" }, text.proposeText),
    mode.element,
    limits,
    comment.element,
    slot,
  );
  const element = h(
    "section",
    { class: "panel", "aria-label": text.propose },
    h("div", { class: "panel-head" }, h("h2", {}, text.propose)),
    body,
  );
  let document_ = null;

  function pressOf({ may }) {
    if (!may.allowed) return forbidden(text.proposeButton, may.why, { focus: "propose" });
    return button(text.proposeButton, { act: () => propose(), focus: "propose" });
  }

  /** Returns the terms that are chosen; null where something is missing, which then says so. */
  function chosen() {
    if (mode.value() !== LIMITED) return { mode: mode.value() };
    const wrong = [types, order, day].filter((field) => !field.check());
    wrong[0]?.focus();
    if (wrong.length > 0) return null;
    const caps_ = { order_cap_usd: digits(order.value()), day_cap_usd: digits(day.value()) };
    return { mode: LIMITED, limits: { action_types: types.values(), ...caps_ } };
  }

  function propose() {
    const terms = chosen();
    if (terms === null) return;
    const { version } = document_;
    const sent = { ...terms, expected_version: version, comment: comment.value() };
    openAct({
      title: text.proposeQuestion(terms.mode),
      label: text.proposeButton,
      busy: text.proposing,
      facts: [
        [text.before, termsList(document_)],
        [text.after, termsList(terms)],
        [text.comment, written(comment.value())],
        youOf(page.context.session),
      ],
      consequence: { tone: "accent", lines: [{ first: text.proposeFirst, text: text.proposeConsequence }] },
      send: () => page.context.http.post("/rollout", sent),
      look: () => page.holds((found) => found.pending !== null && found.version > version),
      onDone: (answer) => page.done(answer, text.proposed),
    });
  }

  return {
    element,
    show(found) {
      const first = document_ === null;
      document_ = found;
      if (first) {
        mode.choose(found.mode);
        showLimits(found.mode);
        if (found.limits?.action_types) fillLimits(found.limits);
      }
      press.show({ may: found.may.propose });
      if (slot.firstElementChild !== press.element) fill(slot, press.element);
    },
  };

  function fillLimits(found) {
    types.choose(found.action_types);
    order.input.value = found.order_cap_usd;
    day.input.value = found.day_cap_usd;
  }
}
