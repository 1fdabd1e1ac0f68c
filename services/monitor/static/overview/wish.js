/**
 * What an address of the overview asks for, the address of what is asked for, and the request.
 */

import { address } from "../../shared/lib/http.js";
import { STATES } from "../../shared/lib/text.js";
import { overview as text } from "../text.js";

export const GROUPS = Object.keys(text.groups);

/** Currencies that an order may be in. */
const CURRENCIES = ["AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD", "VND"];

const DAY = 24 * 60 * 60 * 1000;

/** Days before today with which each choice of dates begins. */
const DAYS = { today: 0, week: 6, month: 29 };

/** Characters of a search: no id and no name is longer. */
export const LONGEST = 100;

/** Codes of states that are workflows'; the console has one more for its card. */
const CODES = Object.keys(STATES).filter((code) => code !== "EXECUTING");

/** Filters by the name they have in the address; `seen`: what the lists have shown. */
export const CHOICES = [
  { name: "state", label: text.state, values: CODES.map((code) => [code, STATES[code][0]]) },
  { name: "model", label: text.model, values: [], seen: ({ model }) => [model ?? ""] },
  { name: "currency", label: text.currency, values: CURRENCIES.map((code) => [code, code]) },
  { name: "entity", label: text.entity, values: [], seen: ({ entities }) => entities.map((each) => each.entity_id) },
  { name: "maker", label: text.maker, values: [], seen: ({ maker }) => [maker ?? ""] },
  { name: "date", label: text.date, values: Object.entries(text.dates) },
];
const FILTERS = ["q", ...CHOICES.map(({ name }) => name)];

/** Returns the value of a filter, empty where it is none that there is. */
function valueOf(name, query) {
  const value = (query.get(name) ?? "").slice(0, LONGEST);
  const values = CHOICES.find((each) => each.name === name)?.values ?? [];
  return values.length === 0 || values.some(([known]) => known === value) ? value : "";
}

/** Returns what an address asks for; what it does not say, or says wrongly, is as it is without. */
export function wishOf(query) {
  const group = query.get("group") ?? "";
  return {
    group: GROUPS.includes(group) ? group : "",
    ...Object.fromEntries(FILTERS.map((name) => [name, valueOf(name, query)])),
    before: (query.get("before") ?? "").slice(0, LONGEST),
  };
}

/** Returns the address of a wish. */
export function addressOf(wish) {
  return address("/", wish);
}

/** Returns the beginning of today in Singapore, which has one time all year. */
function today(now) {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Singapore", dateStyle: "short" }).format(now);
  return new Date(`${day}T00:00:00+08:00`);
}

/** Returns the request for the document of a wish. */
export function requestOf({ date, ...wish }, now) {
  const since = date === "" ? null : new Date(today(now).getTime() - DAYS[date] * DAY).toISOString();
  return address("/overview", { ...wish, since });
}

/** Returns what is filtered by, in words; empty where nothing is. */
export function filtersOf(wish) {
  const chosen = CHOICES.filter(({ name }) => wish[name] !== "").map(({ name, label, values }) => {
    const found = values.find(([value]) => value === wish[name]);
    return `${label} ${found?.[1] ?? wish[name]}`;
  });
  const group = wish.group === "" ? [] : [text.groups[wish.group]];
  return [...group, ...chosen, ...(wish.q === "" ? [] : [text.textFilter(wish.q)])];
}
