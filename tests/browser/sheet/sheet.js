/**
 * Every shared element in every state, on one page: for tests, and for a person who looks.
 */

import { aiText } from "../shared/elements/ai-text.js";
import { amount } from "../shared/elements/amount.js";
import { badge, risk, said, stateBadge } from "../shared/elements/badge.js";
import { banner, emptyState, errorState, loadingState } from "../shared/elements/banner.js";
import { busy, button, copyButton, forbidden, longId } from "../shared/elements/button.js";
import { environmentStrip } from "../shared/elements/environment.js";
import { icon } from "../shared/elements/icons.js";
import { liveIndicator } from "../shared/elements/live.js";
import { stageBar } from "../shared/elements/stages.js";
import { cell, groupRow, row, rowHead, table } from "../shared/elements/table.js";
import { tabs } from "../shared/elements/tabs.js";
import { fill, h } from "../shared/lib/dom.js";
import { STATES } from "../shared/lib/text.js";

const AT = new Date("2026-11-27T09:08:41Z");

function panel(title, ...parts) {
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "panel-head" }, h("h2", {}, title)),
    h("div", { class: "panel-body stack" }, parts),
  );
}

function line(...parts) {
  return h("div", { class: "sheet-line" }, parts);
}

function live(state, held = 0) {
  const indicator = liveIndicator();
  indicator.show({ state, at: AT, held });
  return indicator;
}

function strip(kind, stopped = null) {
  const made = environmentStrip(kind);
  made.show({ facts: [["Rollout", "FULL"], ["Stop", "off"], ["Policy", "plan-1"]], stopped });
  return h("div", { class: "sheet-strip" }, made);
}

function amounts() {
  const columns = [{ label: "Rule" }, { label: "Amount", number: true }];
  const { element, body } = table(columns, { label: "Amounts", name: "table-narrow" });
  const lines = [
    ["code after, digits line up", amount("187500000.00", { currency: "HKD" })],
    ["no decimals keep their place", amount("12000000000", { currency: "KRW" })],
    ["negative: minus sign, no red", amount("-187500000.00", { currency: "HKD" })],
    ["a difference has its sign", amount("375000.00", { currency: "SGD", signed: true })],
    ["zero is a number", amount("0.00", { currency: "HKD" })],
    ["not applicable", amount(null)],
  ];
  body.append(groupRow("Group, 6", 2));
  for (const [rule, value] of lines) body.append(row([rowHead(columns[0], rule), cell(columns[1], value)]));
  return element;
}

function buttons() {
  const working = button("Approve & Execute", { kind: "primary", icon: "tick" });
  requestAnimationFrame(() => busy(working, "Approving…"));
  return [
    line(button("Approve & Execute", { kind: "primary", icon: "tick" }), button("Review Details", { icon: "eye" })),
    line(button("Reject", { kind: "danger" }), button("Cancel", { kind: "plain" }), button("Pause", { small: true })),
    line(forbidden("Approve & Execute", "You have approved this already; one person counts once.")),
    line(working),
  ];
}

const done = (...details) => details.map((detail) => ({ state: "done", detail }));

const STAGES = [
  [...done("3 actions", "Pass", "SENIOR_TRADER"), { state: "waiting", detail: "0 of 1" }],
  [...done("3 actions", "reserved", "SENIOR_TRADER", "sara, 17:09:12", "8 of 8", "36 of 36"), { state: "running", detail: "30 of 81", share: 370 }],
  [...done("3 actions", "reserved", "SENIOR_TRADER", "sara, 17:09:12"), { state: "undoing", detail: "2 to undo" }, { state: "undoing", detail: "33 to undo" }, { state: "failed", detail: "24 to undo" }],
  [...done("3 actions", "reserved", "SENIOR_TRADER"), { state: "ended", detail: "Rejected" }, { state: "undone", detail: "undone" }, { state: "skipped", detail: "none" }],
  done("3 actions", "reserved", "SENIOR_TRADER", "sara, 17:09:12", "8 of 8", "36 of 36", "81 of 81", "12 of 12 lines"),
];

const HOSTILE = `Approve <img src=x onerror=alert(1)> now. The amount is \u202e00.000,52 DSU \u001b[31m\n${"A".repeat(90)}`;

fill(
  document.body,
  h("header", {}, environmentStrip("SIMULATOR")),
  h(
    "main",
    { class: "sheet" },
    h("h1", {}, "Elements"),
    panel("Buttons", buttons()),
    panel("States", line(Object.keys(STATES).map((code) => stateBadge(code)), badge("stated by the AI", { tone: "ai", icon: "spark" }))),
    panel(
      "Reconciliation, risk",
      line(
        said("6 of 6 booked", { tone: "good", icon: "tick" }),
        said("11 of 18 booked", { tone: "accent", icon: "half" }),
        said("4 lines wait", { tone: "look", icon: "clock" }),
        said("5 cancelled, 1 held", { tone: "failed", icon: "octagon" }),
      ),
      line(risk("LOW"), risk("MEDIUM"), risk("HIGH"), risk(null)),
    ),
    h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, "Amounts")), amounts()),
    panel("Live", line(live("live")), line(live("not-live")), line(live("paused", 12)), line(live("connecting"))),
    panel("Environment", strip("SIMULATOR"), strip("LIVE"), strip("SIMULATOR", "STOPPED since 16:02 by olga: price feed looks wrong.")),
    panel(
      "Banners",
      banner("failed", [{ first: "Not recorded.", text: "The plan changed while you read it.", link: h("a", { href: "#changed" }, "Show what changed") }]),
      banner("look", [{ first: "The answer contradicts the plan.", text: "It claims 8 ledger entries.", code: "CLAIM_DIFFERS" }, { first: "Not live since 17:08:41.", text: "Trying again." }]),
      banner("accent", [{ first: "Expires in 2 min.", text: "Your comment is kept." }]),
      banner("good", [{ first: "Rejected.", text: "mira has been told why." }]),
    ),
    panel("The AI's words are text", aiText(HOSTILE), aiText("long ".repeat(400))),
    panel("Empty", emptyState({ title: "Nothing waits for you.", text: "4 requests wait for others.", action: h("a", { href: "#others" }, "Show them") })),
    panel("Error", errorState({ title: "This page could not be read.", text: "The service answers 503. Nothing was decided.", trace: "4bf92f35aa0e4736", again: () => {} })),
    panel("Loading", loadingState()),
    panel("Ids", line(longId("sha256:26daa38000000000000000000000000000000000000000000000000077aa959", "digest"), copyButton("x", "the id"))),
    panel("Tabs", tabs([{ key: "a", label: "Mine", count: 11 }, { key: "b", label: "Others", count: 4 }], { label: "Tabs", chosen: "a", onChoose: () => {} })),
    h("section", { class: "panel sheet-wide" }, h("div", { class: "panel-head" }, h("h2", {}, "Stage bar"), icon("info")), h("div", { class: "panel-body stack" }, STAGES.map(stageBar))),
  ),
);
