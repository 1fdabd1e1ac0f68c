/**
 * What the console says. Sentences end with a full stop, labels do not.
 */

import { grouped } from "../shared/lib/money.js";

export const site = {
  name: "Console",
  skip: "Skip to content",
  menu: "Menu",
  pages: "Pages",
  title: (page, environment) => `[${environment}] ${page}, HAWK console`,
  rollout: "Rollout",
  stop: "Stop",
  off: "off",
  policy: "Policy",
  stopped: ({ since, by, reason }) => `STOPPED since ${since} by ${by}: ${reason}`,
  you: "You",
  youAnd: (name) => `${name}, menu`,
  signOut: "Sign out",
  signedOut: "You are signed out.",
  theme: "Colours",
  themes: { system: "as the system", light: "light", dark: "dark" },
  pageAway: "This page could not be read.",
  noPage: "This page does not exist.",
  noPageText: "The address names none of the console's pages.",
  toQueue: "Approvals",
  ending: (time) => `Your session ends at ${time} SGT.`,
  signInAgain: "Sign in again",
  noSession: "The console could not be opened.",
};

export const menu = {
  approvals: "Approvals",
};

export const signIn = {
  title: "Sign in",
  text: "The console shows what waits for approval, and who may decide.",
  action: "Sign in",
  signingIn: "Signing in…",
  demo: "This is a demonstration. Choose whom you sign in as.",
  nowhere: "This installation has no provider to sign in with. Ask operations.",
  notDone: "Not signed in.",
  refused: {
    SIGN_IN_REFUSED: "The provider did not let you in.",
    SIGN_IN_UNKNOWN: "This sign-in was not begun in this browser, or too long ago.",
    SIGN_IN_USED: "This sign-in was used before.",
    TRY_AGAIN: "The provider or the database does not answer at the moment.",
  },
  otherwise: (code) => `What the provider sent is not accepted (${code}).`,
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
  away: "The approvals could not be read.",
  nothingDone: "Nothing was decided.",
  kept: "What is shown was read before.",
  pages: "Pages of the list",
  page: (page, pages) => `Page ${page} of ${pages}`,
  before: "Previous",
  after: "Next",
};
