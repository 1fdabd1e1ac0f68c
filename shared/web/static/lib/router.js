/**
 * Pages by their address, over the History API. One page at a time: the one before is closed first.
 */

/** Returns what the colons of a pattern stand for in a path, or null: "/console/approvals/:workflow". */
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.replace(/(?<=.)\/$/, "").split("/");
  if (wanted.length !== given.length) return null;
  const found = {};
  for (const [place, part] of wanted.entries()) {
    if (!part.startsWith(":")) {
      if (part !== given[place]) return null;
      continue;
    }
    try {
      found[part.slice(1)] = decodeURIComponent(given[place]);
    } catch {
      return null;
    }
    if (found[part.slice(1)] === "") return null;
  }
  return found;
}

function isPlain(event) {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !modified && !event.defaultPrevented;
}

/**
 * Shows the page of the address, and of each address after it.
 *
 * @param {Object} options
 * @param {{pattern: string, load: () => Promise<{mount: Function}>}[]} options.routes
 * @param {Function} options.show mounts a page: `(route, {path, parameters, query, left, back}) => Promise<page>`; the
 *   route is null where none matches. `left` is aborted when another page is wanted, also before this one is there:
 *   from then on it shows nothing. `back`: for somebody who comes back, `{scroll, led}`: where the page was, and the
 *   path that it was left for. A page may have `close()`, and `change(query)` for another query of its own path
 */
export function createRouter({ routes, show }) {
  let current = null;
  let shown = null;
  let leaving = new AbortController();

  async function go() {
    const path = location.pathname;
    const query = new URLSearchParams(location.search);
    if (current?.change && shown === path) {
      current.change(query);
      return;
    }
    leave();
    const left = leaving.signal;
    shown = path;
    const route = routes.find((each) => match(each.pattern, path) !== null) ?? null;
    const parameters = route === null ? {} : match(route.pattern, path);
    const back = history.state?.back ?? null;
    const page = await show(route, { path, parameters, query, left, back });
    if (left.aborted) page?.close?.();
    else current = page;
  }

  function leave() {
    leaving.abort();
    leaving = new AbortController();
    current?.close?.();
    current = null;
  }

  function ours(target) {
    const link = target instanceof Element ? target.closest("a[href]") : null;
    if (link === null || link.target || link.hasAttribute("download")) return null;
    const to = new URL(link.href, location.href);
    if (to.origin !== location.origin) return null;
    if (to.pathname === location.pathname && to.search === location.search && to.hash !== "") return null;
    return routes.some((each) => match(each.pattern, to.pathname) !== null) ? to : null;
  }

  const over = new AbortController();
  const { signal } = over;
  const follow = (event) => {
    const to = isPlain(event) ? ours(event.target) : null;
    if (to === null) return;
    event.preventDefault();
    void navigate(to.pathname + to.search);
  };
  document.addEventListener("click", follow, { signal });
  addEventListener("popstate", () => void go(), { signal });

  /** The state of a page in the history: `from`, where somebody came from; `back`, once it was left for another. */
  function navigate(to, { replace = false } = {}) {
    if (replace) {
      history.replaceState(history.state, "", to);
      return go();
    }
    const from = location.pathname + location.search;
    const back = { scroll: scrollY, led: new URL(to, location.href).pathname };
    history.replaceState({ ...history.state, back }, "");
    history.pushState({ from }, "", to);
    return go();
  }

  return {
    /** Shows the page of the present address. */
    start: go,
    /** Goes to another address of this site; `replace` leaves no step to come back to. */
    navigate,
    /** Shows the present address again, from the beginning. */
    reload() {
      shown = null;
      return go();
    },
    /** Closes the page that is shown, and follows no address any more. */
    stop() {
      over.abort();
      leave();
    },
  };
}
