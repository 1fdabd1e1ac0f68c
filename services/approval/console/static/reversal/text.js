/**
 * What the dialog says in which somebody asks for a reversal.
 */

import { grouped } from "../../shared/lib/money.js";

export const reversal = {
  ask: "Ask for reversal",
  asking: "Asking…",
  question: "Ask for the reversal of this workflow?",
  what: "Workflow",
  order: "Order",
  deals: "Deals",
  dealsText: (count) => `${grouped(String(count))} to cancel in Murex`,
  first: "Nothing is undone yet.",
  text:
    "A reversal is planned and approved on its own. " +
    "It cancels the deals and reverses the ledger; moves of the market since then remain.",
  asked: "The reversal was asked for.",
  repeated: "This reversal was asked for before.",
};
