/**
 * Pages by their address. A module of a page has `mount(place, context)`: it fills `place.main`, and returns an object
 * with `close()`, and `change(query)` where another query of the same path is no other page.
 */

export const ROUTES = [
  { pattern: "/", name: "approvals", load: () => import("./queue/queue.js") },
  { pattern: "/console/approvals/:workflow", name: "approvals", load: () => import("./card/card.js") },
  { pattern: "/console/hand-in", name: "answers", load: () => import("./answers/hand-in.js") },
  { pattern: "/console/rollout", name: "rollout", load: () => import("./control/rollout.js") },
  { pattern: "/console/policy", name: "policy", load: () => import("./control/policy.js") },
  { pattern: "/console/passkeys", name: "passkeys", load: () => import("./passkeys/passkeys.js") },
  { pattern: "/console/delegations", name: "delegations", load: () => import("./control/delegations.js") },
  { pattern: "/console/signals", name: "signals", load: () => import("./control/signals.js") },
  { pattern: "/console/held", name: "held", load: () => import("./control/held.js") },
  { pattern: "/console/reviews", name: "reviews", load: () => import("./control/reviews.js") },
  {
    pattern: "/console/notifications",
    name: "notifications",
    load: () => import("./notifications/notifications.js"),
  },
  { pattern: "/console/messages", name: "messages", load: () => import("./messages/messages.js") },
];

/** Returns the address of a card. */
export function cardAddress(workflow) {
  return `/console/approvals/${encodeURIComponent(workflow)}`;
}
