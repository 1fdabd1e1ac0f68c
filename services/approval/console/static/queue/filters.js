/**
 * Tabs, search, filters, sort and page of the queue. All of them live in the address, so that a list can be sent on.
 */

import { filterRow } from "../../shared/elements/filters.js";
import { h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { queue as text } from "../text.js";

export const TABS = ["mine", "others", "decided", "all"];
export const SORTS = Object.keys(text.sorts);

/** Currencies that an order may be in. */
const CURRENCIES = ["AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD", "VND"];

const TIERS = ["TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS"];

const plain = (codes) => codes.map((code) => [code, code]);

/** Filters by the name they have in the address, each with what can be chosen; `seen`: what the lists have shown. */
const CHOICES = [
  { name: "kind", label: text.kind, values: Object.entries(text.kinds) },
  { name: "currency", label: text.currency, values: plain(CURRENCIES) },
  { name: "entity", label: text.entity, values: [], seen: (row) => row.entities ?? [] },
  { name: "tier", label: text.tier, values: plain(TIERS) },
  { name: "risk", label: text.risk, values: Object.entries(text.risks) },
  { name: "maker", label: text.maker, values: [], seen: (row) => [row.maker.name] },
];
const FILTERS = ["q", ...CHOICES.map(({ name }) => name)];

/** Characters of a search: no id and no name is longer. */
const LONGEST = 100;

/** Pages that the service lists at most. */
const PAGES_MAX = 300;

/** Returns the value of a filter, empty where it is none that the service knows. */
function valueOf(name, query) {
  const value = (query.get(name) ?? "").slice(0, LONGEST);
  const values = CHOICES.find((each) => each.name === name)?.values ?? [];
  return values.length === 0 || values.some(([known]) => known === value) ? value : "";
}

/** Returns what an address asks for; what it does not say, or says wrongly, is as it is without. */
export function wishOf(query) {
  const tab = query.get("tab");
  const sort = query.get("sort");
  const page = Number.parseInt(query.get("page") ?? "1", 10);
  return {
    tab: TABS.includes(tab) ? tab : TABS[0],
    ...Object.fromEntries(FILTERS.map((name) => [name, valueOf(name, query)])),
    sort: SORTS.includes(sort) ? sort : SORTS[0],
    page: page >= 1 && page <= PAGES_MAX ? page : 1,
  };
}

/** Returns the address of a wish; what is as it is without is left out. */
export function addressOf(wish) {
  const usual = { tab: TABS[0], sort: SORTS[0], page: 1 };
  const named = Object.entries(wish).filter(([name, value]) => value !== usual[name]);
  return address("/", Object.fromEntries(named));
}

/** Returns the request for the document of a wish. */
export function requestOf(wish) {
  return address("/approvals", wish);
}

/** Returns what is filtered by, in words; empty where nothing is. */
export function filtersOf(wish) {
  const chosen = CHOICES.filter(({ name }) => wish[name] !== "").map(({ name, label, values }) => {
    const found = values.find(([value]) => value === wish[name]);
    return `${label} ${found?.[1] ?? wish[name]}`;
  });
  return wish.q === "" ? chosen : [...chosen, text.textFilter(wish.q)];
}

/** Returns a wish without its filters. */
export function withoutFilters(wish) {
  return { ...wish, ...Object.fromEntries(FILTERS.map((name) => [name, ""])), page: 1 };
}

/**
 * Returns the row of filters with `show(wish)` and `learn(rows)`.
 * @param {(change: Object, replace: boolean) => void} onChange
 */
export function queueFilters(onChange) {
  return filterRow({
    choices: CHOICES,
    sort: { label: text.sort, values: Object.entries(text.sorts) },
    search: { label: text.search, longest: LONGEST },
    words: { filters: text.filters, any: text.any, chosen: text.filtersChosen },
    onChange,
  });
}

/** Returns the links between pages; nothing where there is one page only. */
export function pager(wish, pages) {
  if (pages <= 1 && wish.page === 1) return null;
  const link = (page, label, possible, rel) => {
    if (!possible) return h("span", {});
    const href = addressOf({ ...wish, page });
    return h("a", { class: "button", href, rel, "data-focus": `page-${rel}` }, label);
  };
  return h(
    "nav",
    { class: "list-pages", "aria-label": text.pages },
    link(wish.page - 1, text.before, wish.page > 1, "prev"),
    h("span", { class: "second" }, text.page(wish.page, Math.max(pages, 1))),
    link(wish.page + 1, text.after, wish.page < pages, "next"),
  );
}
