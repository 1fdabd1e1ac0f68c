"""Checks that emergencies were declared, and reviewed, by people who may, and by nobody in another's name. Pure.

That a grant in an emergency is enough for its plan is checked with the grants (`tools.verification.checks.grants`).
"""

from collections.abc import Iterator
from typing import Final

from shared.events.approvals import ApprovalRequested, GrantIssued
from shared.events.base import Event
from shared.events.emergency import GlassBroken, ReviewRecorded
from shared.people.identity import same_person
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

EVENTS_OF_EMERGENCIES: Final = frozenset({"ApprovalRequested", "GlassBroken", "GrantIssued", "ReviewRecorded"})
#: Persons after whom a review is closed.
_REVIEWERS: Final = 2


class EmergencyFold:
    """Follows each request: what is reviewed comes after its grant, in one stream."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._requests = Spilled[ApprovalRequested]()
        self._grants = Spilled[GrantIssued]()
        self._broken = Spilled[str]()
        self._reviewers = Spilled[tuple[str, ...]]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep requests and grants; check who declared an emergency and who reviewed one."""
        match event:
            case ApprovalRequested():
                self._requests[event.workflow_id] = event
            case GrantIssued():
                self._grants[event.workflow_id] = event
            case GlassBroken():
                self._say(past, "declares an emergency", event.emergency.person, self._of_glass(event))
                self._broken[event.workflow_id] = event.emergency.person
            case ReviewRecorded():
                self._say(past, "reviews an emergency", event.person, self._of_review(event))
                before = self._reviewers.get(event.workflow_id, ())
                self._reviewers[event.workflow_id] = (*before, event.person)
            case _:
                return

    def finish(self) -> None:
        """Do nothing: each is checked when it is taken. A review that is open is no fault."""

    def _say(self, past: PastEvent, does: str, person: str, faults: Iterator[str]) -> None:
        actor = past.event.metadata.get("actor")
        if actor != f"person:{person}":
            self._findings.add(f"{past.place}: {person} {does}, but {actor} recorded it.")
        for why in faults:
            self._findings.add(f"{past.place}: {person} {does}, but {why}.")

    def _of_glass(self, event: GlassBroken) -> Iterator[str]:
        request = self._requests.get(event.workflow_id)
        if request is None:
            yield "no approval was requested"
        elif event.plan_digest != request.plan_digest:
            yield f"about plan {event.plan_digest}; people were asked about {request.plan_digest}"
        elif same_person(event.emergency.person, request.maker.name):
            yield "is the person who asked"
        if event.workflow_id in self._broken:
            yield f"{self._broken[event.workflow_id]} had declared one before"

    def _of_review(self, event: ReviewRecorded) -> Iterator[str]:
        request, grant = self._requests.get(event.workflow_id), self._grants.get(event.workflow_id)
        if request is None or grant is None or grant.emergency is None:
            yield "nothing was granted in one"
            return
        took_part = (request.maker.name, grant.emergency.person, *(each.person for each in grant.approvers))
        if any(same_person(event.person, each) for each in took_part):
            yield "had a part in it"
        before = self._reviewers.get(event.workflow_id, ())
        if any(same_person(event.person, each) for each in before):
            yield "had reviewed it before"
        if len(before) >= _REVIEWERS:
            yield "the review was closed"
