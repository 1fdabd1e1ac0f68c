/**
 * What somebody types in a dialog: a comment or a reason, and the order's id where a decision cannot be taken back.
 */

import { icon } from "../../shared/elements/icons.js";
import { fill, h, newId } from "../../shared/lib/dom.js";
import { dialog as text } from "../card/text.js";

/** Characters of a comment that the service takes. */
const COMMENT_MAX = 2_000;

/** Kinds whose approval is typed, because no button takes it back. */
const TYPED = new Set(["override", "reversal"]);

/**
 * Returns the field of the comment, with `value()` and `check()`.
 * A rejection needs a reason: the person who asked has to know what to do.
 */
export function commentField(decision, kept, keep) {
  const needed = decision === "REJECT";
  const id = newId("comment");
  const problem = h("p", { class: "field-problem", id: `${id}-problem` });
  const input = h("textarea", {
    class: "input",
    id,
    rows: 2,
    maxlength: COMMENT_MAX,
    required: needed,
    "aria-describedby": problem.id,
    value: kept,
    on: {
      input: () => {
        keep(input.value);
        if (input.value.trim() !== "") clear();
      },
    },
  });
  const clear = () => {
    fill(problem);
    input.removeAttribute("aria-invalid");
  };
  const label = h(
    "label",
    { for: id },
    needed ? text.reason : text.comment,
    " ",
    h("span", { class: "muted field-note" }, needed ? text.required : text.optional),
  );
  return {
    element: h("div", { class: "field" }, label, input, problem),
    value: () => input.value.trim(),
    check() {
      if (!needed || input.value.trim() !== "") return true;
      complain(problem, input, text.missing);
      return false;
    },
  };
}

/** Returns the field in which the id is typed, or null where the kind asks for none. */
export function typedField(view) {
  if (!TYPED.has(view.headline.kind)) return null;
  const wanted = view.headline.order_id ?? view.change?.deal?.deal_booking_id ?? view.ids.workflow_id;
  const id = newId("typed");
  const problem = h("p", { class: "field-problem", id: `${id}-problem` });
  const said = h("p", { class: "muted small", id: `${id}-why` }, text.typed);
  const input = h("input", {
    class: "input mono",
    id,
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": `${said.id} ${problem.id}`,
    on: { input: () => judge(false) },
  });
  function judge(pressed) {
    const given = input.value.trim();
    const right = given === wanted;
    const begun = wanted.startsWith(given);
    if (right || (given === "" && !pressed)) {
      fill(problem);
      input.removeAttribute("aria-invalid");
    } else if (pressed || !begun || given.length > wanted.length / 2) {
      complain(problem, input, text.notYet(wanted, begun ? wanted.length - given.length : 0), pressed);
    }
    return right;
  }
  const [before, name, after] = text.type(wanted);
  const label = h("label", { for: id }, before, h("code", { class: "any" }, name), after);
  return { element: h("div", { class: "field" }, label, said, input, problem), check: () => judge(true) };
}

function complain(problem, input, sentence, focus = true) {
  fill(problem, icon("circle-cross"), h("span", {}, sentence));
  input.setAttribute("aria-invalid", "true");
  if (focus) input.focus();
}
