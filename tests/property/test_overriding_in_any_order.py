"""Whatever Murex and persons do, in whatever order: a workflow is wholly effective or wholly without effect."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.executor.execution.commands import RecordAnswer, RecordCancel
from services.executor.execution.on_call import ON_CALL
from services.executor.execution.state import Status, fold
from shared.events import murex, undoing
from shared.events.execution import ExecutionCompleted
from tests.support.examples import examples
from tests.support.executions import NOW, Execution, all_heard, answer_of, cancelled, drawn
from tests.support.overriding import asked, settle

ZERO = Decimal(0)
DEALS = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["ACK", "NOK"]), DEALS),
    st.tuples(st.sampled_from(["CANCELLED", "NOT_FOUND", "REFUSED"]), DEALS),
    st.tuples(st.sampled_from(["settle CANCELLED", "settle BOOKED_MANUALLY"]), DEALS),
    st.tuples(st.just("time"), DEALS),
)


def step(execution: Execution, what: str, number: int) -> None:
    sent = execution.sent[number]
    if what in {"ACK", "NOK"}:
        execution.take(RecordAnswer(answer_of(sent, what), NOW))
    elif what == "time":
        since = execution.now
        execution.take(all_heard(execution.later(20), since))
    elif what.startswith("settle"):
        resolution = "CANCELLED" if what.endswith("CANCELLED") else "BOOKED_MANUALLY"
        settle(execution, asked(sent.deal_booking_id, resolution))  # type: ignore[arg-type]
    else:
        open_ = [event for event in execution.events if isinstance(event, murex.DealCancelSent)]
        for event in [event for event in open_ if event.deal_booking_id == sent.deal_booking_id][-1:]:
            execution.take(RecordCancel(cancelled(event, what), NOW))


@given(st.lists(STEPS, max_size=40))
@examples(150)
def test_a_workflow_is_effective_or_undone_and_its_capacity_follows(steps: list[tuple[str, int]]) -> None:
    execution = Execution(drawn())
    taken = execution.reserved
    for what, number in steps:
        step(execution, what, number)
        state = execution.state
        completed = sum(isinstance(event, ExecutionCompleted) for event in execution.events)
        undone = [event for event in execution.events if isinstance(event, undoing.OperationCompensated)]
        assert completed <= 1
        assert not (completed and undone)
        assert len({event.operation for event in undone}) == len(undone), "no operation is undone twice"
        if state.status is Status.COMPLETED:
            assert all(deal.in_murex for deal in state.deals.values())
            assert (execution.reserved, execution.hedged) == (ZERO, taken)
        elif state.undone:
            assert (execution.reserved, execution.hedged) == (ZERO, ZERO)
        else:
            assert (execution.reserved, execution.hedged) == (taken, ZERO)
    for place, event in enumerate(execution.events):
        if isinstance(event, undoing.InterventionRequired):
            before = fold(execution.events[:place]).status
            assert any(event.code in row.codes and before in row.asked_from for row in ON_CALL), (before, event.code)
