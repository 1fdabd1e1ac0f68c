/**
 * The sections of a card in the order of doubt. Each is made from its own piece of the document.
 */

import { h } from "../../shared/lib/dom.js";
import { changeBody } from "./kinds.js";
import { part, sectionPanel } from "./frame.js";
import { capacityBody, linesBody, originBody, riskBody } from "./parts.js";
import { dealsBody, ledgerBody, operationsBody, undoBody } from "./plan.js";
import { section as text, sections as names } from "./text.js";

/** From the fourth on, a section waits for a press where there is little room. */
const FOLDS_FROM = 4;

/** The pieces of `view` that each section shows; nothing else makes it anew. */
const PIECES = {
  change: (view) => view.change,
  lines: (view) => view.lines,
  risk: (view) => view.risk,
  capacity: (view) => ({ rows: view.capacity, limit: view.usd_limit }),
  deals: (view) => ({ deals: view.deals, flows: view.flows }),
  ledger: (view) => view.ledger,
  operations: (view) => view.operations,
  undo: (view) => view.undo,
  origin: (view) => ({ model: view.model, provenance: view.provenance }),
};

/** Returns the title of a section, and its name in lists. */
export function namesOf(key, kind) {
  const found = names[key] ?? [key, key];
  return Array.isArray(found) ? found : (found[kind] ?? [key, key]);
}

/** Returns the keys of the sections that this card has something for. */
export function sectionsOf(view) {
  return view.sections.filter((key) => PIECES[key]?.(view));
}

/**
 * Returns `{element, show(view)}`.
 * @param {{open: Set<string>, chosen: Object, ticked: (key) => boolean, tick: (key, checked) => void}} ui what the
 *   person has opened, chosen and ticked on this page
 */
export function sectionList(ui) {
  const element = h("div", { class: "stack card-sections" });
  let parts = new Map();
  let shown = "";

  function make(key, number, view) {
    return part((piece) => panelOf({ key, number, piece: piece.piece, view: piece.view, ui }));
  }

  return {
    element,
    show(view, force = false) {
      const keys = sectionsOf(view);
      if (shown !== keys.join(" ")) {
        shown = keys.join(" ");
        parts = new Map(keys.map((key, index) => [key, make(key, index + 1, view)]));
        element.replaceChildren(...[...parts.values()].map((each) => each.element));
      }
      const { kind, entities } = view.headline;
      for (const [key, each] of parts) {
        each.show({ piece: PIECES[key](view), view: { kind, entities } }, force);
      }
    },
  };
}

function panelOf({ key, number, piece, view, ui }) {
  const [title] = namesOf(key, view.kind);
  const { body, controls, note, summary } = contentOf(key, piece, view, ui);
  return sectionPanel(
    {
      key,
      number,
      title,
      note,
      summary,
      controls,
      folds: number >= FOLDS_FROM,
      open: ui.open.has(`section-${key}`),
      onOpen: (open) => (open ? ui.open.add(`section-${key}`) : ui.open.delete(`section-${key}`)),
      tick: ui.tick && { checked: ui.ticked(key), set: (checked) => ui.tick(key, checked) },
    },
    body,
  );
}

function contentOf(key, piece, view, ui) {
  const nameOf = (entity) => view.entities.find((each) => each.entity_id === entity)?.short ?? entity;
  switch (key) {
    case "change":
      return { body: changeBody(piece, ui.open) };
    case "lines":
      return { body: linesBody(piece) };
    case "risk":
      return { body: riskBody(piece) };
    case "capacity":
      return { body: capacityBody(piece) };
    case "deals":
      return { ...dealsBody(piece, ui.chosen), summary: text.deals(piece.deals.length, view.entities.length) };
    case "ledger":
      return {
        body: ledgerBody(piece, ui.open),
        summary: text.balance(piece.totals.IFRS.balanced && piece.totals.LOCAL.balanced),
      };
    case "operations":
      return { body: operationsBody(piece, ui.open, nameOf), summary: String(piece.total) };
    case "undo":
      return {
        body: undoBody(piece, ui.open, nameOf),
        note: piece.total > 0 && text.reverseOrder(piece.total),
        summary: text.steps(piece.total),
      };
    default:
      return { body: originBody(piece) };
  }
}
