// What the elements that show a plan say, on both sites. Sentences end with a full stop, labels do not.

export const flow = {
  label: (count, first, last) =>
    `The flow of ${count} ${count === 1 ? "deal" : "deals"} from ${first} to ${last}. ` +
    "The table below lists each of them.",
  scroll: "Flow of the deals, wider than the page",
  arrow: (number, from, to, rate) => `Deal ${number}: ${from} to ${to}${rate ? ` at ${rate}` : ""}`,
  external: "external bank",
};

export const capacity = {
  caption: "Capacity and USD limit, before, by this order, and after",
  columns: {
    name: (currency) => (currency ? `In ${currency}` : "Entity"),
    share: "Share of position or limit",
    before: "Available before",
    order: "This order",
    after: "Available after",
  },
  limit: "USD limit",
  usd: "in USD",
  usdOf: (whole) => `of ${whole}, in USD`,
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
  unused: (names) => `Looked at and not used: ${names}.`,
  idle: (name, free, currency) => `${name} with ${free} ${currency} free`,
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
  caption: "What has become of each deal",
  number: "#",
  deal: "Deal",
  contract: "Contract in Murex",
  attempts: "Attempts",
  time: "Since approval",
  of: (some, all) => `${some} of ${all}`,
  states: {
    planned: ["planned", "circle", "idle"],
    sent: ["sent", "right", "accent"],
    received: ["received", "half", "accent"],
    booked: ["booked", "tick", "good"],
    declined: ["not booked", "circle-cross", "failed"],
    cancelling: ["cancel sent", "back", "look"],
    cancelled: ["cancelled", "tick", "idle"],
    unknown: ["not settled", "octagon", "failed"],
  },
  legend: {
    received: "received by Murex",
    booked: "booked, with its contract",
  },
};

export const ledger = {
  caption: "Ledger entries by purpose, with debit and credit account",
  everyLine: "Every line of the journal",
  purpose: "Purpose",
  debit: "Debit",
  credit: "Credit",
  account: "Account",
  of: "Of",
  ledger: "Ledger",
  period: "Period",
  ifrs: (currency) => `IFRS, ${currency}`,
  local: (currency) => `LOCAL, ${currency}`,
  journal: (name) => `Journal ${name}`,
  balance: (debit, credit) => `DR ${debit} = CR ${credit}`,
  balanced: "Balanced",
  notBalanced: "Not balanced",
};

export const operations = {
  byStage: "Operations by stage",
  byTable: "Rows by table",
  list: "Every operation, in its order",
  stage: "Stage",
  total: "Operations",
  all: "All or nothing",
  table: "Table",
  inserted: "Inserted",
  updated: "Updated",
  number: "#",
  kind: "Kind",
  kinds: ["READ", "INSERT", "UPDATE"],
  purpose: "What it does",
  entity: "Entity",
};

export const undo = {
  caption: "How the plan would be undone",
  list: "Every step, the last operation first",
  count: "Steps",
  what: "How it is undone",
  means: "What that means",
  notAlone: "not by HAWK alone",
  number: "#",
  undoes: "Undoes operation",
  table: "Table",
  entity: "Entity",
};
