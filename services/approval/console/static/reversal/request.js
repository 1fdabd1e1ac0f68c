/**
 * Asking for a reversal: the dialog in which somebody says why an executed workflow is to be undone.
 */

import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { openAct, youOf } from "../act-dialog.js";
import { reasonField } from "../fields.js";
import { cardAddress } from "../routes.js";
import { act as actText } from "../control/text.js";
import { reversal as text } from "./text.js";

/** Characters of a reason, as the service takes them. */
const REASON_MAX = 2_000;

/** States in which something stands that a reversal would undo. */
const REVERSIBLE = new Set(["COMPLETED", "POSTED"]);

/** Milliseconds between two looks whether the reversal's card is there: it follows its request within a second. */
const CARD = [0, 300, 600, 1_000, 2_000, 4_000, 8_000];

/** Returns whether a reversal can be asked for: of a hedge that was executed and not undone since. */
export function isReversible(headline, state) {
  return headline.kind === "hedge" && REVERSIBLE.has(state);
}

/**
 * Opens the dialog. The service decides whether this person may ask; its sentence is shown where not.
 * @param {{card: Object, context: Object}} given the card of the workflow, and the context of the page
 */
export function openReversalRequest({ card, context }) {
  const { headline } = card.view;
  const amount = headline.amount && withCode(headline.currency, headline.amount);
  const what = [amount, headline.title].filter(Boolean);
  const missing = actText.reasonMissing;
  const reason = reasonField({ label: actText.reason, note: actText.reasonNote, missing, max: REASON_MAX });
  let found = null;
  const address = `/workflows/${encodeURIComponent(card.workflow_id)}/reversal`;
  const send = () => context.http.post(address, { reason: reason.value() });
  return openAct({
    title: text.question,
    label: text.ask,
    busy: text.asking,
    icon: "back",
    facts: [
      [text.what, h("b", { class: "any" }, what.join(", "))],
      [text.order, headline.order_id && h("span", { class: "id" }, headline.order_id)],
      [text.deals, headline.deals > 0 ? text.dealsText(headline.deals) : null],
      youOf(context.session),
    ],
    consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
    fields: [reason],
    send,
    // A repetition finds the reversal that was asked for; it makes no second one.
    look: async () => {
      found = await send();
      return true;
    },
    onDone: (answer) => void follow(answer ?? found, context),
  });
}

/** Says that it was asked for, and goes to the reversal's card once it is there. */
async function follow(answer, context) {
  context.announce.say(answer.repeated ? text.repeated : text.asked);
  for (const pause of CARD) {
    await new Promise((done) => setTimeout(done, pause));
    try {
      await context.http.get(`/approvals/${encodeURIComponent(answer.workflow_id)}`);
      await context.navigate(cardAddress(answer.workflow_id));
      return;
    } catch (failure) {
      if (!("status" in failure)) throw failure;
    }
  }
  await context.navigate("/?tab=all&kind=reversal");
}
