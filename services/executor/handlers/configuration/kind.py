"""The kind of workflow that changes one row of the configuration, at once or on its effective date."""

from datetime import datetime, timedelta

from services.executor.configuration import decider, messages
from services.executor.configuration.commands import ApplyChange, DrawChange, RowFacts
from services.executor.execution.grant import Ending, obstacle
from services.executor.handlers import timers
from services.executor.handlers.closing import end
from services.executor.handlers.configuration.facts import load_row
from services.executor.handlers.kinds import Circumstances, Grant, WorkflowKind
from services.executor.handlers.rollout.reading import hold
from services.executor.handlers.streams import load_plan, load_progress, write
from services.executor.planning.state import PlanState
from services.executor.planning.workflow import Workflow
from services.executor.ports import Ports
from services.executor.progress.messages import approved
from services.executor.progress.reporting import Progress
from services.executor.rollout.checking import CONFIGURATION, WorkItem, bar_to_planning
from services.executor.workflow import saga
from services.executor.workflow.due import Due, Task
from shared.errors import Defect
from shared.events import identity
from shared.events.configuration import (
    ConfigurationAuthorized,
    ConfigurationPlanned,
    ConfigurationProposed,
    ConfigurationRefused,
)
from shared.events.responses import Originated
from shared.eventstore.port import NO_STREAM
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest

#: How often a due change is looked at again while the rollout holds it back.
HELD_LOOK = timedelta(minutes=1)


class Configuration(WorkflowKind[ConfigurationProposed, ConfigurationPlanned, RowFacts]):
    """Changes of the configuration."""

    proposal = ConfigurationProposed
    planned = (ConfigurationPlanned,)

    async def load(
        self, uow: UnitOfWork, asked: ConfigurationProposed | ConfigurationPlanned, now: datetime
    ) -> RowFacts:
        """Read the row in force and the rows it is checked against."""
        return await load_row(uow, asked.change, now)

    def draw(
        self,
        workflow: Workflow,
        asked: ConfigurationProposed | ConfigurationPlanned,
        facts: RowFacts,
        under: Circumstances,
    ) -> ConfigurationPlanned | ConfigurationRefused:
        """Plan the change, or refuse it with every finding."""
        bar = bar_to_planning(under.rollout, CONFIGURATION)
        return decider.decide(_command(workflow, asked, facts, under.now), under.policy, bar)

    def opening(self, event: Originated) -> Progress:
        """Report the plan, or the refusal."""
        return messages.opening(event)

    def work(self, subject: ConfigurationPlanned) -> WorkItem:
        """Return the one work item of every change."""
        del subject
        return CONFIGURATION

    def compare(self, subject: ConfigurationPlanned, facts: RowFacts, now: datetime) -> ConfigurationPlan | Ending:
        """Draw the change again from the present row."""
        drawn = decider.draw(_command(Workflow.of(subject), subject, facts, now))
        if not isinstance(drawn, ConfigurationPlan):
            return Ending.stale(f"The change can no longer be made as approved: {drawn[0].message}")
        if effects_digest(drawn, subject.policy.tier) != subject.effects_digest:
            return Ending.stale(f"{drawn.table} {drawn.key} was changed since the plan was approved")
        return drawn

    async def apply(
        self, ports: Ports, uow: UnitOfWork, state: PlanState, subject: ConfigurationPlanned, plan: ConfigurationPlan,
        facts: RowFacts, grant: Grant,
    ) -> None:  # fmt: skip
        """Make the change, or let it wait for its effective date; the grant is used in either case."""
        del ports, state
        now, used = grant.now, grant.used_for(subject)
        progress = approved(await load_progress(uow, subject.workflow_id), used.approvers, now)
        due = decider.due_at(plan, now)
        if due is None:
            _make(uow, ApplyChange(subject, plan, used, NO_STREAM, facts.configuration_version, now), progress)
            return
        turn = saga.Turn(
            decider.wait(subject, used, due, now), (Due(Task.CONFIGURE, due),), messages.waiting(progress, plan, now)
        )
        write(uow, subject.workflow_id, turn)


async def make_due_change(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Make an approved change whose effective date has come; leave alone what was done or ended before.

    Raises:
        Defect: the workflow has no approved configuration change.
    """
    timers.settled(uow, workflow_id, Task.CONFIGURE)
    execution = await uow.load(identity.execution_stream(workflow_id))
    state = await load_plan(uow, workflow_id)
    subject, authorized = state.planned, execution.events[0] if execution.events else None
    if not isinstance(subject, ConfigurationPlanned) or not isinstance(authorized, ConfigurationAuthorized):
        raise Defect(f"Workflow {workflow_id} has no approved configuration change that could be due.")
    if execution.version > 1 or state.closed is not None:
        return
    rollout, now, kind = await hold(ports, uow), ports.clock(), Configuration()
    if obstacle(rollout, CONFIGURATION) is not None:
        # People approved it and its grant is used: it is not lost, it waits until the rollout admits it again.
        timers.due(uow, workflow_id, Task.CONFIGURE, now + HELD_LOOK)
        return
    row = await kind.load(uow, subject, now)
    plan = kind.compare(subject, row, now)
    if isinstance(plan, Ending):
        await end(uow, kind, state, plan, row, rollout, now)
        return
    command = ApplyChange(subject, plan, authorized.grant, execution.version, row.configuration_version, now)
    _make(uow, command, await load_progress(uow, workflow_id))


def _command(
    workflow: Workflow, asked: ConfigurationProposed | ConfigurationPlanned, row: RowFacts, now: datetime
) -> DrawChange:
    asked_on = asked.plan.asked_on if isinstance(asked, ConfigurationPlanned) else row.today
    return DrawChange(workflow, asked.change, row, asked_on, now)


def _make(uow: UnitOfWork, command: ApplyChange, progress: Progress) -> None:
    progress = messages.applied(progress, command.plan, command.now)
    write(uow, command.subject.workflow_id, saga.Turn(decider.apply(command), progress=progress))
