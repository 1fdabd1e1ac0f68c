// What the elements that show a plan say, on both sites. Sentences end with a full stop, labels do not.

export const flow = {
  label: (count, first, last) =>
    `The flow of ${count} ${count === 1 ? "deal" : "deals"} from ${first} to ${last}. The table below lists each of them.`,
  scroll: "Flow of the deals, wider than the page",
  arrow: (number, from, to, rate) => `Deal ${number}: ${from} to ${to}${rate ? ` at ${rate}` : ""}`,
  external: "external bank",
};

export const capacity = {
  columns: {
    name: (currency) => (currency ? `In ${currency}` : "Entity"),
    share: "Share of position or limit",
    before: "Available before",
    order: "This order",
    after: "Available after",
  },
  afterShort: "available after",
  afterOf: (whole) => `available after, of ${whole}`,
  legend: [
    ["protected", "Protected (CAR, buffer)"],
    ["used", "Used before"],
    ["order", "This order"],
    ["free", "Free after"],
    ["level", "Warning, critical"],
  ],
  bar: ({ name, whole, protectedPart, used, order, free }) =>
    `${name}: of ${whole}, protected ${protectedPart}, used before ${used}, this order ${order}, free after ${free}`,
  levels: (warning, critical) => `, warning level ${warning}, critical level ${critical}`,
};

export const deals = {
  number: "#",
  deal: "Deal",
  path: "From → to",
  sell: "Sell",
  buy: "Buy",
  rate: "Rate",
  to: "to",
  net: "Net:",
  caption: (entity) => `Deals of ${entity}`,
};

export const matrix = {
  number: "#",
  deal: "Deal",
  booked: "Booked",
  cancelled: "Cancelled",
  of: (some, all) => `${some} of ${all}`,
  states: {
    planned: ["planned", "circle", "idle"],
    sent: ["sent", "arrow", "accent"],
    again: ["sent again", "arrow", "accent"],
    received: ["received", "half", "accent"],
    booked: ["booked", "tick", "good"],
    declined: ["not booked", "circle-cross", "failed"],
    cancelling: ["cancel sent", "back", "look"],
    cancelled: ["cancelled", "tick", "idle"],
    held: ["not cancelled", "octagon", "failed"],
    unknown: ["not settled", "octagon", "failed"],
    none: ["nothing to cancel", "dash", "idle"],
  },
  legend: {
    sent: "sent",
    received: "received by Murex",
    booked: "booked, with its contract",
  },
  contract: "Contract",
  attempts: "Attempts",
  time: "Since approval",
  self: (book, purpose) => `${book}, ${purpose}`,
  each: (booked, all) => `${booked} of ${all} booked`,
};

export const ledger = {
  purpose: "Purpose",
  debit: "Debit",
  credit: "Credit",
  ifrs: (currency) => `IFRS, ${currency}`,
  local: (currency) => `LOCAL, ${currency}`,
  journal: (name) => `Journal ${name}`,
  balance: (debit, credit) => ["DR ", debit, " = CR ", credit],
  balanced: "Balanced",
  notBalanced: "Not balanced",
};

export const operations = {
  stage: "Stage",
  kinds: ["READ", "INSERT", "UPDATE"],
  total: "Operations",
  all: "All or nothing",
  names: { "1A": "Checks and instruction", "1B": "Hedge event and allocation", 2: "Murex and ledger", 3: "Journal" },
  table: "Table",
  rows: "Rows",
  number: "#",
  operation: "Operation",
  does: "Does",
  by: "Rows by table",
  list: "Every operation, in order",
};

export const undo = {
  steps: "Steps",
  what: "How it is undone",
  means: "What that means",
  number: "#",
  operation: "Operation",
  alone: "not by HAWK alone",
};
