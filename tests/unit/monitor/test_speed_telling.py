"""What messages of hawk.progress tell about speed: the sentences are those that the executor writes."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from services.monitor.speed.document import speed
from services.monitor.speed.histogram import bucket_of
from services.monitor.speed.telling import (
    APPROVED_MAX,
    COMPLETED,
    FAILED,
    OTHER,
    REASON,
    REASONS_MAX,
    TOOK,
    UNTIMED,
    Approval,
    End,
    Tally,
    told_by,
)
from services.monitor.windows import WindowCount

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(milliseconds=1_234)
BEGUN = Progress("wf-1", response_id="resp-1", order_id="ORD-1", total_operations=47)


def published(progress: Progress) -> list[bytes]:
    return [json.dumps(each.model_dump(mode="json")).encode() for each in progress.reports]


def message(**more: Any) -> bytes:
    base = {"workflow_id": "wf-1", "at": LATER.isoformat(), "stages": {"1A": "COMPLETED", "2": "COMPLETED"}}
    return json.dumps(base | more).encode()


DONE = message(state="COMPLETED", completed=True, final=False)


def test_approval_is_read_in_the_sentence_that_the_executor_writes() -> None:
    (told,) = published(messages.decided(BEGUN, 'ann "the \\ first" <a@b>', "TRADER", "APPROVE", AT))
    assert told_by(told) == Approval("wf-1", AT)
    (refused,) = published(messages.decided(BEGUN, "ann", "TRADER", "REJECT", AT))
    assert told_by(refused) is None
    (waits,) = published(messages.awaiting(BEGUN, "TRADER", AT))
    assert told_by(waits) is None


def test_end_of_an_order_is_timed_from_its_last_approval() -> None:
    completed = SimpleNamespace(completed_operations=47, completed_at=LATER)
    progress = BEGUN.report("Starting Stage 2", AT, state="BOOKING", stage="2", stage_status="IN_PROGRESS")
    done = published(messages.completed(progress, completed))[-1]  # type: ignore[arg-type]
    tally = Tally()
    assert tally.keys_of(Approval("wf-1", AT - timedelta(hours=1))) == ()
    assert tally.keys_of(Approval("wf-1", AT)) == ()
    told = told_by(done)
    assert isinstance(told, End)
    assert tally.keys_of(told) == (COMPLETED, f"{TOOK}{bucket_of(1_234)}")
    # Its approval counts once.
    assert tally.keys_of(told) == (COMPLETED, UNTIMED)


def keys(*values: bytes, tally: Tally | None = None) -> list[str]:
    tally = tally or Tally()
    told = [each for each in map(told_by, values) if each is not None]
    return [key for each in told for key in tally.keys_of(each)]


def test_what_never_went_to_murex_is_counted_and_not_timed() -> None:
    approved = message(state="AWAITING_APPROVAL", status="ann (TRADER) approved", at=AT.isoformat())
    change = message(
        state="COMPLETED", completed=True, final=True, stages={"1A": "COMPLETED", "1B": "COMPLETED", "2": "PENDING"}
    )
    assert keys(approved, change) == [COMPLETED]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"state": "COMPENSATED", "reason": "MX_BOOKING_ERROR: Deal 3 was declined"}, "MX_BOOKING_ERROR"),
        ({"state": "REJECTED", "reason": "REJECTED"}, "REJECTED"),
        ({"state": "EXPIRED", "reason": "Nobody decided."}, "EXPIRED"),
        ({"state": "EXPIRED", "reason": None}, "EXPIRED"),
        ({"state": "REFUSED", "reason": f"{'A' * 200}: x"}, "REFUSED"),
        ({"state": "<b>", "reason": "<script>"}, OTHER),
    ],
)
def test_failure_has_the_code_of_its_reason_or_its_state(said: dict[str, Any], code: str) -> None:
    assert keys(message(completed=False, final=True, **said)) == [FAILED, REASON + code]


def test_what_is_kept_is_bounded() -> None:
    tally = Tally()
    for number in range(REASONS_MAX + 5):
        tally.keys_of(End(FAILED, code=f"CODE_{number}"))
    assert tally.keys_of(End(FAILED, code="CODE_OF_TOMORROW")) == (FAILED, REASON + OTHER)
    assert tally.keys_of(End(FAILED, code="CODE_1")) == (FAILED, f"{REASON}CODE_1")
    for number in range(APPROVED_MAX + 1):
        tally.keys_of(Approval(f"wf-{number}", AT))
    timed = End(COMPLETED, workflow="wf-0", at=LATER, in_murex=True)
    assert tally.keys_of(timed) == (COMPLETED, UNTIMED)
    assert len(tally.keys_of(End(COMPLETED, workflow="wf-1", at=LATER, in_murex=True))) == 2


def test_a_clock_that_is_behind_makes_no_time_below_zero() -> None:
    tally = Tally()
    tally.keys_of(Approval("wf-1", LATER))
    assert tally.keys_of(End(COMPLETED, workflow="wf-1", at=AT, in_murex=True)) == (COMPLETED, f"{TOOK}0")


@pytest.mark.parametrize("value", [None, b"", b"{}", message(state="BOOKING", completed=False, final=False)])
def test_most_messages_tell_nothing(value: bytes | None) -> None:
    assert told_by(value) is None


@pytest.mark.parametrize("at", ["2026-11-30T09:00:00", None, 7])
def test_message_without_a_time_is_an_end_that_is_not_timed(at: Any) -> None:
    approved = message(state="AWAITING_APPROVAL", status="ann (TRADER) approved", at=at)
    assert told_by(approved) is None
    assert keys(message(state="COMPLETED", completed=True, at=at)) == [COMPLETED, UNTIMED]


class Counted:
    window_seconds, running, since, why = 60, True, AT, ""

    def __init__(self, *counts: WindowCount) -> None:
        self._counts = counts

    def counts(self, now: datetime | None = None) -> tuple[WindowCount, ...]:
        return self._counts


def test_document_has_every_minute_of_the_hour_and_adds_the_windows_up() -> None:
    now = AT + timedelta(seconds=30)
    document = speed(
        Counted(
            WindowCount(AT, 2, 1, {"REJECTED": 1}, {bucket_of(600): 1, bucket_of(1_900): 1}),
            WindowCount(AT - timedelta(minutes=3), 3, 2, {"REJECTED": 1, "EXPIRED": 1}, {bucket_of(9_000): 1}, 2),
        ),
        now,
    )
    minutes = document["minutes"]
    assert len(minutes) == 60
    assert minutes[-1] == {"start": AT.isoformat(), "completed": 2, "failed": 1, "reasons": {"REJECTED": 1}}
    assert minutes[0]["start"] == (AT - timedelta(minutes=59)).isoformat()
    assert sum(each["completed"] for each in minutes) == document["completed"] == 5
    assert document["reasons"] == [{"code": "REJECTED", "count": 2}, {"code": "EXPIRED", "count": 1}]
    timed = document["approval_to_completed"]
    assert (timed["timed"], timed["within_objective"], timed["untimed"]) == (3, 2, 2)
    assert [each["up_to_ms"] for each in timed["percentiles"]] == [2_000, 10_000, 10_000]
    assert sum(each["count"] for each in timed["histogram"]) == 3


def test_document_of_an_hour_without_anything_has_no_percentiles() -> None:
    timed = speed(Counted(), AT)["approval_to_completed"]
    assert {each["up_to_ms"] for each in timed["percentiles"]} == {None}
    assert timed["timed"] == 0
