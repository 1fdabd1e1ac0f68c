"""The policy in memory, and decisions that change it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.approval.policy import handlers
from services.approval.policy.commands import PolicyCommand
from services.approval.policy.state import PolicyState
from services.approval.ports import Caller
from services.approval.requests.decider import Refused
from shared.events.approvals import Approver
from shared.events.decisions import DecisionName
from shared.events.identity import POLICY_STREAM
from shared.events.policy import PolicyBacktest, PolicySet
from shared.policy.backtest import Backtest, PastRequest
from shared.policy.recorded import table_of
from shared.policy.table import Policy
from tests.support.rollout import policy_set
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork


def person(name: str, role: str) -> Approver:
    return Approver(person=name, role=role, at=WHEN)


def policy_changed(
    policy: Policy,
    follows: DecisionName,
    *,
    version: str = "policy-2",
    approved_by: Sequence[Approver] = (person("rita", "RISK_MANAGER"), person("sam", "SENIOR_TRADER")),
) -> PolicySet:
    """A change of the policy that mira proposed and enough others agreed to."""
    return PolicySet(
        table=table_of(replace(policy, version=version)),
        follows=follows,
        set_at=WHEN,
        digest="sha256:" + "e" * 64,
        proposed_by=person("mira", "SENIOR_TRADER"),
        approved_by=tuple(approved_by),
    )


@dataclass
class MemoryPolicies:
    """`ports.Policies` over streams in memory, of an installation with the preset `plan`."""

    streams: MemoryStreams
    past: list[PastRequest] = field(default_factory=list)

    async def _open(self) -> None:
        unit = MemoryUnitOfWork(self.streams)
        if not (await unit.load(POLICY_STREAM)).version:
            unit.append(POLICY_STREAM, 0, policy_set())
            await unit.commit()

    async def read(self) -> PolicyState:
        await self._open()
        return await handlers.read(MemoryUnitOfWork(self.streams))

    async def over_past(self, candidate: Policy, until: datetime) -> PolicyBacktest:
        test = Backtest(candidate)
        for each in self.past:
            test.take(each)
        return test.result(until)

    async def change(self, command: PolicyCommand, caller: Caller) -> PolicyState | Refused:
        del caller
        await self._open()
        unit = MemoryUnitOfWork(self.streams)
        outcome = await handlers.act(unit, command)
        await unit.commit()
        return outcome
