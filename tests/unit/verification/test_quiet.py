"""What speaks against quiet: events that did not go out, due work that was left, workflows that wait for nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.reversals import ReversalStarted
from shared.eventstore.port import RecordedEvent, event_id
from tools.verification.checks.history import PastEvent
from tools.verification.checks.quiet import EVENTS_OF_WAITING, LEFT_AFTER, DeadlineFold, Waiting
from tools.verification.checks.unfinished import INTERVENTION, Unfinished

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTHING = Waiting(0, 0, ())
HOUR = timedelta(hours=1)


def unfinished(state: str) -> list[Unfinished]:
    return [Unfinished("w", "r", state, NOW - HOUR)]


def todo(at: datetime, workflow: str = "w") -> Waiting:
    return Waiting(0, 0, [{"workflow_id": workflow, "task": "MUREX", "due_at": at}])


def granted(until: datetime) -> DeadlineFold:
    return folded(
        GrantIssued(
            workflow_id="w", jti="j", grant="a.b.c", tier="TRADER", plan_digest="d", approvers=(),
            issued_at=NOW - 2 * HOUR, expires_at=until,
        )
    )  # fmt: skip


def folded(event: Event) -> DeadlineFold:
    new = encode(event)
    recorded = RecordedEvent("approval-w", 1, event_id("approval-w", 1), new.type, 1, new.data, {}, NOW)
    fold = DeadlineFold()
    assert new.type in EVENTS_OF_WAITING
    fold.take(PastEvent(1, recorded), event)
    return fold


def test_nothing_is_said_when_nothing_waits() -> None:
    assert DeadlineFold().findings(NOTHING, [], NOW) == ()


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (Waiting(3, 0, ()), "3 events are not sealed"),
        (Waiting(0, 2, ()), "2 events are not published"),
        (todo(NOW - LEFT_AFTER - timedelta(seconds=1)), "Workflow w: MUREX was due at 2026-11-23T08:59:54+00:00"),
    ],
)
def test_what_was_left_is_told(waiting: Waiting, told: str) -> None:
    (found,) = DeadlineFold().findings(waiting, [], NOW)
    assert found.startswith(told)


def test_due_work_of_this_moment_is_not_left_yet() -> None:
    assert DeadlineFold().findings(todo(NOW - LEFT_AFTER), [], NOW) == ()


@pytest.mark.parametrize("state", ["PROPOSED", "PLANNED", "APPROVED", "BOOKING", "COMPLETED"])
def test_workflow_without_deadline_and_work_waits_for_nothing(state: str) -> None:
    (found,) = DeadlineFold().findings(NOTHING, unfinished(state), NOW)
    assert f"Workflow w is {state} since 2026-11-23T08:00:00+00:00 and cannot continue" in found
    assert len(granted(NOW).findings(NOTHING, unfinished(state), NOW)) == 1
    assert len(DeadlineFold().findings(todo(NOW + HOUR, "other"), unfinished(state), NOW)) == 1


def test_workflow_with_a_deadline_work_or_a_person_waits_for_something() -> None:
    assert granted(NOW + HOUR).findings(NOTHING, unfinished("AWAITING_APPROVAL"), NOW) == ()
    assert DeadlineFold().findings(todo(NOW + HOUR), unfinished("BOOKING"), NOW) == ()
    assert DeadlineFold().findings(NOTHING, unfinished(INTERVENTION), NOW) == ()


REVERSED = ReversalStarted(
    workflow_id="w", reversal="reversal", reason="Booked twice", event_ids=(), deals_to_cancel=(), started_at=NOW
)


def both(original: str, reversal: str) -> list[Unfinished]:
    return [Unfinished("w", "r", original, NOW - HOUR), Unfinished("reversal", "r", reversal, NOW - HOUR)]


def test_workflow_and_its_reversal_wait_for_the_journal_of_a_closed_period() -> None:
    waiting = Waiting(0, 0, [{"workflow_id": "reversal", "task": "POST", "due_at": NOW + HOUR}])
    assert folded(REVERSED).findings(waiting, both("REVERSING", "COMPLETED"), NOW) == ()


def test_workflow_and_its_reversal_wait_for_murex() -> None:
    assert folded(REVERSED).findings(todo(NOW + HOUR), both("REVERSING", "BOOKING"), NOW) == ()


def test_workflow_and_its_reversal_that_nothing_is_due_for_wait_for_nothing() -> None:
    other = Waiting(0, 0, [{"workflow_id": "another", "task": "POST", "due_at": NOW + HOUR}])
    assert len(folded(REVERSED).findings(other, both("REVERSING", "COMPLETED"), NOW)) == 2
    left = Waiting(0, 0, [{"workflow_id": "reversal", "task": "POST", "due_at": NOW - HOUR}])
    (found,) = folded(REVERSED).findings(left, both("REVERSING", "COMPLETED"), NOW)
    assert found.startswith("Workflow reversal: POST was due")
