/**
 * Starts the dashboard: its pages, its menu, and what every page says of what is away.
 */

import { startSite } from "../shared/frame/site.js";
import { awayNotice } from "./away.js";
import { MENU, site } from "./text.js";

const ROUTES = [
  { pattern: "/", name: "overview", load: () => import("./overview/overview.js") },
  { pattern: "/dashboard/workflows/:workflow", name: "overview", load: () => import("./workflow/page.js") },
  { pattern: "/dashboard/health", name: "health", load: () => import("./health/health.js") },
  { pattern: "/dashboard/speed", name: "speed", load: () => import("./speed/speed.js") },
  { pattern: "/dashboard/runbooks", name: "runbooks", load: () => import("./health/runbooks.js") },
  { pattern: "/dashboard/runbooks/:name", name: "runbooks", load: () => import("./health/runbooks.js") },
];

void startSite({
  routes: ROUTES,
  menu: MENU,
  stream: "/overview/stream",
  home: site.home,
  about: site.signIn,
  elsewhere: site.console,
  away: awayNotice(),
});
