"""Delegations for tests: who has given what to whom, and the events that tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.approval.delegations import handlers
from services.approval.delegations.commands import AbsenceCommand, DelegationCommand
from services.approval.delegations.state import Absences, Delegations
from services.approval.ports import Caller
from services.approval.requests.decider import Refused
from services.approval.requests.standing import Standing
from shared.events.approvals import Approver
from shared.events.delegations import DelegationConfirmed
from shared.policy.delegation import Delegated, Delegation
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork

DAY = timedelta(days=1)


def delegation(
    delegator: str,
    delegate: str,
    *roles: str,
    starts: datetime = WHEN - DAY,
    ends: datetime = WHEN + DAY,
    name: str = "d1",
) -> Delegation:
    """One that holds at WHEN."""
    return Delegation(name, delegator, delegate, roles or ("TRADER",), starts, ends)


def delegated(*known: Delegation) -> Delegated:
    return Delegated(known, len(known))


def confirmed(
    delegator: str = "rita",
    delegate: str = "sam",
    roles: Sequence[str] = ("RISK_MANAGER",),
    *,
    role: str = "RISK_MANAGER",
    by: tuple[str, str] = ("olga", "OPERATIONS"),
    starts: datetime = WHEN,
    ends: datetime = WHEN + DAY,
    name: str = "d1",
) -> DelegationConfirmed:
    """What the executor is told."""
    return DelegationConfirmed(
        delegation_id=name,
        delegate=delegate,
        roles=tuple(roles),
        starts_at=starts,
        ends_at=ends,
        digest="sha256:" + "d" * 64,
        proposed_by=Approver(person=delegator, role=role, at=WHEN - DAY),
        confirmed_by=Approver(person=by[0], role=by[1], at=WHEN - DAY),
    )


@dataclass
class MemoryDelegations:
    """`ports.DelegationBook` over streams in memory."""

    streams: MemoryStreams

    async def read(self) -> tuple[Delegations, Absences]:
        return await handlers.read(MemoryUnitOfWork(self.streams))

    async def standing(self) -> Standing:
        given, away = await self.read()
        return Standing(given.delegated, tuple(away.noted.values()))

    async def change(self, command: DelegationCommand, caller: Caller) -> Refused | None:
        del caller
        unit = MemoryUnitOfWork(self.streams)
        refused = await handlers.act(unit, command)
        await unit.commit()
        return refused

    async def note(self, command: AbsenceCommand, caller: Caller) -> Refused | None:
        del caller
        unit = MemoryUnitOfWork(self.streams)
        refused = await handlers.act_absence(unit, command)
        await unit.commit()
        return refused
