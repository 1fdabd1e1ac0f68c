/**
 * Tabs, search, filters, sort and page of the queue. All of them live in the address, so that a list can be sent on.
 */

import { button } from "../../shared/elements/button.js";
import { icon } from "../../shared/elements/icons.js";
import { fill, h } from "../../shared/lib/dom.js";
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
const NAMES = CHOICES.map(({ name }) => name);
const FILTERS = ["q", ...NAMES];

/** Milliseconds without a further letter after which a search is made. */
const TYPED = 300;

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

/** Returns a choice; one that learns its values from the lists has `learn(values)`. */
function choice({ label, values, any = null }, onChoose) {
  const known = new Map(values);
  const select = h("select", {});
  const element = h("label", { class: "choice" }, h("span", {}, label), select, icon("down"));
  const offer = () => {
    const chosen = select.value;
    const options = [...known].map(([value, name]) => h("option", { value }, name));
    fill(select, any !== null && h("option", { value: "" }, any), options);
    select.value = chosen;
  };
  offer();
  select.addEventListener("change", () => onChoose(select.value));
  return {
    element,
    learn(more) {
      const fresh = more.filter((value) => value !== "" && !known.has(value));
      if (fresh.length === 0) return;
      const all = [...known.keys(), ...new Set(fresh)].sort();
      known.clear();
      for (const value of all) known.set(value, value);
      offer();
    },
    show(value) {
      if (value !== "" && !known.has(value)) {
        known.set(value, value);
        offer();
      }
      select.value = value;
      element.dataset.set = String(any !== null && value !== "");
    },
  };
}

/** Returns the field for a search, which searches when somebody has stopped typing. */
function searchField(onFind) {
  let waiting = null;
  const label = text.search;
  const named = { placeholder: label, "aria-label": label, maxlength: LONGEST };
  const field = h("input", { class: "input", type: "search", ...named });
  const find = (replace) => {
    clearTimeout(waiting);
    waiting = null;
    onFind(field.value.trim(), replace);
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => find(true), TYPED);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") find(false);
  });
  return {
    element: h("span", { class: "with-icon queue-search" }, icon("search"), field),
    show(value) {
      if (document.activeElement !== field && waiting === null) field.value = value;
    },
  };
}

/**
 * Returns the row of filters with `show(wish)` and `learn(rows)`.
 * @param {(change: Object, replace: boolean) => void} onChange `replace`: a word that is typed is one step to go back
 */
export function filterRow(onChange) {
  const search = searchField((q, replace) => onChange({ q }, replace));
  const choices = CHOICES.map((each) => {
    const made = choice({ ...each, any: text.any }, (value) => onChange({ [each.name]: value }, false));
    return { ...each, ...made };
  });
  const sorts = { label: text.sort, values: Object.entries(text.sorts) };
  const sort = choice(sorts, (value) => onChange({ sort: value }, false));
  const all = [choices.map((each) => each.element), h("span", { class: "queue-sort" }, sort.element)];
  const opened = h("div", { class: "queue-choices", id: "queue-choices" }, all);
  const named = { class: "queue-filters", role: "search", "aria-label": text.filters, dataset: { open: "false" } };
  const open = () => {
    const yes = element.dataset.open !== "true";
    element.dataset.open = String(yes);
    opener.setAttribute("aria-expanded", String(yes));
  };
  const shown = { icon: "filter", act: open, "aria-expanded": false, "aria-controls": "queue-choices" };
  const opener = button(text.filters, shown);
  const element = h("div", named, search.element, opener, opened);
  return {
    element,
    learn(rows) {
      for (const { seen, learn } of choices) if (seen) learn(rows.flatMap(seen));
    },
    show(wish) {
      search.show(wish.q);
      for (const { name, show } of choices) show(wish[name]);
      const chosen = NAMES.filter((name) => wish[name] !== "").length;
      opener.querySelector(".button-word").textContent = text.filtersChosen(chosen);
      sort.show(wish.sort);
    },
  };
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
    { class: "queue-pages", "aria-label": text.pages },
    link(wish.page - 1, text.before, wish.page > 1, "prev"),
    h("span", { class: "second" }, text.page(wish.page, Math.max(pages, 1))),
    link(wish.page + 1, text.after, wish.page < pages, "next"),
  );
}
