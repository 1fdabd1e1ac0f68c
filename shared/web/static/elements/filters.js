/**
 * A search and filters in one row. What is chosen lives in the address of the page, so that a list can be sent on.
 */

import { fill, h, newId } from "../lib/dom.js";
import { button, reword } from "./button.js";
import { icon } from "./icons.js";

/** Milliseconds without a further letter after which a search is made. */
const TYPED = 300;

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
function searchField({ label, longest }, onFind) {
  let waiting = null;
  const named = { placeholder: label, "aria-label": label, maxlength: longest };
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
    element: h("span", { class: "with-icon filters-search" }, icon("search"), field),
    show(value) {
      if (document.activeElement !== field && waiting === null) field.value = value;
    },
    close: () => clearTimeout(waiting),
  };
}

/**
 * Returns the row of filters with `show(wish)`, `learn(rows)` and `close()`, after which no search follows that was
 * still being typed.
 * @param {Object} options
 * @param {{name: string, label: string, values: string[][], seen?: Function}[]} options.choices by the name they have
 *   in the address; `seen(row)` gives the values that a row teaches
 * @param {{values: string[][], label: string}|null} [options.sort]
 * @param {{label: string, longest: number}} options.search
 * @param {{filters: string, any: string, chosen: (count: number) => string}} options.words
 * @param {(change: Object, replace: boolean) => void} options.onChange `replace`: a word that is typed is one step to
 *   go back
 */
export function filterRow({ choices: given, sort: sorts = null, search: sought, words, onChange }) {
  const search = searchField(sought, (q, replace) => onChange({ q }, replace));
  const choices = given.map((each) => {
    const made = choice({ ...each, any: words.any }, (value) => onChange({ [each.name]: value }, false));
    return { ...each, ...made };
  });
  const sort = sorts && choice(sorts, (value) => onChange({ sort: value }, false));
  const all = [choices.map((each) => each.element), sort && h("span", { class: "filters-sort" }, sort.element)];
  const id = newId("filters");
  const opened = h("div", { class: "filters-choices", id }, all);
  const named = { class: "filters", role: "search", "aria-label": words.filters, dataset: { open: "false" } };
  const open = () => {
    const yes = element.dataset.open !== "true";
    element.dataset.open = String(yes);
    opener.setAttribute("aria-expanded", String(yes));
  };
  const opener = button(words.filters, { icon: "filter", act: open, "aria-expanded": false, "aria-controls": id });
  const element = h("div", named, search.element, opener, opened);
  return {
    element,
    learn(rows) {
      for (const { seen, learn } of choices) if (seen) learn(rows.flatMap(seen));
    },
    show(wish) {
      search.show(wish.q);
      for (const { name, show } of choices) show(wish[name]);
      const chosen = choices.filter(({ name }) => wish[name] !== "").length;
      reword(opener, words.chosen(chosen));
      sort?.show(wish.sort);
    },
    close: search.close,
  };
}
