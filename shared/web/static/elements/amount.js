/**
 * An amount in a table: digits that line up, the code after them in a muted column of its own.
 */

import { h } from "../lib/dom.js";
import { decimalsOf, difference, grouped } from "../lib/money.js";
import { none } from "./badge.js";

/**
 * Returns an amount; a currency without decimals keeps their place empty.
 * @param {string|null} text
 * @param {{currency?: string|null, signed?: boolean}} [options] without a currency, the header of the column names it
 */
export function amount(text, { currency = null, signed = false } = {}) {
  if (text === null || text === undefined || text === "") return none();
  const figure = h("span", { class: "amount-figure" }, signed ? difference(text) : grouped(text));
  const whole = decimalsOf(text) === 0;
  const code = currency === null ? null : h("span", { class: "amount-code" }, currency);
  return h("span", { class: "amount", "data-whole": whole }, figure, code && " ", code);
}
