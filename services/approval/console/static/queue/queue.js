/**
 * The queue: who waits for whom. What is shown is one document and what the stream said after it; rows change where
 * they stand, and what is new waits until somebody asks for it.
 */

import { awayPlace, emptyState, errorState, loadingState } from "../../shared/elements/banner.js";
import { iconButton } from "../../shared/elements/button.js";
import { liveIndicator, newsPlace } from "../../shared/elements/live.js";
import { groupRow, table } from "../../shared/elements/table.js";
import { tabs } from "../../shared/elements/tabs.js";
import { arrange, exchange, fill, h } from "../../shared/lib/dom.js";
import { CONNECTING, PAUSED } from "../../shared/lib/live.js";
import { grouped } from "../../shared/lib/money.js";
import { readings } from "../../shared/lib/reading.js";
import { live as liveText } from "../../shared/lib/text.js";
import { left, moment, span } from "../../shared/lib/time.js";
import { addressOf, filtersOf, pager, queueFilters, requestOf } from "./filters.js";
import { TABS, wishOf, withoutFilters } from "./filters.js";
import { COLUMNS, isOpen, markGone, needsAttention, queueRow } from "./row.js";
import { pageOfKind } from "../navigation.js";
import { queue as text } from "../text.js";

/** Milliseconds between two readings that the stream asks for: a burst of changes is one reading. */
const REST = 1_000;

/** Returns the groups of a list in their order, each with its title: what needs attention, what waits, what is over. */
function groupsOf(documents, tab) {
  const open = documents.filter(isOpen);
  const groups = [
    [text.attention, open.filter(needsAttention)],
    [tab === "others" ? text.others : text.waiting, open.filter((each) => !needsAttention(each))],
    [text.decidedGroup, documents.filter((each) => !isOpen(each))],
  ];
  return groups.filter(([, members]) => members.length > 0);
}

/** The rows that are shown, and what has become of them since. */
class Rows {
  constructor(clock) {
    this.clock = clock;
    this.table = table(COLUMNS, { label: text.list, name: "queue-table" });
    this.kept = new Map();
    this.order = "";
  }

  /** Shows a list from the beginning. */
  show(documents, tab) {
    const nodes = [];
    const before = this.kept;
    this.kept = new Map();
    for (const [title, members] of groupsOf(documents, tab)) {
      nodes.push(groupRow(title(members.length), COLUMNS.length));
      for (const each of members) nodes.push(this.#keep(each, before.get(each.workflow_id)));
    }
    arrange(this.table.body, nodes);
    this.order = orderOf(documents, tab);
  }

  /** Takes a newer list: rows change where they stand. Returns how many are new, and whether the order is another. */
  take(documents, tab) {
    const given = new Map(documents.map((each) => [each.workflow_id, each]));
    for (const [id, old] of this.kept) {
      const now = given.get(id);
      if (now === undefined) markGone(old.element);
      else if (this.#changed(old, now)) this.#exchange(id, old, now);
    }
    const fresh = documents.filter((each) => !this.kept.has(each.workflow_id)).length;
    return { fresh, moved: orderOf(documents, tab) !== this.order };
  }

  /** Lets the times of all rows follow the clock. */
  follow(now) {
    for (const { element } of this.kept.values()) element.follow(now);
  }

  #changed(old, document) {
    return old.text !== JSON.stringify(document) || old.element.classList.contains("gone");
  }

  #keep(document, old) {
    const same = old !== undefined && !this.#changed(old, document);
    const element = same ? old.element : queueRow(document, this.clock.now());
    element.classList.remove("changed");
    this.kept.set(document.workflow_id, { element, text: JSON.stringify(document) });
    return element;
  }

  #exchange(id, old, document) {
    const element = queueRow(document, this.clock.now());
    element.classList.add("changed");
    exchange(old.element, element);
    this.kept.set(id, { element, text: JSON.stringify(document) });
  }
}

function orderOf(documents, tab) {
  return JSON.stringify(groupsOf(documents, tab).map(([, members]) => members.map((each) => each.workflow_id)));
}

/** Returns the head of the page: title, what waits, whether it is live. */
function headOf(context) {
  const sum = h("p", { class: "sentence" });
  const indicator = liveIndicator({ onResume: () => context.live.resume() });
  const pause = iconButton("pause", liveText.pause, { small: true, act: () => context.live.pause() });
  const heading = h("h1", { tabindex: "-1" });
  const right = h("div", { class: "live-with-pause" }, indicator, pause);
  const element = h("div", { class: "page-head" }, heading, sum, right);
  return {
    element,
    /** Names the list by the one kind of request that it shows, where it shows one. */
    title({ kind }, close = true) {
      const title = text.kindTitles[kind] ?? text.title;
      heading.textContent = title;
      context.title(title);
      context.current(pageOfKind(kind), { close });
    },
    state(state) {
      indicator.show(state);
      pause.hidden = state.state === PAUSED || state.state === CONNECTING;
    },
    sum(document, now) {
      const mine = document.counts?.mine ?? 0;
      const next = moment(document.next_expiry);
      const sentences = [text.sum(mine, document.mine_usd)];
      if (mine > 0 && next) sentences.push(text.next(span(left(next, now))));
      const words = sentences.join(" ");
      if (sum.textContent !== words) sum.textContent = words;
    },
  };
}

/** Returns what stands where no row is. */
function nothing(wish, document) {
  const filters = filtersOf(wish);
  if (filters.length > 0 || wish.page > 1) {
    const action = h("a", { href: addressOf(withoutFilters(wish)) }, text.clear);
    const hint = filters.length === 1 ? text.kindHints[wish.kind] : null;
    const named = hint ?? (filters.length > 0 ? `${filters.join(", ")}.` : text.page(wish.page, document.pages ?? 1));
    return emptyState({ icon: "search", title: hint ? text.empty[wish.tab] : text.noMatch, text: named, action });
  }
  const others = document.counts?.others ?? 0;
  if (wish.tab === "mine" && others > 0) {
    const show = h("a", { href: addressOf({ ...wish, tab: "others" }) }, text.showThem);
    return emptyState({ title: text.empty.mine, text: text.othersWait(others), action: show });
  }
  return emptyState({ title: text.empty[wish.tab] });
}

/** Returns how many requests a tab has; those that were decided are counted up to a bound only. */
function countOf(document, key) {
  const count = document.counts?.[key] ?? null;
  const bounded = document.decided_more && (key === "decided" || key === "all");
  return count === null ? null : grouped(String(count)) + (bounded ? "+" : "");
}

class Queue {
  constructor({ main, query }, context) {
    this.context = context;
    this.wish = wishOf(query);
    this.rows = new Rows(context.clock);
    this.document = null;
    this.readings = readings({
      read: (signal) => context.http.get(requestOf(this.wish), { signal }),
      show: (document, whole) => this.#show(document, whole),
      failed: (failure, again) => this.#failed(failure, again),
      busy: (busy) => this.#busy(busy),
      soon: REST,
      rest: REST,
    });
    this.head = headOf(context);
    this.filters = queueFilters((change, replace) => this.#wants(change, replace));
    this.tabs = tabs(
      TABS.map((key) => ({ key, label: text.tabs[key] })),
      {
        label: text.tabList,
        chosen: this.wish.tab,
        controls: "queue-list",
        onChoose: (tab) => this.#wants({ tab }, false),
      },
    );
    this.news = newsPlace("queue-news", () => void this.readings.now().then(() => this.#toList()));
    this.away = awayPlace({ first: text.away, also: text.nothingDone, name: "queue-away" });
    this.list = h("div", { class: "panel", id: "queue-list", role: "tabpanel" });
    this.pages = h("div", {});
    this.head.title(this.wish, false);
    this.filters.show(this.wish);
    const top = h("div", { class: "queue-tabs" }, this.tabs, this.news.element);
    const parts = [this.filters.element, this.away.element, this.list, this.pages];
    fill(main, this.head.element, top, h("div", { class: "queue" }, parts));
    const { change } = this.readings;
    this.stopHearing = context.live.hear({ changed: change, resync: change, state: (state) => this.#state(state) });
    this.stopTicking = context.clock.tick((now) => this.#follow(now));
  }

  /** Shows another query of this page. */
  change(query) {
    this.wish = wishOf(query);
    this.head.title(this.wish);
    this.tabs.choose(this.wish.tab);
    this.filters.show(this.wish);
    this.list.setAttribute("aria-labelledby", `tab-${this.wish.tab}`);
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
    const wish = { ...this.wish, page: 1, ...change };
    if (addressOf(wish) !== addressOf(this.wish)) void this.context.navigate(addressOf(wish), { replace });
  }

  #show(document, whole) {
    const { tab } = this.wish;
    const rows = (document.approvals ?? []).map((each) => ({ ...each, tab }));
    this.document = document;
    this.context.clock.set(document.as_of);
    this.away.clear();
    this.filters.learn(rows);
    this.context.counts(document.counts ?? {});
    for (const key of TABS) this.tabs.count(key, countOf(document, key));
    this.head.sum(document, this.context.clock.now());
    const shown = this.rows.table.element.isConnected;
    if (whole || (!shown && rows.length > 0)) this.#list(rows);
    else this.#news(this.rows.take(rows, tab));
    fill(this.pages, pager(this.wish, document.pages ?? 1));
  }

  #list(rows) {
    this.news.say("");
    this.list.setAttribute("aria-labelledby", `tab-${this.wish.tab}`);
    if (rows.length === 0) {
      this.rows.show([], this.wish.tab);
      fill(this.list, nothing(this.wish, this.document));
      return;
    }
    this.rows.show(rows, this.wish.tab);
    if (!this.rows.table.element.isConnected) fill(this.list, this.rows.table.element);
  }

  #news({ fresh, moved }) {
    this.news.say(fresh > 0 ? text.fresh(fresh) : moved ? text.moved : "");
  }

  /** Puts focus where the button was that somebody pressed. */
  #toList() {
    if (document.activeElement === document.body) this.list.querySelector("a")?.focus({ preventScroll: true });
  }

  #failed(failure, again) {
    if (this.document !== null) {
      this.away.say(failure, moment(this.document.as_of), again);
      return;
    }
    const said = `${failure.sentence} ${text.nothingDone}`;
    fill(this.list, errorState({ title: text.away, text: said, trace: failure.trace, again }));
  }

  #state(state) {
    this.readings.hold(state.state === PAUSED);
    this.head.state(state);
  }

  #follow(now) {
    if (this.document !== null) this.head.sum(this.document, now);
    this.rows.follow(now);
  }
}

/** Shows the queue. */
export async function mount(place, context) {
  const page = new Queue(place, context);
  void page.readings.now();
  return page;
}
