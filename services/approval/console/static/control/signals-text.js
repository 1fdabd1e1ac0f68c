/**
 * What the page of signals says.
 */

import { grouped } from "../../shared/lib/money.js";

const sum = ({ entity, usd, orders }) => `${entity} USD ${grouped(usd)} in ${orders.length} earlier orders`;

export const signals = {
  title: "Signals",
  sentence: "How people decided in the last 30 days, and orders of a day that were added up. A sign is no proof.",
  away: "The signals could not be read.",
  people: "How people decide",
  nobody: "Nobody has decided in these days.",
  cut: "Only the latest decisions of these days were counted; there were more.",
  decisions: "Decisions",
  seconds: "Card to decision",
  unknown: "not known",
  half: (seconds) => `${seconds} s, half of them`,
  yes: "A yes",
  percent: (share) => `${share}%`,
  sections: "Sections ticked",
  series: "Orders that were added up",
  noSeries: "No order needed more people because of others of its day.",
  found: ({ maker, tier, sums }, at) => `${maker}, ${at}: ${sums.map(sum).join("; ")}. Asked for ${tier}.`,
};
