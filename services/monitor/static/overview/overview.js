/**
 * The overview: what needs attention, then every workflow. Rows change where they stand; what is new waits until
 * somebody asks for it.
 */

import { awayPlace, emptyState, errorState, loadingState } from "../../shared/elements/banner.js";
import { iconButton } from "../../shared/elements/button.js";
import { filterRow } from "../../shared/elements/filters.js";
import { liveIndicator, newsPlace } from "../../shared/elements/live.js";
import { table } from "../../shared/elements/table.js";
import { arrange, exchange, fill, h } from "../../shared/lib/dom.js";
import { CONNECTING, PAUSED } from "../../shared/lib/live.js";
import { grouped } from "../../shared/lib/money.js";
import { readings } from "../../shared/lib/reading.js";
import { live as liveText } from "../../shared/lib/text.js";
import { moment } from "../../shared/lib/time.js";
import { overview as text } from "../text.js";
import { attentionPanel } from "./attention.js";
import { COLUMNS, flowRow, markGone } from "./row.js";
import { addressOf, CHOICES, filtersOf, GROUPS, LONGEST, requestOf, wishOf } from "./wish.js";

/** Milliseconds from a change to the reading that shows it, and between two readings: a burst of changes is one. */
const SOON = 250;
const REST = 500;

/** Milliseconds after which the list is read again though nothing was heard: silence is a change, too. */
const USUAL = 15_000;

/** The rows that are shown, and what has become of them since. */
class Rows {
  constructor(clock) {
    this.clock = clock;
    this.table = table(COLUMNS, { label: text.list, name: "flow-table" });
    this.kept = new Map();
  }

  /** Shows a list from the beginning. */
  show(documents) {
    const before = this.kept;
    this.kept = new Map();
    const nodes = documents.map((each) => {
      const old = before.get(each.workflow_id);
      const same = old?.text === JSON.stringify(each) && !old.element.classList.contains("gone");
      return this.#keep(each, same ? old.element : flowRow(each, this.clock.now()));
    });
    nodes.forEach((node) => node.classList.remove("changed"));
    arrange(this.table.body, nodes);
  }

  /** Takes a newer list: rows change where they stand. Returns how many are new, and whether some are gone. */
  take(documents) {
    const given = new Map(documents.map((each) => [each.workflow_id, each]));
    let gone = false;
    for (const [id, old] of this.kept) {
      const now = given.get(id);
      if (now === undefined) {
        markGone(old.element);
        gone = true;
      } else if (old.text !== JSON.stringify(now) || old.element.classList.contains("gone")) {
        const element = flowRow(now, this.clock.now());
        element.classList.add("changed");
        exchange(old.element, element);
        this.#keep(now, element);
      }
    }
    return { fresh: documents.filter((each) => !this.kept.has(each.workflow_id)).length, gone };
  }

  /** Lets the times of all rows follow the clock. */
  follow(now) {
    for (const { element } of this.kept.values()) element.follow(now);
  }

  #keep(document, element) {
    this.kept.set(document.workflow_id, { element, text: JSON.stringify(document) });
    return element;
  }
}

/** Returns the head of the page: its title, and whether it is live. */
function headOf(context) {
  const indicator = liveIndicator({ onResume: () => context.live.resume() });
  const pause = iconButton("pause", liveText.pause, { small: true, act: () => context.live.pause() });
  const right = h("div", { class: "live-with-pause" }, indicator, pause);
  return {
    element: h("div", { class: "page-head" }, h("h1", { tabindex: "-1" }, text.title), right),
    state(state) {
      indicator.show(state);
      pause.hidden = state.state === PAUSED || state.state === CONNECTING;
    },
  };
}

/** Returns the groups of states with their counts, each a link: `show(wish, counts)`. */
function groupsOf() {
  const made = GROUPS.map((group) => {
    const number = h("span", { class: "chip-count" });
    const link = h("a", { class: "chip", href: "/", "data-focus": `group-${group}` }, text.groups[group], " ", number);
    return { group, link, number };
  });
  const element = h("nav", { class: "chips", "aria-label": text.groupList }, made.map(({ link }) => link));
  return {
    element,
    show(wish, counts) {
      for (const { group, link, number } of made) {
        link.setAttribute("href", addressOf({ ...wish, group, before: "" }));
        if (group === wish.group) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
        number.textContent = counts ? grouped(String(counts[group || "all"] ?? 0)) : "";
      }
    },
  };
}

/** Returns what stands where no row is. */
function nothing(wish) {
  const filters = filtersOf(wish);
  if (filters.length === 0 && wish.before === "") return emptyState({ title: text.empty, text: text.emptyText });
  const action = h("a", { href: "/" }, text.clear);
  const named = filters.length > 0 ? `${filters.join(", ")}.` : text.older;
  return emptyState({ icon: "search", title: text.noMatch, text: named, action });
}

function pager(wish, { next, workflows }) {
  if (wish.before === "" && next === null) return null;
  const link = (label, before, rel) =>
    h("a", { class: "button", href: addressOf({ ...wish, before }), rel, "data-focus": `page-${rel}` }, label);
  return h(
    "nav",
    { class: "list-pages", "aria-label": text.pages },
    wish.before === "" ? h("span", {}) : link(text.newest, "", "first"),
    h("span", { class: "second" }, text.shown(workflows.length)),
    next === null ? h("span", {}) : link(text.older, next, "next"),
  );
}

class Overview {
  constructor({ main, query, back }, context) {
    this.context = context;
    this.back = back;
    this.wish = wishOf(query);
    this.rows = new Rows(context.clock);
    this.document = null;
    this.readings = readings({
      read: (signal) => context.http.get(requestOf(this.wish, context.clock.now()), { signal }),
      show: (document, whole) => this.#show(document, whole),
      failed: (failure, again) => this.#failed(failure, again),
      busy: (busy) => this.#busy(busy),
      soon: SOON,
      rest: REST,
    });
    this.head = headOf(context);
    this.attention = attentionPanel();
    this.groups = groupsOf();
    this.filters = filterRow({
      choices: CHOICES,
      search: { label: text.search, longest: LONGEST },
      words: { filters: text.filters, any: text.any, chosen: text.filtersChosen },
      onChange: (change, replace) => this.#wants(change, replace),
    });
    this.news = newsPlace("flow-news", () => void this.readings.now().then(() => this.#toList()));
    this.away = awayPlace({ first: text.away, name: "flow-away" });
    this.list = h("div", { class: "panel" });
    this.pages = h("div", {});
    const bar = h("div", { class: "flow-bar" }, this.groups.element, this.news.element);
    const parts = [this.away.element, this.attention.element, bar, this.filters.element, this.list, this.pages];
    fill(main, this.head.element, h("div", { class: "flows" }, parts));
    context.title(text.title);
    this.filters.show(this.wish);
    this.groups.show(this.wish, null);
    const { change } = this.readings;
    this.stopHearing = context.live.hear({ changed: change, resync: change, state: (state) => this.#state(state) });
    this.stopTicking = context.clock.tick((now) => this.#follow(now));
  }

  /** Shows another query of this page. */
  change(query) {
    this.wish = wishOf(query);
    this.filters.show(this.wish);
    this.groups.show(this.wish, this.document?.counts);
    void this.readings.now();
  }

  close() {
    this.readings.close();
    this.filters.close();
    this.stopHearing();
    this.stopTicking();
  }

  #busy(busy) {
    if (this.document === null && busy) fill(this.list, loadingState(6));
    if (busy) this.list.setAttribute("aria-busy", "true");
    else this.list.removeAttribute("aria-busy");
  }

  #wants(change, replace) {
    const wish = { ...this.wish, before: "", ...change };
    if (addressOf(wish) !== addressOf(this.wish)) void this.context.navigate(addressOf(wish), { replace });
  }

  #show(document, whole) {
    const { workflows, console } = document;
    this.document = document;
    this.context.clock.set(document.as_of);
    this.away.clear();
    this.context.elsewhere(console);
    this.context.counts({ attention: document.attention.length });
    this.attention.show(document, this.context.clock.now());
    this.groups.show(this.wish, document.counts);
    this.filters.learn(workflows);
    const shown = this.rows.table.element.isConnected;
    if (whole || (!shown && workflows.length > 0)) this.#list(workflows);
    else this.#news(this.rows.take(workflows));
    fill(this.pages, pager(this.wish, document));
  }

  #list(workflows) {
    this.news.say("");
    this.rows.show(workflows);
    if (workflows.length === 0) fill(this.list, nothing(this.wish));
    else if (!this.rows.table.element.isConnected) fill(this.list, this.rows.table.element);
    this.#return();
  }

  /** Puts somebody who comes back where they were: at the same place, with focus on the workflow they looked at. */
  #return() {
    const { scroll, led } = this.back ?? {};
    this.back = null;
    if (scroll === undefined) return;
    scrollTo(0, scroll);
    const link = this.list.querySelector(`a[href="${CSS.escape(led)}"]`);
    link?.scrollIntoView({ block: "nearest" });
    link?.focus({ preventScroll: true });
  }

  #news({ fresh, gone }) {
    this.news.say(fresh > 0 ? text.fresh(fresh) : gone ? text.moved : "");
  }

  /** Puts focus where the button was that somebody pressed. */
  #toList() {
    if (document.activeElement === document.body) this.list.querySelector("a")?.focus({ preventScroll: true });
  }

  #failed(failure, again) {
    if (this.document !== null) this.away.say(failure, moment(this.document.as_of), again);
    else fill(this.list, errorState({ title: text.away, text: failure.sentence, trace: failure.trace, again }));
  }

  #state(state) {
    this.readings.hold(state.state === PAUSED);
    this.head.state(state);
  }

  #follow(now) {
    this.attention.follow(now);
    this.rows.follow(now);
    this.readings.every(USUAL);
  }
}

/** Shows the overview. */
export async function mount(place, context) {
  const page = new Overview(place, context);
  void page.readings.now();
  return page;
}
