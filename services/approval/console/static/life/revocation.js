/**
 * Taking a granted approval back before it is executed: the button with its reason, and the dialog.
 */

import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { openAct, youOf } from "../act-dialog.js";
import { act as actText } from "../control/text.js";
import { reasonField } from "../fields.js";
import { revocation as text } from "./text.js";

/** Characters of a reason, as the service takes them. */
const REASON_MAX = 2_000;

/**
 * Returns the button of a workflow that is approved and not begun, and what stands beside it: who asked, or why not.
 *
 * @param {{asked: Object|null, may: boolean, why: string|null}} taking
 * @param {{card: Object, context: Object, onDone: () => void}} given
 */
export function revocationOf({ asked, may, why }, given) {
  if (asked) {
    const said = [
      h("p", {}, asked.text),
      h("p", { class: "muted small any" }, text.by(asked.person, asked.role, asked.reason)),
    ];
    return { made: null, said };
  }
  if (!may) {
    const barred = forbidden(text.revoke, why ?? "", { bar: true, focus: "revoke" });
    const reason = barred.lastElementChild;
    reason.classList.add("action-bar-reason");
    return { made: barred.firstElementChild, said: [h("p", {}, reason)] };
  }
  const open = () => openRevocation(given);
  return { made: button(text.revoke, { kind: "danger", bar: true, focus: "revoke", act: open }), said: null };
}

function openRevocation({ card, context, onDone }) {
  const { headline } = card.view;
  const amount = headline.amount && withCode(headline.currency, headline.amount);
  const what = [amount, headline.title].filter(Boolean);
  const missing = actText.reasonMissing;
  const reason = reasonField({ label: actText.reason, note: actText.reasonNote, missing, max: REASON_MAX });
  const address = `/approvals/${encodeURIComponent(card.workflow_id)}/revocation`;
  const send = () => context.http.post(address, { reason: reason.value() });
  return openAct({
    title: text.question,
    label: text.revoke,
    busy: text.asking,
    icon: "back",
    facts: [
      [text.what, h("b", { class: "any" }, what.join(", "))],
      [text.order, headline.order_id && h("span", { class: "id" }, headline.order_id)],
      youOf(context.session),
    ],
    consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
    fields: [reason],
    send,
    // Who asks again finds what was asked for.
    look: async () => {
      await send();
      return true;
    },
    onDone: () => {
      context.announce.say(text.asked);
      onDone();
    },
  });
}
