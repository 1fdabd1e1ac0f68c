"""A change of the configuration at the approval service: what is asked for, what the card shows, when it is used."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.approval.app import KeySigner
from services.approval.handlers import Dependencies, act, subscriptions
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Refused
from shared.events.approvals import ApprovalRequested, GrantIssued
from shared.events.base import Event
from shared.events.configuration import ConfigurationAuthorized
from shared.policy.table import DEFAULT_POLICY
from shared.security.grants import verify_grant
from shared.security.keys import ensure_grant_keys, read_pem
from tests.support.configuration import RESPONSE, RULE, WORKFLOW
from tests.support.configuration import planned as claimed
from tests.support.executions import used_grant
from tests.support.proofs import by, proved
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork, handlers_of, message_for, run_handler


class Rows:
    """Stands in for the connection: keeps the statements that follow the append."""

    def __init__(self) -> None:
        self.executed: list[tuple[Any, ...]] = []

    async def execute(self, *values: Any) -> None:
        self.executed.append(values)


class Bench:
    def __init__(self, folder: Path) -> None:
        keys = ensure_grant_keys(folder)
        self.public = read_pem(keys.public)
        self.streams, self.rows = MemoryStreams(), Rows()
        private = read_pem(keys.private)
        self.signer = KeySigner(private)
        self.planned = by(claimed(), proved(RESPONSE, private))
        self.dependencies = Dependencies(
            signer=self.signer, policy=lambda: DEFAULT_POLICY, request_lifetime=timedelta(days=1),
            grant_lifetime=timedelta(hours=2), clock=lambda: WHEN, wake=lambda: None,
        )  # fmt: skip

    async def deliver(self, event: Event) -> tuple[Event, ...]:
        handler = handlers_of(subscriptions(self.dependencies))[type(event)]
        unit = await run_handler(handler, message_for(event), self.streams, connection=self.rows)
        (events,) = tuple(unit.appended.values()) or ((),)
        return events

    async def approve(self, person: str, *roles: str) -> tuple[Event, ...] | Refused:
        unit = MemoryUnitOfWork(self.streams, connection=self.rows)
        command = RecordDecision(
            person=person, roles=roles, decision="APPROVE", plan_digest=self.planned.plan_digest, comment="", at=WHEN,
            grant_lifetime=timedelta(hours=2),
        )  # fmt: skip
        happened = await act(unit, WORKFLOW, command, self.signer)
        if isinstance(happened, Refused):
            return happened
        await unit.commit()
        return unit.appended[f"approval-{WORKFLOW}"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_planned_change_waits_for_a_risk_manager_and_a_second_person(bench: Bench) -> None:
    (requested,) = await bench.deliver(bench.planned)
    assert isinstance(requested, ApprovalRequested)
    assert (requested.policy.tier, requested.policy.required) == ("RISK_MANAGER", ("RISK_MANAGER", "ANY_APPROVER"))
    (kept,) = bench.rows.executed
    summary, detail = (json.loads(document) for (document,) in kept[2:4])
    assert summary["configuration"]["key"] == RULE
    assert summary["configuration"]["columns"] == [{"column": "buffer_percentage", "before": "5", "after": "7.5"}]
    assert (summary["operations"]["total"], len(detail["operations"])) == (4, 4)


async def test_a_grant_is_issued_when_two_persons_approved_of_whom_none_asked(bench: Bench) -> None:
    await bench.deliver(bench.planned)
    refused = await bench.approve("mira", "RISK_MANAGER")
    assert isinstance(refused, Refused)
    assert refused.code == "MAKER_IS_CHECKER"
    first = await bench.approve("tom", "TRADER")
    assert [type(event).__name__ for event in first] == ["DecisionRecorded"]  # type: ignore[union-attr]
    again = await bench.approve("tom", "RISK_MANAGER")
    assert isinstance(again, Refused)
    assert again.code == "SAME_PERSON"
    second = await bench.approve("rosa", "RISK_MANAGER")
    assert not isinstance(second, Refused)
    issued = second[-1]
    assert isinstance(issued, GrantIssued)
    claims = verify_grant(issued.grant, bench.public, WHEN)
    assert (claims.tier, claims.maker, claims.effects_digest) == ("RISK_MANAGER", "mira", bench.planned.effects_digest)
    assert [each.person for each in claims.approvers] == ["tom", "rosa"]


async def test_a_planned_change_waits_for_a_third_person_when_its_maker_is_only_claimed(bench: Bench) -> None:
    (requested,) = await bench.deliver(claimed())
    assert isinstance(requested, ApprovalRequested)
    assert requested.policy.required == ("RISK_MANAGER", "ANY_APPROVER", "ANY_APPROVER")


async def test_a_used_grant_lapses_no_more(bench: Bench) -> None:
    plan = bench.planned
    used = ConfigurationAuthorized(
        workflow_id=WORKFLOW,
        response_id=plan.response_id,
        attempt=1,
        grant=used_grant(plan),
        begun_at=WHEN,
        due_at=None,
    )
    assert await bench.deliver(used) == ()
    ((statement, *values),) = bench.rows.executed
    assert "used_at" in statement
    assert values == [[WORKFLOW], [WHEN]]
