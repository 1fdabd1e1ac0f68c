"""The input of the builders of events: the plan that is applied, and one operation of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.errors import Defect
from shared.events import booking
from shared.events import execution as facts
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.hedging.operations import Operation
from shared.hedging.plan import ChildPlan, HedgePlan


@dataclass(frozen=True, slots=True)
class Applied:
    """The values that all steps of one transaction share."""

    plan: HedgePlan
    maker: str
    approvers: tuple[Approver, ...]
    now: datetime
    failure: str | None = None
    booked: Mapping[str, booking.BookedDeal] = field(default_factory=dict)
    """By deal booking id, what Murex holds; complete when the phase COMPLETE runs."""

    @property
    def workflow_id(self) -> str:
        """The id of the workflow whose plan is applied."""
        return self.plan.identity.workflow_id

    def child(self, operation: Operation) -> ChildPlan:
        """Find the part an operation belongs to; plans drawn before parts were numbered have one per entity.

        Raises:
            Defect: the plan lacks the part.
        """
        for child in self.plan.children:
            if operation.part == child.index or (operation.part is None and operation.entity_id == child.entity_id):
                return child
        raise Defect(
            f"Workflow {self.workflow_id}: operation {operation.number} belongs to part {operation.part} "
            f"({operation.entity_id}), which the plan lacks."
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on its way to becoming an event. `ordinal` counts operations of its kind from 0."""

    applied: Applied
    operation: Operation
    ordinal: int

    @property
    def plan(self) -> HedgePlan:
        """The plan that the operation belongs to."""
        return self.applied.plan

    @property
    def child(self) -> ChildPlan:
        """The part of the order that the operation belongs to; a Defect where the plan lacks it."""
        return self.applied.child(self.operation)

    @property
    def now(self) -> datetime:
        """The time of the transaction, one for all its steps."""
        return self.applied.now

    @property
    def base(self) -> dict[str, Any]:
        """The two fields that every event of an operation has."""
        return {"workflow_id": self.applied.workflow_id, "operation": self.operation.number}


def stage_record(step: Step, *, action: str, message: str, record_id: str) -> Event:
    """Return the row of audit_trail that a stage leaves, with those who approved."""
    return facts.StageRecorded(
        **step.base,
        audit_id=f"AUD-{step.operation.operation_id}",
        stage=step.operation.stage,
        action=action,
        message=message,
        entity_id=step.child.entity_id,
        currency=step.plan.order.exposure_currency,
        record_id=record_id,
        approvers=step.applied.approvers,
        recorded_at=step.now,
    )
