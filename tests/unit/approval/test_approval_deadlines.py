"""What the clock does, and when it looks next."""

from datetime import timedelta

from services.approval.requests.commands import ExpireRequest, LapseGrant
from services.approval.requests.deadlines import LOOK_SECONDS_MAX, LOOK_SECONDS_MIN, Deadline, due, pause_seconds
from services.approval.requests.state import Status
from tests.support.units import WHEN


def at(seconds: float, workflow: str = "w1", status: Status = Status.AWAITING_APPROVAL) -> Deadline:
    return Deadline(workflow, status, WHEN + timedelta(seconds=seconds))


def test_overdue_deadlines_come_first_and_others_wait() -> None:
    deadlines = [at(5, "w3"), at(0, "w2", Status.APPROVED), at(-60, "w1")]
    assert due(deadlines, WHEN) == [("w1", ExpireRequest(WHEN)), ("w2", LapseGrant(WHEN))]


def test_pause_ends_at_the_next_deadline_within_its_bounds() -> None:
    assert pause_seconds([], WHEN) == LOOK_SECONDS_MAX
    assert pause_seconds([at(3600)], WHEN) == LOOK_SECONDS_MAX
    assert pause_seconds([at(0.5), at(3600)], WHEN) == 0.5
    assert pause_seconds([at(-5)], WHEN) == LOOK_SECONDS_MIN
