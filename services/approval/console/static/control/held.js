/**
 * Held feeds: rows that are not plausible, what is in force beside what came, and who has decided so far.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge, none } from "../../shared/elements/badge.js";
import { emptyState } from "../../shared/elements/banner.js";
import { button, forbidden, longId } from "../../shared/elements/button.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { arrange, fragment, h, keeper } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, facts, wideOpener } from "../card/frame.js";
import { reasonField } from "../fields.js";
import { livePage } from "../live-page.js";
import { personOf, wideFacts, written } from "../proposal.js";
import { act as actText, held as text } from "./text.js";

const COMMENT_MAX = 2_000;
const WAITING = "WAITING";
const TONES = { CONFIRMED: "accent", REJECTED: "idle" };

class HeldPage {
  constructor({ main }, context) {
    this.context = context;
    this.opened = new Set();
    this.list = h("ul", { class: "stack", "aria-label": text.list });
    this.nodes = keeper(
      (each) => each.held_id,
      (each) => h("li", {}, this.#panel(each)),
    );
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/reference/held", { signal }),
      show: (found) => this.show(found.held),
      body: [this.list],
    });
  }

  show(rows) {
    const nothing = { icon: "tick", title: text.empty, text: text.emptyText };
    if (rows.length > 0) arrange(this.list, this.nodes(rows));
    else this.list.replaceChildren(h("li", { class: "panel" }, emptyState(nothing)));
  }

  #panel(held) {
    const title = titleOf(held);
    const ended = held.state !== WAITING;
    const head = h(
      "div",
      { class: "panel-head" },
      h("h2", { class: "any" }, title),
      ended && badge(text.states[held.state] ?? held.state, { tone: TONES[held.state], title: held.state }),
      h("span", { class: "muted small" }, text.doubts(held.found)),
    );
    const parts = [
      head,
      doubtsTable(held, title),
      this.#changes(held),
      h("div", { class: "panel-body stack" }, this.#facts(held), this.#acts(held)),
    ];
    return h("section", { class: "panel", "aria-label": title }, parts);
  }

  #changes(held) {
    const changes = held.changes ?? [];
    if (changes.length === 0) return null;
    return wideOpener({
      id: `changes-${held.held_id}`,
      show: text.changes(held.rows),
      hide: text.hideChanges,
      open: this.opened,
      make: () => changesOf(held),
    });
  }

  #facts(held) {
    const at = moment(held.held_at);
    const given = held.confirmed_by.map((each, place) => [place > 0 && ", ", personOf(each)]);
    return wideFacts([
      [text.feed, held.feed],
      [text.place, held.place && h("code", { class: "any" }, held.place)],
      [text.since, at && agoOf(held.held_at, absolute(at))],
      [text.needs, text.persons(held.persons)],
      [text.given, given.length > 0 ? given : h("span", { class: "muted" }, text.nobody)],
      [text.digest, longId(held.digest, text.digest, { ends: 6 })],
    ]);
  }

  #acts(held) {
    if (held.state !== WAITING) return h("p", { class: "second" }, text.stateTexts[held.state] ?? held.why);
    const id = held.held_id;
    if (!held.may_confirm) {
      // Who has confirmed may still not reject what another person is looking at: one reason stands for both.
      return h("div", { class: "act-row" }, forbidden(text.confirm, held.why, { focus: `confirm-${id}` }));
    }
    const decide = (decision) => () => this.#decide(held, decision);
    const yes = { kind: "primary", icon: "tick", act: decide("CONFIRM"), focus: `confirm-${id}` };
    const no = { kind: "danger", act: decide("REJECT"), focus: `reject-${id}` };
    return h("div", { class: "act-row" }, button(text.confirm, yes), button(text.reject, no));
  }

  #decide(held, decision) {
    const confirms = decision === "CONFIRM";
    const last = held.confirmed_by.length + 1 >= held.persons;
    const { name } = this.context.session;
    const note = confirms ? actText.optional : actText.reasonNote;
    const label = confirms ? actText.comment : actText.reason;
    const comment = reasonField({ label, note, missing: actText.reasonMissing, max: COMMENT_MAX, required: !confirms });
    const sent = { held_id: held.held_id, digest: held.digest, decision };
    const address = `/reference/held?${new URLSearchParams({ held_id: held.held_id })}`;
    const mine = (each) => each.state !== WAITING || each.confirmed_by.some((by) => by.person === name);
    openAct({
      title: confirms ? text.confirmQuestion : text.rejectQuestion,
      label: confirms ? text.confirm : text.reject,
      busy: confirms ? text.confirming : text.rejecting,
      kind: confirms ? "primary" : "danger",
      icon: confirms ? "tick" : null,
      facts: [
        ...doubtFacts(held),
        [text.digest, h("code", { class: "any" }, held.digest)],
        youOf(this.context.session),
      ],
      consequence: confirms
        ? { tone: "look", lines: [{ first: text.confirmFirst(last), text: text.confirmText(last) }] }
        : { tone: "look", lines: [{ first: text.rejectFirst, text: text.rejectText }] },
      fields: [comment],
      send: () => this.context.http.post("/reference/held", { ...sent, comment: comment.value() }),
      look: async () => (await this.context.http.get(address)).held.some(mine),
      onDone: () => {
        void this.page.read();
        this.context.announce.say(confirms ? text.confirmed : text.rejected);
        this.context.refresh?.();
      },
    });
  }

  close() {
    this.page.close();
  }
}

/** Returns "currency_rates USD/SGD:prevailing", or the name of a set. */
function titleOf(held) {
  if (held.load_id) return text.set(held.load_id);
  const first = held.doubts?.[0] ?? held.changes?.[0];
  return first ? `${first.table} ${first.key}` : held.held_id;
}

function doubtsTable(held, title) {
  const { columns } = text;
  const rows = held.doubts.map((doubt) => [
    { text: [h("code", { class: "any" }, doubt.table), h("span", { class: "two any" }, doubt.key)] },
    { text: h("code", { class: "any" }, doubt.column), "data-label": columns.column },
    { text: value(doubt.before), class: "any", "data-label": columns.before },
    { text: h("b", { class: "any" }, value(doubt.after)), class: "any", "data-label": columns.after },
    { text: doubt.bound, class: "second any", "data-label": columns.bound },
    { text: plainText(doubt.message), class: "second any", "data-label": columns.why },
  ]);
  const heads = [columns.row, columns.column, columns.before, columns.after, columns.bound, columns.why];
  const table = planTable({ caption: title, name: "held-table", columns: heads.map((each) => ({ text: each })), rows });
  return [table, held.found > held.doubts.length && note(text.moreDoubts(held.doubts.length, held.found))];
}

function value(words) {
  return words === "" || words === null || words === undefined ? none() : plainText(words);
}

/** Returns each row as it came: column and value, as text. */
function changesOf(held) {
  const rows = held.changes.map((change) =>
    h(
      "li",
      { class: "held-row" },
      h("h3", { class: "any" }, h("code", {}, change.table), " ", change.key),
      change.row === null ? h("p", { class: "second" }, text.removed) : facts(columnsOf(change.row)),
    ),
  );
  const more = held.rows > held.changes.length && note(text.moreRows(held.changes.length, held.rows));
  return fragment(h("ul", { class: "held-rows" }, rows), more);
}

function columnsOf(row) {
  return Object.entries(row).map(([name, each]) => [name, plain(each)]);
}

function note(words) {
  return h("p", { class: "panel-note muted small" }, words);
}

function plain(each) {
  const words = typeof each === "string" ? each : JSON.stringify(each);
  return words === "" || words === "null" ? none() : h("code", { class: "any" }, plainText(words));
}

function doubtFacts(held) {
  const [first, ...others] = held.doubts;
  if (!first) return [];
  return [
    [text.columns.row, h("code", { class: "any" }, `${first.table} ${first.key}`)],
    [text.columns.column, h("code", { class: "any" }, first.column)],
    [text.columns.before, value(first.before)],
    [text.columns.after, h("b", { class: "any" }, value(first.after))],
    [text.columns.why, written(first.message)],
    others.length > 0 && [text.doubts(held.found), ""],
  ].filter(Boolean);
}

/** Shows the page. */
export async function mount(place, context) {
  return new HeldPage(place, context);
}
