/**
 * What the console says. Sentences end with a full stop, labels do not.
 */

import { grouped } from "../shared/lib/money.js";

export const menu = {
  approvals: "Approvals",
  answers: "Hand in an answer",
  change: "Change",
  reversals: "Reversals",
  configuration: "Configuration",
  overrides: "Deal overrides",
  control: "Control",
  rollout: "Rollout and stop",
  policy: "Policy",
  reviews: "After-reviews",
  passkeys: "My passkeys",
  signals: "Signals",
  delegations: "Delegations",
  held: "Held feeds",
  messages: "Messages",
  notifications: "Notifications",
  dashboard: "Dashboard",
};

export const site = {
  rollout: "Rollout",
  stop: "Stop",
  off: "off",
  policy: "Policy",
  stopped: ({ since, by, reason }) => `STOPPED since ${since} by ${by}: ${reason}`,
  home: "Approvals",
  signIn: "The console shows what waits for approval, and who may decide.",
};

export const queue = {
  title: "Approvals",
  list: "Requests",
  tabs: { mine: "Mine", others: "Others’", decided: "Decided", all: "All" },
  tabList: "Which requests",
  filters: "Filters",
  filtersChosen: (count) => (count === 0 ? "Filters" : `Filters, ${count}`),
  search: "Order, workflow, maker, text",
  any: "any",
  kind: "Kind",
  kinds: { hedge: "Hedge", reversal: "Reversal", configuration: "Configuration", override: "Override", check: "Check" },
  currency: "Currency",
  risk: "Risk",
  risks: { HIGH: "High", MEDIUM: "Medium", LOW: "Low" },
  sort: "Sort",
  entity: "Entity",
  tier: "Tier",
  maker: "Maker",
  sorts: { deadline: "deadline", amount: "amount", risk: "risk", newest: "newest", oldest: "oldest" },
  columns: {
    request: "Request",
    amount: "Amount",
    usd: "In USD",
    risk: "Risk",
    needs: "Needs",
    decided: "Decided",
    asked: "Asked by",
    expires: "Expires in",
  },
  attention: (count) => `Needs attention, ${count}`,
  waiting: (count) => `Waiting, ${count}`,
  others: (count) => `Waiting for others, ${count}`,
  decidedGroup: (count) => `Decided, ${count}`,
  given: (given, needed) => `${given} of ${needed}`,
  unproved: "claimed, not verified",
  over: "over",
  gone: "No longer in this list.",
  sum: (mine, usd) => {
    if (mine === 0) return "Nothing waits for you.";
    const wait = mine === 1 ? "1 waits for you" : `${grouped(String(mine))} wait for you`;
    return usd ? `${wait}, together USD ${grouped(usd)}.` : `${wait}.`;
  },
  next: (span) => `The next one expires in ${span}.`,
  fresh: (count) => (count === 1 ? "1 new request, show" : `${count} new requests, show`),
  moved: "The list has changed, show",
  empty: {
    mine: "Nothing waits for you.",
    others: "Nothing waits for others.",
    decided: "Nothing has been decided yet.",
    all: "There are no requests yet.",
  },
  othersWait: (count) => (count === 1 ? "1 request waits for others." : `${count} requests wait for others.`),
  showThem: "Show them",
  noMatch: "No request matches.",
  clear: "Clear filters",
  textFilter: (text) => `“${text}”`,
  kindTitles: { reversal: "Reversals", configuration: "Configuration", override: "Deal overrides" },
  kindHints: {
    reversal: "A reversal is asked for on the card of a workflow that was executed.",
    configuration: "A change of the configuration comes by an answer of the AI.",
    override: "An override comes by an answer, where a person has settled in Murex what HAWK could not.",
  },
  away: "The approvals could not be read.",
  nothingDone: "Nothing was decided.",
  pages: "Pages of the list",
  page: (page, pages) => `Page ${page} of ${pages}`,
  before: "Previous",
  after: "Next",
};
