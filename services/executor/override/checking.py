"""Checks that a deal may be settled by hand the way a person says, and the workflow's state afterwards. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.executor.execution.state import DealState, DealStatus, ExecutionState, Status
from shared.hedging.changes.override import DealOverride, Outcome, OverrideCode, OverrideFinding

_RESOLUTION: Final = "override.resolution"
_DEAL: Final = "override.deal_booking_id"

#: Deals of an execution that waits for a person which Murex holds, may hold, or was made to hold by hand.
HELD: Final = frozenset(
    {DealStatus.SENT, DealStatus.ACKNOWLEDGED, DealStatus.DISPUTED, DealStatus.CONTRADICTED, DealStatus.CANCELLING,
     DealStatus.CANCEL_REFUSED, DealStatus.BOOKED_MANUALLY}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """The execution a deal belongs to. `state` None: HAWK booked no such deal."""

    override: DealOverride
    workflow_id: str | None
    state: ExecutionState | None


def check(standing: Standing) -> Outcome | tuple[OverrideFinding, ...]:
    """Return the workflow's next state once the deal is settled so, or what speaks against it."""
    override, state = standing.override, standing.state
    deal = None if state is None else state.deals.get(override.deal_booking_id)
    if state is None or deal is None:
        return _no(OverrideCode.UNKNOWN_DEAL, f"HAWK booked no deal {override.deal_booking_id}.", _DEAL)
    if state.status is Status.BOOKING:
        return _while_booking(override, state, deal)
    if state.status is not Status.NEEDS_INTERVENTION:
        why = "its outcome is still awaited" if state.status is Status.COMPENSATING else "it has ended"
        return _no(
            OverrideCode.NO_HAND_NEEDED,
            f"Workflow {standing.workflow_id} is {state.status}: {why}, so no deal of it is settled by hand.",
            _DEAL,
        )
    if state.booked and state.reversal is None:
        return _in_the_ledger(override, state, deal)
    return _to_book(override, state, deal) if override.resolution == "BOOKED_MANUALLY" else _to_cancel(state, deal)


def _while_booking(
    override: DealOverride, state: ExecutionState, deal: DealState
) -> Outcome | tuple[OverrideFinding, ...]:
    if deal.status not in {DealStatus.SENT, DealStatus.DISPUTED}:
        return _settled(deal)
    in_time = not deal.enquired and deal.attempt <= 1
    if in_time or (deal.status is DealStatus.DISPUTED and deal.enquiries <= 1):
        return _no(
            OverrideCode.NO_HAND_NEEDED,
            f"Deal {override.deal_booking_id} was sent and Murex still has its time: wait for its answer.",
            _DEAL,
        )
    if override.resolution == "CANCELLED":
        return "UNDONE"
    taken = _taken(override, state)
    if taken:
        return taken
    others = [each for each in state.deals.values() if each is not deal]
    return "COMPLETED" if all(each.in_murex for each in others) else "WAITS"


def _in_the_ledger(
    override: DealOverride, state: ExecutionState, deal: DealState
) -> Outcome | tuple[OverrideFinding, ...]:
    """Let a person confirm, not take out, a deal of a completed workflow that Murex contradicts."""
    if deal.status is not DealStatus.CONTRADICTED:
        return _settled(deal)
    if override.resolution == "CANCELLED":
        return _no(
            OverrideCode.CONTRADICTING_RESOLUTION,
            "The workflow is completed and its deals are in the ledger, so none is taken out by hand. Book the deal in "
            "Murex and settle it as BOOKED_MANUALLY; if the hedge is no longer wanted, have it reversed then.",
            _RESOLUTION,
        )
    taken = _taken(override, state)
    if taken:
        return taken
    others = [each for each in state.deals.values() if each is not deal]
    return "COMPLETED" if all(each.in_murex for each in others) else "WAITS"


def _to_book(override: DealOverride, state: ExecutionState, deal: DealState) -> Outcome | tuple[OverrideFinding, ...]:
    if deal.status is DealStatus.BOOKED_MANUALLY:
        return _settled(deal)
    if state.reversal is not None:
        return _no(
            OverrideCode.CONTRADICTING_RESOLUTION,
            f"Workflow {state.reversal.reversal} takes this one back. Have the deal cancelled in Murex and "
            "settle it as CANCELLED.",
            _RESOLUTION,
        )
    if state.undone:
        return _no(
            OverrideCode.CONTRADICTING_RESOLUTION,
            "Everything of this workflow was undone before Murex booked the deal. Have the deal cancelled in Murex, "
            "settle it as CANCELLED, and hand the order in again if it is still wanted.",
            _RESOLUTION,
        )
    gone = [each for each in state.deals.values() if each.status is DealStatus.CANCELLED]
    if gone:
        return _no(
            OverrideCode.CONTRADICTING_RESOLUTION,
            f"{_names(gone)} of this workflow {'is' if len(gone) == 1 else 'are'} cancelled, so it cannot be "
            "completed. Have this deal cancelled in Murex, settle it as CANCELLED, and hand the order in again if it "
            "is still wanted.",
            _RESOLUTION,
        )
    taken = _taken(override, state)
    if taken:
        return taken
    others = [each for each in state.deals.values() if each is not deal]
    return "COMPLETED" if all(each.in_murex for each in others) else "WAITS"


def _to_cancel(state: ExecutionState, deal: DealState) -> Outcome | tuple[OverrideFinding, ...]:
    if deal.status in {DealStatus.CANCELLED, DealStatus.DECLINED}:
        return _settled(deal)
    by_hand = [each for each in state.deals.values() if each.status is DealStatus.BOOKED_MANUALLY and each is not deal]
    if by_hand:
        return _no(
            OverrideCode.CONTRADICTING_RESOLUTION,
            f"{_names(by_hand)} of this workflow {'was' if len(by_hand) == 1 else 'were'} booked by hand. Have that "
            "cancelled in Murex and settle it as CANCELLED first, or settle this deal as BOOKED_MANUALLY.",
            _RESOLUTION,
        )
    others = [each for each in state.deals.values() if each is not deal]
    return "WAITS" if any(each.status in HELD for each in others) else "UNDONE"


def _settled(deal: DealState) -> tuple[OverrideFinding, ...]:
    how = f" as {deal.contract_id}" if deal.in_murex else ""
    return _no(
        OverrideCode.DEAL_SETTLED,
        f"Deal {deal.deal.deal_booking_id} is {deal.status}{how} already. Nothing is to be done about it.",
        _DEAL,
    )


def _taken(override: DealOverride, state: ExecutionState) -> tuple[OverrideFinding, ...]:
    for each in state.deals.values():
        another = each.deal.deal_booking_id != override.deal_booking_id
        if another and each.contract_id is not None and each.contract_id == override.external_reference:
            return _no(
                OverrideCode.REFERENCE_IN_USE,
                f"Deal {each.deal.deal_booking_id} is contract {each.contract_id} in Murex. Name the contract of deal "
                f"{override.deal_booking_id}.",
                "override.external_reference",
            )
    return ()


def _names(deals: Iterable[DealState]) -> str:
    told = [f"{each.deal.deal_sequence} of {each.event_id} ({each.deal.deal_booking_id})" for each in deals]
    return f"Deal {told[0]}" if len(told) == 1 else f"Deals {', '.join(told)}"


def _no(code: OverrideCode, message: str, path: str) -> tuple[OverrideFinding, ...]:
    return (OverrideFinding(code, message, path),)
