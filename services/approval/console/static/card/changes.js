/**
 * What changed between the plan that somebody was reading and the one that took its place.
 */

import { banner } from "../../shared/elements/banner.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { h } from "../../shared/lib/dom.js";
import { sectionPanel } from "./frame.js";
import { CHANGES } from "./viewed.js";
import { changed as text } from "./text.js";

/**
 * Returns the banner above, and the panel whose tick comes before every approval.
 * @param {{changed: Object, read: boolean, since: string|null, checked: boolean}} piece `read`: this person has looked
 *   at the plan before
 * @param {(checked: boolean) => void} set
 */
export function changesPart(piece, set) {
  if (!piece.changed) return null;
  const { changed, read, checked } = piece;
  return h("div", { class: "stack" }, read && outOfDate(piece), panel(changed, read, checked, set));
}

function outOfDate({ changed, since }) {
  return banner("look", [
    { first: text.banner(since), text: text.because(changed.ended ?? "", changed.approved_by ?? []), icon: "again" },
  ]);
}

function panel(changed, read, checked, set) {
  const note = [
    read ? text.since : text.sinceOther,
    " ",
    h("code", { title: changed.digest }, shortDigest(changed.digest)),
  ];
  return sectionPanel(
    { key: CHANGES, number: null, title: text.title, note, tick: read ? { checked, set } : null },
    body(changed.rows, read),
  );
}

function body(rows, read) {
  if (rows === null || rows === undefined) return h("p", { class: "panel-body second" }, text.unknown);
  if (rows.length === 0) return h("p", { class: "panel-body second" }, text.none);
  return planTable({
    caption: text.caption,
    name: "changes-table",
    columns: [
      { text: text.value },
      { text: read ? text.before : text.beforeOther, as: "count" },
      { text: text.now, as: "count" },
      { text: text.difference, as: "count" },
    ],
    rows: [
      ...rows.map((row) => [
        row.value,
        { text: row.before, class: "second", "data-label": read ? text.before : text.beforeOther },
        { text: h("b", {}, row.now), "data-label": text.now },
        { text: row.difference || null, class: "second", "data-label": text.difference },
      ]),
      [text.rest, { text: text.asBefore, class: "second" }, { text: text.asBefore }, { text: null }],
    ],
  });
}

/** Returns "sha256:26daa380…77aa959". */
export function shortDigest(digest) {
  const colon = digest.indexOf(":") + 1;
  const body = digest.slice(colon);
  return body.length <= 17 ? digest : `${digest.slice(0, colon + 8)}…${body.slice(-8)}`;
}
