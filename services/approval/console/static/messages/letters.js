/**
 * Dead letters: what was refused, why, what to do about it, and the request to publish it again.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge } from "../../shared/elements/badge.js";
import { emptyState } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { planTable } from "../../shared/elements/plan-table.js";
import { fill, h } from "../../shared/lib/dom.js";
import { address } from "../../shared/lib/http.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { agoOf, part } from "../card/frame.js";
import { reasonField } from "../fields.js";
import { act as actText } from "../control/text.js";
import { letters as text } from "./text.js";

const REASON_MAX = 2_000;
const TONES = { REFUSED: ["look", "warning"], ASKED: ["accent", "half"], REPLAYED: ["good", "tick"] };

/** Returns the part of the page; see `messages.js`. */
export function lettersPart({ context, before, reread, addressOf }) {
  const element = h("div", { class: "stack" });
  const list = part((piece) => listOf(piece));
  const pages = h("div", {});
  fill(element, list.element, pages);

  function ask(letter) {
    const missing = actText.reasonMissing;
    const reason = reasonField({ label: text.cause, note: actText.reasonNote, missing, max: REASON_MAX });
    const known = letter.asked?.at ?? null;
    openAct({
      title: text.question,
      label: text.replay,
      busy: text.replaying,
      icon: "again",
      facts: [
        [text.where, h("span", { class: "any" }, placeOf(letter))],
        [text.code, letter.code && h("code", { class: "any" }, letter.code)],
        [text.letter, h("code", { class: "any" }, letter.letter)],
        youOf(context.session),
      ],
      consequence: { tone: "look", lines: [{ first: text.first, text: text.text }] },
      fields: [reason],
      send: () => context.http.post(`/deadletters/${letter.letter}/replay`, { reason: reason.value() }),
      look: async () => {
        const found = await read();
        const now = found.letters.find((each) => each.letter === letter.letter);
        return (now?.asked?.at ?? null) !== known;
      },
      onDone: () => {
        void reread();
        context.announce.say(text.done);
      },
    });
  }

  function read(signal) {
    return context.http.get(address("/letters", { before }), { signal });
  }

  function listOf(rows) {
    if (rows.length === 0) {
      return h("div", { class: "panel" }, emptyState({ icon: "tick", title: text.empty, text: text.emptyText }));
    }
    const { columns } = text;
    const table = planTable({
      caption: text.list,
      name: "letters-table",
      columns: [columns.refused, columns.what, columns.cure, columns.act].map((each) => ({ text: each })),
      rows: rows.map((letter) => [
        { text: refusedOf(letter) },
        { text: whatOf(letter), class: "any", "data-label": columns.what },
        { text: letter.what_to_do, class: "second any", "data-label": columns.cure },
        { text: actOf(letter, ask), "data-label": columns.act },
      ]),
    });
    return h("div", { class: "panel" }, table);
  }

  return {
    element,
    away: text.away,
    read,
    show(found) {
      context.clock.set(found.as_of);
      list.show(found.letters);
      fill(pages, pager(found, before, addressOf));
    },
  };
}

function refusedOf(letter) {
  const at = moment(letter.refused_at);
  const times = letter.refusals > 1 && h("span", { class: "two" }, text.times(letter.refusals));
  return [
    agoOf(letter.refused_at, absolute(at)),
    h("span", { class: "two any" }, letter.group && text.refusedBy(letter.group)),
    times,
  ];
}

/** Returns "hawk.reference, partition 0, offset 41". */
function placeOf({ topic, partition, offset, last_offset: last }) {
  if (!topic) return "";
  return last > offset ? text.places(topic, partition, offset, last) : text.place(topic, partition, offset);
}

function whatOf(letter) {
  const [tone, icon] = TONES[letter.state] ?? ["idle", "circle"];
  const covers = letter.messages > 1 && [", ", text.covers(letter.messages)];
  return [
    h(
      "span",
      { class: "letter-line" },
      h("code", { class: "any" }, letter.code ?? text.noCode),
      " ",
      badge(text.states[letter.state] ?? letter.state, { tone, icon, title: letter.state }),
    ),
    h("span", { class: "letter-reason any" }, plainText(letter.reason)),
    h("span", { class: "two any" }, placeOf(letter), covers),
    saidOf(letter),
  ];
}

/** Returns what people and the service said about a replay. */
function saidOf({ state, asked, answer }) {
  const lines = [];
  if (asked && state === "ASKED") lines.push(text.askedBy(asked));
  if (answer?.code && state === "REFUSED") lines.push(text.declined(answer));
  return lines.map((line) => h("span", { class: "two any letter-said" }, plainText(line)));
}

function actOf(letter, ask) {
  // What was published, or never can be, has no button; what to do stands beside it.
  const focus = `replay-${letter.letter}`;
  if (letter.state !== "REFUSED" || letter.not_replayable) return null;
  if (!letter.may_replay) return forbidden(text.replay, letter.why, { focus });
  return button(text.replay, { icon: "again", small: true, act: () => ask(letter), focus });
}

function pager({ next }, before, addressOf) {
  if (next === null && before === null) return null;
  const link = (href, words, focus) => h("a", { class: "button", href, "data-focus": focus }, words);
  const older = next === null ? h("span", {}) : link(addressOf("letters", next), text.older, "older");
  const newest = before === null ? h("span", {}) : link(addressOf("letters"), text.newest, "newest");
  return h("nav", { class: "list-pages", "aria-label": text.pages }, newest, older);
}
