/**
 * Rollout and stop: what is in force, what waits for a second person, and the switch. One person stops, two resume.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { banner } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { h } from "../../shared/lib/dom.js";
import { withCode } from "../../shared/lib/money.js";
import { absolute, hourMinute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, facts, part } from "../card/frame.js";
import { reasonField } from "../fields.js";
import { livePage, panel } from "../live-page.js";
import { confirmButton, personOf, proposalFacts, proposalPanel, written } from "../proposal.js";
import { changePanel, termsForm, termsList } from "./rollout-terms.js";
import { act as actText, rollout as text } from "./text.js";

/** Characters of a reason, as the service takes them. */
const REASON_MAX = 2_000;

class RolloutPage {
  constructor({ main }, context) {
    this.context = context;
    this.document = null;
    this.notice = part((piece) => noticeOf(piece));
    this.switch = part((piece) => this.#switchPanel(piece));
    this.terms = part((piece) => termsPanel(piece));
    this.change = part((piece) => this.#changePanel(piece));
    this.executor = part((piece) => executorPanel(piece));
    this.form = termsForm(this);
    const left = h("div", { class: "stack" });
    const right = h("aside", { class: "stack" });
    const slots = h("div", { class: "stack" });
    this.places = { left, right, slots };
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/rollout", { signal }),
      show: (found) => this.show(found),
      body: [slots, h("div", { class: "columns" }, left, right)],
    });
  }

  show(found) {
    this.document = found;
    this.notice.show({ notice: found.notice });
    this.switch.show(pick(found, ["stopped", "stop", "in_force", "pending_resumption", "may", "mode", "version"]));
    this.terms.show(pick(found, ["mode", "limits", "set_by", "version"]));
    this.change.show({ pending: found.pending, now: pick(found, ["mode", "limits"]) });
    this.executor.show(pick(found, ["executor", "in_force"]));
    this.form.show(found);
    const { left, right, slots } = this.places;
    place(slots, [this.notice.element, this.switch.element]);
    place(left, [this.change.element, this.terms.element, this.form.element]);
    place(right, [this.executor.element]);
  }

  done(answer, sentence) {
    this.page.done(answer, sentence);
  }

  /** Reads the rollout, and returns whether it is as it would be after an act. */
  async holds(whether) {
    return whether(await this.context.http.get("/rollout"));
  }

  #switchPanel(piece) {
    return piece.stopped ? this.#stopped(piece) : this.#running(piece);
  }

  #running({ may }) {
    const act = () => this.#stop();
    const press = may.stop.allowed
      ? button(text.stop, { kind: "danger", icon: "stop", act, focus: "stop" })
      : forbidden(text.stop, may.stop.why, { focus: "stop" });
    const words = h("div", {}, h("h2", {}, text.running), h("p", { class: "second" }, text.runningText));
    return h("section", { class: "panel switch-panel", "aria-label": text.stopTitle }, icon("play"), words, press);
  }

  #stopped(piece) {
    const { stop, in_force: kept, may, pending_resumption: pending } = piece;
    const by = stop.stopped_by;
    const at = moment(by.at);
    const list = facts([
      [text.stoppedWhy, h("b", { class: "any" }, plainText(stop.reason))],
      [text.stoppedSince, [`${hourMinute(at)} SGT, `, agoOf(by.at, absolute(at))]],
      [text.inForce, kept ? text.inForceYes : text.inForceNo],
    ]);
    const head = h("div", { class: "stack-small" }, h("h2", {}, text.stopped(by.person, by.role)), list);
    const acts = [pending === null && this.#resumeButton(may), !kept && this.#againButton(may)].filter(Boolean);
    const first = h("div", { class: "switch-first" }, icon("octagon"), head);
    return h(
      "section",
      { class: "panel stopped-panel", dataset: { tone: "failed" }, "aria-label": text.stopTitle },
      first,
      acts.length > 0 && h("div", { class: "act-row" }, acts),
      pending !== null && this.#resumption(pending, piece),
    );
  }

  #resumeButton(may) {
    const act = () => this.#resume();
    if (!may.resume.allowed) return forbidden(text.resume, may.resume.why, { focus: "resume" });
    return button(text.resume, { icon: "play", act, focus: "resume" });
  }

  #againButton(may) {
    if (!may.stop.allowed) return null;
    return button(text.stopAgain, { kind: "danger", icon: "stop", act: () => this.#stop(), focus: "stop" });
  }

  #resumption(pending, { mode }) {
    const act = () => this.#confirmResumption(pending, mode);
    const press = confirmButton(pending, { label: text.confirmResume, act, focus: "confirm-resume" });
    return proposalPanel(text.resumption, pending, proposalFacts(pending), press);
  }

  #changePanel({ pending, now }) {
    if (pending === null) return null;
    const act = () => this.#confirmChange(pending, now);
    const press = confirmButton(pending, { label: text.confirmChange, act, focus: "confirm-change" });
    return changePanel(pending, now, press);
  }

  #stop() {
    const reason = reason_();
    openAct({
      title: text.stopQuestion,
      label: text.stop,
      busy: text.stopping,
      kind: "danger",
      icon: "stop",
      facts: [youOf(this.context.session)],
      consequence: { tone: "failed", lines: [{ first: text.stopFirst, text: text.stopText, icon: "octagon" }] },
      fields: [reason],
      send: () => this.context.http.post("/stop", { reason: reason.value() }),
      look: () => this.holds((found) => found.stopped),
      onDone: (answer) => this.done(answer, text.stopDone),
    });
  }

  #resume() {
    const reason = reason_();
    const { version } = this.document;
    openAct({
      title: text.resumeQuestion,
      label: text.resume,
      busy: text.resuming,
      icon: "play",
      facts: [[text.stopReason, written(this.document.stop.reason)], youOf(this.context.session)],
      consequence: { tone: "accent", lines: [{ first: text.resumeFirst, text: text.resumeText }] },
      fields: [reason],
      send: () => this.context.http.post("/resume", { reason: reason.value(), expected_version: version }),
      look: () => this.holds((found) => !found.stopped || found.pending_resumption !== null),
      onDone: (answer) => this.done(answer, text.resumeDone),
    });
  }

  #confirmResumption(pending, mode) {
    openAct({
      title: text.confirmResumeQuestion,
      label: text.confirmResume,
      busy: text.confirming,
      icon: "play",
      facts: [
        [text.stopReason, written(this.document.stop.reason)],
        ...proposed(pending, text.resumeReason),
        youOf(this.context.session),
      ],
      consequence: { tone: "look", lines: [{ first: text.confirmResumeFirst, text: text.confirmResumeText(mode) }] },
      send: () => this.context.http.post("/resume", { digest: pending.digest }),
      look: () => this.holds((found) => !found.stopped),
      onDone: (answer) => this.done(answer, text.resumed),
    });
  }

  #confirmChange(pending, now) {
    openAct({
      title: text.confirmChangeQuestion(pending.mode),
      label: text.confirmChange,
      busy: text.confirming,
      icon: "tick",
      facts: [
        [text.before, termsList(now)],
        [text.after, termsList(pending)],
        ...proposed(pending),
        youOf(this.context.session),
      ],
      consequence: { tone: "look", lines: [{ first: text.confirmChangeFirst, text: text.confirmChangeText }] },
      send: () => this.context.http.post("/rollout", { digest: pending.digest }),
      look: () => this.holds((found) => found.version > pending.based_on + 1 && found.pending === null),
      onDone: (answer) => this.done(answer, text.changed(pending.mode)),
    });
  }

  close() {
    this.page.close();
  }
}

function reason_() {
  const missing = actText.reasonMissing;
  return reasonField({ label: actText.reason, note: actText.reasonNote, missing, max: REASON_MAX });
}

function proposed(pending, reason = actText.reason) {
  return [
    [reason, written(pending.reason ?? pending.comment)],
    [actText.digest, h("code", { class: "any" }, pending.digest)],
  ];
}

function pick(document_, names) {
  return Object.fromEntries(names.map((name) => [name, document_[name] ?? null]));
}

/** Puts parts where they belong; what stays in its place keeps focus. */
function place(parent, nodes) {
  const same = nodes.length === parent.children.length && nodes.every((node, at) => parent.children[at] === node);
  if (!same) parent.replaceChildren(...nodes);
}

function noticeOf({ notice }) {
  if (!notice) return null;
  const [, first, rest] = /^(.*?: |.*?\. )?(.*)$/s.exec(notice);
  return banner("failed", [{ first: first?.trimEnd(), text: rest, icon: "warning" }], { role: "alert" });
}

function termsPanel({ mode, limits, set_by: setBy, version }) {
  const by = setBy === null ? text.opened : h("span", {}, personOf(setBy[0]), ", ", personOf(setBy[1]));
  const pairs = [
    [text.mode, h("span", {}, h("b", {}, mode), h("span", { class: "two" }, text.modeTexts[mode] ?? ""))],
    ...limitFacts(limits ?? {}),
    [text.setBy, by],
    [text.version, version],
  ];
  return panel(text.terms, facts(pairs));
}

function limitFacts(limits) {
  if (!limits.action_types) return [];
  return [
    [text.admitted, limits.action_types.map((type) => text.types[type] ?? type).join(", ")],
    [text.orderCap, usd(limits.order_cap_usd)],
    [text.dayCap, usd(limits.day_cap_usd)],
  ];
}

function usd(amount) {
  return h("span", { class: "id" }, withCode("USD", amount));
}

function executorPanel({ executor, in_force: kept }) {
  const said = executor === null ? text.nothingYet : text.keepsTo(executor.version);
  const since = executor && moment(executor.since);
  const behind = executor && moment(executor.behind_since);
  const tone = kept ? "good" : "look";
  const state = h(
    "p",
    { class: "with-mark", dataset: { tone } },
    icon(kept ? "circle-tick" : "warning"),
    h("b", {}, kept ? text.inForceYes : text.inForceNo),
  );
  const list = facts([
    [text.version, said],
    [text.since, since && agoOf(executor.since, absolute(since))],
    [text.behind, behind && agoOf(executor.behind_since, absolute(behind))],
  ]);
  return panel(text.executor, h("div", { class: "stack" }, state, list));
}

/** Shows the page. */
export async function mount(place_, context) {
  return new RolloutPage(place_, context);
}
