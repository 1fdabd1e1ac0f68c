"""Facts of settling a deal by hand, from the proposal to the deal that is settled.

Streams `response-<id>`, `plan-<workflow>` and `execution-<workflow>` of the override's own workflow. `DealBookedByHand`
or `DealCancelledByHand` is in the execution of the workflow the deal belongs to, and decides what becomes of it.
"""

from typing import Literal

from shared.events.approvals import Approver
from shared.events.base import datetime
from shared.events.execution import ExecutionBegun, ExecutionEvent
from shared.events.plans import WorkflowPlanned, WorkflowRefused
from shared.events.responses import Originated
from shared.hedging.changes.override import DealOverride, OverridePlan, Resolution

Settled = Literal["COMPENSATED", "COMPLETED", "POSTED", "REVERSED"]
"""The states an execution can return to once a person has settled what it waited for."""


class OverrideProposed(Originated):
    """An answer recommends to settle a deal by hand. Starts a workflow, as `ProposalMade` does."""

    override: DealOverride


class OverridePlanned(WorkflowPlanned):
    """The planned record of the deal and the effect on its workflow. People approve it by `plan_digest`."""

    override: DealOverride
    plan: OverridePlan


class OverrideRefused(WorkflowRefused):
    """The deal cannot be settled so. No row is written."""

    override: DealOverride


class OverrideAuthorized(ExecutionBegun):
    """A deal is settled by hand."""


class OverrideConsulted(ExecutionEvent):
    """O1, O2: the deal and the state of its workflow were read; `version` is of that execution's stream."""

    operations: tuple[int, ...]
    overridden_workflow: str
    deal_booking_id: str
    status: str
    version: int


class OverrideMade(ExecutionEvent):
    """O3: the deal was settled; the fact itself is `DealOverridden` of the workflow it belongs to."""

    operation: int
    overridden_workflow: str
    deal_booking_id: str
    resolution: Resolution
    external_reference: str | None
    made_at: datetime


class OverrideRecorded(ExecutionEvent):
    """O4: the act as the audit_trail records it."""

    operation: int
    audit_id: str
    overridden_workflow: str
    deal_booking_id: str
    before: str
    resolution: Resolution
    external_reference: str | None
    reason: str
    maker: str
    approvers: tuple[Approver, ...]
    recorded_at: datetime


class _SettledByHand(ExecutionEvent):
    """A person settled a deal outside of HAWK, and two approved to take it so. `workflow_id` is the deal's own."""

    override_workflow: str
    event_id: str
    deal_booking_id: str
    deal_sequence: int
    external_reference: str | None
    reason: str
    approvers: tuple[Approver, ...]
    overridden_at: datetime


class DealBookedByHand(_SettledByHand):
    """Murex holds the deal as `external_reference`, as a person found or made it."""


class DealCancelledByHand(_SettledByHand):
    """Murex does not hold the deal, as a person found or made it."""


class InterventionSettled(ExecutionEvent):
    """A person settled the question, with nothing to do or undo: the execution is `outcome` again."""

    outcome: Settled
    reason: str
    settled_at: datetime
