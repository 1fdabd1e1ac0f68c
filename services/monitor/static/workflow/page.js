/**
 * The page of one workflow: how far it is, by which events, and whether everybody counts the same. It is read again
 * when something of it has changed; what has not changed stays where it is.
 */

import { awayPlace, errorState, loadingState } from "../../shared/elements/banner.js";
import { iconButton } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { liveIndicator } from "../../shared/elements/live.js";
import { tabs as tabList } from "../../shared/elements/tabs.js";
import { arrange, exchange, fill, h } from "../../shared/lib/dom.js";
import { CONNECTING, PAUSED } from "../../shared/lib/live.js";
import { readings } from "../../shared/lib/reading.js";
import { live as liveText, STATES } from "../../shared/lib/text.js";
import { moment } from "../../shared/lib/time.js";
import { workflowAddress } from "../overview/row.js";
import { executionStatus, ids, reconciliation } from "./aside.js";
import { dealsPart } from "./deals.js";
import { openEvent } from "./event.js";
import { acts, facts, relatives, stages, title } from "./head.js";
import { journalPart } from "./journal.js";
import { operationsPart } from "./operations.js";
import { part } from "./part.js";
import { eventsPart } from "./raw.js";
import { page as text, tabs as names } from "./text.js";
import { timelinePart } from "./timeline.js";
import { undoingPart, undoPlanPart } from "./undoing.js";

/** Milliseconds from a change to the reading that shows it, and between two readings. */
const SOON = 200;
const REST = 500;

/** Milliseconds after which a workflow that is with Murex, or waits for a turn, is read again: nobody is told of it. */
const USUAL = 5_000;

const WITH_MUREX = new Set(["PREPARED", "BOOKING", "FAILED", "COMPENSATING", "REVERSING"]);
const ALARMING = new Set(["FAILED", "NEEDS_INTERVENTION"]);

/** Returns where the page is; the way back to a list leads to its filters and its place. */
function crumbs(order) {
  const from = history.state?.from ?? "";
  const list = /^\/(?:\?|$)/.test(from);
  const back = (event) => {
    if (!list || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.back();
  };
  const link = h("a", { href: list ? from : "/", on: { click: back } }, text.overview);
  return h(
    "nav",
    { class: "crumbs small", "aria-label": text.crumbs },
    link,
    icon("right"),
    h("span", { class: "id any" }, order),
  );
}

class WorkflowPage {
  constructor({ main, parameters, query }, context) {
    this.context = context;
    this.main = main;
    this.workflow = parameters.workflow;
    this.document = null;
    const path = `/workflows/${encodeURIComponent(this.workflow)}/execution`;
    this.readings = readings({
      read: (signal) => context.http.get(path, { signal }),
      show: (document) => this.#show(document),
      failed: (failure, again) => this.#failed(failure, again),
      soon: SOON,
      rest: REST,
    });
    this.tab = query.get("tab") ?? "timeline";
    this.#parts();
    this.#place();
    this.unhear = context.live.hear({
      changed: (changed) => changed.includes(this.workflow) && this.readings.change(),
      resync: this.readings.change,
      state: (state) => this.#state(state),
    });
    this.untick = context.clock.tick((now) => this.#follow(now));
  }

  change(query) {
    this.tab = query.get("tab") ?? "timeline";
    if (this.document !== null) this.#tabs();
  }

  close() {
    this.dialog?.close();
    this.unhear();
    this.untick();
    this.readings.close();
  }

  #parts() {
    const open = (event) => {
      this.dialog = openEvent(this.context, this.workflow, event);
    };
    this.panels = {
      timeline: timelinePart(open),
      operations: operationsPart(open),
      deals: dealsPart(),
      journal: journalPart(open),
      undoing: undoingPart(open),
      undo: undoPlanPart(),
      events: eventsPart(open),
    };
    this.head = [
      part(({ order }) => crumbs(order)),
      part((document) => title(document)),
      part((document) => acts(document)),
      part(({ document }) => facts(document, this.context.clock.now())),
      part((document) => relatives(document)),
      part((given) => stages(given)),
    ];
    this.aside = [part(reconciliation), part(executionStatus), part(ids)];
  }

  #place() {
    const { context } = this;
    this.indicator = liveIndicator({ onResume: () => context.live.resume() });
    this.pause = iconButton("pause", liveText.pause, { small: true, act: () => context.live.pause() });
    this.away = awayPlace({ first: text.away, name: "work-away" });
    this.top = h("div", { class: "work-top" });
    const heading = h("h1", { class: "unseen", tabindex: "-1" }, text.noTitle);
    this.body = h("div", { class: "work-body" }, heading, loadingState(6));
    this.panel = h("div", { role: "tabpanel", id: "workflow-part", class: "work-panel" });
    this.tabs = h("div", {});
    this.choosing = h("div", { class: "work-tabs" });
    context.title(text.noTitle);
    context.current("overview");
    fill(this.main, this.top, this.away.element, this.body);
    this.#topOf(this.workflow);
  }

  #topOf(order) {
    this.head[0].show({ order });
    const right = this.live ?? h("div", { class: "live-with-pause" }, this.indicator, this.pause);
    this.live = right;
    arrange(this.top, [this.head[0].element, right]);
  }

  #show(document) {
    const before = this.document;
    const first = before === null;
    this.document = document;
    this.context.clock.set(document.as_of);
    this.away.clear();
    const name = document.order_id ?? document.workflow_id;
    this.context.title(name);
    this.context.elsewhere(document.console);
    this.#topOf(name);
    const [, heading, links, line, others, bar] = this.head;
    const { timeline, ...rest } = document;
    heading.show(pick(rest, ["amount", "currency", "state", "kind", "title", "reconciliation"]));
    links.show(pick(document, ["workflow_id", "console"]));
    line.show({ document: { ...pick(document, FACTS), timeline: pick(timeline, ["completed_ms", "objective_ms"]) } });
    others.show(pick(document, ["predecessor", "successor", "reverses", "reversals"]));
    bar.show(document.stages);
    const [agrees, status, names_] = this.aside;
    agrees.show({ figures: document.reconciliation, reverses: document.reverses });
    status.show(document.execution_status);
    names_.show(pick(document, ["order_id", "workflow_id", "response_id", "plan_digest", "approval"]));
    this.#tabs();
    if (first) this.#first();
    else if (before.state !== document.state) this.#announce(document.state);
  }

  #first() {
    const [, heading, links, line, others, bar] = this.head;
    const focused = this.body.contains(document.activeElement);
    const left = h("section", { class: "panel work-parts" }, this.choosing, this.panel);
    const right = h("div", { class: "work-aside" }, this.aside.map((each) => each.element));
    fill(
      this.body,
      h("div", { class: "work-head" }, heading.element, links.element),
      line.element,
      others.element,
      bar.element,
      h("div", { class: "columns" }, left, right),
    );
    if (focused) this.body.querySelector("h1").focus({ preventScroll: true });
  }

  /** Shows the parts that there are, and the one that is chosen. */
  #tabs() {
    const { document: of } = this;
    const given = [
      ["timeline", of.timeline.groups.length],
      ["operations", of.operations.list.length],
      of.deals.length > 0 && ["deals", of.deals.length],
      of.journal.lines.length > 0 && ["journal", of.journal.lines.length],
      of.undoing && ["undoing", of.undoing.operations.undone],
      of.undo.total > 0 && ["undo", of.undo.total],
      ["events", of.events.length],
    ].filter(Boolean);
    const keys = given.map(([key]) => key);
    const chosen = keys.includes(this.tab) ? this.tab : "timeline";
    const key = `${keys} ${of.undoing?.kind === "compensation"}`;
    if (key !== this.keys) {
      this.keys = key;
      const labels = { ...names, undoing: of.undoing?.kind === "compensation" ? names.undoing : names.reversal };
      const made = tabList(given.map(([each]) => ({ key: each, label: labels[each] })), {
        label: text.tabs,
        chosen,
        controls: "workflow-part",
        onChoose: (tab) => this.#choose(tab),
      });
      exchange(this.tabs, made);
      this.tabs = made;
    }
    for (const [each, count] of given) this.tabs.count(each, count);
    this.tabs.choose(chosen);
    const shown = this.panels[chosen];
    shown.show(of, this.context.clock.now());
    this.panel.setAttribute("aria-labelledby", `tab-${chosen}`);
    this.shown = shown;
    arrange(this.choosing, [this.tabs, shown.tools].filter(Boolean));
    arrange(this.panel, [shown.element]);
  }

  #choose(tab) {
    const query = tab === "timeline" ? "" : `?tab=${tab}`;
    void this.context.navigate(workflowAddress(this.workflow) + query, { replace: true });
  }

  #announce(state) {
    const word = STATES[state]?.[0] ?? state;
    if (ALARMING.has(state)) this.context.announce.alert(text.changed(word));
    else this.context.announce.say(text.changed(word));
  }

  #failed(failure, again) {
    if (this.document !== null) {
      this.away.say(failure, moment(this.document.as_of), again);
      return;
    }
    const state = errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again });
    fill(this.body, h("h1", { class: "unseen", tabindex: "-1" }, text.away), state);
  }

  #state(state) {
    this.paused = state.state === PAUSED;
    this.readings.hold(this.paused);
    this.indicator.show(state);
    this.pause.hidden = state.state === PAUSED || state.state === CONNECTING;
  }

  #follow(now) {
    if (this.document === null || this.paused) return;
    this.shown?.follow?.(now);
    if (WITH_MUREX.has(this.document.state) || this.document.turn !== null) this.readings.every(USUAL);
  }
}

const FACTS = [
  "amount_usd", "currency", "entities", "model", "maker", "maker_verified", "operations", "times", "created_at",
  "approval", "decisions", "turn",
];

function pick(document, wanted) {
  const found = Object.fromEntries(wanted.map((name) => [name, document[name]]));
  if (found.operations) found.operations = pick(found.operations, ["completed", "total"]);
  return found;
}

/** Shows the page of a workflow. */
export async function mount(place, context) {
  const page = new WorkflowPage(place, context);
  void page.readings.now();
  return page;
}
