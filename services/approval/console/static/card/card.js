/**
 * The page of one request: the card while people decide on it, and its execution at the same address afterwards.
 */

import { errorState, loadingState } from "../../shared/elements/banner.js";
import { fill, h } from "../../shared/lib/dom.js";
import { breakGlass } from "./glass.js";
import { CardPage } from "./page.js";
import { page as text } from "./text.js";

const SIGNED_OUT = 401;

/**
 * Shows a card, and keeps it true.
 * @param {Element} container
 * @param {string} workflow
 * @param {Object} context of the site: http, clock, session, live, announce, title, navigate
 * @returns {() => void} ends it
 */
export function renderCard(container, workflow, context) {
  const card = new CardPage(container, workflow, { ...context, breakGlass });
  let closed = false;

  async function begin() {
    fill(container, h("h1", { class: "unseen", tabindex: "-1" }, text.approvals), loadingState(6));
    try {
      const first = await card.read();
      if (!closed) card.begin(first);
    } catch (failure) {
      if (!closed && failure.status !== SIGNED_OUT) away(failure);
    }
  }

  function away(failure) {
    const heading = h("h1", { class: "unseen", tabindex: "-1" }, text.away);
    const said = text.nothingDecided(failure.sentence ?? String(failure.message ?? failure));
    fill(
      container,
      heading,
      errorState({ title: text.away, text: said, trace: failure.trace, again: () => void begin() }),
    );
    if (!(failure.status >= 0)) throw failure;
  }

  const begun = begin();
  const close = () => {
    if (closed) return;
    closed = true;
    card.close();
  };
  close.begun = begun;
  return close;
}

/** Shows the page of an address; see `routes.js`. */
export async function mount(place, context) {
  const close = renderCard(place.main, place.parameters.workflow, context);
  // Somebody may go back before the card is there: it must not take the place of the page that is shown by then.
  place.left.addEventListener("abort", close);
  await close.begun;
  return { close };
}
