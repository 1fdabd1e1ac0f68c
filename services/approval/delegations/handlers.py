"""Requests on delegations and absences, and what counts inside the transaction of a decision: load, decide, append."""

from dataclasses import replace

from services.approval.delegations.commands import AbsenceCommand, DelegationCommand
from services.approval.delegations.decider import decide, decide_absence
from services.approval.delegations.state import Absences, Delegations, absences_of, delegations_of
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Refused
from shared.events.identity import ABSENCES_STREAM, DELEGATIONS_STREAM
from shared.messaging.unit_of_work import UnitOfWork


async def read(unit: UnitOfWork) -> tuple[Delegations, Absences]:
    """Return both as they are."""
    given, away = await unit.load(DELEGATIONS_STREAM), await unit.load(ABSENCES_STREAM)
    return delegations_of(given.events), absences_of(away.events)


async def act(unit: UnitOfWork, command: DelegationCommand) -> Refused | None:
    """Decide on a command on delegations, and keep what follows."""
    loaded = await unit.load(DELEGATIONS_STREAM)
    events = decide(delegations_of(loaded.events), command)
    if isinstance(events, Refused):
        return events
    unit.append(DELEGATIONS_STREAM, loaded.version, *events, correlation_id=DELEGATIONS_STREAM)
    return None


async def act_absence(unit: UnitOfWork, command: AbsenceCommand) -> Refused | None:
    """Decide on a command on absences, and keep what follows."""
    loaded = await unit.load(ABSENCES_STREAM)
    events = decide_absence(absences_of(loaded.events), command)
    if isinstance(events, Refused):
        return events
    unit.append(ABSENCES_STREAM, loaded.version, *events, correlation_id=ABSENCES_STREAM)
    return None


async def with_delegated(unit: UnitOfWork, command: RecordDecision) -> RecordDecision:
    """Return a decision with the delegations that are in force in its own transaction."""
    return replace(command, delegated=delegations_of((await unit.load(DELEGATIONS_STREAM)).events).delegated)
