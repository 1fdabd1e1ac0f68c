"""From a person's statement about a deal to a plan with its digests, a refusal, or the facts of settling it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.executor.execution.decider import Changes
from services.executor.execution.state import DealState, ExecutionState
from services.executor.override.checking import Standing, check
from services.executor.planning.workflow import Workflow
from shared.errors import Defect
from shared.events import identity
from shared.events import overrides as facts
from shared.events.approvals import UsedGrant
from shared.events.base import Refusal
from shared.events.execution import ExecutionCompleted
from shared.eventstore.port import NO_STREAM
from shared.hedging.changes.override import (
    DealOverride,
    OverrideFinding,
    OverridePlan,
    StandingDeal,
    draw_override_operations,
)
from shared.hedging.operations import count_operations
from shared.plans.digests import sealed
from shared.policy.table import Policy


@dataclass(frozen=True, slots=True)
class DrawOverride:
    """Plan an override from how its deal and the deal's workflow are."""

    workflow: Workflow
    override: DealOverride
    standing: Standing
    now: datetime


@dataclass(frozen=True, slots=True)
class ApplyOverride:
    """Settle the deal of `plan`, drawn again and equal in its effects to the one granted."""

    subject: facts.OverridePlanned
    plan: OverridePlan
    version: int
    """Of the overridden execution's stream, as the plan was drawn again from it."""
    grant: UsedGrant
    now: datetime


def decide(command: DrawOverride, policy: Policy) -> facts.OverridePlanned | facts.OverrideRefused:
    """Plan an override under a policy; a business "no" is a fact."""
    drawn = draw(command)
    if not isinstance(drawn, OverridePlan):
        return _refused(command, drawn)
    planned = command.workflow.planned(drawn, policy, command.now)
    return sealed(facts.OverridePlanned(**planned, override=command.override))


def draw(command: DrawOverride) -> OverridePlan | tuple[OverrideFinding, ...]:
    """Draw the plan alone, or return the findings against it.

    Raises:
        Defect: the deal passed the checks without an execution.
    """
    outcome, standing = check(command.standing), command.standing
    if isinstance(outcome, tuple):
        return outcome
    state = standing.state
    if state is None or standing.workflow_id is None:
        raise Defect(f"Deal {command.override.deal_booking_id} passed the checks without an execution.")
    operations = draw_override_operations(command.workflow.workflow_id)
    return OverridePlan(
        identity=command.workflow.identity,
        override=command.override,
        overridden_workflow=standing.workflow_id,
        workflow_status=state.status.value,
        why=state.failure_reason,
        deal=_standing(state.deals[command.override.deal_booking_id]),
        deals=tuple(_standing(deal) for deal in state.deals.values()),
        outcome=outcome,
        operations=operations,
        counts=count_operations(operations),
    )


def apply(command: ApplyOverride) -> Changes:
    """Execute the override itself: nothing of it without the grant, nothing twice."""
    subject, plan, grant, now = command.subject, command.plan, command.grant, command.now
    workflow_id, override = subject.workflow_id, plan.override
    read_deal, read_workflow, write, record = (operation.number for operation in plan.operations)
    events = (
        facts.OverrideAuthorized(
            workflow_id=workflow_id,
            response_id=subject.response_id,
            attempt=subject.origin.attempt,
            grant=grant,
            begun_at=now,
        ),
        facts.OverrideConsulted(
            workflow_id=workflow_id,
            operations=(read_deal, read_workflow),
            overridden_workflow=plan.overridden_workflow,
            deal_booking_id=override.deal_booking_id,
            status=plan.deal.status,
            version=command.version,
        ),
        facts.OverrideMade(
            workflow_id=workflow_id,
            operation=write,
            overridden_workflow=plan.overridden_workflow,
            deal_booking_id=override.deal_booking_id,
            resolution=override.resolution,
            external_reference=override.external_reference,
            made_at=now,
        ),
        facts.OverrideRecorded(
            workflow_id=workflow_id,
            operation=record,
            audit_id=f"AUD-{workflow_id}-{record:04d}",
            overridden_workflow=plan.overridden_workflow,
            deal_booking_id=override.deal_booking_id,
            before=plan.deal.status,
            resolution=override.resolution,
            external_reference=override.external_reference,
            reason=override.reason,
            maker=grant.maker,
            approvers=grant.approvers,
            recorded_at=now,
        ),
        ExecutionCompleted(workflow_id=workflow_id, completed_operations=plan.counts.total, completed_at=now),
    )
    return Changes(identity.execution_stream(workflow_id), NO_STREAM, events)


def overridden(command: ApplyOverride, state: ExecutionState) -> facts.DealBookedByHand | facts.DealCancelledByHand:
    """Return the fact in the execution the deal belongs to."""
    override = command.plan.override
    deal = state.deals[override.deal_booking_id]
    kind = facts.DealBookedByHand if override.resolution == "BOOKED_MANUALLY" else facts.DealCancelledByHand
    return kind(
        workflow_id=command.plan.overridden_workflow,
        override_workflow=command.subject.workflow_id,
        event_id=deal.event_id,
        deal_booking_id=override.deal_booking_id,
        deal_sequence=deal.deal.deal_sequence,
        external_reference=override.external_reference,
        reason=override.reason,
        approvers=command.grant.approvers,
        overridden_at=command.now,
    )


def _standing(deal: DealState) -> StandingDeal:
    return StandingDeal(
        deal.deal.deal_booking_id, deal.event_id, deal.deal.deal_sequence, deal.status.value, deal.contract_id
    )


def _refused(command: DrawOverride, findings: tuple[OverrideFinding, ...]) -> facts.OverrideRefused:
    refusals = (Refusal(code=each.code.value, message=each.message, path=each.path) for each in findings)
    return facts.OverrideRefused(**command.workflow.refused(refusals, command.now), override=command.override)
