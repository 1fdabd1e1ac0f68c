"""Whose plan it is: the ids of a workflow and where it comes from. Pure."""

from dataclasses import dataclass

from shared.events.responses import Origin, Originated
from shared.hedging.plan import PlanIdentity


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow that a plan is drawn for."""

    workflow_id: str
    response_id: str
    origin: Origin

    @classmethod
    def of(cls, event: Originated) -> "Workflow":
        """Return the workflow that was proposed, planned or refused."""
        return cls(event.workflow_id, event.response_id, event.origin)

    @classmethod
    def succeeding(cls, stale: Originated, workflow_id: str) -> "Workflow":
        """Return the workflow that is planned in place of one whose plan went stale."""
        return cls(workflow_id, stale.response_id, stale.origin.succeeding(stale.workflow_id))

    @property
    def identity(self) -> PlanIdentity:
        """The ids that the plan carries."""
        return PlanIdentity(self.workflow_id, self.response_id, self.origin.attempt)
