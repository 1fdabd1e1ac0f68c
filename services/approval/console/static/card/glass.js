/**
 * The dialog in which somebody declares an emergency about a request.
 */

import { h } from "../../shared/lib/dom.js";
import { openAct, youOf } from "../act-dialog.js";
import { reasonField } from "../fields.js";
import { shortDigest } from "./changes.js";
import { glass as text } from "./text.js";

/** Characters of a reason, as the service takes them. */
const REASON_MAX = 2_000;

/** Opens the dialog. */
export function breakGlass(page) {
  const { card, context } = page;
  const reason = reasonField({
    label: text.reason,
    note: text.reasonNote,
    hint: text.reasonHint,
    missing: text.reasonMissing,
    max: REASON_MAX,
  });
  const address = `/approvals/${encodeURIComponent(card.workflow_id)}`;
  openAct({
    title: text.question,
    label: text.button,
    busy: text.breaking,
    kind: "danger",
    icon: "warning",
    facts: [
      [text.digest, h("code", { class: "any", title: card.plan_digest }, shortDigest(card.plan_digest))],
      youOf(context.session),
    ],
    consequence: {
      tone: "look",
      lines: [
        { first: text.first(card.glass_minutes), text: text.rest(card.maker) },
        { first: text.reviewFirst, text: text.reviewText },
      ],
    },
    fields: [reason],
    send: () => context.http.post(`${address}/break-glass`, { plan_digest: card.plan_digest, reason: reason.value() }),
    look: async () => (await context.http.get(address)).emergency !== null,
    onDone: () => {
      page.refresh();
      context.announce.say(text.broken);
      context.refresh?.();
    },
  });
}
