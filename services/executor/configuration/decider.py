"""From a configuration change and the facts to a plan with its digests, to a refusal, to the row in force. Pure."""

from datetime import datetime, time

from services.executor.configuration.checking import check
from services.executor.configuration.commands import ApplyChange, DrawChange
from services.executor.execution.decider import Changes
from services.executor.reference.tables import WORKFLOW_COLUMN
from services.executor.rollout.checking import Bar
from shared.events import configuration as facts
from shared.events import identity
from shared.events.approvals import UsedGrant
from shared.events.base import Event, Refusal
from shared.events.execution import ExecutionCompleted
from shared.events.reference import ReferenceRowSet
from shared.eventstore.port import NO_STREAM
from shared.hedging.changes.configuration import (
    ConfigurationPlan,
    Finding,
    draw_configuration,
)
from shared.hedging.facts import SINGAPORE
from shared.plans.digests import sealed
from shared.policy.table import Policy


def decide(
    command: DrawChange, policy: Policy, bar: Bar | None = None
) -> facts.ConfigurationPlanned | facts.ConfigurationRefused:
    """Plan a change under a policy; a business "no" is a fact with all its findings. `bar`: of the rollout."""
    if bar is not None:
        return _refused(command, (Refusal(code=bar.code.value, message=f"{bar.reason}.", path="rollout"),))
    drawn = draw(command)
    if not isinstance(drawn, ConfigurationPlan):
        found = (Refusal(code=each.code.value, message=each.message, path=each.path) for each in drawn)
        return _refused(command, tuple(found))
    planned = command.workflow.planned(drawn, policy, command.now)
    return sealed(facts.ConfigurationPlanned(**planned, change=command.change))


def draw(command: DrawChange) -> ConfigurationPlan | tuple[Finding, ...]:
    """Draw the plan alone, or return what speaks against the change."""
    checked = check(command.change, command.facts, command.asked_on)
    if isinstance(checked, tuple):
        return checked
    return draw_configuration(checked, command.workflow.identity)


def due_at(plan: ConfigurationPlan, now: datetime) -> datetime | None:
    """Return when the change is to be made: its effective date begins in Singapore; None: at once."""
    if plan.effective_date is None:
        return None
    begins = datetime.combine(plan.effective_date, time(), SINGAPORE)
    return begins if begins > now else None


def authorize(
    subject: facts.ConfigurationPlanned, grant: UsedGrant, due: datetime | None, now: datetime
) -> facts.ConfigurationAuthorized:
    """Return the first event of the execution: the grant is used."""
    return facts.ConfigurationAuthorized(
        workflow_id=subject.workflow_id,
        response_id=subject.response_id,
        attempt=subject.origin.attempt,
        grant=grant,
        begun_at=now,
        due_at=due,
    )


def wait(subject: facts.ConfigurationPlanned, grant: UsedGrant, due: datetime, now: datetime) -> tuple[Changes]:
    """Use the grant, and let the change wait for its day."""
    event = authorize(subject, grant, due, now)
    return (Changes(identity.execution_stream(subject.workflow_id), NO_STREAM, (event,)),)


def apply(command: ApplyChange) -> tuple[Changes, ...]:
    """Make the change in one append: four operations of the workflow, the row's event, a new version of all rows.

    Row and configuration have to be at the versions the plan was checked against: if another change was faster, this
    one is checked again.
    """
    plan, subject, now = command.plan, command.subject, command.now
    events: list[Event] = []
    if command.execution_version == NO_STREAM:
        events.append(authorize(subject, command.grant, None, now))
    events += _operations(command)
    events.append(
        ExecutionCompleted(workflow_id=subject.workflow_id, completed_operations=plan.counts.total, completed_at=now)
    )
    row = ReferenceRowSet(table=plan.table, key=plan.key, row=plan.after | {WORKFLOW_COLUMN: subject.workflow_id})
    advanced = facts.ConfigurationAdvanced(
        workflow_id=subject.workflow_id, table=plan.table, key=plan.key, reference_version=plan.version + 1
    )
    return (
        Changes(identity.execution_stream(subject.workflow_id), command.execution_version, tuple(events)),
        Changes(plan.stream, plan.version, (row,)),
        Changes(identity.CONFIGURATION_STREAM, command.configuration_version, (advanced,)),
    )


def _operations(command: ApplyChange) -> list[Event]:
    plan, workflow_id, now = command.plan, command.subject.workflow_id, command.now
    read_row, read_references, write, record = (operation.number for operation in plan.operations)
    return [
        facts.ConfigurationConsulted(
            workflow_id=workflow_id,
            operations=(read_row, read_references),
            stream=plan.stream,
            version=plan.version,
            references=plan.references,
        ),
        facts.ConfigurationChanged(
            workflow_id=workflow_id,
            operation=write,
            table=plan.table,
            key=plan.key,
            write=plan.operation,
            stream=plan.stream,
            version=plan.version + 1,
            columns=plan.columns,
            before=plan.before,
            after=plan.after,
            effective_date=plan.effective_date,
            changed_at=now,
        ),
        facts.ConfigurationRecorded(
            workflow_id=workflow_id,
            operation=record,
            audit_id=f"AUD-{workflow_id}-{record:04d}",
            table=plan.table,
            key=plan.key,
            write=plan.operation,
            columns=plan.columns,
            maker=command.grant.maker,
            approvers=command.grant.approvers,
            recorded_at=now,
        ),
    ]


def _refused(command: DrawChange, refusals: tuple[Refusal, ...]) -> facts.ConfigurationRefused:
    return facts.ConfigurationRefused(**command.workflow.refused(refusals, command.now), change=command.change)
