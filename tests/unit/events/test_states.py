"""The named sets of states against the list of all states."""

from typing import get_args

from shared.events import states
from shared.events.progress import WorkflowState


def test_every_state_is_under_way_or_ended() -> None:
    under_way = {"PROPOSED", "PREPARED", "BOOKING", "FAILED", "COMPENSATING", "REVERSING"} | states.WAITING
    assert under_way | states.ENDED == set(get_args(WorkflowState))
    assert under_way & states.ENDED == set()


def test_final_states_are_those_after_which_nothing_is_reported() -> None:
    assert {
        "POSTED", "REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "REVOKED", "SUPERSEDED", "STALE_CONTEXT",
        "COMPENSATED", "NEEDS_INTERVENTION", "REVERSED",
    } == states.FINAL  # fmt: skip


def test_successful_states_are_those_in_which_the_order_is_done() -> None:
    assert {"COMPLETED", "POSTED", "REVERSED"} == states.SUCCESSFUL
    assert {"COMPLETED", "POSTED", "REVERSING", "REVERSED"} == states.EXECUTED
