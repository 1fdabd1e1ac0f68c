/**
 * The menu: groups of pages. A page stands here once it exists; `count` names the figure of what waits for me.
 */

import { menu } from "./text.js";

export const MENU = [
  {
    title: null,
    pages: [
      { name: "approvals", label: menu.approvals, icon: "inbox", href: "/", count: "mine" },
      { name: "answers", label: menu.answers, icon: "pencil", href: "/console/hand-in" },
    ],
  },
  {
    title: menu.change,
    pages: [
      { name: "reversals", label: menu.reversals, icon: "back", href: "/?kind=reversal", count: "reversal" },
      {
        name: "configuration",
        label: menu.configuration,
        icon: "sliders",
        href: "/?kind=configuration",
        count: "configuration",
      },
      { name: "overrides", label: menu.overrides, icon: "lock", href: "/?kind=override", count: "override" },
    ],
  },
  {
    title: menu.control,
    pages: [
      { name: "rollout", label: menu.rollout, icon: "stop", href: "/console/rollout", count: "rollout" },
      { name: "policy", label: menu.policy, icon: "sliders", href: "/console/policy", count: "policy" },
      { name: "reviews", label: menu.reviews, icon: "eye", href: "/console/reviews", count: "reviews" },
      { name: "passkeys", label: menu.passkeys, icon: "key", href: "/console/passkeys", count: "passkeys" },
      {
        name: "delegations",
        label: menu.delegations,
        icon: "people",
        href: "/console/delegations",
        count: "delegations",
      },
      { name: "held", label: menu.held, icon: "pause", href: "/console/held", count: "held" },
      { name: "signals", label: menu.signals, icon: "pulse", href: "/console/signals" },
      { name: "messages", label: menu.messages, icon: "circle-cross", href: "/console/messages", count: "messages" },
      { name: "notifications", label: menu.notifications, icon: "inbox", href: "/console/notifications" },
    ],
  },
];

/** Names of the pages that are the queue with one kind of request, by that kind. */
const KINDS = { reversal: "reversals", configuration: "configuration", override: "overrides" };

/** Returns the name of the page that a queue of one kind is in the menu. */
export function pageOfKind(kind) {
  return KINDS[kind] ?? "approvals";
}
