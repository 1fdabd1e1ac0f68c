/**
 * What stands around every page: environment strip, menu, who I am, and the place of the page.
 */

import { announcer } from "../elements/banner.js";
import { iconButton } from "../elements/button.js";
import { environmentStrip } from "../elements/environment.js";
import { icon, mark } from "../elements/icons.js";
import { liveIndicator } from "../elements/live.js";
import { arrange, fill, h } from "../lib/dom.js";
import { site, siteName } from "./text.js";
import { chooseTheme, theme, THEMES } from "./theme.js";

/** Where the menu stands beside the page, not above it. */
const WIDE = "(min-width: 900px)";

function brand() {
  const name = h("span", { class: "brand-site" }, siteName());
  return h("a", { class: "brand", href: "/" }, mark(), h("span", {}, "HAWK"), name);
}

function choiceOfTheme() {
  const options = THEMES.map((name) => h("option", { value: name, selected: name === theme() }, site.themes[name]));
  const select = h("select", { on: { change: () => chooseTheme(select.value) } }, options);
  return h("label", { class: "choice" }, h("span", {}, site.theme), select, icon("down"));
}

/** Returns names of roles that may go on in the next line after an underscore, and nowhere else in a word. */
function breakable(roles) {
  return roles.split(/(?<=_)/).flatMap((part, place) => (place === 0 ? [part] : [h("wbr", {}), part]));
}

/** Returns who is signed in, with a menu that opens above. */
function whoAmI(session, signOut) {
  const popup = h(
    "div",
    { class: "popup", hidden: true, id: "who-menu" },
    choiceOfTheme(),
    h("button", { type: "button", class: "button", on: { click: signOut } }, site.signOut),
  );
  const opener = iconButton("more", site.youAnd(session.name), {
    small: true,
    "aria-expanded": false,
    "aria-controls": "who-menu",
    act: () => open(popup.hidden),
  });
  function open(yes) {
    popup.hidden = !yes;
    opener.setAttribute("aria-expanded", String(yes));
  }
  const roles = h("span", { class: "who-roles" }, breakable(session.roles.join(", ")));
  const names = h("span", { class: "who-name" }, session.name, roles);
  const first = h("span", { class: "who-mark", "aria-hidden": "true" }, [...session.name][0] ?? "");
  const element = h("div", { class: "who" }, first, names, opener, popup);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || popup.hidden) return;
    event.stopPropagation();
    open(false);
    opener.focus();
  });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) open(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!element.contains(event.target)) open(false);
  });
  return element;
}

function menuOf(menu, counters) {
  const link = ({ name, label, icon: picture, href, count }) => {
    const number = h("span", { class: "count count-mine", hidden: true });
    if (count) counters.set(count, number);
    return h("li", {}, h("a", { href, dataset: { page: name } }, icon(picture), h("span", {}, label), number));
  };
  const groups = menu.map(({ title, pages }) => [
    title && h("p", { class: "menu-group" }, title),
    h("ul", { class: "menu" }, pages.map(link)),
  ]);
  return h("nav", { "aria-label": site.pages }, groups);
}

/** Returns the bar that stands in for the menu where there is no room beside the page. */
function narrowBar(side, resume) {
  const indicator = liveIndicator({ short: true, onResume: resume });
  const isOpen = () => side.dataset.open === "true";
  const act = () => open(!isOpen());
  const opener = iconButton("menu", site.menu, { "aria-expanded": false, "aria-controls": "side", act });
  function open(yes) {
    side.dataset.open = String(yes);
    opener.setAttribute("aria-expanded", String(yes));
  }
  side.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen() || matchMedia(WIDE).matches) return;
    open(false);
    opener.focus();
  });
  const element = h("div", { class: "narrow-bar" }, brand(), indicator, opener);
  return { element, indicator, close: () => open(false) };
}

/**
 * Puts the frame into the page.
 * @param {Object} options
 * @param {Object} options.session
 * @param {Function} options.signOut
 * @param {Function} options.resume goes on after a pause
 * @param {{title: string|null, pages: Object[]}[]} options.menu groups of pages
 * @param {string} options.elsewhere what the other site is called
 * @returns `{main, strip, announce, notice(name, node), live(state), counts(counts), elsewhere(address),
 *   current(name)}`
 */
export function createFrame({ session, signOut, resume, menu, elsewhere }) {
  const strip = environmentStrip();
  const announce = announcer();
  const counters = new Map();
  const other = h("div", { class: "side-elsewhere", hidden: true });
  const foot = h("div", { class: "side-foot" }, other, whoAmI(session, signOut));
  const parts = [brand(), menuOf(menu, counters), foot];
  const side = h("div", { class: "side", id: "side", dataset: { open: "false" } }, parts);
  const bar = narrowBar(side, resume);
  const main = h("main", { class: "content", id: "content", tabindex: "-1" });
  const skip = h("a", { class: "skip", href: "#content" }, site.skip);
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  const header = h("header", {}, strip);
  const around = h("div", { class: "around" }, bar.element, side);
  const notices = h("div", { class: "notices" });
  const shown = new Map();
  const beside = h("div", { class: "beside" }, notices, main);
  fill(document.body, skip, header, h("div", { class: "frame" }, around, beside));
  document.body.append(announce.element);
  return {
    main,
    strip,
    announce,
    /** Shows what every page says, each under its name; nothing takes it away. */
    notice(name, node) {
      if (node) shown.set(name, node);
      else shown.delete(name);
      arrange(notices, [...shown.values()]);
    },
    live: (state) => bar.indicator.show(state),
    /** Shows figures of what waits for me; those that are not given stay. */
    counts(counts) {
      for (const [name, number] of counters) {
        if (!(name in counts)) continue;
        number.hidden = !counts[name];
        number.textContent = counts[name] || "";
      }
    },
    /** Shows where the other site is, once it is known; nothing that is no address of a site. */
    elsewhere(address) {
      other.hidden = !/^https?:/.test(address ?? "");
      if (other.hidden || other.querySelector("a")?.getAttribute("href") === address) return;
      fill(other, h("a", { href: address }, icon("external"), h("span", {}, elsewhere)));
    },
    /** Marks a page in the menu; somebody who goes to another page has done with the menu. */
    current(name, { close = true } = {}) {
      if (close) bar.close();
      for (const link of side.querySelectorAll("a[data-page]")) {
        if (link.dataset.page === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    },
  };
}
