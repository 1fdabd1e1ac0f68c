/**
 * What one person proposed and a second one confirms, by the digest of what is shown; a page around it says what.
 */

import { plainText } from "../shared/elements/ai-text.js";
import { forbidden, button, longId } from "../shared/elements/button.js";
import { h } from "../shared/lib/dom.js";
import { absolute, moment } from "../shared/lib/time.js";
import { youOf } from "./act-dialog.js";
import { facts, leftOf } from "./card/frame.js";
import { act, control, proposal as text } from "./control/text.js";

/** Returns "olga (OPERATIONS)" with the moment in its title. */
export function personOf({ person, role, at }) {
  const when = moment(at);
  return h("span", { class: "any", title: when ? absolute(when) : null }, control.by(person, role));
}

/** Returns what somebody wrote, as text; a sentence where nothing was written. */
export function written(words) {
  return words ? h("span", { class: "any" }, plainText(words)) : h("span", { class: "muted" }, text.noComment);
}

/** Returns facts in two columns where there is room for two. */
export function wideFacts(pairs) {
  return facts(pairs, "facts facts-wide");
}

/** Returns who proposed it, why, and until when it waits, as facts of a panel. */
export function proposalFacts(pending, { reason = text.reason, more = [] } = {}) {
  const at = moment(pending.expires_at);
  return wideFacts([
    ...more,
    [text.by, personOf(pending.proposed_by)],
    [reason, written(pending.reason ?? pending.comment)],
    [text.lapses, h("span", { title: at ? absolute(at) : null }, leftOf(pending.expires_at))],
    [text.digest, longId(pending.digest, text.digest, { ends: 6 })],
  ]);
}

/** Returns the button that confirms, or the same with the reason why this person may not. */
export function confirmButton(pending, { label = text.confirm, act, focus, kind = "primary" }) {
  if (!pending.may_confirm) return forbidden(label, pending.why, { focus });
  return button(label, { kind, icon: "tick", act, focus });
}

/**
 * Returns what the dialog of the second person says and does: what is confirmed, the words of the first, the digest.
 *
 * @param {Object} words of the page: confirmQuestion, confirm, confirming, confirmFirst, confirmText
 * @param {{facts: Array, reason: Array, digest: string, session: Object}} shown `reason`: its label and its text
 * @param {Object} does the other options of `openAct`
 */
export function confirmation(words, { facts: shown, reason: [label, reason], digest, session }, does) {
  return {
    title: words.confirmQuestion,
    label: words.confirm,
    busy: words.confirming,
    icon: "tick",
    facts: [...shown, [label, written(reason)], [act.digest, h("code", { class: "any" }, digest)], youOf(session)],
    consequence: { tone: "look", lines: [{ first: words.confirmFirst, text: words.confirmText }] },
    ...does,
  };
}

/** Returns a panel with what waits. */
export function proposalPanel(title, pending, body, action, words = text.title) {
  const waits = h("span", { class: "muted small" }, words);
  return h(
    "section",
    { class: "panel proposal", "aria-label": title },
    h("div", { class: "panel-head" }, h("h2", { class: "any" }, title), waits),
    h("div", { class: "panel-body stack" }, body, h("div", { class: "act-row" }, action)),
  );
}
