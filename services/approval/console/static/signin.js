/**
 * The page that somebody sees who is not signed in. It leads to the issuer; nothing is typed here.
 */

import { environmentStrip } from "../shared/elements/environment.js";
import { mark } from "../shared/elements/icons.js";
import { fill, h } from "../shared/lib/dom.js";
import { address } from "../shared/lib/http.js";
import { signIn as text, site } from "./text.js";

function here() {
  return location.pathname + location.search;
}

/**
 * Shows the page.
 * @param {{demo?: boolean, people?: {person: string, name?: string, roles?: string[]}[]}} offer what the service offers
 * @param {string|null} note a sentence above, such as that the session has ended
 */
export function showSignIn({ demo = false, people = [] } = {}, note = null) {
  const login = (person) => address("/login", { return_to: here(), person });
  const chosen = people.map(({ person, name = person, roles = [] }) => {
    const parts = [h("b", {}, name), h("span", { class: "muted" }, roles.join(", "))];
    return h("li", {}, h("a", { class: "button sign-in-person", href: login(person) }, parts));
  });
  const offered =
    demo && chosen.length > 0
      ? [h("p", { class: "second" }, text.demo), h("ul", { class: "sign-in-people" }, chosen)]
      : h("a", { class: "button button-primary button-bar", href: login(null) }, text.action);
  const heading = h("h1", { tabindex: "-1" }, text.title);
  fill(
    document.body,
    h("header", {}, environmentStrip()),
    h(
      "main",
      { class: "sign-in panel", id: "content" },
      h("p", { class: "brand" }, mark(), h("span", {}, "HAWK"), h("span", { class: "brand-site" }, site.name)),
      heading,
      h("p", { class: "second", role: note ? "status" : null }, note ?? text.text),
      offered,
    ),
  );
  document.title = site.title(text.title, document.documentElement.dataset.environment);
  heading.focus();
}
