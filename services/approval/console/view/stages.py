"""The eight stages of a workflow, and how far it is. Pure.

Up to the grant the approval service knows this itself; behind it the executor's latest message of progress says it.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import singledispatch
from typing import Any, Final

from services.approval.console.view.money import count
from services.approval.console.view.plans import Kind
from services.approval.console.view.subject import Document, Shown
from services.approval.requests.cards import state_of
from services.approval.requests.state import Status
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.operations import Stage
from shared.hedging.plan import HedgePlan
from shared.policy.people import places


class StageState(StrEnum):
    """Where a stage stands. SKIPPED: this kind of workflow does not pass it; ENDED: it ended here without effect."""

    DONE = "done"
    WAITING = "waiting"
    RUNNING = "running"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    SKIPPED = "skipped"


_JOURNAL: Final = "3"
_EXECUTED: Final = (
    (Stage.CHECK.value, "1A Checks"),
    (Stage.ALLOCATION.value, "1B Allocation"),
    (Stage.BOOKING.value, "2 Murex"),
)
_REPORTED: Final[Mapping[str, StageState]] = {
    "PENDING": StageState.NOT_BEGUN,
    "IN_PROGRESS": StageState.RUNNING,
    "COMPLETED": StageState.DONE,
    "COMPENSATED": StageState.UNDONE,
    "REVERSED": StageState.UNDONE,
}
_UNDOING: Final = frozenset({"COMPENSATING", "REVERSING"})
_FAILED: Final = frozenset({"FAILED", "NEEDS_INTERVENTION"})
_APPROVAL: Final[Mapping[Status, StageState]] = {
    Status.AWAITING_APPROVAL: StageState.WAITING,
    Status.APPROVED: StageState.DONE,
}


def stages(of: Shown) -> list[Document]:
    """Return the eight stages, always all of them, each with its state and one line."""
    return [
        _stage("validated", "Validated", StageState.DONE, _validated(of)),
        _stage("capacity", "Capacity", *_capacity(of.plan)),
        _stage("policy", "Policy", StageState.DONE, of.request.policy.tier),
        _approval(of),
        *_executed(of),
    ]


def _stage(key: str, name: str, state: StageState, detail: str) -> Document:
    return {"key": key, "name": name, "state": str(state), "detail": detail}


def _validated(of: Shown) -> str:
    if of.kind is Kind.REVERSAL:
        return "asked for by a person"
    sources = set((of.card.plan.get("provenance") or {}).values())
    return "from words" if "words" in sources else "from an action"


@singledispatch
def _capacity(_: Any) -> tuple[StageState, str]:
    return StageState.SKIPPED, "not checked"


@_capacity.register
def _capacity_of_hedge(plan: HedgePlan) -> tuple[StageState, str]:
    return StageState.DONE, plan.capacity.status.value.capitalize()


def _approval(of: Shown) -> Document:
    request, approval = of.request, of.card.approval
    state = state_of(approval, of.viewer.at)
    filled = places(request.policy, approval.approvals, request.maker.name)
    given = sum(each is not None for _, each in filled)
    detail = f"{given} of {len(filled)}" if filled else "by the policy"
    if state not in _APPROVAL:
        return _stage("approval", "Approval", StageState.ENDED, str(state).capitalize())
    return _stage("approval", "Approval", _APPROVAL[state], detail)


def _executed(of: Shown) -> list[Document]:
    totals = of.card.plan.get("operations", {}).get("stages", {})
    said = of.beside.progress
    rows = [
        _stage(
            key, name, _reported(said, key) if totals.get(key) else StageState.SKIPPED, _operations(totals.get(key, 0))
        )
        for key, name in _EXECUTED
    ]
    lines = _journal_lines(of.plan)
    state = StageState.SKIPPED if lines == 0 else _reported(said, _JOURNAL)
    return [*rows, _stage(_JOURNAL, "3 Journal", state, "" if lines is None else count(lines, "line"))]


def _operations(number: int) -> str:
    return count(number, "operation") if number else "none"


@singledispatch
def _journal_lines(plan: Any) -> int | None:
    """Return how many lines are posted; None where that is not known."""
    return None if plan is None else 0


@_journal_lines.register
def _lines_of_hedge(plan: HedgePlan) -> int:
    return sum(len(child.journal) for child in plan.children)


@_journal_lines.register
def _lines_of_reversal(plan: ReversalPlan) -> int:
    return sum(len(each.lines) for each in plan.journal)


def _reported(said: Mapping[str, Any] | None, stage: str) -> StageState:
    """Return what the executor says of a stage."""
    if said is None:
        return StageState.NOT_BEGUN
    state = _REPORTED.get(str((said.get("stages") or {}).get(stage)), StageState.NOT_BEGUN)
    overall = said.get("state")
    touched = state in {StageState.DONE, StageState.RUNNING}
    if overall in _FAILED and said.get("stage") == stage:
        return StageState.FAILED
    if overall in _UNDOING and touched:
        return StageState.UNDOING
    return state
