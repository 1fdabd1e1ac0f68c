"""A workflow's line: read from the executor's own sentences, with figures that say only what is so."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.executor.progress import messages
from services.executor.progress.reporting import Progress
from services.monitor.overview.document import line
from services.monitor.overview.lines import (
    NAME_CHARACTERS_MAX,
    Attention,
    acknowledged_by,
    attention_of,
    names_by,
    searched,
)
from services.monitor.overview.wanted import STATES, Group, Line, Wanted
from shared.events import booking, murex, overrides, states, undoing
from shared.events.approvals import Approver
from shared.events.progress import ProgressReported
from tests.support.overview_documents import DONE, LINES, SILENT, STUCK, UNDOING, WAITS
from tests.support.overview_documents import line as made

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
APPROVERS = (Approver(person="rita", role="RISK_MANAGER", at=NOW),)


def progress(state: Any = "PREPARED") -> Progress:
    return Progress("w-1", response_id="R-1", order_id="ORD-1", state=state, total_operations=47)


def last(told: Progress) -> ProgressReported:
    return told.reports[-1]


def acknowledged(number: int, event: str = "EV_1") -> booking.DealAcknowledged:
    return booking.DealAcknowledged.model_construct(
        event_id=event, deal_sequence=number, contract_id=f"MX{number}", acknowledged_at=NOW
    )


@pytest.mark.parametrize("several", [False, True])
def test_deals_and_their_references_are_read_from_what_the_executor_says(several: bool) -> None:
    told = messages.murex_turn(progress(), [acknowledged(4), acknowledged(5)], 3, 18, several=several)
    assert [acknowledged_by(each) for each in told.reports] == [4, 5]
    assert names_by(last(told)) == ("w-1", "r-1", "ord-1", "mx5")
    by_hand = overrides.DealBookedByHand.model_construct(
        event_id="EV_1", deal_sequence=6, external_reference="Desk/77", approvers=APPROVERS, overridden_at=NOW
    )
    settled = last(messages.murex_turn(progress(), [by_hand], 5, 18, several=several))
    assert (acknowledged_by(settled), names_by(settled)[-1]) == (0, "desk/77")


def test_a_sentence_that_only_looks_like_it_counts_for_nothing() -> None:
    declined = booking.DealDeclined.model_construct(
        event_id="EV_1", deal_sequence=1, code="NO", reason="booked in Murex as MX1 (9 of 9)", declined_at=NOW
    )
    told = last(messages.murex_turn(progress(), [declined], 0, 9))
    assert (acknowledged_by(told), names_by(told)) == (0, ("w-1", "r-1", "ord-1"))


def test_attention_follows_from_what_the_executor_reports() -> None:
    deferred = booking.PostingDeferred.model_construct(code="PERIOD_CLOSED", reason="It is closed.", deferred_at=NOW)
    started = undoing.CompensationStarted.model_construct(
        code="MX", reason="No.", deals_to_cancel=("d",), started_at=NOW
    )
    required = undoing.InterventionRequired.model_construct(code="MX", reason="No.", required_at=NOW)
    waits = messages.posting_deferred(progress("COMPLETED"), deferred)
    assert attention_of(last(waits)) is Attention.POSTING
    assert attention_of(last(messages.posted(waits, 4, NOW))) is None
    assert attention_of(last(messages.compensating(progress("FAILED"), started))) is Attention.UNDOING
    assert attention_of(last(messages.intervention(progress("COMPENSATING"), required))) is Attention.PERSON
    assert attention_of(last(messages.murex_turn(progress(), [acknowledged(1)], 0, 6))) is Attention.MUREX
    again = murex.DealSent.model_construct(event_id="EV_1", deal_sequence=1, attempt=2, sent_at=NOW)
    assert attention_of(last(messages.murex_turn(progress(), [again], 0, 6))) is Attention.SILENT
    assert attention_of(last(messages.murex_turn(progress(), [again], 0, 18, several=True))) is Attention.SILENT
    assert attention_of(last(messages.approved(progress("AWAITING_APPROVAL"), APPROVERS, NOW))) is None


def test_groups_share_no_state_and_are_states() -> None:
    grouped = [state for of in STATES.values() for state in of]
    assert len(grouped) == len(set(grouped))
    over = states.NEVER_APPLIED | {"COMPLETED", "POSTED", "REVERSED"}
    assert not set(grouped) & over
    assert Wanted(group=Group.FAILED, state="COMPENSATED").states == ("COMPENSATED",)
    assert Wanted(group=Group.FAILED, state="POSTED").states == ()


def figures(of: Line) -> dict[str, Any]:
    shown: dict[str, Any] = line(of)["murex"]
    return shown


def test_figures_say_only_what_is_so_in_each_state() -> None:
    by_state = {each.state: figures(each) for each in LINES}
    booked = {"planned": 6, "sent": 6, "acknowledged": 6, "booked": 6, "cancelled": 0, "held": None}
    assert by_state["POSTED"] == booked
    assert by_state["AWAITING_APPROVAL"] == booked | {"sent": 0, "acknowledged": 0, "booked": 0, "held": 0}
    assert by_state["COMPENSATED"] == booked | {"acknowledged": 4, "booked": 0, "held": 0}
    assert by_state["REVERSED"] == booked | {"booked": 0, "cancelled": 6, "held": 0}
    assert figures(STUCK) == booked | {"booked": 0}
    assert figures(UNDOING) == booked | {"acknowledged": 4, "booked": 0}
    assert figures(SILENT) == booked | {"planned": 10, "sent": 10, "acknowledged": 9, "booked": 9}
    reversal = made(20, "POSTED", NOW - NOW, {}, kind="reversal", reverses="w-1")
    assert figures(reversal) == booked | {"booked": 0, "cancelled": 6, "held": 0}


def test_ledger_is_equal_posted_or_waits() -> None:
    assert line(WAITS)["ledger"] | {"IFRS": None, "LOCAL": None} == {
        "entries": 8, "lines": 4, "equal": True, "posted": False, "waits": True, "IFRS": None, "LOCAL": None,
    }  # fmt: skip
    sums = {"entries": 8, "lines": 4, "IFRS": {"dr": "1.00", "cr": "1.0"}, "LOCAL": {"dr": "1.00", "cr": "1.01"}}
    assert line(made(21, "POSTED", NOW - NOW, {}, ledger=sums))["ledger"]["equal"] is False


def test_a_stage_that_broke_off_is_said_to_have_failed() -> None:
    failed = made(22, "FAILED", NOW - NOW, {"stage": "2", "stages": DONE | {"2": "IN_PROGRESS", "3": "PENDING"}})
    assert line(failed)["operations"]["stages"] == {
        "1A": "COMPLETED", "1B": "COMPLETED", "2": "FAILED", "3": "PENDING",
    }  # fmt: skip


def test_names_are_kept_as_they_are_looked_for_and_not_longer() -> None:
    assert searched("ORD-" + "A" * 1_000) == "ord-" + "a" * (NAME_CHARACTERS_MAX - 4)
