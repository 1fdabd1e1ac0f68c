/**
 * Handing in an answer of the AI: a text, what it would become, and then what becomes of it.
 */

import { banner } from "../../shared/elements/banner.js";
import { busy, button, forbidden } from "../../shared/elements/button.js";
import { arrange, fill, h } from "../../shared/lib/dom.js";
import { part, tell } from "../card/frame.js";
import { textField } from "../fields.js";
import { keptDraft } from "./draft.js";
import { previewPart } from "./preview.js";
import { submissionPart } from "./submission.js";
import { pageHead } from "../live-page.js";
import { handIn as text, preview as previewText } from "./text.js";

/** Who may hand in answers; the service says so in the same words to anybody else. */
export const SUBMITTING_ROLES = ["ANALYST", "OPERATIONS", "RISK_MANAGER", "SENIOR_TRADER", "TRADER"];

/** Characters of an answer and of a prompt: what a request of the service may hold, and the service's own limit. */
const ANSWER_MAX = 500_000;
const PROMPT_MAX = 20_000;

/** Lines of the answer that are shown: fewer once there is a preview to look at. */
const ROWS = 14;
const ROWS_BESIDE = 5;

const SIGNED_OUT = 401;
const UNSURE = 500;

/** Returns why this person may not hand in, as the service says it; null for nothing. */
function whyNot({ roles }) {
  if (roles.some((role) => SUBMITTING_ROLES.includes(role))) return null;
  return text.mayNot(SUBMITTING_ROLES.join(", "), roles.join(", ") || text.noRole);
}

class HandInPage {
  constructor({ main }, context) {
    this.context = context;
    this.draft = keptDraft(context.session.person);
    this.head = pageHead(text.title, text.sentence);
    this.result = h("div", { class: "dialog-result", role: "alert" });
    this.answer = textField({
      label: text.answer,
      hint: text.answerHint,
      rows: ROWS,
      max: ANSWER_MAX,
      mono: true,
      value: this.draft.text.answer,
      onInput: () => this.#typed(),
    });
    this.prompt = textField({
      label: text.prompt,
      note: text.optional,
      rows: 2,
      max: PROMPT_MAX,
      value: this.draft.text.prompt,
      onInput: () => this.#typed(),
    });
    this.acts = part((piece) => this.#actsOf(piece));
    this.preview = previewPart(context, { onState: () => this.#show() });
    this.submission = submissionPart(context, { onAnother: () => this.#another(), onCard: () => this.draft.forget() });
    this.form = this.#form();
    this.body = h("div", { class: "stack" });
    context.title(text.title);
    fill(main, this.head.element, this.body);
    this.untick = context.clock.tick((now) => this.#tick(now));
    const { submitted, preview } = this.draft;
    if (submitted) this.submission.follow(submitted);
    else if (preview) this.preview.follow(preview.id);
    this.#show();
  }

  #form() {
    const slot = h("div", {});
    fill(slot, this.acts.element);
    const advice = h("p", { class: "small muted" }, text.previewText, " ", text.submitText);
    const body = h(
      "div",
      { class: "panel-body stack" },
      this.answer.element,
      this.prompt.element,
      this.result,
      slot,
      advice,
    );
    return h("section", { class: "panel", "aria-label": text.form }, body);
  }

  #show() {
    const { submitted, preview } = this.draft;
    const may = whyNot(this.context.session);
    const empty = this.answer.input.value.trim() === "";
    const changed = preview !== null && preview.text !== this.draft.key;
    this.acts.show({ may, empty, ready: this.preview.ready && !changed });
    this.preview.changed(changed);
    this.answer.input.rows = preview ? ROWS_BESIDE : ROWS;
    const shown = submitted ? [this.submission.element] : [this.form, preview && this.preview.element];
    const wanted = shown.filter(Boolean);
    arrange(this.body, wanted);
  }

  #actsOf({ may, empty, ready }) {
    const against = may ?? (empty ? text.empty : null);
    if (against !== null) {
      // Both wait for the same thing: it is said once, beside the one that matters.
      const other = button(text.preview, { focus: "preview", icon: "lock" });
      const press = forbidden(text.submit, against, { focus: "submit" });
      const why = press.querySelector(".reason");
      other.setAttribute("aria-disabled", "true");
      other.setAttribute("aria-describedby", why.id);
      other.addEventListener("click", () => why.focus());
      return h("div", { class: "act-row" }, other, press);
    }
    const kinds = ready ? [null, "primary"] : ["primary", null];
    const ask = () => void this.#preview(look);
    const look = button(text.preview, { kind: kinds[0], icon: "eye", focus: "preview", act: ask });
    const hand = button(text.submit, { kind: kinds[1], focus: "submit", act: () => void this.#submit(hand) });
    return h("div", { class: "act-row" }, look, hand);
  }

  #typed() {
    this.draft.keep({ answer: this.answer.input.value, prompt: this.prompt.input.value });
    fill(this.result);
    this.#show();
  }

  #body() {
    return { ai_response: this.answer.input.value, prompt: this.prompt.input.value };
  }

  async #preview(press) {
    const end = busy(press, text.previewing);
    fill(this.result);
    const of = this.draft.key;
    try {
      const asked = await this.context.http.post("/hawk-agent/previews", this.#body());
      this.draft.previewed(asked.preview_id, of);
      this.preview.follow(asked.preview_id);
      this.#show();
      this.preview.focus();
    } catch (failure) {
      this.#failed(text.notPreviewed, failure, failure.sentence);
    } finally {
      end();
    }
  }

  async #submit(press) {
    if (this.sending) return;
    this.sending = true;
    const end = busy(press, text.submitting);
    fill(this.result);
    try {
      const headers = { "Idempotency-Key": this.draft.key };
      const answer = await this.context.http.post("/hawk-agent/execute-actions", this.#body(), { headers });
      this.preview.close();
      this.draft.submit(answer.response_id);
      this.submission.follow(answer.response_id, true);
      this.#show();
      this.submission.focus();
    } catch (failure) {
      const unsure = !failure.known || failure.status >= UNSURE;
      this.#failed(text.notSent, failure, unsure ? text.unsure : failure.sentence);
    } finally {
      end();
      this.sending = false;
    }
  }

  #failed(first, failure, sentence) {
    if (!("status" in failure)) throw failure;
    if (failure.status === SIGNED_OUT && !failure.code?.startsWith("SIGN_IN")) return;
    fill(this.result, banner("failed", [{ first, text: sentence, code: failure.code }]));
  }

  #another() {
    this.submission.close();
    this.draft.forget();
    this.answer.input.value = "";
    this.prompt.input.value = "";
    this.#show();
    this.answer.focus();
  }

  #tick(now) {
    tell(this.body, now, (span) => previewText.lapses(span));
    this.preview.tick(now);
  }

  close() {
    this.untick();
    this.preview.close();
    this.submission.close();
  }
}

/** Shows the page. */
export async function mount(place, context) {
  return new HandInPage(place, context);
}
