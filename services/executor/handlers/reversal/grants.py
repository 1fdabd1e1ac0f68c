"""A grant for a reversal: draw its plan again, then start it. The transaction before Murex."""

from datetime import timedelta

from services.executor.execution.commands import VerifiedGrant
from services.executor.execution.grant import Ending
from services.executor.handlers import timers
from services.executor.handlers.loading import load_journey
from services.executor.handlers.planning_facts import load_capacity
from services.executor.handlers.reversal.facts import load_reversal_facts
from services.executor.handlers.reversal.requests import plan_again
from services.executor.handlers.writing import report, write
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from services.executor.reversal import decider, narration, planning
from services.executor.reversal.commands import DrawReversal, ReversalFacts, StartReversal
from services.executor.workflow import saga
from services.executor.workflow.due import Task
from shared.errors import Defect
from shared.events.reversals import ReversalPlanned, ReversalStarted
from shared.hedging.changes.reversing import ReversalPlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest


async def apply_reversal(
    ports: Ports, uow: UnitOfWork, state: PlanState, subject: ReversalPlanned, grant: VerifiedGrant
) -> None:
    """Use a grant that was checked, if the reversal still does what was approved."""
    now = ports.clock()
    facts = await load_reversal_facts(uow, subject.plan.reverses, now)
    drawn = planning.draw(DrawReversal.again(subject, facts, now))
    if isinstance(drawn, planning.Refused):
        await _close(uow, state, subject, Ending("REFUSED", drawn.code.value, drawn.message), ports)
        return
    if effects_digest(drawn, subject.policy.tier) != subject.effects_digest:
        why = "The facts changed since the reversal was approved, and with them what would be done"
        successor = await plan_again(ports, uow, subject, facts)
        await _close(uow, state, subject, Ending("STALE_CONTEXT", "STALE_CONTEXT", why, successor), ports)
        return
    await _start(ports, uow, subject, drawn, grant, facts)


async def _close(uow: UnitOfWork, state: PlanState, subject: ReversalPlanned, ending: Ending, ports: Ports) -> None:
    journey = await load_journey(uow, subject.workflow_id)
    write(uow, subject.workflow_id, saga.close(state, ending, journey, ports.clock()))


async def _start(
    ports: Ports,
    uow: UnitOfWork,
    subject: ReversalPlanned,
    plan: ReversalPlan,
    grant: VerifiedGrant,
    facts: ReversalFacts,
) -> None:
    now, original = ports.clock(), plan.reverses
    if facts.drawn is None or facts.state.prepared is None:
        raise Defect(f"Workflow {original} is to be reversed but lacks its plan or its execution.")
    capacity, usd = await load_capacity(uow.connection, facts.drawn.plan)
    command = StartReversal(
        subject=subject, plan=plan, grant=grant, state=facts.state, capacity=capacity, usd=usd, now=now
    )
    changes = decider.start(command)
    write(uow, subject.workflow_id, saga.Turn(changes))
    timers.due(uow, original, Task.MUREX, now + timedelta(seconds=facts.state.prepared.retry_seconds))
    journey = await load_journey(uow, subject.workflow_id)
    report(uow, narration.prepared(journey, plan, grant.approvers, now))
    (started,) = (event for each in changes for event in each.events if isinstance(event, ReversalStarted))
    report(uow, narration.reversing(await load_journey(uow, original), started))
