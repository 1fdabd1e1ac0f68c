"""hawk.progress: dense, about twenty messages, completed once, one last message (interfaces section 3)."""

import pytest

from services.executor.progress import messages
from services.executor.progress.reporting import Progress, progress_of
from shared.events.plans import PlanClosed, PlanRefused
from shared.events.progress import ProgressReported
from tests.support.executions import APPROVERS, NOW, Execution, drawn, planned


def story() -> Progress:
    """The reports of an A-COI from proposal to posted journal."""
    execution = Execution(drawn())
    progress = messages.order_opening(execution.subject)
    progress = messages.awaiting(progress, "TRADER", NOW)
    progress = messages.decided(progress, "mira", "TRADER", "APPROVE", NOW)
    progress = messages.prepared(progress, execution.subject.plan, APPROVERS, NOW)
    before = len(execution.events)
    execution.acknowledge()
    progress = messages.murex_turn(progress, execution.events[before:], 0, 6)
    progress = messages.completed(progress, execution.events[-1])
    return messages.posted(progress, 4, NOW)


def test_the_sequence_is_dense_and_about_twenty_messages_long() -> None:
    reports = story().reports
    assert [report.sequence for report in reports] == list(range(1, len(reports) + 1))
    assert 18 <= len(reports) <= 22


def test_deals_of_several_events_are_named_with_their_event_since_each_begins_at_one() -> None:
    """Three deals with the number 1 must not look like one to who watches."""
    execution = Execution(drawn("HKD", "400000000"))
    before = len(execution.events)
    execution.acknowledge()
    progress = messages.murex_turn(Progress("w"), execution.events[before:], 0, 18, several=True)
    firsts = [report.status for report in progress.reports if report.status.startswith("Deal 1 ")]
    events = [child.event.event_id for child in execution.subject.plan.children]
    assert [status.partition(" booked")[0] for status in firsts] == [f"Deal 1 of event {event}" for event in events]
    assert execution.state.several_events


def test_completed_is_true_once_and_final_on_the_last_message_alone() -> None:
    reports = story().reports
    assert [report.state for report in reports if report.completed] == ["COMPLETED"]
    assert [report.final for report in reports] == [False] * (len(reports) - 1) + [True]
    assert reports[-1].state == "POSTED"


def test_completed_operations_grow_to_the_total_by_stages() -> None:
    reports = story().reports
    done = [report.completed_operations for report in reports]
    assert done == sorted(done)
    assert {8, 20, 30, 47} <= set(done)
    assert reports[-1].progress == 100
    assert all(0 <= report.progress <= 100 for report in reports)


def test_stages_show_as_stages_although_one_transaction_did_them() -> None:
    statuses = [report.status for report in story().reports]
    assert (
        statuses.index("Starting Stage 1A") < statuses.index("Stage 1A completed") < statuses.index("Starting Stage 2")
    )


def test_a_journey_reads_back_from_its_own_reports() -> None:
    progress = story()
    again = progress_of(progress.workflow_id, progress.reports)
    assert (again.version, again.state, again.completed_operations, again.over) == (
        progress.version,
        "POSTED",
        47,
        True,
    )
    assert again.report("more", NOW).reports[0].sequence == progress.version + 1


def test_completed_operations_fall_to_zero_while_compensating() -> None:
    progress = story().report("undoing", NOW, state="COMPENSATING", done=0)
    assert (progress.completed_operations, progress.reports[-1].progress) == (0, 0)
    assert progress.reports[-1].stages["1A"] == "COMPENSATED"


def test_a_refused_order_ends_with_its_code() -> None:
    refused = planned("USD", "250000000")
    assert isinstance(refused, PlanRefused)
    last = messages.order_opening(refused).reports[-1]
    assert (last.state, last.final, last.completed) == ("REFUSED", True, False)
    assert last.reason is not None
    assert last.reason.startswith("AMOUNT_OUT_OF_RANGE")


@pytest.mark.parametrize("state", ["REJECTED", "EXPIRED", "WITHDRAWN", "STALE_CONTEXT"])
def test_a_closed_plan_ends_the_progress(state: str) -> None:
    closed = PlanClosed.model_validate(
        {"workflow_id": "w", "response_id": "r", "state": state, "code": state, "reason": "because",
         "successor": "next", "closed_at": NOW}
    )  # fmt: skip
    last: ProgressReported = messages.closed(Progress("w"), closed).reports[-1]
    assert (last.state, last.final, last.successor) == (state, True, "next")
