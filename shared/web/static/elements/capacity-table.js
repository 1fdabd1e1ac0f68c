/**
 * Capacity of each entity and the USD limit: before, this order, after, each with its bar.
 */

import { h } from "../lib/dom.js";
import { grouped, short, zero } from "../lib/money.js";
import { amount } from "./amount.js";
import { capacityBar, capacityKey } from "./capacity-bar.js";
import { planTable } from "./plan-table.js";
import { capacity as words } from "./text-plan.js";

/**
 * Returns the table with its legend.
 * @param {Object[]} rows `view.capacity`
 * @param {Object|null} limit `view.usd_limit`
 */
export function capacityTable(rows, limit) {
  const touched = rows.filter((row) => row.touched);
  const idle = rows.filter((row) => !row.touched);
  const currency = touched[0]?.currency ?? limit?.currency ?? null;
  const table = planTable({
    caption: words.caption,
    name: "capacity-table",
    columns: [
      { text: words.columns.name(currency) },
      { text: words.columns.share },
      { text: words.columns.before, as: "amount" },
      { text: words.columns.order, as: "amount" },
      { text: words.columns.after, as: "amount" },
    ],
    rows: [...touched.map((row) => entity(row, rows)), limit && usd(limit)].filter(Boolean),
  });
  const known = touched.some((row) => row.position !== null) || limit?.limit;
  return h("div", {}, table, known && legend(), idle.length > 0 && unused(idle));
}

function entity(row, all) {
  const twice = all.filter((each) => each.entity === row.entity).length > 1;
  const name = [h("b", {}, row.short), row.short !== row.entity && h("span", { class: "muted" }, ` ${row.entity}`)];
  const use = {
    name: row.short,
    whole: row.position,
    protected: row.protected,
    used: row.used_before,
    order: row.this_order,
    free: row.free_after,
  };
  return cells(name, twice ? row.nav_type : null, use, row, row.currency);
}

function usd(limit) {
  const whole = limit.limit === null ? words.usd : [words.usdOf(short(limit.limit)), " "];
  const name = [h("b", {}, words.limit), h("span", { class: "muted" }, " ", whole)];
  const use = {
    name: words.limit,
    whole: limit.limit,
    used: limit.used_before,
    order: limit.this_order,
    free: limit.free_after,
    warning: limit.warning_level,
    critical: limit.critical_level,
  };
  return cells(name, null, use, limit, limit.currency);
}

function cells(name, part, use, row, currency) {
  const drawn = use.whole !== null && use.whole !== undefined;
  const code = { currency: currency ?? "" };
  return [
    { text: [name, part && h("span", { class: "muted" }, ` ${part}`)], class: "capacity-name" },
    { text: drawn ? capacityBar(use) : null, class: drawn ? "capacity-cell" : "capacity-cell is-unknown" },
    {
      text: row.available_before === null ? null : figure(row.available_before, code),
      "data-label": words.columns.before,
    },
    { text: figure(row.this_order, code), "data-label": words.columns.order },
    { text: row.free_after === null ? null : after(row.free_after, code), "data-label": words.columns.after },
  ];
}

function figure(text, { currency }) {
  return h(
    "span",
    { class: "capacity-figure" },
    amount(text),
    h("span", { class: "capacity-code amount-code" }, currency),
  );
}

/** Nothing left is worth a second look, so it is bold. */
function after(text, code) {
  return zero(text) ? h("b", {}, figure(text, code)) : figure(text, code);
}

function legend() {
  return h(
    "ul",
    { class: "capacity-legend" },
    words.legend.map(([kind, text]) => h("li", {}, capacityKey(kind), h("span", {}, text))),
  );
}

function unused(rows) {
  const names = rows.map((row) => words.idle(row.short, grouped(row.free_after), row.currency));
  return h("p", { class: "capacity-idle muted small" }, words.unused(names.join(", ")));
}
