"""Checks that a grant which was taken back was never used, and that a person had asked for it. Pure."""

from collections.abc import Iterator
from typing import Final

from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.execution import ExecutionBegun
from shared.events.plans import PlanClosed
from shared.events.revocations import GrantRevoked, RevocationRequested
from tools.verification.checks.grants import USES
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.spilled import Spilled

EVENTS_OF_REVOCATIONS: Final = frozenset({"RevocationRequested", "GrantRevoked", "GrantIssued", "PlanClosed"}) | USES
_REVOKED: Final = "REVOKED"


class RevocationFold:
    """Keeps what was asked for and what became of it, and compares at the end: the streams have no common order."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._asked = Spilled[RevocationRequested]()
        self._revoked = Spilled[tuple[str, GrantRevoked]]()
        self._granted = Spilled[set[str]]()
        self._used = Spilled[str]()
        self._closed = Spilled[str]()

    def take(self, past: PastEvent, event: Event) -> None:
        """Keep grants, their uses, what was asked back, and ends; check at once who asked."""
        match event:
            case RevocationRequested():
                actor = past.event.metadata.get("actor")
                if actor != f"person:{event.by.person}":
                    self._findings.add(
                        f"{past.place}: {event.by.person} asks for a grant back, but {actor} recorded it."
                    )
                self._asked[event.workflow_id] = event
            case GrantRevoked():
                if past.event.version != 1:
                    self._findings.add(f"{past.place}: workflow {event.workflow_id} had begun before it was revoked.")
                self._revoked[event.workflow_id] = (past.place, event)
            case GrantIssued():
                self._granted.setdefault(event.workflow_id, set()).add(event.jti)
            case ExecutionBegun():
                self._used[event.workflow_id] = past.place
            case PlanClosed(state="REVOKED"):
                self._closed[event.workflow_id] = past.place
            case _:
                return

    def finish(self) -> None:
        """Report what was taken back without a word of a person, or used all the same."""
        for workflow, (place, revoked) in self._revoked.each():
            for why in self._faults(workflow, revoked):
                self._findings.add(f"{place}: workflow {workflow} is revoked, but {why}.")
        for workflow, place in self._closed.each():
            if workflow not in self._revoked:
                self._findings.add(f"{place}: workflow {workflow} ended {_REVOKED}, but its grant may still be used.")

    def _faults(self, workflow: str, revoked: GrantRevoked) -> Iterator[str]:
        asked = self._asked.get(workflow)
        if asked is None or (asked.jti, asked.by) != (revoked.jti, revoked.by):
            yield f"{revoked.by.person} did not ask for that"
        if revoked.jti not in self._granted.get(workflow, set()):
            yield f"the approval service never issued the grant {revoked.jti}"
        if workflow in self._used:
            yield f"it is executed at {self._used[workflow]}"
        if workflow not in self._closed:
            yield "its plan is still open"
