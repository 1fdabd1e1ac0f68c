/**
 * Where the parts of a card stand, and which of them are shown: those of a request that is read, or of its execution.
 */

import { banner } from "../../shared/elements/banner.js";
import { liveIndicator } from "../../shared/elements/live.js";
import { stageOutcome } from "../../shared/elements/stage-outcome.js";
import { arrange, h } from "../../shared/lib/dom.js";
import { clockTime, moment } from "../../shared/lib/time.js";
import { decisionBar } from "./bar.js";
import { changesPart } from "./changes.js";
import { inert, part, sectionPanel, setOpen, tell, wideOpener } from "./frame.js";
import { crumbs, factsLine, stages, title, warnings } from "./header.js";
import { onlyObserves } from "./judgement.js";
import { sectionList } from "./sections.js";
import { planPanel, viewedPanel, whenOf, whoPanel } from "./side.js";
import { CHANGES } from "./viewed.js";
import { executionBar } from "../execution/bar.js";
import { outcomeOf } from "../execution/outcome.js";
import { advicePanel, dealsPanel, logPanel, undoPanel } from "../execution/parts.js";
import { amendmentOf, amendPanel } from "../life/amend.js";
import { questionsOf, questionsPanel } from "../life/questions.js";
import { stagesNow } from "../execution/plan.js";
import { bar as barText, page as pageText } from "./text.js";
import { plan as planText, said } from "../execution/text.js";

/** Below this the right column moves between the sections. */
const NARROW = "(max-width: 899px)";

export class CardLayout {
  constructor(page) {
    this.page = page;
    this.open = new Set();
    this.chosen = { part: null };
    this.indicator = liveIndicator({ onResume: () => page.context.live.resume?.() });
    this.narrow = page.context.narrow ?? matchMedia(NARROW);
    this.reading = sectionList({
      open: this.open,
      chosen: this.chosen,
      ticked: (key) => page.viewed.has(page.card.plan_digest, key),
      tick: (key, checked) => page.tick(key, checked),
    });
    this.parts = this.#parts();
    this.column = h("div", { class: "stack card-main" });
    this.side = h("aside", { class: "stack card-side" });
  }

  #parts() {
    const { page } = this;
    return {
      crumbs: part(page.context.crumbs ?? crumbs),
      title: part(title),
      facts: part(factsLine),
      stages: part(stages),
      note: part((note) => note && banner("look", [{ first: note[0], text: note[1] }], { role: "status" })),
      lost: part((at) => at && banner("look", [{ first: said.lost(at), text: said.lostMore }])),
      warnings: part(warnings),
      changes: part((piece) => changesPart(piece, (checked) => page.tick(CHANGES, checked))),
      outcome: part((piece) => stageOutcome({ ...piece, text: piece.text && inert(piece.text), focus: "outcome" })),
      deals: part(dealsPanel),
      undo: part(undoPanel),
      plan: part((piece) => this.#foldedPlan(piece)),
      who: part(whoPanel),
      questions: part((piece) => questionsPanel(piece, { page })),
      amend: part((piece) => amendPanel(piece, { page })),
      viewed: part((piece) => viewedPanel(piece, (key) => this.jump(key))),
      ids: part(planPanel),
      advice: part(advicePanel),
      log: part(logPanel),
      bar: part((piece) => this.#bar(piece)),
    };
  }

  get observes() {
    return onlyObserves(this.page.rollout, this.page.card);
  }

  begin(container) {
    const skip = h("a", { class: "skip", href: "#decision" }, pageText.skip);
    skip.addEventListener("click", (event) => {
      event.preventDefault();
      this.root.querySelector("#decision")?.querySelector("button, a")?.focus();
    });
    this.head = h("div", { class: "card-head" });
    this.columns = h("div", { class: "columns card-columns" }, this.column, this.side);
    this.root = h("div", { class: "card-page" }, skip, this.head, this.columns);
    container.replaceChildren(this.root);
    const moved = () => this.show();
    this.narrow.addEventListener("change", moved);
    this.page.ends.push(() => this.narrow.removeEventListener("change", moved));
  }

  /** Makes what is shown true. */
  show(force = false) {
    const { page, parts } = this;
    const { card, seen, state } = page;
    const { view } = card;
    const { headline } = view;
    page.context.title(pageText.title(
      headline.amount ? `${headline.currency} ${headline.title}` : headline.title,
      headline.order_id,
    ));
    parts.crumbs.show({ order: headline.order_id, was: this.#was() });
    parts.title.show({ headline, state, turn: state === "APPROVED" ? card.turn : null });
    parts.facts.show({ headline });
    parts.stages.show(stagesNow(view, seen));
    parts.note.show(page.note);
    parts.lost.show(page.lost ? clockTime(page.lost) : null);
    if (page.reads) this.#showReading(card, force);
    else this.#showExecution(card, seen, state, force);
    tell(this.root, page.context.clock.now(), wordsOfTime);
  }

  #was() {
    const { page } = this;
    const was = page.replaced?.order ?? page.card.view.changed?.order_id ?? null;
    return was === page.card.view.headline.order_id ? null : was;
  }

  #showReading(card, force) {
    const { page, parts } = this;
    const { view } = card;
    const { against, mustLook } = page;
    const changed = view.changed ? { ...view.changed } : null;
    const since = page.replacedAt ? clockTime(page.replacedAt) : null;
    parts.warnings.show({ list: view.warnings, partial: view.headline.partial, currency: view.headline.currency });
    parts.changes.show({
      changed,
      read: page.readBefore,
      since,
      checked: page.viewed.has(card.plan_digest, CHANGES),
    });
    const usd = view.headline.amount_usd !== null;
    parts.who.show({ who: view.who, against, mustLook, open: true, when: whenOf(view.who, moment(view.as_of)), usd });
    parts.questions.show(questionsOf(card));
    parts.amend.show(amendmentOf(card));
    parts.viewed.show({ sections: page.sections() });
    this.#ids(view);
    parts.bar.show({
      view: { headline: view.headline, digest: view.digest },
      reads: true,
      against,
      observes: this.observes,
      mayReject: card.may_reject,
      mayWithdraw: card.may_withdraw,
    });
    this.reading.show(view, force);
    this.#ticks();
    this.#place({
      head: ["crumbs", "title", "facts", "stages", "note", "warnings", "changes"],
      main: [this.reading.element],
      side: ["who", "questions", "amend", "viewed", "ids"],
      first: ["who"],
    });
  }

  #showExecution(card, seen, state, force) {
    const { page, parts } = this;
    const { view } = card;
    const names = Object.fromEntries(view.flows.map((flow) => [flow.event_id, flow.short]));
    const now = page.context.clock.now();
    const outcome = outcomeOf({ card, view, seen, state, now, names });
    this.running = outcome.tone === "accent";
    parts.outcome.show(outcome);
    const piece = {
      view: {
        headline: view.headline,
        deals: view.deals,
        flows: view.flows,
        operations: view.operations,
        undo: view.undo,
      },
      seen,
    };
    const applied = seen.prepared !== null || seen.completedAt !== null || seen.failure !== null;
    parts.deals.show(applied ? piece : { view: { ...piece.view, deals: [] }, seen: { state: null } });
    parts.undo.show(piece);
    parts.plan.show(
      { digest: view.digest, view, approved: seen.approvedAt !== null || card.state === "APPROVED" },
      force,
    );
    parts.advice.show({ seen: { state: seen.state, completedAt: seen.completedAt } });
    parts.log.show({ seen, names });
    this.#ids(view);
    parts.bar.show({
      view: { headline: view.headline, digest: view.digest },
      reads: false,
      state,
      seen: forBar(seen),
      decisions: card.decisions,
      taking: { asked: card.revocation, may: card.may_revoke, why: card.why_not_revoke },
    });
    this.#place({
      head: ["crumbs", "title", "facts", "stages", "note", "lost"],
      main: [parts.outcome.element, parts.deals.element, parts.undo.element, parts.plan.element],
      side: ["advice", "log", "ids"],
      first: ["advice"],
    });
  }

  #ids(view) {
    const reverses = view.change?.kind === "reversal" ? view.change.workflow_id : null;
    this.parts.ids.show({ digest: view.digest, ids: view.ids, reverses });
  }

  /** Puts the parts where they belong; what stays in its place keeps focus and scroll. */
  #place({ head, main, side, first }) {
    const element = (name) => this.parts[name].element;
    const narrow = this.narrow.matches;
    const line = (this.line ??= h("div", { class: "card-line" }));
    arrange(line, [element("crumbs"), this.indicator]);
    arrange(this.head, [line, ...head.filter((name) => name !== "crumbs").map(element)]);
    arrange(this.column, narrow ? [...first.map(element), ...main] : main);
    arrange(this.side, side.filter((name) => !narrow || !first.includes(name)).map(element));
    arrange(this.root, [this.root.firstElementChild, this.head, this.columns, element("bar")]);
  }

  /** Ticks are set where they are: no section is made anew for one. */
  #ticks() {
    const { page } = this;
    for (const box of this.root.querySelectorAll("[data-tick]")) {
      box.checked = page.viewed.has(page.card.plan_digest, box.dataset.tick);
    }
  }

  #bar(piece) {
    const { page } = this;
    if (!piece.reads) return (page.context.executionBar ?? executionBar)(piece, page);
    return decisionBar(piece, {
      approve: () => page.decide("APPROVE"),
      reject: () => page.decide("REJECT"),
      withdraw: () => page.decide("WITHDRAW"),
      review: () => this.review(),
      leave: page.context.leave,
    });
  }

  #foldedPlan({ digest, view, approved }) {
    const list = sectionList({ open: this.open, chosen: this.chosen, ticked: () => false, tick: null });
    const count = view.sections.length;
    return sectionPanel(
      {
        key: "plan",
        number: null,
        title: approved ? planText.title : planText.ended,
        note: h("code", { title: digest }, shortOf(digest)),
      },
      wideOpener({
        id: "plan-sections",
        show: planText.show(count),
        hide: planText.hide,
        open: this.open,
        make: () => {
          list.show(view);
          return h("div", { class: "folded-plan" }, list.element);
        },
      }),
    );
  }

  /** Goes to the first section that is not viewed. */
  review() {
    const next = this.page.mustLook ? { key: CHANGES } : this.page.sections().find((each) => !each.ticked);
    this.jump(next?.key ?? this.page.sections()[0]?.key);
  }

  /** Goes to a section: it is opened, and its tick has focus. */
  jump(key) {
    const panel = this.root.querySelector(`#card-${CSS.escape(key ?? "")}`);
    if (panel === null) return;
    if (panel.classList.contains("folds")) setOpen(panel, true);
    panel.scrollIntoView({ block: "start" });
    (panel.querySelector("[data-tick]") ?? panel.querySelector("h2"))?.focus({ preventScroll: true });
  }

  /** Puts focus back where it was, or on what stands in its place. */
  focus(from) {
    if (from?.isConnected) return from.focus({ preventScroll: true });
    const name = from?.dataset?.focus;
    return name && this.root.querySelector(`[data-focus="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
  }

  focusOutcome() {
    const outcome = this.root.querySelector('[data-focus="outcome"]') ?? this.root.querySelector("h1");
    outcome?.focus({ preventScroll: true });
    (this.page.context.toTop ?? toTop)();
  }

  live(state) {
    this.indicator.show(state);
  }

  tick(now) {
    if (!this.root) return;
    if (this.running) this.show();
    else tell(this.root, now, wordsOfTime);
  }
}

function toTop() {
  scrollTo(0, 0);
}

function forBar(seen) {
  return {
    state: seen.state,
    completed: seen.completed,
    total: seen.total,
    undoing: seen.undoing,
    completedAt: seen.completedAt,
    approvedAt: seen.approvedAt,
    successor: seen.successor,
  };
}

function shortOf(digest) {
  return digest.length <= 31 ? digest : `${digest.slice(0, 15)}…${digest.slice(-8)}`;
}

function wordsOfTime(span, { words }) {
  return words === "expires" ? barText.expires(span) : `in ${span}`;
}
