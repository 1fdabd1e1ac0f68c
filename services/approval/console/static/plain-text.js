/**
 * Words that came from outside, shown as inert as the AI's own, without their tint: what nobody would see is named.
 */

import { aiText } from "../shared/elements/ai-text.js";

/** Returns an element that shows a text in the line where it stands. */
export function plainText(words) {
  const element = aiText(words);
  element.classList.add("is-plain");
  return element;
}
