/**
 * My passkeys: those that count, those that wait for a second person, and for approvers also those of others.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge } from "../../shared/elements/badge.js";
import { banner } from "../../shared/elements/banner.js";
import { button, forbidden } from "../../shared/elements/button.js";
import { h } from "../../shared/lib/dom.js";
import { absolute, moment } from "../../shared/lib/time.js";
import { openAct, youOf } from "../act-dialog.js";
import { facts, part } from "../card/frame.js";
import { act as actText } from "../control/text.js";
import { reasonField, textField } from "../fields.js";
import { livePage, panel } from "../live-page.js";
import { confirmButton, personOf, proposalFacts, proposalPanel, written } from "../proposal.js";
import { makePasskey, whyNoPasskeys } from "./browser.js";
import { delayOf, passkeys as text } from "./text.js";

const REASON_MAX = 2_000;
const NAME_MAX = 60;
const TONES = { COUNTS: "good", WAITS: "accent", LOST: "look", REMOVED: "idle" };

class PasskeysPage {
  constructor({ main }, context) {
    this.context = context;
    this.document = null;
    this.waiting = part((piece) => this.#waiting(piece));
    this.mine = part((piece) => this.#mine(piece));
    this.others = part((piece) => this.#others(piece));
    this.body = h("div", { class: "stack" });
    this.page = livePage(main, context, {
      title: text.title,
      sentence: text.sentence,
      away: text.away,
      read: (signal) => context.http.get("/passkeys", { signal }),
      show: (found) => this.show(found),
      body: [this.body],
    });
  }

  show(found) {
    this.document = found;
    this.waiting.show({ waiting: found.waiting });
    this.mine.show({ keys: found.mine, may: found.may.register, waiting: found.waiting });
    this.others.show({ keys: found.others, waiting: found.waiting });
    const nodes = [this.waiting.element, this.mine.element, this.others.element];
    const there = this.body.children;
    const same = nodes.length === there.length && nodes.every((node, at) => there[at] === node);
    if (!same) this.body.replaceChildren(...nodes);
  }

  #act(options) {
    openAct({ ...options, onDone: (answer) => this.page.done(answer, options.done) });
  }

  #post(path, body) {
    return this.context.http.post(path, body);
  }

  /** Reads the passkeys, and returns whether they are as they would be after an act. */
  async #holds(whether) {
    return whether(await this.context.http.get("/passkeys"));
  }

  #waiting({ waiting }) {
    if (waiting.length === 0) return null;
    return h("div", { class: "stack" }, waiting.map((each) => this.#proposal(each)));
  }

  #proposal(each) {
    const list = proposalFacts(each, { more: [[text.person, person(each.person)], [text.kind, titleOf(each)]] });
    const confirm = confirmButton(each, { act: () => this.#confirm(each), focus: `confirm-${each.digest}` });
    const reject = each.may_reject
      ? button(text.reject, { icon: "circle-cross", act: () => this.#reject(each), focus: `reject-${each.digest}` })
      : forbidden(text.reject, text.nobody, { focus: `reject-${each.digest}` });
    return proposalPanel(`${titleOf(each)}, ${each.person}`, each, list, [confirm, reject]);
  }

  #confirm(each) {
    const delay = delayOf(this.document.delay_seconds);
    const adds = each.kind === "ADD";
    this.#act({
      title: adds ? text.confirmAdd(each.person) : text.confirmRemove(each.person),
      label: text.confirm,
      busy: text.confirming,
      icon: "tick",
      facts: this.#shown(each),
      consequence: {
        tone: "look",
        lines: [
          {
            first: adds ? text.confirmAddFirst : text.confirmRemoveFirst,
            text: adds ? text.confirmAddText(delay) : text.confirmRemoveText(delay),
          },
        ],
      },
      send: () => this.#post("/passkeys/confirmation", { person: each.person, digest: each.digest }),
      look: () => this.#holds((found) => gone(found, each)),
      done: text.confirmed,
    });
  }

  #reject(each) {
    const reason = reasonField({ ...REASON, max: REASON_MAX });
    this.#act({
      title: text.rejectQuestion,
      label: text.reject,
      busy: text.rejecting,
      kind: "danger",
      icon: "circle-cross",
      facts: this.#shown(each),
      consequence: { tone: "look", lines: [{ first: text.rejectFirst, text: each.lost ? text.rejectText : "" }] },
      fields: [reason],
      send: () =>
        this.#post("/passkeys/rejection", { person: each.person, digest: each.digest, reason: reason.value() }),
      look: () => this.#holds((found) => gone(found, each)),
      done: text.rejected,
    });
  }

  #shown(each) {
    return [
      [text.person, person(each.person)],
      [text.kind, titleOf(each)],
      ...(each.reason ? [[actText.reason, written(each.reason)]] : []),
      [actText.digest, h("code", { class: "any" }, each.digest)],
      youOf(this.context.session),
    ];
  }

  #mine({ keys, may, waiting }) {
    const against = may.allowed ? whyNoPasskeys() : may.why;
    const press = against === null
      ? button(text.register, { kind: "primary", icon: "key", act: () => this.#register(), focus: "register" })
      : forbidden(text.register, against, { focus: "register" });
    const list = keys.length > 0
      ? this.#list(keys, waiting, true)
      : banner("accent", [{ first: text.noneMine, text: "" }]);
    return panel(text.mine, h("div", { class: "stack" }, list, h("div", { class: "act-row" }, press)));
  }

  #others({ keys, waiting }) {
    return keys.length === 0 ? null : panel(text.others, this.#list(keys, waiting, false));
  }

  #list(keys, waiting, mine) {
    const rows = keys.map((key) => h("li", {}, this.#key(key, mine, waiting)));
    return h("ul", { class: "stack passkey-list", "aria-label": mine ? text.mine : text.others }, rows);
  }

  #key(key, mine, waiting) {
    const title = text.keyOf(key.name);
    const open = waiting.some((each) => each.kind === "REMOVE" && each.credential_id === key.credential_id);
    const ends = key.state === "REMOVED" || key.removed_by !== null;
    const own = mine && !ends && key.state !== "LOST";
    const id = key.credential_id.slice(0, 16);
    return h(
      "section",
      { class: "stack-small", "aria-label": title },
      h("h3", { class: "any" }, plainText(title), " ", badge(text.states[key.state], { tone: TONES[key.state] })),
      facts([
        ...(mine ? [] : [[text.person, person(key.person)]]),
        [text.from, time(key.works_from)],
        ...(key.ends_at === null ? [] : [[text.until, time(key.ends_at)]]),
        [text.confirmedBy, personOf(key.confirmed_by)],
        ...(key.removed_by === null ? [] : [[text.removedBy, peopleOf(key.removed_by)]]),
      ]),
      h(
        "div",
        { class: "act-row" },
        own && button(text.lose, { kind: "danger", act: () => this.#remove(key, true), focus: `lose-${id}` }),
        !ends && !open && button(text.remove, { act: () => this.#remove(key, false), focus: `remove-${id}` }),
      ),
    );
  }

  #register() {
    const name = textField({
      label: text.name,
      note: text.nameNote,
      hint: text.nameHint,
      max: NAME_MAX,
      required: true,
      wrong: (value) => (value === "" ? text.nameMissing : null),
    });
    const before = new Set(this.document.waiting.map((each) => each.digest));
    this.#act({
      title: text.registerQuestion,
      label: text.register,
      busy: text.registering,
      icon: "key",
      facts: [youOf(this.context.session)],
      consequence: {
        tone: "accent",
        lines: [{ first: text.registerFirst, text: text.registerText(delayOf(this.document.delay_seconds)) }],
      },
      fields: [name],
      send: async () => this.#post("/passkeys", await makePasskey(this.context.http, name.value())),
      look: () => this.#holds((found) => found.waiting.some((each) => each.mine && !before.has(each.digest))),
      done: text.registered,
    });
  }

  #remove(key, lost) {
    const reason = reasonField({ ...REASON, max: REASON_MAX });
    const sent = { person: key.person, credential_id: key.credential_id, lost };
    const delay = delayOf(this.document.delay_seconds);
    this.#act({
      title: lost ? text.loseQuestion(key.name) : text.removeQuestion(key.name),
      label: lost ? text.lose : text.remove,
      busy: lost ? text.losing : text.removing,
      kind: "danger",
      facts: [[text.person, person(key.person)], [text.kind, plainText(key.name)], youOf(this.context.session)],
      consequence: {
        tone: "look",
        lines: [lost ? { first: text.loseFirst, text: text.loseText }
          : { first: text.removeFirst, text: text.removeText(delay) }],
      },
      fields: [reason],
      send: () => this.#post("/passkeys/removal", { ...sent, reason: reason.value() }),
      look: () =>
        this.#holds((found) =>
          found.waiting.some((each) => each.credential_id === key.credential_id && each.lost === lost),
        ),
      done: lost ? text.lost : text.removed,
    });
  }

  close() {
    this.page.close();
  }
}

const REASON = { label: actText.reason, note: actText.reasonNote, missing: actText.reasonMissing };

function titleOf(each) {
  if (each.kind === "ADD") return text.add(each.name);
  return each.lost ? text.lostTitle(each.name) : text.take(each.name);
}

function gone(found, each) {
  return !found.waiting.some((other) => other.digest === each.digest);
}

function person(name) {
  return h("span", { class: "any" }, plainText(name));
}

/** Returns "rita (RISK_MANAGER) and sam (SENIOR_TRADER)". */
function peopleOf([first, second]) {
  return h("span", {}, personOf(first), text.and, personOf(second));
}

function time(iso) {
  const at = moment(iso);
  return at ? absolute(at) : iso;
}

/** Shows the page. */
export async function mount(place, context) {
  return new PasskeysPage(place, context);
}
