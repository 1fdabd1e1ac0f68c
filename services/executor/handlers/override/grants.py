"""A grant to settle a deal by hand: plan it again, then settle it, with all that follows, in one transaction."""

from services.executor.execution.commands import SettleByHand, VerifiedGrant
from services.executor.handlers.loading import load_journey
from services.executor.handlers.murex import advance
from services.executor.handlers.override.proposals import load_standing, plan_again
from services.executor.handlers.writing import close_plan, report
from services.executor.override import decider, narration
from services.executor.override.decider import ApplyOverride, DrawOverride
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from shared.errors import Defect
from shared.events.overrides import OverridePlanned
from shared.events.plans import PlanClosed
from shared.hedging.changes.override import OverridePlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest


async def apply_override(
    ports: Ports, uow: UnitOfWork, state: PlanState, subject: OverridePlanned, grant: VerifiedGrant
) -> None:
    """Use a grant that was checked; where the deal moved since, the workflow ends STALE_CONTEXT with a successor.

    Raises:
        Defect: the deal or its execution, found at first, is gone within one transaction.
    """
    now = ports.clock()
    standing = await load_standing(uow, subject.override)
    drawn = decider.draw(DrawOverride.again(subject, subject.workflow_id, subject.attempt, standing, now))
    why = _moved(drawn, subject)
    if why is not None:
        closed = PlanClosed(
            workflow_id=subject.workflow_id,
            response_id=subject.response_id,
            state="STALE_CONTEXT",
            code="STALE_CONTEXT",
            reason=why,
            successor=await plan_again(ports, uow, subject, standing),
            closed_at=now,
        )
        close_plan(uow, state, await load_journey(uow, subject.workflow_id), closed)
        return
    execution = standing.state
    if not isinstance(drawn, OverridePlan) or execution is None:
        raise Defect(f"Workflow {subject.workflow_id}: a deal that was found is gone within one transaction.")
    command = ApplyOverride(subject, drawn, execution.version, grant, now)
    own = decider.apply(command)
    uow.append(own.stream, own.expected, *own.events, correlation_id=subject.workflow_id)
    journey = await load_journey(uow, subject.workflow_id)
    report(uow, narration.applied(journey, drawn, grant.approvers, now))
    settle = SettleByHand(decider.overridden(command, execution))
    if not await advance(ports, uow, drawn.overridden_workflow, settle):
        raise Defect(f"Workflow {drawn.overridden_workflow}: its execution is gone within one transaction.")


def _moved(drawn: object, subject: OverridePlanned) -> str | None:
    """Why this is not what was approved any more; None when it is."""
    if not isinstance(drawn, OverridePlan):
        first = drawn[0] if isinstance(drawn, tuple) and drawn else None
        return f"The deal can no longer be settled as approved: {getattr(first, 'message', 'it moved')}"
    if effects_digest(drawn, subject.policy.tier) != subject.effects_digest:
        return f"Deal {drawn.deal.deal_booking_id} moved since the plan was approved: it is {drawn.deal.status} now"
    return None
