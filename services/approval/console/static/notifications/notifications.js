/**
 * Mails and webhooks: what did not arrive and why, what waits, what was sent; one that was given up is tried again.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { none } from "../../shared/elements/badge.js";
import { banner, emptyState } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { tabs } from "../../shared/elements/tabs.js";
import { fill, h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { absolute, clockTime, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, part } from "../card/frame.js";
import { livePage } from "../live-page.js";
import { cardAddress } from "../routes.js";
import { notifications as text } from "./text.js";

const PATH = "/console/notifications";
const FIRST = "GIVEN_UP";

function stateOf(query) {
  const state = query.get("state") ?? "";
  return Object.hasOwn(text.tabs, state) ? state : FIRST;
}

function addressOf(state) {
  return address(PATH, { state: state === FIRST ? null : state });
}

function timeOf(iso) {
  const at = moment(iso);
  return h("span", { title: absolute(at) }, clockTime(at));
}

function whatOf({ kind, workflow_id: workflow }) {
  const link = workflow && h("a", { href: cardAddress(workflow), "data-focus": `card-${workflow}` }, text.card);
  return h("div", {}, text.kinds[kind] ?? kind, link && h("span", { class: "two" }, link));
}

function toOf({ channel, recipient }) {
  const by = h("span", { class: "two" }, text.channels[channel] ?? channel);
  return h("div", {}, h("span", { class: "any" }, recipient), by);
}

/** Returns how far one is: attempts, the next one, when it was sent, or why it was not. */
function howFar({ attempts, due_at: due, sent_at: sent, why, again_by: by }) {
  const lines = [
    sent !== null && [text.sent, " ", timeOf(sent)],
    due !== null && sent === null && [text.due, " ", timeOf(due)],
    why && plainText(why),
    by && text.againBy(by),
  ];
  const said = lines.filter(Boolean).map((line) => h("span", { class: "two any" }, line));
  return h("div", {}, text.attempts(attempts), said);
}

class NotificationsPage {
  constructor({ main, query }, context) {
    this.context = context;
    this.main = main;
    this.state = stateOf(query);
    this.tabs = tabs(
      Object.entries(text.tabs).map(([key, label]) => ({ key, label })),
      {
        label: text.tabList,
        chosen: this.state,
        controls: "notifications-part",
        onChoose: (state) => state !== this.state && void context.navigate(addressOf(state)),
      },
    );
    this.panel = h("div", { id: "notifications-part", role: "tabpanel", class: "page-body" });
    this.#begin();
  }

  change(query) {
    this.page.close();
    this.state = stateOf(query);
    this.tabs.choose(this.state);
    this.#begin();
  }

  close() {
    this.page.close();
  }

  #begin() {
    this.panel.setAttribute("aria-labelledby", `tab-${this.state}`);
    const off = h("div", {});
    const list = part((found) => this.#list(found));
    const place = h("div", {}, list.element);
    this.page = livePage(this.main, this.context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => this.#read(signal),
      show: (found) => {
        fill(off, !found.on && banner("look", [{ first: text.off, text: text.offText }], { role: "status" }));
        list.show(found);
        this.tabs.count(this.state, found.notifications.length);
      },
      above: [this.tabs],
      place: this.panel,
      body: [off, place],
    });
  }

  #read(signal) {
    return this.context.http.get(address("/notifications", { state: this.state }), { signal });
  }

  #list({ notifications, may_try_again: may, why_not: whyNot }) {
    if (notifications.length === 0) {
      const nothing = { icon: "tick", title: text.empty[this.state], text: text.emptyText[this.state] };
      return h("div", { class: "panel" }, emptyState(nothing));
    }
    const { columns } = text;
    const acts = this.state === FIRST ? [columns.act] : [];
    const table = planTable({
      caption: text.list,
      name: "notifications-table",
      columns: [columns.noted, columns.what, columns.to, columns.how, ...acts].map((each) => ({ text: each })),
      rows: notifications.map((each) => [
        { text: agoOf(each.noted_at, absolute(moment(each.noted_at))) },
        { text: whatOf(each), "data-label": columns.what },
        { text: toOf(each), "data-label": columns.to },
        { text: howFar(each), "data-label": columns.how },
        ...acts.map((label) => ({ text: this.#act(each, may, whyNot), "data-label": label })),
      ]),
    });
    return h("div", { class: "panel" }, table);
  }

  #act(each, may, whyNot) {
    const focus = `again-${each.notification_id}`;
    if (!may) return forbidden(text.again, whyNot, { focus });
    return button(text.again, { icon: "again", small: true, act: () => this.#ask(each), focus });
  }

  #ask(each) {
    const { context } = this;
    openAct({
      title: text.question,
      label: text.again,
      busy: text.trying,
      icon: "again",
      facts: [
        [text.recipient, toOf(each)],
        [text.why, each.why ? plainText(each.why) : none()],
        youOf(context.session),
      ],
      consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
      send: () => context.http.post(`/notifications/${each.notification_id}/again`, {}),
      look: async () => {
        const { notifications } = await this.#read();
        return notifications.every(({ notification_id: id }) => id !== each.notification_id);
      },
      onDone: () => this.page.done(null, text.done),
    });
  }
}

/** Shows the page. */
export async function mount(place, context) {
  return new NotificationsPage(place, context);
}
