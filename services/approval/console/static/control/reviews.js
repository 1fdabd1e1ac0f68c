/**
 * After-reviews: what was approved in an emergency and waits for two others, and the emergencies of late.
 */

import { badge } from "../../shared/elements/badge.js";
import { emptyState } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { arrange, h, keeper } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, part } from "../card/frame.js";
import { radioField, reasonField } from "../fields.js";
import { livePage, panel } from "../live-page.js";
import { personOf, wideFacts, written } from "../proposal.js";
import { cardAddress } from "../routes.js";
import { act as actText, control, reviews as text } from "./text.js";

const COMMENT_MAX = 2_000;

class ReviewsPage {
  constructor({ main }, context) {
    this.context = context;
    this.list = h("ul", { class: "stack", "aria-label": text.list });
    this.nodes = keeper(
      (each) => each.workflow_id,
      (each) => h("li", {}, this.#panel(each)),
    );
    this.earlier = part(declaredPanel);
    this.body = h("div", { class: "stack" }, this.list);
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/reviews", { signal }),
      show: (found) => this.show(found),
      body: [this.body],
    });
  }

  show({ reviews, declared }) {
    const nothing = { icon: "tick", title: text.empty, text: text.emptyText };
    if (reviews.length > 0) arrange(this.list, this.nodes(reviews));
    else this.list.replaceChildren(h("li", { class: "panel" }, emptyState(nothing)));
    const open = new Set(reviews.map((each) => each.workflow_id));
    this.earlier.show({ declared: declared.filter((each) => !open.has(each.workflow_id)) });
    const element = this.earlier.element;
    if (element && element.parentNode !== this.body) this.body.append(element);
  }

  #panel(review) {
    const said = review.emergency;
    const title = review.title;
    const head = h(
      "div",
      { class: "panel-head" },
      h("h2", { class: "any" }, title),
      badge(text.looked(said.reviews.length, said.reviewers), { tone: "look" }),
      h("span", { class: "muted small any" }, review.order_id ?? review.workflow_id),
    );
    const body = h("div", { class: "panel-body stack" }, this.#facts(review), this.#acts(review));
    return h("section", { class: "panel", "aria-label": title }, head, body);
  }

  #facts(review) {
    const { emergency: said, granted_at: granted } = review;
    const at = moment(granted);
    return wideFacts([
      [text.reason, written(said.reason)],
      [text.declared, personOf({ ...said, at: said.opened_at })],
      [text.missing, review.missing.join(", ")],
      [text.approved, people(review.approvers)],
      [text.granted, at && agoOf(granted, absolute(at))],
      [text.asked, h("span", { class: "any" }, review.maker)],
      [text.found, said.reviews.length > 0 ? findings(said.reviews) : h("span", { class: "muted" }, text.nobody)],
      [text.card, h("a", { href: cardAddress(review.workflow_id) }, text.open)],
    ]);
  }

  #acts(review) {
    const focus = `review-${review.workflow_id}`;
    if (!review.may_review) return h("div", { class: "act-row" }, forbidden(text.button, review.why_not, { focus }));
    const act = () => this.#review(review);
    return h("div", { class: "act-row" }, button(text.button, { kind: "primary", icon: "eye", act, focus }));
  }

  #review(review) {
    const { person } = this.context.session;
    const last = review.emergency.reviews.length + 1 >= review.emergency.reviewers;
    const label = { label: actText.comment, note: actText.optional, missing: "" };
    const comment = reasonField({ ...label, max: COMMENT_MAX, required: false });
    const choices = Object.entries(text.findings).map(([key, [name, words]]) => ({ key, label: name, text: words }));
    const finding = findingField(choices);
    openAct({
      title: text.question,
      label: text.button,
      busy: text.recording,
      icon: "eye",
      facts: [
        [text.order, h("span", { class: "any" }, review.title)],
        [text.reason, written(review.emergency.reason)],
        youOf(this.context.session),
      ],
      consequence: { tone: "look", lines: [{ first: text.first(last), text: text.rest }] },
      fields: [finding, comment],
      send: () =>
        this.context.http.post(`/reviews/${encodeURIComponent(review.workflow_id)}`, {
          finding: finding.value(),
          comment: comment.value(),
        }),
      look: async () => {
        const { declared } = await this.context.http.get("/reviews");
        const now = declared.find((each) => each.workflow_id === review.workflow_id);
        return Boolean(now?.emergency.reviews.some((each) => each.person === person));
      },
      onDone: () => {
        void this.page.read();
        this.context.announce.say(text.recorded(last));
        this.context.refresh?.();
      },
    });
  }

  close() {
    this.page.close();
  }
}

/** Returns a choice without a default: what somebody finds is not to be what stood there. */
function findingField(choices) {
  const problem = h("p", { class: "field-problem", role: "alert" });
  const field = radioField({ legend: text.finding, choices, chosen: null, onChoose: () => problem.replaceChildren() });
  return {
    element: h("div", { class: "stack-small" }, field.element, problem),
    value: field.value,
    focus: () => field.element.querySelector("input").focus(),
    check() {
      if (field.value() !== null) return true;
      problem.replaceChildren(text.findingMissing);
      return false;
    },
  };
}

function people(approvers) {
  return h("span", { class: "any" }, approvers.map((each) => control.by(each.person, each.role)).join(", "));
}

function findings(reviews) {
  const line = ({ person, role, finding, comment }) =>
    h("li", { class: "any" }, text.line(control.by(person, role), text.findings[finding][0], comment));
  return h("ul", { class: "bullets" }, reviews.map(line));
}

/** Returns the panel of the emergencies that no longer wait: reviewed, not used, or still open. */
function declaredPanel({ declared }) {
  if (declared.length === 0) return null;
  const items = declared.map((each) => {
    const { emergency: said } = each;
    return h(
      "li",
      { class: "stack-small" },
      h("p", {}, h("a", { href: cardAddress(each.workflow_id) }, each.title), " ", said.text),
      h("p", { class: "second" }, text.because, " ", written(said.reason)),
      said.reviews.length > 0 && findings(said.reviews),
    );
  });
  return panel(text.earlier, h("ul", { class: "stack plain-list" }, items));
}

/** Shows the page. */
export async function mount(place, context) {
  return new ReviewsPage(place, context);
}
