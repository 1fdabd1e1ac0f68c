"""The ids of a workflow, and its origin. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.base import Refusal
from shared.events.responses import Origin, Originated
from shared.hedging.plan import PlanIdentity
from shared.plans.digests import UNSEALED, effects_digest
from shared.plans.subjects import subject_of
from shared.policy.evaluation import evaluate
from shared.policy.table import Policy


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

    def planned(self, plan: object, policy: Policy, now: datetime) -> dict[str, Any]:
        """Return what the planned event of every kind holds; its digest comes last, by `sealed`."""
        outcome = evaluate(policy, subject_of(plan, maker_verified=self.origin.maker.verified))
        return {
            **self._own(),
            "plan": plan,
            "policy": outcome,
            "plan_digest": UNSEALED,
            "effects_digest": effects_digest(plan, outcome.tier),
            "planned_at": now,
        }

    def refused(self, refusals: Iterable[Refusal], now: datetime) -> dict[str, Any]:
        """Return what the refusal of every kind holds."""
        return {**self._own(), "refusals": tuple(refusals), "refused_at": now}

    def _own(self) -> dict[str, Any]:
        return {"workflow_id": self.workflow_id, "response_id": self.response_id, "origin": self.origin}
