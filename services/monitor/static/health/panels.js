/**
 * The panels of the health page. Each is made of its own part of the document; what is well is plain.
 */

import { plainText } from "../../shared/elements/ai-text.js";
import { badge, none, said } from "../../shared/elements/badge.js";
import { icon } from "../../shared/elements/icons.js";
import { cell, row, rowHead, table } from "../../shared/elements/table.js";
import { h } from "../../shared/lib/dom.js";
import { grouped, tenThousandths } from "../../shared/lib/money.js";
import { absolute, deadline, duration, hourMinute, moment, span } from "../../shared/lib/time.js";
import { amiss, figures, lasting, panel, runbookLink, stateOf, useBar, withCode } from "./parts.js";
import * as text from "./text.js";

const number = (count) => grouped(String(count));

function columnsOf(labels, numbers = []) {
  return Object.entries(labels).map(([key, label]) => ({ key, label, number: numbers.includes(key) }));
}

/** Returns what needs attention, one line each; nothing where all is well. */
export function attentionPanel({ attention }, ticks) {
  const [WHAT, WHY, NEXT] = columnsOf(text.health.columns);
  if (attention.length === 0) {
    return h("p", { class: "attention-none second", dataset: { part: "attention" } }, icon("tick"), text.health.well);
  }
  const names = "attention-table health-attention";
  const made = table([WHAT, WHY, NEXT], { label: text.health.attentionTable, name: names });
  for (const { code, subject, sentence, since, runbook } of attention) {
    const [word, picture, tone] = text.WORDS[code] ?? [code, "warning", "look"];
    const long = lasting(since, ticks, sinceWhen);
    const head = h("b", {}, plainText(subject), ":");
    const why = [head, " ", plainText(sentence), long && h("span", { class: "two" }, long)];
    made.body.append(
      row([
        cell(WHAT, badge(word, { icon: picture, tone, title: code })),
        rowHead(WHY, h("span", { class: "any" }, why)),
        cell(NEXT, runbookLink(runbook)),
      ]),
    );
  }
  const failed = attention.some(({ code }) => text.WORDS[code]?.[2] === "failed");
  const title = text.health.attention(attention.length);
  return panel("attention", title, { tone: failed ? "failed" : "look" }, made.element);
}

const sinceWhen = (length, time) => `${text.health.since(time)}, ${text.health.lasting(length)}`;

const MARKS = {
  ready: ["tick", "good"],
  ok: ["tick", "good"],
  not_ready: ["warning", "look"],
  away: ["circle-cross", "failed"],
};

function tile({ name, state, detail, more }) {
  const [picture, tone] = MARKS[state];
  const well = state === "ready" || state === "ok";
  const words = well ? detail : [text.health.states[state], detail].filter(Boolean).join(", ");
  return h(
    "li",
    { class: "tile", dataset: { state } },
    h("span", { class: "toned", dataset: { tone } }, icon(picture)),
    h("span", {}, h("b", { class: "any" }, name), h("span", { class: "two any" }, words, more)),
  );
}

function processTile({ name, state, version, stands_by: standsBy, parts, stalls, restarts, since }, ticks) {
  const notes = [
    state === "away" ? null : text.health.version(version),
    standsBy && text.health.standsBy,
    stalls > 0 && text.health.stalls(stalls),
    restarts > 0 && text.health.restarts(restarts),
    parts.length > 0 && text.health.parts(parts.length),
  ];
  const away = lasting(since, ticks);
  return tile({ name, state, detail: notes.filter(Boolean).join(", "), more: away && [" ", away] });
}

function sourceTile({ name, state, since, answer_ms: took, reason }, ticks) {
  const well = took === null ? text.health.counting : text.health.answers(took);
  const away = state === "away" ? [" ", lasting(since, ticks)] : null;
  const made = tile({ name, state, detail: state === "ok" ? well : "", more: away });
  if (reason) made.title = reason;
  return made;
}

/** Returns what parts say that wait or cannot work: once it stood in logs and in `/health/ready` alone. */
function partsDetails(parts) {
  const line = ({ process, name, state, detail }) => {
    const said = [`${name} ${state}`, detail].filter(Boolean).join(": ");
    return h("li", { class: "any" }, h("b", {}, plainText(process)), " ", plainText(said));
  };
  const summary = h("summary", { "data-focus": "parts" }, text.health.every(parts.length));
  const list = h("ul", { class: "panel-body stack-small" }, parts.map(line));
  return h("details", { class: "health-details" }, summary, list);
}

/** Returns processes with their versions, and the servers. */
export function processesPanel({ processes, sources }, ticks) {
  const known = (processes ?? []).map((each) => processTile(each, ticks));
  const list = h("ul", { class: "tiles" }, known, sources.map((each) => sourceTile(each, ticks)));
  const note = processes === null && h("p", { class: "muted small tile-note" }, text.health.notKnown);
  const told = (processes ?? []).flatMap(({ name, parts }) => parts.map((each) => ({ ...each, process: name })));
  const named = { class: "panel", dataset: { part: "processes" }, "aria-label": text.health.processes };
  return h("section", named, list, note, told.length > 0 && partsDetails(told));
}

function unknown(key, title, name) {
  return panel(key, title, {}, h("p", { class: "panel-body second" }, text.health.unknown(name)));
}

const WELL = "UP_TO_DATE";
const CONSUMER = columnsOf(text.consumers.columns, ["waiting", "oldest"]);

function consumerRow({ group, title, topic, waiting, oldest, state }, ticks) {
  const [GROUP, TOPIC, WAITING, OLDEST, STATE] = CONSUMER;
  return row([
    rowHead(GROUP, h("span", { title }, group)),
    cell(TOPIC, topic),
    cell(WAITING, number(waiting)),
    cell(OLDEST, lasting(oldest, ticks, (length) => length) ?? none()),
    cell(STATE, stateOf(text.consumers.states, state)),
  ]);
}

function single({ group, topic, members, waiting, oldest_at: oldest, state }, ticks) {
  const title = `${group}, ${text.consumers.members(members)}`;
  const name = group.replace("hawk-", "").replace("-", " ");
  return consumerRow({ group: name, title, topic: h("code", { class: "any" }, topic), waiting, oldest, state }, ticks);
}

/** Returns one row for what is well of a service: it is quiet. */
function together(service, consumers, all, ticks) {
  const waiting = consumers.reduce((sum, each) => sum + each.waiting, 0);
  const oldest = consumers.map((each) => each.oldest_at).filter(Boolean).sort()[0] ?? null;
  const topic = consumers.length === all ? text.consumers.topics(all) : text.consumers.others(consumers.length);
  return consumerRow({ group: service, topic, waiting, oldest, state: WELL }, ticks);
}

/** Returns who reads what, how much waits, and since when: what is not well one by one, the rest by service. */
export function consumersPanel({ consumers }, ticks) {
  const { title, every } = text.consumers;
  if (consumers === null) return unknown("consumers", title, "Kafka");
  const made = table(CONSUMER, { label: title, name: "table-narrow health-table" });
  const whole = table(CONSUMER, { label: every(consumers.length), name: "table-narrow health-table" });
  for (const service of new Set(consumers.map((each) => each.service))) {
    const all = consumers.filter((each) => each.service === service);
    const well = all.filter((each) => each.state === WELL);
    made.body.append(...all.filter((each) => each.state !== WELL).map((each) => single(each, ticks)));
    if (well.length > 0) made.body.append(together(service, well, all.length, ticks));
    whole.body.append(...all.map((each) => single(each, ticks)));
  }
  const summary = h("summary", { "data-focus": "every-consumer" }, every(consumers.length));
  const details = h("details", { class: "health-details" }, summary, whole.element);
  return panel("consumers", title, { link: runbookLink("consumer", { short: true }) }, made.element, details);
}

/** Returns bars of limits or of capacities, the fullest first. */
export function barsPanel(key, document, { title, note, columns, whole: wholeName, none: nothing }) {
  const found = document[key];
  if (found === null) return unknown(key, title, "PostgreSQL");
  if (found.length === 0) return panel(key, title, {}, h("p", { class: "panel-body second" }, nothing));
  const all = [
    { key: "name", label: columns },
    { key: "bar", label: text.bars.columns.bar },
    { key: "used", label: key === "limits" ? text.bars.columns.used : text.bars.columns.own, number: true },
    { key: "whole", label: wholeName, number: true },
    { key: "share", label: text.bars.share, number: true },
  ];
  const [NAME, BAR, USED, WHOLE, SHARE] = all;
  const made = table(all, { label: title, name: "table-narrow health-table health-bars" });
  for (const each of found) {
    const share = `${Math.round(tenThousandths(each.used, each.whole) / 100)} %`;
    const [word, picture, tone] = text.bars.states[each.state] ?? [];
    made.body.append(
      row([
        rowHead(NAME, each.name),
        cell(BAR, useBar(each)),
        cell(USED, grouped(each.used)),
        cell(WHOLE, grouped(each.whole)),
        cell(SHARE, share, word && h("span", { class: "two" }, said(word, { tone, icon: picture }))),
      ]),
    );
  }
  return panel(key, title, { note, link: runbookLink("limits", { short: true }) }, made.element);
}

/** Returns how Murex answers, and what it leaves open. */
export function murexPanel({ murex }, ticks) {
  const words = text.murex;
  if (murex === null) return unknown("murex", words.title, "PostgreSQL");
  const { answers, p50_ms: p50, p99_ms: p99, in_flight: flight, turns_waiting: turns } = murex;
  const time = answers === 0 ? words.noAnswers : words.answers(duration(p50), duration(p99), answers);
  const body = figures([
    [words.answer, "silence", time],
    [words.silent, "silence", amiss(murex.silent_deals, "look", murex.silent_since, ticks)],
    [words.disputes, "person", amiss(murex.disputes, "failed", murex.disputes_since, ticks)],
    [words.kept, "person", amiss(murex.kept, "failed", murex.kept_since, ticks)],
    [words.undoing, "silence", number(murex.undoing)],
    [words.posting, "posting", number(murex.posting_waits)],
    [words.flight, "turns", flight === null ? none() : `${number(flight)}, ${number(turns ?? 0)}`],
  ]);
  return panel("murex", words.title, {}, h("div", { class: "panel-body" }, body));
}

/** Returns how far the relay is, and who holds it up. */
export function relayPanel({ relay }) {
  const words = text.relay;
  if (relay === null) return unknown("relay", words.title, "PostgreSQL");
  const oldest = (count, ms, late) => {
    const figure = words.oldest(count, duration(ms));
    return late ? said(figure, { tone: "look", icon: "clock" }) : figure;
  };
  const holder = relay.holder === null ? words.unnamed : words.holder(relay.holder);
  const held = relay.held
    ? said(`${holder}, ${text.health.lasting(span(relay.held_ms))}`, { tone: "failed", icon: "lock" })
    : words.nobody;
  const body = figures([
    [words.published, "relay", number(relay.published)],
    [words.unsealed, "relay", oldest(relay.unsealed, relay.unsealed_ms, relay.unsealed_late)],
    [words.unpublished, "relay", oldest(relay.unpublished, relay.unpublished_ms, relay.unpublished_late)],
    [words.passedOver, "unpublishable", amiss(relay.unpublishable, "look", null, [])],
    [words.held, "feed", held],
  ]);
  return panel("relay", words.title, {}, h("div", { class: "panel-body" }, body));
}

/** Returns how much HAWK may do, whether it is stopped, and whether the executor follows. */
export function rolloutPanel({ rollout, console }, ticks, now) {
  const words = text.rollout;
  if (rollout === null) return unknown("rollout", words.title, "PostgreSQL");
  const { mode, mode_at: modeAt, people, stopped, reason, stopped_by: by, stopped_at: stoppedAt } = rollout;
  const since = moment(modeAt);
  const from = [since && deadline(since, now), words.by(people)].filter(Boolean).join(", ");
  const why = h("span", { class: "two any" }, stopWords(by, reason, stoppedAt));
  const stop = stopped ? [said(words.stopped, { tone: "failed", icon: "octagon" }), why] : words.running;
  const followed = rollout.followed === null ? words.nothing : words.version(rollout.followed, rollout.version);
  const read = lasting(rollout.caught_up_at, ticks, (length) => `${length} ago`);
  const decided = h("span", { class: "two any", title: since && absolute(since) }, plainText(from));
  const body = figures([
    [words.mode, "control", h("b", {}, mode ?? words.none), decided],
    [words.stop, "control", stop],
    [words.follows, "control", followed],
    [words.asOf, "control", read ?? none()],
  ]);
  const link = consoleLink(console, "", text.health.console);
  return panel("rollout", words.title, { link }, h("div", { class: "panel-body" }, body));
}

function stopWords(by, reason, stoppedAt) {
  const at = moment(stoppedAt);
  const who = [at && text.health.since(hourMinute(at)), by && `by ${by}`].filter(Boolean).join(" ");
  return plainText([who, reason].filter(Boolean).join(": "));
}

/** Returns a link to a page of the console; nothing where that is not known. */
function consoleLink(console, path, label) {
  if (!/^https?:\/\//.test(console ?? "")) return null;
  const named = { class: "icon-link", href: `${console}${path}`, "data-focus": `console${path}` };
  return h("a", named, icon("external"), label);
}

/** Returns the dead letters that wait, each with its code and what to do. */
export function lettersPanel({ letters, console }, now) {
  const { title, note, none: nothing, columns, more, where, act } = text.letters;
  if (letters === null) return unknown("letters", title, "PostgreSQL");
  const link = runbookLink("letters", { short: true });
  const empty = h("p", { class: "panel-body second" }, nothing);
  if (letters.shown.length === 0) return panel("letters", title, { link }, empty);
  const [AT, CODE, CURE] = columnsOf(columns);
  const made = table([AT, CODE, CURE], { label: title, name: "table-narrow health-table" });
  for (const { letter, at, code, topic, group, reason, cure } of letters.shown) {
    const when = moment(at);
    const why = h("span", { class: "two any", title: group }, plainText(where(topic, reason)));
    made.body.append(
      row([
        cell(AT, h("span", { class: "fact", title: absolute(when) }, deadline(when, now))),
        rowHead(CODE, h("code", { class: "any", title: letter }, code), why),
        cell(CURE, h("span", { class: "any" }, withCode(cure))),
      ]),
    );
  }
  const left = letters.waiting - letters.shown.length;
  const rest = h(
    "p",
    { class: "panel-body second" },
    left > 0 && h("span", {}, withCode(more(left)), " "),
    consoleLink(console, "/console/messages", act),
  );
  return panel("letters", title, { note: note(letters.waiting), link }, made.element, rest);
}
