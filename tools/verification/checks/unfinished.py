"""Finds the workflows that have not ended, from proposals and progress. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.base import Event
from shared.events.configuration import ConfigurationProposed
from shared.events.overrides import OverrideProposed
from shared.events.progress import ProgressReported
from shared.events.responses import ProposalMade
from shared.events.reversals import ReversalRequested
from tools.verification.checks.history import PastEvent

#: Final on hawk.progress, yet not over: a person has to act. Such a workflow is at the top of every list.
INTERVENTION = "NEEDS_INTERVENTION"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A workflow that has not ended: its state, and since when."""

    workflow_id: str
    response_id: str
    state: str
    since: datetime

    def document(self, now: datetime) -> dict[str, Any]:
        """Return the JSON document of `hawk verify --json`; the age in whole seconds."""
        return {
            "workflow_id": self.workflow_id,
            "response_id": self.response_id,
            "state": self.state,
            "since": self.since.isoformat(),
            "age_seconds": max(0, (now - self.since) // _SECOND),
        }


_SECOND = datetime.resolution * 1_000_000


class UnfinishedFold:
    """Keeps the workflows that are on their way."""

    def __init__(self) -> None:
        self._open: dict[str, Unfinished] = {}
        self._over: set[str] = set()

    def take(self, past: PastEvent, event: Event) -> None:
        """Open a workflow at its proposal, follow its progress, and drop it at a final state that needs no person."""
        match event:
            case (
                ProposalMade(workflow_id=workflow)
                | ConfigurationProposed(workflow_id=workflow)
                | OverrideProposed(workflow_id=workflow)
            ):
                # Streams come in the order of their transactions: a proposal may follow its first progress.
                if workflow not in self._over and workflow not in self._open:
                    since = past.event.recorded_at
                    self._open[workflow] = Unfinished(workflow, event.response_id, "PROPOSED", since)
            case ReversalRequested(workflow_id=workflow):
                if workflow not in self._over and workflow not in self._open:
                    self._open[workflow] = Unfinished(workflow, "", "PROPOSED", past.event.recorded_at)
            case ProgressReported(workflow_id=workflow):
                if event.final and event.state != INTERVENTION:
                    self._open.pop(workflow, None)
                    self._over.add(workflow)
                else:
                    self._open[workflow] = Unfinished(workflow, event.response_id, event.state, event.at)
            case _:
                return

    def unfinished(self) -> Sequence[Unfinished]:
        """Return the workflows that have not ended: those that need a person first, then the oldest first."""
        return sorted(self._open.values(), key=lambda one: (one.state != INTERVENTION, one.since, one.workflow_id))
