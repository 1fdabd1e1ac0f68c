"""The kind of workflow that takes an executed one back."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.executor.execution.grant import Ending
from services.executor.handlers import timers
from services.executor.handlers.hedge.facts import load_capacity
from services.executor.handlers.kinds import Circumstances, Grant, WorkflowKind
from services.executor.handlers.reading import TablesAlone
from services.executor.handlers.reversal.facts import load_reversal_facts
from services.executor.handlers.streams import load_progress, report, write
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress.reporting import Progress
from services.executor.reversal import decider, messages, planning
from services.executor.reversal.commands import DrawReversal, ReversalFacts, StartReversal
from services.executor.rollout.checking import Kind, WorkItem
from services.executor.workflow import saga
from services.executor.workflow.due import Task
from shared.errors import Defect
from shared.events import identity
from shared.events.responses import Originated
from shared.events.reversals import ReversalPlanned, ReversalRefused, ReversalRequested, ReversalStarted
from shared.hedging.changes.reversing import ReversalPlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest


class Reversal(WorkflowKind[ReversalRequested, ReversalPlanned, ReversalFacts]):
    """Reversals."""

    proposal = ReversalRequested
    planned = (ReversalPlanned,)

    def workflow_id(self, asked: ReversalRequested | ReversalPlanned, attempt: int) -> str:
        """Return the id that follows from the workflow to be reversed and the attempt."""
        return identity.reversal_id(asked.reverses, attempt)

    async def load(self, uow: UnitOfWork, asked: ReversalRequested | ReversalPlanned, now: datetime) -> ReversalFacts:
        """Read the execution, those that build on it, periods and room."""
        return await load_reversal_facts(uow, asked.reverses, now)

    def draw(
        self,
        workflow: Workflow,
        asked: ReversalRequested | ReversalPlanned,
        facts: ReversalFacts,
        under: Circumstances,
    ) -> ReversalPlanned | ReversalRefused:
        """Plan the reversal, or refuse it with the workflows that are in its way."""
        # Whose response it was is known from the execution, whatever the request says.
        workflow = replace(workflow, response_id=facts.response_id)
        return planning.decide(_command(workflow, asked, facts, under.now), under.policy)

    def opening(self, event: Originated) -> Progress:
        """Report the plan, or the refusal."""
        return messages.opening(event)

    def work(self, subject: ReversalPlanned) -> WorkItem:
        """Return the one work item of every reversal."""
        del subject
        return WorkItem(Kind.UNDOING, "REVERSAL")

    def compare(self, subject: ReversalPlanned, facts: ReversalFacts, now: datetime) -> ReversalPlan | Ending:
        """Draw the reversal again; one that is no longer possible ends REFUSED."""
        drawn = planning.draw(_command(Workflow.of(subject), subject, facts, now))
        if isinstance(drawn, planning.Refused):
            return Ending("REFUSED", drawn.code.value, drawn.message)
        if effects_digest(drawn, subject.policy.tier) != subject.effects_digest:
            return Ending.stale("The facts changed since the reversal was approved, and with them what would be done")
        return drawn

    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: ReversalPlanned, plan: ReversalPlan,
        facts: ReversalFacts, grant: Grant,
    ) -> None:  # fmt: skip
        """Send the cancels to Murex; reserve what will be hedged again.

        Raises:
            Defect: the workflow to be reversed lacks its plan or its execution.
        """
        del ports, state
        now, original = grant.now, plan.reverses
        if facts.drawn is None or facts.state.prepared is None:
            raise Defect(f"Workflow {original} is to be reversed but lacks its plan or its execution.")
        capacity, usd = await load_capacity(TablesAlone(uow.connection), facts.drawn.plan)
        changes = decider.start(StartReversal(subject, plan, grant.used_for(subject), facts.state, capacity, usd, now))
        write(uow, subject.workflow_id, saga.Turn(changes))
        timers.due(uow, original, Task.MUREX, now + timedelta(seconds=facts.state.prepared.retry_seconds))
        progress = await load_progress(uow, subject.workflow_id)
        report(uow, messages.prepared(progress, plan, grant.claims.approvers, now))
        (started,) = (event for each in changes for event in each.events if isinstance(event, ReversalStarted))
        report(uow, messages.reversing(await load_progress(uow, original), started))


def _command(
    workflow: Workflow, asked: ReversalRequested | ReversalPlanned, facts: ReversalFacts, now: datetime
) -> DrawReversal:
    pinned = asked.plan.accounting_date if isinstance(asked, ReversalPlanned) else None
    return DrawReversal(workflow, asked.reverses, asked.reason, facts, now, pinned)
