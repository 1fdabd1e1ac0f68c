"""Nothing moves but as the tables say; what is reported of recorded histories is in them too."""

import pytest

from services.executor.execution.state import evolve
from services.executor.execution.transitions import PROGRESS, unlisted
from services.executor.progress import FINAL_STATES
from shared.errors import Defect
from shared.events.execution import ExecutionCompleted
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


def test_every_state_can_be_reached_and_every_last_one_is_a_state() -> None:
    reached = {state for states in PROGRESS.values() for state in states}
    assert PROGRESS.keys() - {""} <= reached
    assert FINAL_STATES - {"REVERSED"} <= reached
