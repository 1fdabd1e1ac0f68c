"""A grant for a configuration change, or its day: plan it again, then make it, in one transaction."""

from dataclasses import replace
from datetime import timedelta

from services.executor.configuration import decider, narration
from services.executor.configuration.commands import ApplyChange, DrawChange
from services.executor.execution.commands import VerifiedGrant
from services.executor.handlers import timers
from services.executor.handlers.configuration.facts import load_row
from services.executor.handlers.configuration.proposals import plan_again
from services.executor.handlers.loading import load_journey, load_plan
from services.executor.handlers.rollout.reading import hold
from services.executor.handlers.writing import close_plan, report
from services.executor.planning.state import PlanState
from services.executor.ports import Ports
from services.executor.progress.journey import Journey
from services.executor.rollout.checking import CONFIGURATION, bar_to_applying, has_to_wait
from services.executor.workflow.due import Task
from shared.errors import Defect
from shared.events import identity
from shared.events.configuration import ConfigurationAuthorized, ConfigurationPlanned
from shared.events.plans import PlanClosed
from shared.eventstore.port import NO_STREAM
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.messaging.unit_of_work import UnitOfWork
from shared.plans.digests import effects_digest

#: How often a due change is looked at that the rollout holds back.
HELD_LOOK = timedelta(minutes=1)


async def apply_configuration(
    ports: Ports, uow: UnitOfWork, state: PlanState, subject: ConfigurationPlanned, grant: VerifiedGrant
) -> None:
    """Use a grant that was checked: make the change, or let it wait for its effective date."""
    now = ports.clock()
    standing = await _same_as_approved(ports, uow, state, subject)
    if standing is None:
        return
    plan, version = standing
    journey = narration.approved(await load_journey(uow, subject.workflow_id), grant.approvers, now)
    due = decider.due_at(plan, now)
    if due is None:
        _make(uow, ApplyChange(subject, plan, grant, NO_STREAM, version, now), journey)
        return
    for changes in decider.wait(subject, grant, due, now):
        uow.append(changes.stream, changes.expected, *changes.events, correlation_id=subject.workflow_id)
    timers.due(uow, subject.workflow_id, Task.CONFIGURE, due)
    report(uow, narration.waiting(journey, plan, now))


async def make_due_change(ports: Ports, uow: UnitOfWork, workflow_id: str) -> None:
    """Make an approved change whose effective date has come; leave alone what was done or ended before.

    Raises:
        Defect: the workflow has no approved configuration change.
    """
    timers.settled(uow, workflow_id, Task.CONFIGURE)
    execution = await uow.load(identity.execution_stream(workflow_id))
    state = await load_plan(uow, workflow_id)
    subject, authorized = state.configuration, execution.events[0] if execution.events else None
    if subject is None or not isinstance(authorized, ConfigurationAuthorized):
        raise Defect(f"Workflow {workflow_id} has no approved configuration change that could be due.")
    if execution.version > 1 or state.closed is not None:
        return
    rollout = await hold(ports, uow)
    if has_to_wait(rollout, CONFIGURATION) or bar_to_applying(rollout, CONFIGURATION) is not None:
        # People approved it and its grant is used: it is not lost, it waits until the rollout admits it again.
        timers.due(uow, workflow_id, Task.CONFIGURE, ports.clock() + HELD_LOOK)
        return
    grant = VerifiedGrant(authorized.jti, authorized.tier, authorized.policy_version, authorized.approvers)
    standing = await _same_as_approved(ports, uow, state, subject)
    if standing is not None:
        plan, version = standing
        command = ApplyChange(subject, plan, grant, execution.version, version, ports.clock())
        _make(uow, command, await load_journey(uow, workflow_id))


async def _same_as_approved(
    ports: Ports, uow: UnitOfWork, state: PlanState, subject: ConfigurationPlanned
) -> tuple[ConfigurationPlan, int] | None:
    """The plan of now where it does what was approved, and the version of the configuration it was checked against.

    Else the workflow ends, and its successor is planned.
    """
    now = ports.clock()
    row = await load_row(uow, subject.change, now)
    command = DrawChange.again(subject, subject.workflow_id, row, now)
    drawn = decider.draw(replace(command, attempt=subject.attempt, predecessor=subject.predecessor))
    if isinstance(drawn, ConfigurationPlan):
        if effects_digest(drawn, subject.policy.tier) == subject.effects_digest:
            return drawn, row.configuration_version
        why = f"{drawn.table} {drawn.key} was changed since the plan was approved"
    else:
        why = f"The change can no longer be made as approved: {drawn[0].message}"
    successor = await plan_again(ports, uow, subject, row)
    closed = PlanClosed(
        workflow_id=subject.workflow_id,
        response_id=subject.response_id,
        state="STALE_CONTEXT",
        code="STALE_CONTEXT",
        reason=why,
        successor=successor.workflow_id,
        closed_at=now,
    )
    close_plan(uow, state, await load_journey(uow, subject.workflow_id), closed)
    return None


def _make(uow: UnitOfWork, command: ApplyChange, journey: Journey) -> None:
    for changes in decider.apply(command):
        uow.append(changes.stream, changes.expected, *changes.events, correlation_id=command.subject.workflow_id)
    report(uow, narration.applied(journey, command.plan, command.now))
