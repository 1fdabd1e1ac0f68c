"""The two transactions around Murex do exactly what the plan lists, and take the capacity it needs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.executor.execution import decider
from services.executor.execution.commands import RecordAnswer
from services.executor.execution.state import Status, evolve
from services.executor.projections.keys import written_by
from shared.errors import Defect
from shared.events import booking
from shared.events import execution as facts
from shared.events.murex import DealSent
from shared.hedging.operations import OperationKind, Phase
from tests.support.executions import WORKFLOW, Execution, answer_of, drawn


def operations_of(events: list[object]) -> list[int]:
    """Numbers of the operations that events say took effect, in order."""
    numbers: list[int] = []
    for event in events:
        numbers += [event.operation] if hasattr(event, "operation") else list(getattr(event, "operations", ()))
    return numbers


@pytest.mark.parametrize(
    ("currency", "amount", "entity", "total"),
    [("USD", "25000000", "ENTITY0037", 47), ("HKD", "40000000", "ENTITY0009", 47), ("HKD", "400000000", None, 125)],
)
def test_an_execution_does_the_planned_operations_when_murex_acknowledges(
    currency: str, amount: str, entity: str | None, total: int
) -> None:
    execution = Execution(drawn(currency, amount, entity_id=entity))
    plan = execution.subject.plan
    prepared = [operation.number for operation in plan.operations if operation.phase is Phase.PREPARE]
    assert operations_of(execution.events) == prepared

    execution.acknowledge()

    assert sorted(operations_of(execution.events)) == list(range(1, total + 1))
    assert execution.state.status is Status.COMPLETED
    assert execution.events[-1] == facts.ExecutionCompleted(
        workflow_id=WORKFLOW, completed_operations=total, completed_at=execution.now
    )


def test_each_write_operation_changes_rows_of_its_own_table_when_executed() -> None:
    execution = Execution(drawn())
    execution.acknowledge()
    operations = {operation.number: operation for operation in execution.subject.plan.operations}
    for event in execution.events:
        number = getattr(event, "operation", None)
        if number is None or operations[number].kind is OperationKind.READ:
            continue
        keys = written_by(event, operations[number].table)
        expected = 1 if isinstance(event, booking.DealsReleased) else operations[number].rows
        assert len(keys) == expected, f"operation {number} {type(event).__name__}: {keys}"


def test_prepare_sends_every_deal_once_and_reserves_what_it_allocates() -> None:
    execution = Execution(drawn())
    assert [sent.deal_sequence for sent in execution.sent] == [1, 2, 3, 4, 5, 6]
    assert {sent.attempt for sent in execution.sent} == {1}
    assert execution.reserved == Decimal(25_000_000)
    assert execution.hedged == 0


def test_completion_turns_the_reservation_into_a_hedge() -> None:
    execution = Execution(drawn())
    execution.acknowledge()
    assert (execution.reserved, execution.hedged) == (0, Decimal(25_000_000))


def test_completion_waits_when_one_deal_is_not_acknowledged() -> None:
    execution = Execution(drawn())
    execution.acknowledge(1, 2, 4, 5, 6)
    assert execution.state.status is Status.BOOKING
    assert not any(isinstance(event, booking.GlEntryPrepared) for event in execution.events)


def test_completion_is_a_defect_when_the_acknowledged_set_is_not_the_planned_one() -> None:
    execution = Execution(drawn())
    execution.acknowledge(1, 2, 3, 4, 5)
    with pytest.raises(Defect, match="5 of 6 deals"):
        decider.complete(execution.state, execution.subject, execution.capacity, execution.usd, execution.now)


@pytest.mark.parametrize("number", [0, 2, 99])
def test_complete_is_a_defect_when_an_acknowledgement_answers_no_request(number: int) -> None:
    execution = Execution(drawn())
    execution.acknowledge(1, 2, 3, 4, 5)
    last = execution.sent[5]
    acknowledged = booking.DealAcknowledged(
        workflow_id=last.workflow_id, event_id=last.event_id, deal_booking_id=last.deal_booking_id, deal_sequence=6,
        attempt=1, in_reply_to=number, contract_id="MX-6", trade_ids=(), booking_reference="BR-6", level="OK",
        acknowledged_at=execution.now,
    )  # fmt: skip
    state = evolve(execution.state, acknowledged)
    assert state.all_acknowledged
    with pytest.raises(Defect, match="answers no request"):
        decider.complete(state, execution.subject, execution.capacity, execution.usd, execution.now)


def test_prepare_is_a_defect_when_the_plan_names_an_operation_without_a_builder() -> None:
    subject = drawn()
    foreign = replace(subject.plan.operations[0], table="users")
    plan = replace(subject.plan, operations=(foreign, *subject.plan.operations[1:]))
    command = replace(Execution(subject).command(), plan=plan)
    with pytest.raises(Defect, match="has no builder"):
        decider.prepare(command)


def test_a_utilisation_completes_with_its_eight_operations_and_touches_no_capacity() -> None:
    execution = Execution(drawn("HKD", "100000000", instruction_type="U", entity_id="ENTITY0009"))
    assert operations_of(execution.events) == list(range(1, 9))
    assert execution.state.status is Status.COMPLETED
    assert execution.reserved == 0
    assert not any(isinstance(event, DealSent) for event in execution.events)


def test_booked_deals_carry_the_references_murex_gave() -> None:
    execution = Execution(drawn())
    for sent in execution.sent:
        execution.take(RecordAnswer(answer_of(sent, "ACK", contract_id=f"C{sent.deal_sequence}"), execution.now))
    booked = next(event for event in execution.events if isinstance(event, booking.DealsBooked))
    assert [deal.contract_id for deal in booked.deals] == ["C1", "C2", "C3", "C4", "C5", "C6"]
