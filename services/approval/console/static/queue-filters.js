/**
 * Tabs, search, filters, sort and page of the queue. All of them live in the address, so that a list can be sent on.
 */

import { icon } from "../shared/elements/icons.js";
import { h } from "../shared/lib/dom.js";
import { address } from "../shared/lib/http.js";
import { queue as text } from "./text.js";

export const TABS = ["mine", "others", "decided", "all"];
export const SORTS = ["deadline", "newest", "amount"];

/** Currencies that an order may be in. */
const CURRENCIES = ["AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD", "VND"];

/** Filters by the name they have in the address, each with what can be chosen and how it is called. */
const CHOICES = [
  { name: "kind", label: text.kind, values: Object.entries(text.kinds) },
  { name: "currency", label: text.currency, values: CURRENCIES.map((code) => [code, code]) },
  { name: "risk", label: text.risk, values: Object.entries(text.risks) },
];

/** Milliseconds without a further letter after which a search is made. */
const TYPED = 300;

/** Returns what an address asks for; what it does not say is as it is without. */
export function wishOf(query) {
  const tab = query.get("tab");
  const sort = query.get("sort");
  const page = Number.parseInt(query.get("page") ?? "1", 10);
  return {
    tab: TABS.includes(tab) ? tab : "mine",
    q: query.get("q") ?? "",
    kind: query.get("kind") ?? "",
    currency: query.get("currency") ?? "",
    risk: query.get("risk") ?? "",
    sort: SORTS.includes(sort) ? sort : SORTS[0],
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** Returns the address of a wish; what is as it is without is left out. */
export function addressOf(wish) {
  return address("/", {
    tab: wish.tab === "mine" ? null : wish.tab,
    q: wish.q,
    kind: wish.kind,
    currency: wish.currency,
    risk: wish.risk,
    sort: wish.sort === SORTS[0] ? null : wish.sort,
    page: wish.page === 1 ? null : wish.page,
  });
}

/** Returns the request for the document of a wish. */
export function requestOf({ tab, q, kind, currency, risk, sort, page }) {
  return address("/approvals", { tab, q, kind, currency, risk, sort, page });
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
  return { ...wish, q: "", kind: "", currency: "", risk: "", page: 1 };
}

function choice({ label, values, any = null }, onChoose) {
  const options = values.map(([value, name]) => h("option", { value }, name));
  if (any !== null) options.unshift(h("option", { value: "" }, any));
  const select = h("select", {}, options);
  const element = h("label", { class: "choice" }, h("span", {}, label), select, icon("down"));
  select.addEventListener("change", () => onChoose(select.value));
  return {
    element,
    show(value) {
      select.value = value;
      element.dataset.set = String(any !== null && value !== "");
    },
  };
}

/**
 * Returns the row of filters with `show(wish)`.
 * @param {(change: Object, replace: boolean) => void} onChange `replace`: one step of the way back for a whole word typed
 */
export function filterRow(onChange) {
  let waiting = null;
  const search = h("input", { class: "input", type: "search", placeholder: text.search, "aria-label": text.search, maxlength: 200 });
  const find = (replace) => {
    clearTimeout(waiting);
    waiting = null;
    onChange({ q: search.value.trim() }, replace);
  };
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => find(true), TYPED);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") find(false);
  });
  const choices = CHOICES.map((each) => [each.name, choice({ ...each, any: text.any }, (value) => onChange({ [each.name]: value }, false))]);
  const sort = choice({ label: text.sort, values: Object.entries(text.sorts) }, (value) => onChange({ sort: value }, false));
  const element = h(
    "div",
    { class: "queue-filters", role: "search", "aria-label": text.filters },
    h("span", { class: "with-icon queue-search" }, icon("search"), search),
    choices.map(([, { element: made }]) => made),
    h("span", { class: "queue-sort" }, sort.element),
  );
  return {
    element,
    show(wish) {
      if (document.activeElement !== search && waiting === null) search.value = wish.q;
      for (const [name, { show }] of choices) show(wish[name]);
      sort.show(wish.sort);
    },
  };
}

/** Returns the links between pages; nothing where there is one page only. */
export function pager(wish, pages) {
  if (pages <= 1 && wish.page === 1) return null;
  const link = (page, label, possible, rel) =>
    possible
      ? h("a", { class: "button", href: addressOf({ ...wish, page }), rel, "data-focus": `page-${rel}` }, label)
      : h("span", {});
  return h(
    "nav",
    { class: "queue-pages", "aria-label": text.pages },
    link(wish.page - 1, text.before, wish.page > 1, "prev"),
    h("span", { class: "second" }, text.page(wish.page, Math.max(pages, 1))),
    link(wish.page + 1, text.after, wish.page < pages, "next"),
  );
}
