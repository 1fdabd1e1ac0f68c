"""Compares the executions with Murex's book: no deal is booked on one side only. Pure.

Tests and harnesses only need `book_findings(events, book)`: the events of executions (any order of
workflows, each workflow's in its own order) and the rows that `hawk murex book --json` prints.

What a person booked by hand did not pass the gateway: the book may have it under another external id, or not at all,
and two persons have answered for it. Such a deal counts as missing only where the book speaks against it.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.events import booking, disputes, execution, murex, overrides, undoing
from shared.events.base import Event
from shared.events.catalogue import EVENTS
from tools.verification.checks.history import PastEvent
from tools.verification.checks.spilled import Spilled

#: The state of an execution after an event, by the event's name. One that is under way can differ from the book for a
#: moment, and at NEEDS_INTERVENTION a person decides; in the other two states both sides must agree.
EFFECTIVE: Final = "EFFECTIVE"
WITHOUT_EFFECT: Final = "WITHOUT_EFFECT"
UNDER_WAY: Final = "UNDER_WAY"
INTERVENTION: Final = "NEEDS_INTERVENTION"
STANDS_AFTER: Final[Mapping[str, str]] = {
    "ExecutionPrepared": UNDER_WAY,
    "ExecutionCompleted": EFFECTIVE,
    "CompensationStarted": UNDER_WAY,
    "WorkflowCompensated": WITHOUT_EFFECT,
    "InterventionRequired": INTERVENTION,
    "ReversalStarted": UNDER_WAY,
    "ExecutionReversed": WITHOUT_EFFECT,
}

#: Names of the events that the fold looks at.
EVENTS_OF_DEALS: Final = frozenset(
    {
        *(name for name, kind in EVENTS.items() if issubclass(kind, execution.ExecutionEvent)),
        murex.DealStatusEnquired.__name__,
        murex.DealCancelSent.__name__,
    }
)

#: Of a row of the book: the deal is in force there.
BOOKED: Final = "BOOKED"


@dataclass(slots=True)
class _Deals:
    """An execution as far as Murex is concerned. `contracts`: of its booked deals, by booking id; `by_hand`: those that
    a person found or made in Murex, with the contract they named."""

    stands: str = UNDER_WAY
    planned: set[str] = field(default_factory=set)
    contracts: dict[str, str] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    """Contracts from Murex itself: its book must have them, even if a person says otherwise."""
    asked: set[str] = field(default_factory=set)
    """Deals about which Murex was asked something it has not answered: which side is right is not known."""


class MurexFold:
    """Folds executions; `against` compares them with a book."""

    def __init__(self) -> None:
        self._workflows = Spilled[_Deals]()

    def take(self, _: PastEvent | None, event: Event) -> None:
        """Fold an event into the deals of its execution; its place in the history is not used."""
        match event:
            case execution.ExecutionEvent():
                self._executed(self._of(event.workflow_id), event)
            case murex.DealStatusEnquired() | murex.DealCancelSent():
                self._of(event.workflow_id).asked.add(event.deal_booking_id)
            case _:
                return

    def _of(self, workflow: str) -> _Deals:
        return self._workflows.setdefault(workflow, _Deals())

    def _executed(self, of: _Deals, event: execution.ExecutionEvent) -> None:
        of.stands = STANDS_AFTER.get(type(event).__name__, of.stands)
        if isinstance(event, booking.DealAcknowledged):
            of.acknowledged.add(event.contract_id)
        match event:
            case overrides.InterventionSettled(outcome=outcome):
                of.stands = WITHOUT_EFFECT if outcome in {"COMPENSATED", "REVERSED"} else EFFECTIVE
            case overrides.DealBookedByHand():
                of.by_hand[event.deal_booking_id] = event.external_reference or ""
                of.asked.discard(event.deal_booking_id)
                if event.deal_booking_id in of.contracts:
                    of.contracts[event.deal_booking_id] = event.external_reference or ""
            case overrides.DealCancelledByHand():
                of.by_hand.pop(event.deal_booking_id, None)
                of.asked.discard(event.deal_booking_id)
            case booking.DealPlanned(deal=deal):
                of.planned.add(deal.deal_booking_id)
            case booking.DealsBooked(deals=deals):
                of.contracts |= {deal.deal_booking_id: deal.contract_id for deal in deals}
            case (
                booking.DealAcknowledged(deal_booking_id=deal_id)
                | booking.DealDeclined(deal_booking_id=deal_id)
                | disputes.DealConfirmed(deal_booking_id=deal_id)
                | undoing.CancelConfirmed(deal_booking_id=deal_id)
            ):
                of.asked.discard(deal_id)
            case _:
                return

    def against(self, book: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the differences, as sentences that name workflow and deal, in a stable order."""
        findings: list[str] = []
        by_hand = {
            contract for _, of in self._workflows.each() if of.stands == EFFECTIVE for contract in of.by_hand.values()
        }
        planned, held, status = Spilled[str](), Spilled[str](), Spilled[str]()
        for row in book:
            contract = row["contract_id"]
            if contract is not None:
                status[contract] = row["status"]
            if row["status"] == BOOKED:
                findings += _doubled(row, planned)
                findings += () if contract in by_hand else self._unknown(row)
                held[row["deal_booking_id"]] = contract
        for workflow, of in self._workflows.each():
            if of.stands == EFFECTIVE:
                findings += _missing(workflow, of, held, status)
        return sorted(findings)

    def _unknown(self, row: Mapping[str, Any]) -> Iterator[str]:
        workflow, deal, contract = row["workflow_id"], row["deal_booking_id"], row["contract_id"]
        of = self._workflows.get(workflow)
        if of is None or deal not in of.planned:
            yield f"Murex holds deal {deal} (contract {contract}) of workflow {workflow}, which never planned it."
        elif deal in of.asked:
            return
        elif of.stands == WITHOUT_EFFECT:
            yield f"Murex holds deal {deal} (contract {contract}), but workflow {workflow} is without effect."
        elif of.stands == EFFECTIVE and deal not in of.contracts:
            yield f"Murex holds deal {deal} (contract {contract}), but workflow {workflow} does not count it as booked."


def book_findings(events: Iterable[Event], book: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the deals that only Murex or only the ledger holds, except those of workflows that wait for a person.

    Args:
        events: of executions, each workflow's oldest first; others are passed over.
        book: the rows of `hawk murex book --json`.
    """
    fold = MurexFold()
    for event in events:
        fold.take(None, event)
    return fold.against(book)


def _doubled(row: Mapping[str, Any], planned: MutableMapping[str, str]) -> Iterator[str]:
    """Report a deal of the plan with a second contract, under any id. `planned`: the contracts of those before."""
    event, number, contract = row["event_id"], row["deal_sequence"], row["contract_id"]
    before = planned.get(place := f"{event} {number}")
    if before is not None:
        yield (
            f"Murex holds deal {number} of hedge event {event} twice: contracts {before} and {contract} of workflow "
            f"{row['workflow_id']}."
        )
    planned[place] = contract


def _missing(workflow: str, of: _Deals, held: Mapping[str, str], status: Mapping[str, str]) -> Iterator[str]:
    """Yield the booked deals that the book lacks or has otherwise.

    Args:
        held: contract of each deal in force, by external id.
        status: of each contract the book knows.
    """
    for deal, contract in of.contracts.items():
        if held.get(deal) == contract or deal in of.asked:
            continue
        outside = of.by_hand.get(deal) == contract and contract not in of.acknowledged
        if outside and deal not in held and status.get(contract, BOOKED) == BOOKED:
            continue
        found = f"as contract {held[deal]}" if deal in held else "not at all"
        yield f"Workflow {workflow} counts deal {deal} as booked (contract {contract}), but Murex holds it {found}."
