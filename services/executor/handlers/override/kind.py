"""The kind of workflow by which people settle a deal by hand, with all that follows, in one transaction."""

from datetime import datetime

from services.executor.execution.commands import SettleByHand
from services.executor.execution.grant import Ending
from services.executor.handlers.kinds import Circumstances, Grant, WorkflowKind
from services.executor.handlers.murex import advance
from services.executor.handlers.streams import load_execution, load_progress, write
from services.executor.override import decider, messages
from services.executor.override.checking import Standing
from services.executor.override.decider import ApplyOverride, DrawOverride
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import OVERRIDE, WorkItem
from services.executor.workflow import saga
from shared.errors import Defect
from shared.events.overrides import OverridePlanned, OverrideProposed, OverrideRefused
from shared.events.responses import Originated
from shared.hedging.changes.override import OverridePlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest


class Override(WorkflowKind[OverrideProposed, OverridePlanned, Standing]):
    """Deals settled by hand."""

    proposal = OverrideProposed
    planned = (OverridePlanned,)

    async def load(self, uow: UnitOfWork, asked: OverrideProposed | OverridePlanned, now: datetime) -> Standing:
        """Read the execution that the deal belongs to."""
        del now
        workflow_id = await uow.connection.fetchval(
            "SELECT workflow_id FROM hawk.deal_bookings WHERE deal_booking_id = $1", asked.override.deal_booking_id
        )
        if workflow_id is None:
            return Standing(asked.override, None, None)
        execution = await load_execution(uow, workflow_id)
        return Standing(asked.override, workflow_id, execution)

    def draw(
        self, workflow: Workflow, asked: OverrideProposed | OverridePlanned, facts: Standing, under: Circumstances
    ) -> OverridePlanned | OverrideRefused:
        """Plan the override, or refuse it."""
        return decider.decide(DrawOverride(workflow, asked.override, facts, under.now), under.policy)

    def opening(self, event: Originated) -> Progress:
        """Report the plan, or the refusal."""
        return messages.opening(event)

    def work(self, subject: OverridePlanned) -> WorkItem:
        """Return the work item that goes on while HAWK is stopped."""
        del subject
        return OVERRIDE

    def compare(self, subject: OverridePlanned, facts: Standing, now: datetime) -> OverridePlan | Ending:
        """Draw the override again from how the deal is now."""
        drawn = decider.draw(DrawOverride(Workflow.of(subject), subject.override, facts, now))
        if not isinstance(drawn, OverridePlan):
            return Ending.stale(f"The deal can no longer be settled as approved: {drawn[0].message}")
        if effects_digest(drawn, subject.policy.tier) != subject.effects_digest:
            deal = drawn.deal
            return Ending.stale(
                f"Deal {deal.deal_booking_id} moved since the plan was approved: it is {deal.status} now"
            )
        return drawn

    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: OverridePlanned, plan: OverridePlan,
        facts: Standing, grant: Grant,
    ) -> None:  # fmt: skip
        """Settle the deal, and let its workflow go on from there.

        Raises:
            Defect: the execution of the deal, found at first, is gone within one transaction.
        """
        del state
        if facts.state is None:
            raise Defect(f"Workflow {subject.workflow_id}: a deal that was found is gone within one transaction.")
        command = ApplyOverride(subject, plan, facts.state.version, grant.used_for(subject), grant.now)
        progress = await load_progress(uow, subject.workflow_id)
        progress = messages.applied(progress, plan, grant.claims.approvers, grant.now)
        write(uow, subject.workflow_id, saga.Turn((decider.apply(command),), progress=progress))
        settle = SettleByHand(decider.overridden(command, facts.state))
        if not await advance(ports, uow, plan.overridden_workflow, settle):
            raise Defect(f"Workflow {plan.overridden_workflow}: its execution is gone within one transaction.")
