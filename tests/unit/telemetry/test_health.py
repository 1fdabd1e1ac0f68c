"""When a process counts as ready."""

import pytest

from shared.telemetry.health import Health, State


def test_process_is_not_ready_when_its_first_start_is_not_over() -> None:
    health = Health()
    health.report("database", State.RUNNING)
    assert not health.ready
    health.started()
    assert health.ready


@pytest.mark.parametrize(
    ("state", "ready"),
    [
        (State.STARTING, False),
        (State.RUNNING, True),
        (State.WAITING, True),
        (State.AWAY, False),
        (State.FAILED, False),
        (State.DEFECT, False),
        (State.FINISHED, True),
    ],
)
def test_one_part_decides_when_all_others_are_well(state: State, ready: bool) -> None:
    health = Health()
    health.started()
    health.report("database", State.RUNNING)
    health.report("consumer", state, "why")
    assert health.ready is ready
    assert health.document() == {
        "ready": ready,
        "started": True,
        "parts": {
            "database": {"state": "running", "detail": ""},
            "consumer": {"state": state.value, "detail": "why"},
        },
    }


def test_change_of_state_is_told_from_a_change_of_words() -> None:
    health = Health()
    assert health.report("part", State.RUNNING)
    assert not health.report("part", State.RUNNING, "other words")
    assert health.report("part", State.WAITING)
