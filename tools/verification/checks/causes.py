"""Checks that every message a service handled was recorded by another service, by the causing event that it names.
Pure.

Only hand-overs between services are looked at. What a person, a timer, Murex or a feed set off names a request, a task
or a place on an open topic, and nothing is recorded under those.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.events.base import Event
from tools.verification.checks.grants import PLANS, USES
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.rollouts import DECISIONS
from tools.verification.checks.spilled import Spilled

#: A plan that is drawn again is caused by the grant of the one before it, and is another workflow's. Where the grant
#: had to wait for its turn, what follows is caused by the waiting, and that by the grant.
_GRANT: Final = frozenset({"GrantIssued", "TurnAwaited"})
#: Event -> the events it may be caused by.
CAUSES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("PlanDrawn", "PlanRefused"), _GRANT | {"ProposalMade"}),
    **dict.fromkeys(("ConfigurationPlanned", "ConfigurationRefused"), _GRANT | {"ConfigurationProposed"}),
    **dict.fromkeys(("OverridePlanned", "OverrideRefused"), _GRANT | {"OverrideProposed"}),
    **dict.fromkeys(("ReversalPlanned", "ReversalRefused"), _GRANT | {"ReversalRequested"}),
    **dict.fromkeys(USES, _GRANT),
    "TurnAwaited": frozenset({"GrantIssued"}),
    "ApprovalRequested": PLANS,
    "GrantRevoked": frozenset({"RevocationRequested"}),
    "RolloutTakenIn": DECISIONS,
    "PolicyTakenIn": frozenset({"PolicySet"}),
    "DelegationTakenIn": frozenset({"DelegationConfirmed", "DelegationEnded"}),
    **dict.fromkeys(("MessageReplayed", "ReplayDeclined"), frozenset({"ReplayRequested"})),
}
EVENTS_OF_CAUSES: Final = frozenset(CAUSES).union(*CAUSES.values())
#: These speak of the workflow of their cause.
_OF_ONE_WORKFLOW: Final = USES | {"ApprovalRequested", "TurnAwaited", "GrantRevoked"}


@dataclass(frozen=True, slots=True)
class _Caused:
    place: str
    name: str
    cause: str
    workflow_id: str


class CauseFold:
    """Keeps possible causes by id and compares them with the effects at the end: streams have no common order."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._recorded = Spilled[tuple[str, str]]()
        self._caused = Spilled[_Caused]()
        self._names = frozenset[str]().union(*CAUSES.values())

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep an event as a possible cause, as one that needs a cause, or as both."""
        name, workflow = type(event).__name__, str(getattr(event, "workflow_id", ""))
        if name in self._names:
            self._recorded[str(past.event.event_id)] = (name, workflow)
        if name in CAUSES:
            cause = past.event.metadata.get("causation_id", "")
            self._caused[past.place] = _Caused(past.place, name, cause, workflow)

    def finish(self) -> None:
        """Report each event whose cause is missing, of a wrong type, or of another workflow."""
        for _, each in self._caused.each():
            name, workflow = self._recorded.get(each.cause, ("", ""))
            if name not in CAUSES[each.name]:
                fault = f"which is {name}" if name else "which was never recorded"
                self._findings.add(f"{each.place}: {each.name} follows from {each.cause or 'nothing'}, {fault}.")
            elif each.name in _OF_ONE_WORKFLOW and workflow != each.workflow_id:
                self._findings.add(
                    f"{each.place}: {each.name} of workflow {each.workflow_id} follows from {name} of workflow "
                    f"{workflow}."
                )
