/**
 * What the plan and its progress say together: how far each stage is, what a failure undoes. Pure.
 */

import { clockTime, moment } from "../../shared/lib/time.js";

const PREPARE = "PREPARE";
const CANCEL = "Cancel in Murex";
const EXECUTED = ["1A", "1B", "2"];
const ALL = 1_000;

/**
 * Returns the eight stages as they are now: those of the card up to the approval, then what the progress says.
 * @param {Object} view of the card
 * @param {Object} seen the folded progress
 */
export function stagesNow(view, seen) {
  if (seen.approvedAt === null) return view.stages;
  return view.stages.map((stage) => {
    if (stage.key === "approval") return { ...stage, state: "done", detail: approvalOf(view, seen) };
    if (EXECUTED.includes(stage.key) && stage.state !== "skipped") return executed(stage, view, seen);
    if (stage.key === "3" && stage.state !== "skipped") return journal(stage, seen);
    return stage;
  });
}

function approvalOf(view, seen) {
  const at = moment(seen.approvedAt);
  const approvals = view.who.decisions.filter((each) => each.decision === "APPROVE");
  const people = [...new Set(approvals.map((each) => each.person))];
  return [people.join(", ") || null, at && clockTime(at)].filter(Boolean).join(", ");
}

function executed(stage, view, seen) {
  const total = view.operations?.by_stage.find((each) => each.stage === stage.key)?.total ?? 0;
  const reported = seen.stages[stage.key] ?? "PENDING";
  const undone = reported === "COMPENSATED" || reported === "REVERSED";
  if (seen.failedStage === stage.key && seen.failure && !seen.completedAt) {
    const rest = undone ? (seen.state === "COMPENSATED" ? "undone" : toUndo(view, stage.key)) : "";
    return { ...stage, state: "failed", detail: rest };
  }
  if (undone) {
    const over = seen.state === "COMPENSATED" || seen.state === "REVERSED";
    return { ...stage, state: over ? "undone" : "undoing", detail: over ? "undone" : toUndo(view, stage.key) };
  }
  if (reported === "COMPLETED") return { ...stage, state: "done", detail: `${total} of ${total}` };
  if (reported === "IN_PROGRESS") {
    const done = doneIn(stage.key, view, seen);
    return {
      ...stage,
      state: "running",
      detail: `${done} of ${total}`,
      share: total === 0 ? 0 : Math.floor((ALL * done) / total),
    };
  }
  return { ...stage, state: "not_begun" };
}

function toUndo(view, key) {
  const count = undoSteps(view).filter((each) => each.stage === key).length;
  return count > 0 ? `${count} to undo` : "";
}

/** Operations are counted in the order of the stages. */
function doneIn(key, view, seen) {
  let before = 0;
  for (const each of view.operations?.by_stage ?? []) {
    if (each.stage === key) return Math.min(each.total, Math.max(0, seen.completed - before));
    before += each.total;
  }
  return 0;
}

function journal(stage, seen) {
  const reported = seen.stages["3"] ?? "PENDING";
  if (reported === "COMPLETED") return { ...stage, state: "done" };
  if (reported === "IN_PROGRESS") return { ...stage, state: "running", share: 0 };
  if (reported === "REVERSED") return { ...stage, state: "undone", detail: "undone" };
  return { ...stage, state: "not_begun", detail: seen.failure && !seen.completedAt ? "not begun" : stage.detail };
}

/** Returns the steps that undo what was prepared before Murex answered: the rest of the plan was not begun. */
export function undoSteps(view) {
  const operations = new Map((view.operations?.list ?? []).map((each) => [each.number, each]));
  return view.undo.list
    .map((step) => ({ ...step, ...pick(operations.get(step.undoes)) }))
    .filter((step) => step.phase === PREPARE);
}

function pick(operation) {
  return operation ? { stage: operation.stage, phase: operation.phase, part: operation.part } : {};
}

/** Returns those steps in groups, the last operation first: "108–101, Associate1, 6 deal_bookings …". */
export function undoGroups(view) {
  const groups = [];
  for (const step of undoSteps(view)) {
    const last = groups.at(-1);
    const alike = last && last.stage === step.stage && last.entity === step.entity && last.part === step.part;
    if (alike) last.steps.push(step);
    else groups.push({ stage: step.stage, entity: step.entity, part: step.part, steps: [step] });
  }
  return groups.map(({ steps, ...group }) => ({
    ...group,
    from: steps[0].undoes,
    to: steps.at(-1).undoes,
    tables: counted(steps.filter((step) => step.action !== CANCEL).map((step) => step.table)),
    actions: [...new Set(steps.map((step) => step.action))].filter((each) => each !== CANCEL),
  }));
}

function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count }));
}

/**
 * Returns what has become of a deal: `{status, contract, attempt, at}`.
 * @param {Object} deal of `view.deals`
 * @param {Object} seen the folded progress
 * @param {boolean} several the plan has several events, so a number alone names no deal
 */
export function dealNow(deal, seen, several) {
  const names = (each) => each.event === deal.event_id || (!several && each.event === null);
  const said = seen.deals.findLast((each) => each.number === deal.number && names(each));
  const contract = said?.contract ?? undefined;
  const attempt = said?.attempt;
  const base = { contract, attempt, at: said?.at };
  if (said?.status === "declined") return { ...base, status: "declined" };
  switch (seen.state) {
    case "COMPENSATED":
      return { ...base, status: "cancelled" };
    case "COMPENSATING":
      return { ...base, status: "cancelling" };
    case "NEEDS_INTERVENTION":
      return { ...base, status: said?.status === "cancelled" ? "cancelled" : "unknown" };
    case "COMPLETED":
    case "POSTED":
      return { ...base, status: said?.status === "cancelled" ? "cancelled" : "booked" };
    default:
      return { ...base, status: said?.status ?? (seen.prepared === null ? "planned" : "sent") };
  }
}

/** The deals of a reversal are cancelled where those of an order are booked. */
export function dealOfReversal(deal, seen, several) {
  const now = dealNow(deal, seen, several);
  const status = { booked: "cancelled", sent: "cancelling", planned: "planned" }[now.status] ?? now.status;
  return { ...now, status, contract: undefined };
}
