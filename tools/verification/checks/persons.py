"""Checks that every decision that needs two persons was made by two, not by one person in two spellings. Pure.

Grants are checked with their plans (`tools.verification.checks.grants`); all other decisions are checked here.
"""

from typing import Any, Final

from shared.events.base import Event
from shared.people.identity import different_people
from tools.verification.checks.history import Findings, PastEvent

#: Each names its people in `proposed_by` and `confirmed_by`, or all of them in `by`.
EVENTS_OF_PERSONS: Final = frozenset(
    {
        "RolloutTermsSet",
        "ExecutionResumed",
        "PolicySet",
        "DelegationConfirmed",
        "SetAsideConfirmed",
        "PublicationConfirmed",
        "HeldReferenceReleased",
        "PasskeyAdded",
        "PasskeyRemoved",
    }
)


class PersonFold:
    """Looks at each such event by itself."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def take(self, past: PastEvent, event: Event) -> None:
        """Report a decision of several persons if two of the names are one person."""
        said: Any = event
        persons = _persons(said)
        names = [each.person for each in persons]
        if len(different_people(names)) < len(names):
            people = " and ".join(names)
            self._findings.add(f"{past.place}: {type(event).__name__} was decided by {people}, who are one person.")

    def finish(self) -> None:
        """Do nothing: each decision is checked when it is taken."""


def _persons(said: Any) -> tuple[Any, ...]:
    if hasattr(said, "by"):
        return tuple(said.by)
    if hasattr(said, "approved_by"):
        return () if said.proposed_by is None else (said.proposed_by, *said.approved_by)
    return (said.proposed_by, said.confirmed_by)
