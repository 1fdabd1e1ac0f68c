"""The next decision of an execution: complete, compensate, or ask a person. Pure.

The process manager of a workflow (design section 6): after each answer or deadline it looks at the state and names the
next decision. Nothing here waits; waiting is a row of the to-do list with a due time.
"""

from enum import StrEnum

from services.executor.execution.state import DealStatus, ExecutionState, Status


class Next(StrEnum):
    """The decision that is due."""

    NOTHING = "NOTHING"
    COMPLETE = "COMPLETE"
    START_COMPENSATION = "START_COMPENSATION"
    FINISH_COMPENSATION = "FINISH_COMPENSATION"
    ASK_A_PERSON = "ASK_A_PERSON"
    FINISH_REVERSAL = "FINISH_REVERSAL"
    SETTLE = "SETTLE"


def next_step(state: ExecutionState) -> Next:
    """Return the decision that is due in this state. A decline wins over acknowledgements: all or nothing."""
    if state.status is Status.BOOKING:
        if any(deal.status is DealStatus.DECLINED for deal in state.deals.values()):
            return Next.START_COMPENSATION
        return Next.COMPLETE if state.all_acknowledged else Next.NOTHING
    if state.status is Status.COMPENSATING and state.cancels_settled:
        return Next.ASK_A_PERSON if state.cancels_refused else Next.FINISH_COMPENSATION
    if state.status is Status.NEEDS_INTERVENTION:
        return _after_a_hand(state)
    # Murex's book does not confirm what HAWK has in its ledger: that is not undone by a machine.
    if state.status in {Status.COMPLETED, Status.POSTED} and state.contradicted:
        return Next.ASK_A_PERSON
    if state.status is Status.REVERSING and state.cancels_settled:
        return Next.ASK_A_PERSON if state.cancels_refused else Next.FINISH_REVERSAL
    # Murex booked what it had declined, after everything was undone, and does not give it up.
    if state.status in {Status.COMPENSATED, Status.REVERSED} and state.cancels_refused:
        return Next.ASK_A_PERSON
    return Next.NOTHING


def _after_a_hand(state: ExecutionState) -> Next:
    """Return the decision after a late answer of Murex, or a person, has settled a deal that was waited for.

    Murex holds all of it, or nothing: anything between waits on.
    """
    if state.reversal is not None:
        open_ = not state.cancels_settled or state.cancels_refused
        return Next.NOTHING if open_ else (Next.SETTLE if state.taken_back else Next.FINISH_REVERSAL)
    if state.booked:
        return Next.SETTLE if state.all_acknowledged else Next.NOTHING
    if state.undone:
        return Next.SETTLE if state.nothing_held else Next.NOTHING
    if state.all_acknowledged:
        return Next.COMPLETE
    return Next.FINISH_COMPENSATION if state.nothing_held else Next.NOTHING
