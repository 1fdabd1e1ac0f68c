/**
 * What the speed page says.
 */

import { grouped } from "../../shared/lib/money.js";

const number = (count) => grouped(String(count));

/** Returns "0.65 s" of milliseconds that are a bound: as many decimals as it has. */
export const seconds = (ms) => `${Number((ms / 1000).toFixed(2))} s`;

export const speed = {
  title: "Speed",
  away: "The speed of HAWK could not be read.",
  lead: "The last hour.",
  stopped: "The windows are not counted at the moment.",
  stoppedWhy: (time, why) =>
    `Since ${time} SGT (${why.replace(/\.$/, "")}). What is shown was counted before. Nothing else depends on it.`,
  stoppedNow: (time) => `The windows of speed have not been counted since ${time} SGT. Nothing else depends on it.`,
  runsAgain: "The windows of speed are counted again.",
  figures: "Approval to completed, in the last hour",
  within: (ms) => `within ${seconds(ms)}`,
  share: (part, all) => `${number(part)} of ${number(all)}`,
  names: { 50: "Median", 90: "p90", 99: "p99" },
  atMost: (ms) => `at most ${seconds(ms)}`,
  above: (ms) => `above ${seconds(ms)}`,
  late: "slower than the objective",
  untimed: (count) => `${number(count)} more were approved over an hour ago and are not timed.`,
  bounds: "Counted in steps: each figure is the upper bound of its step.",
  histogram: "How long from approval to completed",
  histogramSaid: (all, part, ms) =>
    `${number(all)} workflows; ${number(part)} within ${seconds(ms)}. Figures are in the table.`,
  objective: (ms) => `objective ${seconds(ms)}`,
  between: (from, to) => (from === 0 ? `up to ${seconds(to)}` : `${seconds(from)} to ${seconds(to)}`),
  took: "Took",
  workflows: "Workflows",
  share100: "Share",
  table: "As a table",
  none: "Nothing was completed in the last hour.",
  noneText: "Times appear here once a workflow was approved and completed.",
  throughput: "Per minute",
  throughputSaid: (completed, failed, most) =>
    `${number(completed)} completed, ${number(failed)} without success; at most ${number(most)} a minute.`,
  minute: "Minute",
  completed: "Completed",
  failed: "Without success",
  most: (count) => number(count),
  reasons: "Without success, by reason",
  reason: "Reason",
  count: "Last hour",
  latest: "Last minutes",
  latestOf: (time, count) => `${time}: ${number(count)}`,
  noReasons: "None in the last hour.",
};
