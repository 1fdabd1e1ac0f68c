/**
 * The page that somebody sees who is not signed in. It leads to the provider, or in the demo offers its people.
 */

import { banner } from "../elements/banner.js";
import { busy, button } from "../elements/button.js";
import { environmentStrip } from "../elements/environment.js";
import { mark } from "../elements/icons.js";
import { fill, h } from "../lib/dom.js";
import { address } from "../lib/http.js";
import { signIn as text, site, siteName } from "./text.js";

/** Where the service sends a browser whose sign-in did not succeed, and in the demo everybody. */
export const SIGN_IN_PAGE = "/sign-in";

const DEMO = "/demo/sign-in";

/** Returns a page of this site, or the first one where the address names none. */
function own(page) {
  if (!page?.startsWith("/") || page.startsWith("//") || page.includes("\\")) return "/";
  const to = new URL(page, location.origin);
  return to.origin === location.origin && to.pathname !== SIGN_IN_PAGE ? to.pathname + to.search : "/";
}

/** Returns where to go on after signing in: what was asked for, or the page that is shown. */
export function wantedPage() {
  const asked = new URLSearchParams(location.search).get("next");
  return location.pathname === SIGN_IN_PAGE ? own(asked) : location.pathname + location.search;
}

/** Returns the address that signs in and comes back to the page that is wanted. */
export function loginAddress() {
  return address("/login", { next: wantedPage() });
}

/** Returns one button for each person of the demo. */
function demoPeople(people, http, say) {
  const choose = async (person, pressed) => {
    const end = busy(pressed, text.signingIn);
    try {
      await http.post(DEMO, { person });
      location.assign(wantedPage());
    } catch (failure) {
      end();
      say(failure.sentence ?? String(failure));
    }
  };
  const each = ({ person, name = person, roles = [] }) => {
    const made = button(name, { act: () => void choose(person, made) });
    made.classList.add("sign-in-person");
    made.append(h("span", { class: "muted" }, roles.join(", ")));
    return h("li", {}, made);
  };
  return [h("p", { class: "second" }, text.demo), h("ul", { class: "sign-in-people" }, people.map(each))];
}

/**
 * Shows the page.
 * @param {{get: Function, post: Function}} http
 * @param {string} about what the site is for, in a sentence
 * @param {{demo?: boolean, people?: Object[], address?: string|null}} [offer] what the service offers
 * @param {string|null} [note] a sentence above, such as that the session has ended
 */
export function showSignIn(http, about, { demo = false, people = [], address: login = "/login" } = {}, note = null) {
  const refused = location.pathname === SIGN_IN_PAGE ? new URLSearchParams(location.search).get("refused") : null;
  const said = h("div", { role: "alert" });
  const say = (sentence) => fill(said, banner("failed", [{ first: text.notDone, text: sentence }]));
  if (refused) say(text.refused[refused] ?? text.otherwise(refused));
  const heading = h("h1", { tabindex: "-1" }, text.title);
  let offered = h("a", { class: "button button-primary button-bar", href: loginAddress() }, text.action);
  if (demo && people.length > 0) offered = demoPeople(people, http, say);
  else if (login === null) offered = h("p", { class: "second" }, text.nowhere);
  const name = h("span", { class: "brand-site" }, siteName());
  const brand = h("p", { class: "brand" }, mark(), h("span", {}, "HAWK"), name);
  const why = h("p", { class: "second", role: note ? "status" : null }, note ?? about);
  const main = h("main", { class: "sign-in panel", id: "content" }, brand, heading, why, said, offered);
  fill(document.body, h("header", {}, environmentStrip()), main);
  document.title = site.title(text.title, document.documentElement.dataset.environment);
  heading.focus();
}
