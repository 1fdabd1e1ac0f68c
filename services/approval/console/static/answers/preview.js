/**
 * A preview: what an answer would become, by the sections of a card. It is marked, and it lapses.
 */

import { aiText, plainText } from "../../shared/elements/ai-text.js";
import { badge } from "../../shared/elements/badge.js";
import { banner, emptyState, loadingState } from "../../shared/elements/banner.js";
import { icon } from "../../shared/elements/icons.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { fill, h } from "../../shared/lib/dom.js";
import { clockTime, left, moment, span } from "../../shared/lib/time.js";
import { facts, leftOf, part, tell } from "../card/frame.js";
import { factsLine, title as cardTitle, warnings as cardWarnings } from "../card/header.js";
import { sectionList } from "../card/sections.js";
import { preview as text } from "./text.js";

/** Milliseconds between two looks at a preview that is not done; after a while less often. */
const LOOKS = [400, 700, 1_000, 1_000, 1_500, 2_000, 3_000, 5_000];

/** Milliseconds after which it is said that nothing has come. */
const SLOW = 20_000;

const GONE = 404;
const SIGNED_OUT = 401;
const DONE = "DONE";

/** Returns the part of the page, with `follow(id)`, `ready`, `changed(yes)`, `tick(now)`, `focus()` and `close()`. */
export function previewPart(context, { onState }) {
  const heading = h("h2", { tabindex: "-1" }, text.title);
  const state = part((piece) => stateOf(piece));
  const notice = h("div", {});
  const body = part((piece) => bodyOf(piece));
  const mark = badge(text.mark, { tone: "accent", icon: "eye" });
  const lapse = h("span", { class: "muted small" });
  const head = h("div", { class: "panel-head" }, heading, mark, lapse);
  const element = h(
    "section",
    { class: "panel preview", "aria-label": text.title },
    head,
    notice,
    state.element,
    body.element,
  );
  let id = null;
  let document_ = null;
  let over = false;
  let stale = false;
  let timer = null;
  let began = null;

  function show() {
    const lost = over ? null : document_;
    state.show(over ? { state: "OVER" } : stateNow());
    body.show({ document: lost, over });
    arrangeParts();
    fill(lapse, lost && leftOf(lost.lapses_at));
    fill(notice, stale && !over && banner("look", [{ first: text.changed, text: text.changedText }]));
    tell(element, context.clock.now(), (words) => text.lapses(words));
    onState();
  }

  function stateNow() {
    const counts = document_ && countsOf(document_);
    return { state: document_?.state ?? "READING", plans: document_?.plans.length ?? 0, slow: slowFor(), of: counts };
  }

  function arrangeParts() {
    const wanted = [head, notice, state.element, body.element];
    if (wanted.some((each, at) => element.children[at] !== each)) element.replaceChildren(...wanted);
  }

  function slowFor() {
    if (began === null || document_?.state === DONE || over) return null;
    const length = context.clock.now().getTime() - began.getTime();
    return length >= SLOW ? span(Math.floor(length / SLOW) * SLOW) : null;
  }

  async function look(wanted, tries) {
    try {
      const found = await context.http.get(`/hawk-agent/previews/${encodeURIComponent(wanted)}`);
      if (wanted !== id) return;
      if (document_ === null && found.state === DONE) context.announce.say(text.states.DONE);
      document_ = found;
      show();
      if (found.state === DONE) return;
    } catch (failure) {
      if (wanted !== id || failure.status === SIGNED_OUT) return;
      if (!("status" in failure)) throw failure;
      if (failure.status === GONE) {
        end();
        return;
      }
      fill(notice, banner("look", [{ first: text.away, text: `${failure.sentence} ${text.trying}` }]));
    }
    timer = setTimeout(() => void look(wanted, tries + 1), LOOKS[Math.min(tries, LOOKS.length - 1)]);
  }

  function end() {
    over = true;
    show();
  }

  return {
    element,
    /** Whether the preview is done, in time, and holds a plan. */
    get ready() {
      return !over && document_?.state === DONE && document_.plans.length > 0;
    },
    follow(wanted) {
      clearTimeout(timer);
      id = wanted;
      document_ = null;
      over = false;
      began = context.clock.now();
      show();
      void look(wanted, 0);
    },
    changed(yes) {
      if (yes === stale) return;
      stale = yes;
      show();
    },
    tick(now) {
      if (id === null || over) return;
      const until = moment(document_?.lapses_at);
      if (until !== null && left(until, now) === 0) end();
      else if (document_?.state !== DONE) state.show(stateNow());
    },
    focus: () => heading.focus({ preventScroll: false }),
    close() {
      id = null;
      clearTimeout(timer);
    },
  };
}

function countsOf({ plans, refusals }) {
  const refused = plans.filter((plan) => plan.view === null);
  return { plans: plans.length - refused.length, refusals: refusals.length + refused.length };
}

function stateOf({ state, plans, slow, of }) {
  if (state === "OVER") return emptyState({ icon: "clock-off", title: text.over, text: text.overText });
  if (state === DONE) {
    return h(
      "p",
      { class: "preview-state" },
      icon("tick"),
      h("span", {}, h("b", {}, `${text.done(of.plans, of.refusals)}.`), ` ${text.states.DONE}`),
    );
  }
  const words = [text.states[state] ?? state, state === "PLANNING" && plans > 0 && ` ${text.plansSoFar(plans)}`];
  const late = slow && h("p", { class: "panel-note" }, banner("look", [{ first: text.slow(slow) }]));
  const said = h("p", { class: "preview-state" }, icon("half"), h("span", {}, words));
  return h("div", { role: "status" }, said, late, loadingState(3));
}

function bodyOf({ document, over }) {
  if (over || document === null || document.outcome === null) return null;
  const { refusals, warnings, analysis, plans, state } = document;
  // What was warned of stands with each plan; where there is none, it stands here.
  const alone = plans.every((plan) => plan.view === null);
  const nothing = state === DONE && plans.length === 0 && refusals.length === 0;
  return h(
    "div",
    { class: "panel-body stack" },
    alone && warnings.length > 0 && banner("look", warnings.map(noticeOf)),
    refusals.length > 0 && refusedTable(refusals),
    nothing && emptyState({ icon: "info", title: text.nothing, text: text.nothingText }),
    plans.map((plan, at) => planOf(plan, at + 1, plans.length)),
    analysis && alone && [h("h3", {}, text.words), aiText(analysis)],
  );
}

function noticeOf({ code, message, path }) {
  return { text: plainText(message), code: [code, path].filter(Boolean).join(" ") };
}

/** What was refused: a stable code, a sentence, and the place in the answer. The answer's words in it are text. */
function refusedTable(refusals) {
  const rows = refusals.map(({ code, message, path }) => [
    { text: h("code", { class: "any" }, code) },
    { text: plainText(message), class: "any", "data-label": text.refusals.sentence },
    { text: path ? h("code", { class: "any" }, plainText(path)) : null, "data-label": text.refusals.place },
  ]);
  const heads = [text.refusals.code, text.refusals.sentence, text.refusals.place];
  const columns = heads.map((each) => ({ text: each }));
  const table = planTable({ caption: text.refused, name: "refusal-table", columns, rows });
  return h(
    "section",
    { class: "panel", dataset: { tone: "failed" }, "aria-label": text.refused },
    h("div", { class: "panel-head" }, h("h3", {}, text.refused)),
    table,
  );
}

function planOf({ view, refusals, drawn_at: drawnAt }, number, of) {
  const at = moment(drawnAt);
  const name = text.plan(number, of);
  const head = h(
    "div",
    { class: "preview-plan-head" },
    h("h3", {}, name),
    h("span", { class: "muted small" }, at && text.drawn(clockTime(at))),
  );
  const refused = refusals.length > 0 && refusedTable(refusals);
  if (view === null) {
    return h(
      "article",
      { class: "preview-plan", "aria-label": name },
      head,
      h("p", { class: "second" }, text.planRefused),
      refused,
    );
  }
  const { headline } = view;
  const list = sectionList({ open: new Set(), chosen: { part: null }, ticked: () => false, tick: null });
  list.show(view);
  const notices = cardWarnings({ list: view.warnings, partial: headline.partial, currency: headline.currency });
  const title = cardTitle({ headline, state: "PLANNED", turn: null });
  asSubheading(title);
  const line = factsLine({ headline });
  return h(
    "article",
    { class: "preview-plan", "aria-label": name },
    head,
    title,
    line,
    whoOf(view.who),
    refused,
    notices,
    list.element,
  );
}

/** Returns who would decide, and by which rules. */
function whoOf({ places, rules }) {
  const wanted = places.map(({ label }) => label).join("; ");
  return facts([
    [text.wouldDecide, wanted || text.policyAlone],
    [text.because, rules.length > 0 && rules.join(" ")],
  ]);
}

/** A plan of a preview is not the page: its amount stands below the page's own title. */
function asSubheading(title) {
  title.querySelector(".badge")?.remove();
  const first = title.querySelector("h1");
  if (first === null) return;
  const lower = h("p", { class: first.className });
  lower.append(...first.childNodes);
  first.replaceWith(lower);
}
