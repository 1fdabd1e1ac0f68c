/**
 * Where a time since the approval stands on the axis: logarithmic, because a deal takes tenths of a second, its silence
 * fifteen seconds, and a reversal comes days later.
 */

/** Milliseconds below which everything stands at the beginning: nothing of interest is faster. */
const FIRST = 50;

/** Milliseconds at least that the axis goes to, so that a quick workflow does not fill it with one bar. */
const LAST = 2_000;

/** Thousandths that the narrowest bar is wide: a moment is still seen. */
const NARROWEST = 6;

const WHOLE = 1_000;
const TICKS = [100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 864_000_000];
const NAMES = ["0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h", "1 d", "10 d"];

/**
 * Returns the axis up to a time: `place(ms)` in thousandths, `part(from, to)` as `{x, width}`, and `ticks`.
 * @param {number} last milliseconds
 */
export function scale(last) {
  const end = Math.max(LAST, last) * 1.15;
  const whole = Math.log10(end / FIRST);
  const place = (ms) => Math.max(0, Math.min(WHOLE, (Math.log10(Math.max(FIRST, ms) / FIRST) / whole) * WHOLE));
  return {
    place,
    part(from, to) {
      const x = Math.min(place(from), WHOLE - NARROWEST);
      return { x, width: Math.max(NARROWEST, place(to) - x) };
    },
    ticks: thinned(TICKS.map((ms, index) => ({ ms, name: NAMES[index], at: place(ms) })).filter(({ ms }) => ms < end)),
  };
}

/** Leaves room between the names of ticks. */
function thinned(ticks) {
  const kept = [];
  for (const tick of ticks.toReversed()) {
    if (kept.length === 0 || kept.at(-1).at - tick.at > WHOLE / 5) kept.push(tick);
  }
  return kept.toReversed();
}

/** Returns "0.260 s" below a hundred seconds, "7 min 03 s" below an hour, "1 h 02 min", "3 d 4 h". */
export function seconds(ms) {
  const length = Math.max(0, ms);
  if (length < 100_000) return `${(length / 1_000).toFixed(3)} s`;
  const whole = Math.floor(length / 1_000);
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

/** Returns "+0.310" since the approval, with a true minus before it; longer times with their units. */
export function since(ms) {
  const sign = ms < 0 ? "−" : "+";
  const length = Math.abs(ms);
  return sign + (length < 100_000 ? (length / 1_000).toFixed(3) : seconds(length));
}
