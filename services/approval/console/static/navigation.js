/**
 * The menu: groups of pages. A page stands here once it exists; `count` names the figure of what waits for me.
 */

import { menu } from "./text.js";

export const MENU = [
  { title: null, pages: [{ name: "approvals", label: menu.approvals, icon: "inbox", href: "/", count: "mine" }] },
];
