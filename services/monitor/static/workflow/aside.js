/**
 * Beside the parts: whether everybody counts the same, the row of execution_status, and the ids.
 */

import { none, said } from "../../shared/elements/badge.js";
import { copyButton, longId } from "../../shared/elements/button.js";
import { h, newId } from "../../shared/lib/dom.js";
import { compare, grouped } from "../../shared/lib/money.js";
import { aside as text } from "./text.js";

function panel(title, right, ...body) {
  const id = newId("aside");
  const heading = h("h2", { id }, title);
  const head = h("div", { class: "panel-head" }, heading, right);
  return h("section", { class: "panel aside-panel", "aria-labelledby": id }, head, ...body);
}

function list(rows, name) {
  const pairs = rows.filter(Boolean).map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value)));
  return h("dl", { class: `figures ${name}` }, pairs);
}

function agreement(equal) {
  if (equal === true) return said(text.equal, { tone: "good", icon: "tick" });
  if (equal === false) return said(text.unequal, { tone: "failed", icon: "circle-cross" });
  return said(text.open, { tone: "idle", icon: "clock" });
}

function ledgers(given) {
  if (given.length === 0) return [[text.noLedger, none()]];
  return given.map(({ ledger, currency, dr, cr, posted }) => {
    const sums = text.sums(grouped(dr), grouped(cr), compare(dr, cr) === 0);
    return [text.ledger(ledger, currency), [sums, !posted && h("span", { class: "two" }, text.toPost)]];
  });
}

/** Returns deals planned, sent, acknowledged, booked, cancelled, and the sums of both ledgers. */
export function reconciliation({ figures, reverses }) {
  const { planned, sent, attempts, acknowledged, booked, cancels, cancelled } = figures;
  const more = attempts > sent && h("span", { class: "muted" }, ` ${text.attempts(attempts)}`);
  const hedging = reverses === null && [
    [text.sent, [String(sent), more]],
    [text.acknowledged, String(acknowledged)],
    [text.booked, String(booked)],
  ];
  const undone = cancels > 0 && [
    [text.cancels, String(cancels)],
    [text.cancelled, String(cancelled)],
  ];
  const rows = [[text.planned, String(planned)], ...(hedging || []), ...(undone || []), ...ledgers(figures.ledgers)];
  return panel(text.reconciliation, agreement(figures.equal), list(rows, ""));
}

/** Returns the row of the plan's table, by its own names. */
export function executionStatus(row) {
  if (row === null) return panel(text.status, null, h("p", { class: "panel-body second" }, text.noStatus));
  const value = (each, name) =>
    name === "transaction_id" ? longId(String(each), name, { ends: 6, copy: false }) : h("code", {}, String(each));
  const rows = Object.entries(row).map(([name, each]) => [h("code", {}, name), value(each, name)]);
  return panel(text.status, null, list(rows, "status-row"));
}

/** Returns the ids with a button that copies each. */
export function ids(document) {
  const { order_id: order, workflow_id: workflow, response_id: response, plan_digest: plan, approval } = document;
  const named = { order, workflow, response, plan, grant: approval.grant_id };
  const rows = Object.entries(named)
    .filter(([, id]) => id)
    .map(([name, id]) => {
      const label = text.names[name];
      const short = longId(id, label, { ends: 8, copy: false });
      return [label, h("span", { class: "copied-id" }, short, copyButton(id, label))];
    });
  return panel(text.ids, null, list(rows, "ids"));
}
