"""Nothing moves but as the tables say; what is reported of recorded histories is in them too."""

from itertools import product
from typing import get_args

import pytest

from services.executor.execution.state import Status, evolve
from services.executor.execution.transitions import EXECUTION, PROGRESS, SETTLED, unlisted
from shared.errors import Defect
from shared.events.execution import ExecutionCompleted
from shared.events.progress import WorkflowState
from shared.events.states import FINAL
from tests.support.executions import NOW, WORKFLOW, Execution, drawn
from tests.support.history import golden_events


def test_an_event_out_of_its_place_is_refused() -> None:
    execution = Execution(drawn())
    execution.acknowledge()
    completed = ExecutionCompleted(workflow_id=WORKFLOW, completed_operations=47, completed_at=NOW)
    with pytest.raises(Defect, match="ExecutionCompleted finds COMPLETED"):
        evolve(execution.state, completed)


def test_the_golden_history_reports_only_listed_steps() -> None:
    states = [event.data["state"] for event in golden_events("a_coi.json") if event.type == "ProgressReported"]
    assert len(states) > 10
    assert unlisted(states) == ()
    assert unlisted(["PROPOSED", "BOOKING"]) == (("PROPOSED", "BOOKING"),)


#: As what an execution that stands so is reported. Of the two transactions around Murex the first is told as PREPARED,
#: each acknowledged deal as BOOKING, a declined one as FAILED; every other state has one name.
TOLD_AS: dict[Status, tuple[str, ...]] = {
    **{status: (status.value,) for status in Status},
    Status.NONE: ("APPROVED",),
    Status.BOOKING: ("PREPARED", "BOOKING", "FAILED"),
}
#: Reported of what no execution of a hedge does: the way to approval, and workflows that book nothing.
BEFORE_APPROVAL = ("", "PROPOSED", "PLANNED", "AWAITING_APPROVAL")
#: What waits for its turn may lapse.
NOTHING_BOOKED = {("APPROVED", ending) for ending in ("COMPLETED", "REFUSED", "STALE_CONTEXT", "EXPIRED")}
#: A reversal's own deals are cancelled, which is told as BOOKING; it waits for the person its workflow waits for.
OF_A_REVERSAL = {("PREPARED", "NEEDS_INTERVENTION"), ("BOOKING", "NEEDS_INTERVENTION")}
#: A workflow whose deals a person settled is taken back, and its reversing journal is still to be posted.
WAITS_FOR_ITS_JOURNAL = {("NEEDS_INTERVENTION", "REVERSING")}


def moves_of_executions() -> set[tuple[Status, Status]]:
    found = {(before, after) for moves in EXECUTION.values() for before, after in moves.items()}
    return found | {(Status.NEEDS_INTERVENTION, outcome) for outcome in SETTLED}


def test_every_move_of_an_execution_can_be_reported() -> None:
    for before, after in moves_of_executions():
        told = product(TOLD_AS[before], TOLD_AS[after])
        assert any(next_ in PROGRESS.get(state, ()) for state, next_ in told), f"{before} to {after} is not listed"


def test_every_report_that_is_listed_is_a_move_that_the_code_has() -> None:
    made = {pair for before, after in moves_of_executions() for pair in product(TOLD_AS[before], TOLD_AS[after])}
    made |= set(product(TOLD_AS[Status.BOOKING], repeat=2)) | NOTHING_BOOKED | OF_A_REVERSAL | WAITS_FOR_ITS_JOURNAL
    listed = {
        (before, after) for before, states in PROGRESS.items() if before not in BEFORE_APPROVAL for after in states
    }
    assert listed - made == set()


def test_every_state_can_be_reached_and_every_last_one_is_a_state() -> None:
    reached = {state for states in PROGRESS.values() for state in states}
    assert reached == set(get_args(WorkflowState))
    assert PROGRESS.keys() - {""} <= reached
    assert reached >= FINAL
