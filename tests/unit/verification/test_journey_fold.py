"""Which workflows are unfinished, and in which order they are listed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.progress import ProgressReported
from shared.events.responses import Maker, Origin, ProposalMade
from shared.eventstore.port import RecordedEvent, event_id
from shared.hedging.order import InstructionType, Order
from tests.support import configuration
from tools.verification.checks.history import PastEvent
from tools.verification.checks.unfinished import UnfinishedFold

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def proposal(workflow: str) -> ProposalMade:
    return ProposalMade(
        workflow_id=workflow,
        response_id="r",
        origin=Origin(component=0, attempt=1, maker=Maker(name="mira")),
        order=Order(InstructionType.I, "USD", None),
    )


def progress(workflow: str, state: Any, at: datetime, *, final: bool = False) -> ProgressReported:
    return ProgressReported(
        workflow_id=workflow, response_id="r", order_id=None, sequence=1, state=state, stage=None, operation=None,
        status="", completed_operations=0, total_operations=47, progress=0, completed=False, final=final, at=at,
        stages={},
    )  # fmt: skip


def unfinished(*events: Event) -> list[tuple[str, str]]:
    fold = UnfinishedFold()
    for event in events:
        new = encode(event)
        stream = f"test-{type(event).__name__}"
        recorded = RecordedEvent(stream, 1, event_id(stream, 1), new.type, 1, new.data, {}, NOW)
        fold.take(PastEvent(None, recorded), event)
    return [(one.workflow_id, one.state) for one in fold.unfinished()]


def test_a_proposal_that_nobody_planned_is_unfinished() -> None:
    assert unfinished(proposal("a")) == [("a", "PROPOSED")]


def test_a_workflow_is_where_it_said_last() -> None:
    assert unfinished(proposal("a"), progress("a", "PLANNED", NOW), progress("a", "BOOKING", NOW)) == [("a", "BOOKING")]


def test_a_final_message_ends_it_whatever_comes_first() -> None:
    over = progress("a", "POSTED", NOW, final=True)
    assert unfinished(proposal("a"), over) == []
    assert unfinished(over, proposal("a")) == []


def test_completed_is_not_the_end_while_the_journal_waits() -> None:
    assert unfinished(progress("a", "COMPLETED", NOW)) == [("a", "COMPLETED")]


def test_who_needs_a_person_stands_on_top_then_the_oldest() -> None:
    old, new = NOW - timedelta(hours=2), NOW
    listed = unfinished(
        progress("new", "BOOKING", new),
        progress("old", "BOOKING", old),
        progress("stuck", "NEEDS_INTERVENTION", new, final=True),
    )
    assert [workflow for workflow, _ in listed] == ["stuck", "old", "new"]


def test_the_age_is_whole_seconds_and_never_negative() -> None:
    fold = UnfinishedFold()
    event = progress("a", "BOOKING", NOW)
    recorded = RecordedEvent("progress-a", 1, event_id("progress-a", 1), "ProgressReported", 1, {}, {}, NOW)
    fold.take(PastEvent(1, recorded), event)
    (one,) = fold.unfinished()
    assert one.document(NOW + timedelta(seconds=90, milliseconds=900))["age_seconds"] == 90
    assert one.document(NOW - timedelta(seconds=5))["age_seconds"] == 0


def test_a_proposed_change_of_the_configuration_is_unfinished_until_it_ends() -> None:
    proposed = configuration.proposed()
    assert unfinished(proposed) == [(configuration.WORKFLOW, "PROPOSED")]
    assert unfinished(proposed, progress(configuration.WORKFLOW, "COMPLETED", NOW, final=True)) == []
