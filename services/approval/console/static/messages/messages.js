/**
 * Messages that need people: dead letters, messages that hold up others, events that were not published.
 */

import { tabs } from "../../shared/elements/tabs.js";
import { h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { blockedPart } from "./blocked.js";
import { lettersPart } from "./letters.js";
import { unpublishedPart } from "./unpublished.js";
import { livePage } from "../live-page.js";
import { messages as text } from "./text.js";

const PATH = "/console/messages";
const PARTS = { letters: lettersPart, blocked: blockedPart, unpublished: unpublishedPart };
const FIRST = "letters";

function wishOf(query) {
  const tab = query.get("tab");
  return { tab: Object.hasOwn(PARTS, tab ?? "") ? tab : FIRST, before: query.get("before") };
}

/** Returns the address of a tab of this page. */
export function messagesAddress(tab, before = null) {
  return address(PATH, { tab: tab === FIRST ? null : tab, before });
}

class MessagesPage {
  constructor({ main, query }, context) {
    this.context = context;
    this.main = main;
    this.wish = wishOf(query);
    this.tabs = tabs(
      Object.keys(PARTS).map((key) => ({ key, label: text.tabs[key] })),
      {
        label: text.tabList,
        chosen: this.wish.tab,
        controls: "messages-part",
        onChoose: (tab) => tab !== this.wish.tab && void context.navigate(messagesAddress(tab)),
      },
    );
    this.panel = h("div", { id: "messages-part", role: "tabpanel", class: "page-body" });
    this.#begin();
  }

  #begin() {
    const { tab, before } = this.wish;
    this.panel.setAttribute("aria-labelledby", `tab-${tab}`);
    const reread = () => this.page.read();
    this.part = PARTS[tab]({ context: this.context, before, reread, addressOf: messagesAddress });
    this.page = livePage(this.main, this.context, {
      title: text.title,
      sentence: text.sentence,
      away: this.part.away,
      read: (signal) => this.part.read(signal),
      show: (found) => {
        this.part.show(found);
        if (this.part.count) this.tabs.count(tab, this.part.count(found));
      },
      above: [this.tabs],
      place: this.panel,
      body: [this.part.element],
    });
  }

  /** Shows another tab or page of the list. */
  change(query) {
    const had = document.activeElement?.dataset?.focus;
    this.page.close();
    this.wish = wishOf(query);
    this.tabs.choose(this.wish.tab);
    this.#begin();
    if (had) this.main.querySelector(`[data-focus="${CSS.escape(had)}"]`)?.focus({ preventScroll: true });
  }

  close() {
    this.page.close();
  }
}

/** Shows the page. */
export async function mount(place, context) {
  return new MessagesPage(place, context);
}
