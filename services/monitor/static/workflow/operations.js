/**
 * The operations as a table: by stage, and by entity where there are several; each with its time and its event.
 */

import { emptyState } from "../../shared/elements/banner.js";
import { none, said } from "../../shared/elements/badge.js";
import { cell, groupRow, row, rowHead, table } from "../../shared/elements/table.js";
import { operations as words } from "../../shared/elements/text-plan.js";
import { arrange, fill, h, keeper } from "../../shared/lib/dom.js";
import { choice, eventButton, eventTime } from "./part.js";
import { operations as text } from "./text.js";

const COLUMNS = [
  { key: "number", label: words.number },
  { key: "kind", label: words.kind },
  { key: "table", label: words.table },
  { key: "purpose", label: words.purpose },
  { key: "rows", label: text.columns.rows, number: true },
  { key: "at", label: text.columns.at, number: true },
  { key: "event", label: text.columns.event, number: true },
];
const [NUMBER, KIND, TABLE, PURPOSE, ROWS, AT, EVENT] = COLUMNS;
const STATES = Object.keys(text.states);
const MARKS = {
  undone: ["idle", "back"],
  planned: ["idle", "circle"],
  not_run: ["idle", "ban"],
};

function stateOf(state) {
  if (!(state in MARKS)) return null;
  const [tone, picture] = MARKS[state];
  return h("span", { class: "two" }, said(text.states[state], { tone, icon: picture }));
}

/** Parts the operations by stage and entity, in their order. */
function parted(list) {
  const parts = [];
  for (const each of list) {
    const last = parts.at(-1);
    if (last?.stage === each.stage && last.entity === each.entity_id) last.list.push(each);
    else parts.push({ stage: each.stage, entity: each.entity_id, list: [each] });
  }
  return parts;
}

function entityName(entity, entities) {
  if (entity === null || entities.length < 2) return null;
  const named = entities.find(({ entity_id: id }) => id === entity);
  return (named?.name ?? "").split(" Entity ").at(-1) || entity;
}

/**
 * Returns the table with `element`, `tools` and `show(document)`.
 * @param {(event: Object) => void} open shows an event
 */
export function operationsPart(open) {
  const made = table(COLUMNS, { label: text.caption, name: "operations-table table-narrow" });
  const element = h("div", {});
  const tools = h("div", { class: "part-tools" });
  const wish = { kind: "", state: "" };
  let document_ = null;

  const rows = keeper(
    ({ key }) => key,
    (item) => (item.group ? groupRow(item.group, COLUMNS.length) : line(item)),
    (_, node) => node.classList.add("changed"),
  );

  function line({ operation, event, undone }) {
    const { number, operation: kind, table: name, purpose, rows: written, state } = operation;
    const shown = undone ?? event;
    return row(
      [
        rowHead(NUMBER, String(number)),
        cell(KIND, h("code", { class: "small" }, kind)),
        cell(TABLE, h("code", { class: "any" }, name)),
        cell(PURPOSE, purpose, stateOf(state)),
        cell(ROWS, written === 0 ? none() : String(written)),
        cell(AT, shown === null ? none() : eventTime(shown)),
        cell(EVENT, shown === null ? none() : eventButton(shown, `operation-${number}`, open)),
      ],
      { names: `is-${state}` },
    );
  }

  function items() {
    const { operations, events, entities } = document_;
    const at = (number) => (number === null ? null : events[number]);
    return parted(operations.list).flatMap(({ stage, entity, list }) => {
      const shown = list.filter(({ operation, state }) =>
        (wish.kind === "" || operation === wish.kind) && (wish.state === "" || state === wish.state));
      if (shown.length === 0) return [];
      const done = list.filter(({ state }) => state === "done").length;
      const name = text.stage(text.stages[stage] ?? stage, entityName(entity, entities), done, list.length);
      const lines = shown.map((operation) => ({
        key: String(operation.number),
        operation,
        event: at(operation.event),
        undone: at(operation.undone_by),
      }));
      return [{ key: `${stage} ${entity}`, group: name }, ...lines];
    });
  }

  function draw() {
    const found = items();
    const planned = document_.operations.list.length > 0;
    if (found.length === 0) {
      const nothing = planned
        ? emptyState({ icon: "search", title: text.noMatch, text: "" })
        : emptyState({ title: text.empty, text: text.emptyText });
      arrange(element, [nothing]);
      return;
    }
    arrange(made.body, rows(found));
    arrange(element, [made.element]);
  }

  function chooser(name, label, values) {
    const onChoose = (value) => {
      wish[name] = value;
      draw();
    };
    return choice({ label, values: [["", text.any], ...values], chosen: "", focus: `only-${name}`, onChoose });
  }

  fill(
    tools,
    chooser("kind", words.kind, words.kinds.map((kind) => [kind, kind])),
    chooser("state", text.state, STATES.map((state) => [state, text.states[state]])),
  );
  return {
    element,
    tools,
    show(document) {
      document_ = document;
      draw();
    },
  };
}
