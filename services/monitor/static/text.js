/**
 * What the dashboard says. Sentences end with a full stop, labels do not.
 */

import { grouped } from "../shared/lib/money.js";

export const site = {
  home: "Overview",
  signIn: "The dashboard shows what runs, and what needs a person.",
  console: "Console",
};

export const MENU = [
  {
    title: null,
    pages: [
      { name: "overview", label: site.home, icon: "menu", href: "/", count: "attention" },
      { name: "health", label: "Health", icon: "pulse", href: "/dashboard/health", count: "health" },
      { name: "speed", label: "Speed", icon: "gauge", href: "/dashboard/speed" },
    ],
  },
  { title: "Look up", pages: [{ name: "runbooks", label: "Runbooks", icon: "book", href: "/dashboard/runbooks" }] },
];

export const away = {
  since: (subject, time) => `${subject} has not answered since ${time} SGT.`,
  back: (subjects) => subjects.map((each) => `${each} answers again.`).join(" "),
};

const counted = (count, one, many) => (count === 1 ? `1 ${one}` : `${grouped(String(count))} ${many}`);

export const overview = {
  title: "Overview",
  list: "Workflows",
  groups: { "": "All", in_progress: "In progress", waiting: "Waiting", failed: "Failed" },
  groupList: "Which workflows",
  filters: "Filters",
  filtersChosen: (count) => (count === 0 ? "Filters" : `Filters, ${count}`),
  search: "Order, workflow, response, Murex reference",
  any: "any",
  state: "State",
  model: "Model",
  currency: "Currency",
  entity: "Entity",
  maker: "Maker",
  date: "Date",
  dates: { today: "today", week: "last 7 days", month: "last 30 days" },
  textFilter: (text) => `“${text}”`,
  columns: {
    workflow: "Workflow",
    amount: "Amount",
    progress: "Progress",
    murex: "Murex",
    ledger: "Ledger",
    who: "Who, changed",
  },
  kinds: {
    reversal: "Reversal",
    configuration: "Configuration",
    override: "Deal override",
    hedge: "Hedge",
  },
  entities: (count) => counted(count, "entity", "entities"),
  of: (done, total) => `${done} of ${total}`,
  stage: (name) => `Stage ${name}`,
  stages: (list) => `Stages: ${list}`,
  stageWords: {
    not_begun: "not begun",
    running: "running",
    done: "done",
    undoing: "being undone",
    undone: "undone",
    failed: "failed",
  },
  approvedBy: (maker, approvers) => `Asked by ${maker}, approved by ${approvers}`,
  askedBy: (maker) => `Asked by ${maker}`,
  murex: {
    planned: (deals) => counted(deals, "deal planned", "deals planned"),
    booked: (booked, deals) => `${booked} of ${deals} booked`,
    cancelled: (deals) => `${deals} cancelled`,
    held: "0 held",
    cancelling: (deals) => `${deals} to cancel`,
    unsettled: "not settled",
  },
  ledger: {
    none: "no entries",
    planned: (entries) => counted(entries, "entry planned", "entries planned"),
    waiting: "not yet",
    waits: (lines) => counted(lines, "line waits", "lines wait"),
    posted: "DR = CR",
    unequal: "DR ≠ CR",
    undone: "sums to 0.00",
  },
  sums: ({ IFRS: ifrs, LOCAL: local }) =>
    Object.entries({ IFRS: ifrs, LOCAL: local })
      .filter(([, sum]) => sum)
      .map(([name, sum]) => `${name} debit ${grouped(sum.dr)}, credit ${grouped(sum.cr)}`)
      .join("; "),
  gone: "No longer in this list.",
  fresh: (count) => counted(count, "new workflow, show", "new workflows, show"),
  moved: "The list has changed, show",
  noMatch: "No workflow matches.",
  clear: "Clear filters",
  empty: "Nothing has been proposed yet.",
  emptyText: "A workflow appears here as soon as HAWK has read an answer.",
  away: "The overview could not be read.",
  pages: "Pages of the list",
  newest: "Newest",
  older: "Older",
  shown: (count) => counted(count, "workflow on this page", "workflows on this page"),
};

export const attention = {
  title: (count, more) => `Needs attention, ${count}${more ? " and more" : ""}`,
  until: "until a person has settled it, or HAWK has",
  none: "Nothing needs attention.",
  table: "What needs attention",
  columns: { state: "State", workflow: "Workflow", why: "Why", next: "Next" },
  words: {
    PERSON: ["Needs a person", "octagon", "filled"],
    POSTING: ["Posting waits", "clock", "look"],
    UNDOING: ["Rolling back", "back", "look"],
    SILENT: ["Silent deal", "clock", "look"],
    MUREX: ["Silent deal", "clock", "look"],
  },
  next: { PERSON: "Settle in console", POSTING: "Open in console", UNDOING: "Watch", SILENT: "Watch", MUREX: "Watch" },
  nextOf: (action, order) => `${action}: ${order}`,
  posting: (lines) => `The hedge is booked; ${counted(lines, "journal line waits", "journal lines wait")}.`,
  undoing: "HAWK undoes it by itself.",
  silent: ({ booked, planned, span }) =>
    `No word from Murex for ${span}; ${booked} of ${planned} deals are booked. HAWK asks and sends again by itself.`,
  sentAgain: ({ booked, planned }) =>
    `Murex did not answer, so HAWK has sent a deal again; ${booked} of ${planned} deals are booked.`,
  unknown: "The reason is on the card.",
};
