/**
 * Amounts as text. They come as text and stay text: no number of JavaScript ever holds one, so no digit is lost.
 */

const PLAIN = /^([-−+]?)(\d+)(?:\.(\d+))?$/;
const MINUS = "−";

/** What stands where there is no amount; screen readers read the word beside it. */
export const NOTHING = "–";

const SHORT = [
  ["B", 9],
  ["M", 6],
  ["K", 3],
];

/** Digits after the point of a short form. */
const SHORT_DIGITS = 2;

function partsOf(text) {
  const found = PLAIN.exec(String(text ?? "").trim());
  if (found === null) return null;
  const whole = found[2].replace(/^0+(?=\d)/, "");
  return { negative: found[1] === "-" || found[1] === MINUS, whole, fraction: found[3] ?? "" };
}

function thousands(digits) {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function isZero({ whole, fraction }) {
  return /^0*$/.test(whole) && /^0*$/.test(fraction);
}

/**
 * Returns an amount with thousands apart, a true minus sign, and its decimals as given.
 * What is not an amount is returned as it is: a page shows what it got rather than nothing.
 */
export function grouped(text) {
  const parts = partsOf(text);
  if (parts === null) return String(text ?? NOTHING);
  const sign = parts.negative && !isZero(parts) ? MINUS : "";
  return sign + thousands(parts.whole) + (parts.fraction === "" ? "" : `.${parts.fraction}`);
}

/** Returns a difference: with its sign, whichever it is; zero has none. */
export function difference(text) {
  const parts = partsOf(text);
  if (parts === null || parts.negative || isZero(parts)) return grouped(text);
  return `+${grouped(text)}`;
}

/** Returns "HKD 400,000,000.00", for sentences and titles. */
export function withCode(currency, text) {
  return `${currency} ${grouped(text)}`;
}

/** Returns how many decimals an amount was given with. */
export function decimalsOf(text) {
  return partsOf(text)?.fraction.length ?? 0;
}

/** Returns "400M", "9.5M", "12B" or "51.85M": for titles, never for what is signed. Rounded half up. */
export function short(text) {
  const parts = partsOf(text);
  if (parts === null) return grouped(text);
  const [letter, zeros] = SHORT.find(([, power]) => parts.whole.length > power) ?? ["", 0];
  if (letter === "") return grouped(text);
  const unit = 10n ** BigInt(zeros - SHORT_DIGITS);
  const rounded = (BigInt(parts.whole) + unit / 2n) / unit;
  const digits = rounded.toString().padStart(SHORT_DIGITS + 1, "0");
  const after = digits.slice(-SHORT_DIGITS).replace(/0+$/, "");
  const before = thousands(digits.slice(0, -SHORT_DIGITS));
  return (parts.negative ? MINUS : "") + before + (after === "" ? "" : `.${after}`) + letter;
}

/** Returns amounts as whole numbers of the smallest decimal that any of them has. */
function scaled(texts) {
  const all = texts.map((text) => partsOf(text) ?? { negative: false, whole: "0", fraction: "" });
  const places = Math.max(...all.map((parts) => parts.fraction.length));
  return all.map((parts) => {
    const number = BigInt(parts.whole + parts.fraction.padEnd(places, "0"));
    return parts.negative ? -number : number;
  });
}

/** Returns −1, 0 or 1: how the first amount stands to the second. */
export function compare(one, other) {
  const [left, right] = scaled([one, other]);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Returns whether there is an amount and it is zero. */
export function zero(text) {
  const parts = partsOf(text);
  return parts !== null && isZero(parts);
}

/**
 * Returns a part of a whole in ten-thousandths, from 0 to 10,000, rounded down: for the width of a bar, nothing else.
 */
export function tenThousandths(part, whole) {
  const [some, all] = scaled([part, whole]);
  if (all <= 0n || some <= 0n) return 0;
  return some >= all ? 10_000 : Number((some * 10_000n) / all);
}
