/**
 * Who asked for an order changes its amount while it waits: the panel, and the dialog.
 */

import { button } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { openAct, youOf } from "../act-dialog.js";
import { act as actText } from "../control/text.js";
import { reasonField, textField } from "../fields.js";
import { amendment as text } from "./text.js";

const REASON_MAX = 2_000;
/** An amount as the service takes it, without the commas that people write. */
const AMOUNT = /^[1-9][0-9]{0,17}(\.[0-9]{1,6})?$/;
const AMOUNT_MAX = 32;

/** Returns what the panel is made of. */
export function amendmentOf(card) {
  const { amount, currency } = card.view.headline;
  return { may: Boolean(card.may_amend && amount), amount, currency };
}

/** Returns the panel of the person who asked; null for everybody else, and inside another site. */
export function amendPanel({ may, amount, currency }, { page }) {
  if (!may || page.context.root) return null;
  return h(
    "section",
    { class: "panel", "aria-labelledby": "amend-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "amend-title" }, text.title)),
    h(
      "div",
      { class: "panel-body stack" },
      h("p", { class: "muted" }, text.what),
      button(text.change, { focus: "amend", act: () => open(page, amount, currency) }),
    ),
  );
}

function open(page, before, currency) {
  const plain = (value) => value.replaceAll(",", "");
  const amount = textField({
    label: text.amount(currency),
    max: AMOUNT_MAX,
    required: true,
    inputmode: "decimal",
    wrong: (value) => (AMOUNT.test(plain(value)) ? null : text.wrong),
  });
  const missing = actText.reasonMissing;
  const reason = reasonField({ label: actText.reason, note: actText.reasonNote, missing, max: REASON_MAX });
  const path = `/approvals/${encodeURIComponent(page.card.workflow_id)}/amendment`;
  const send = () => page.context.http.post(path, { amount: plain(amount.value()), reason: reason.value() });
  return openAct({
    title: text.question,
    label: text.change,
    busy: text.changing,
    facts: [[text.now, withCode(currency, before)], youOf(page.context.session)],
    consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
    fields: [amount, reason],
    send,
    look: async () => page.read().then((card) => card.state !== "AWAITING_APPROVAL"),
    onDone: () => {
      page.context.announce.say(text.done);
      page.refresh();
    },
  });
}
