"""Passkeys on the real PostgreSQL: registered, confirmed, and what they sign counts once, however it comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.notifications.notices import Channel
from services.approval.notifications.store import Audience, PostgresOutbox, noting
from services.approval.passkeys import nonces, store
from services.approval.policy.view import written as table_written
from services.approval.projection import project
from shared.events.identity import approval_stream, passkeys_stream
from shared.passkeys.challenge import Signed, written
from shared.passkeys.keys import owner_key
from shared.policy.recorded import table_of
from shared.policy.table import DEFAULT_POLICY
from tests.integration.approval.test_approval_postgres import Running, proven
from tests.support.authenticators import Authenticator
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

SIGNED = table_written(table_of(replace(DEFAULT_POLICY, signed_from="TRADER", four_eyes_from=Decimal(50_000_000))))


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database, passkey_delay_seconds=1)
    await made.service.database.open()
    for step in made.service.first_steps:
        await step()
    yield made
    await made.service.database.close(2)


class Desk:
    """People at the routes; rita has a passkey, and every order is signed."""

    def __init__(self, running: Running, client: httpx.AsyncClient) -> None:
        self.running, self._client, self._plans = running, client, 0
        self.device = Authenticator(origin=running.site)

    async def post(self, path: str, body: Any, person: str, role: str) -> httpx.Response:
        return await self._client.post(path, json=body, headers=self.running.token(person, role))

    async def begin(self) -> None:
        body = {"table": SIGNED, "expected_version": "plan-1"}
        pending = (await self.post("/policy", body, "mira", "SENIOR_TRADER")).json()["pending"]
        for person, role in (("sam", "SENIOR_TRADER"), ("rita", "RISK_MANAGER")):
            await self.post("/policy", {"digest": pending["digest"]}, person, role)
        proposed = await self.register()
        assert proposed.status_code == 201, proposed.text
        (waiting,) = proposed.json()["waiting"]
        named = {"person": "rita", "digest": waiting["digest"]}
        assert (await self.post("/passkeys/confirmation", named, "rita", "RISK_MANAGER")).status_code == 403
        confirmed = await self.post("/passkeys/confirmation", named, "sam", "TRADER")
        assert confirmed.status_code == 201, confirmed.text
        await eventually_async(self.counts, 10, what="the passkey counts")

    async def counts(self) -> bool:
        shown = await self._client.get("/passkeys", headers=self.running.token("rita", "RISK_MANAGER"))
        return bool(shown.json()["mine"][0]["state"] == "COUNTS")

    async def register(self) -> httpx.Response:
        asked = (await self.post("/passkeys/registration", {}, "rita", "RISK_MANAGER")).json()
        made = self.device.registration("rita", asked["nonce"])
        body = {"name": "laptop", "nonce": asked["nonce"], **made}
        return await self.post("/passkeys", body, "rita", "RISK_MANAGER")

    async def plan(self) -> Any:
        self._plans += 1
        story = Story(f"resp-{self._plans}", currency="USD", amount="5000000", entity="ENTITY0037")
        plan = proven(self.running, story)
        await self.running.deliver(plan)
        return plan

    async def signature(self, plan: Any, person: str = "rita", role: str = "RISK_MANAGER") -> dict[str, str]:
        body = {"decision": "APPROVE", "plan_digest": plan.plan_digest}
        answer = await self.post(f"/approvals/{plan.workflow_id}/signing", body, person, role)
        nonce = answer.json()["nonce"]
        signed = self.device.sign(Signed(plan.workflow_id, plan.plan_digest, "APPROVE"), nonce)
        return signed.model_dump(mode="json")

    async def decide(self, plan: Any, assertion: Any, person: str = "rita", decision: str = "APPROVE") -> str:
        body = {"decision": decision, "plan_digest": plan.plan_digest, "assertion": assertion}
        answer = await self.post(f"/approvals/{plan.workflow_id}/decisions", body, person, "RISK_MANAGER")
        return "decided" if answer.status_code == 201 else str(answer.json()["code"])


async def test_a_signature_counts_once_for_one_decision_of_one_person(running: Running) -> None:
    async with running.client() as client:
        desk = Desk(running, client)
        await desk.begin()
        first, second = await desk.plan(), await desk.plan()
        assert await desk.decide(first, None) == "PASSKEY_REQUIRED"
        signed = await desk.signature(first)
        assert await desk.decide(second, signed) == "PASSKEY_NONCE_INVALID"
        assert await desk.decide(first, signed, person="olga") == "PASSKEY_NONCE_INVALID"
        assert await desk.decide(first, {**signed, "signature": "AAAA"}) == "PASSKEY_REFUSED"
        assert await desk.decide(first, signed, decision="REJECT") == "PASSKEY_NOT_ASKED"
        assert await desk.decide(first, signed) == "decided"
        assert await running.types(approval_stream(first.workflow_id)) == [
            "ApprovalRequested", "DecisionRecorded", "GrantIssued"
        ]  # fmt: skip
        assert await running.types(passkeys_stream(owner_key("rita"))) == [
            "PasskeyProposed", "PasskeyAdded", "PasskeyUsed"
        ]  # fmt: skip
        assert await desk.decide(second, signed) == "PASSKEY_NONCE_INVALID"
        assert await desk.decide(second, None, decision="REJECT") == "decided", "a no needs no passkey"


async def test_ten_decisions_at_once_with_one_nonce_are_one(running: Running) -> None:
    async with running.client() as client:
        desk = Desk(running, client)
        await desk.begin()
        plan = await desk.plan()
        signed = await desk.signature(plan)
        answers = await asyncio.gather(*(desk.decide(plan, signed) for _ in range(10)))
        assert sorted(set(answers)) == ["ALREADY_DECIDED", "decided"]
        assert answers.count("decided") == 1
        other = await desk.plan()
        copied = replace(desk.device, count=0).sign(
            Signed(other.workflow_id, other.plan_digest, "APPROVE"), (await desk.signature(other))["nonce"]
        )
        assert await desk.decide(other, copied.model_dump(mode="json")) == "PASSKEY_REFUSED", "a copy of the device"


async def test_a_registration_is_taken_once_and_from_its_owner(running: Running) -> None:
    async with running.client() as client:
        desk = Desk(running, client)
        asked = (await desk.post("/passkeys/registration", {}, "rita", "RISK_MANAGER")).json()
        body = {"name": "laptop", "nonce": asked["nonce"], **desk.device.registration("rita", asked["nonce"])}
        other = await desk.post("/passkeys", body, "sam", "TRADER")
        assert (other.status_code, other.json()["code"]) == (409, "PASSKEY_NONCE_INVALID")
        again = await desk.post("/passkeys", body, "rita", "RISK_MANAGER")
        assert again.json()["code"] == "PASSKEY_NONCE_INVALID", "whoever tried it used it up"
        made_up = {**body, "nonce": written(b"n" * 32)}
        assert (await desk.post("/passkeys", made_up, "rita", "RISK_MANAGER")).status_code == 409
        assert (await desk.register()).status_code == 201


async def test_without_a_passkey_there_is_nothing_to_sign(running: Running) -> None:
    async with running.client() as client:
        desk = Desk(running, client)
        plan = await desk.plan()
        body = {"decision": "APPROVE", "plan_digest": plan.plan_digest}
        answer = await desk.post(f"/approvals/{plan.workflow_id}/signing", body, "rita", "RISK_MANAGER")
        assert (answer.status_code, answer.json()["code"]) == (409, "NO_PASSKEY")
        assert "after 1 seconds" not in answer.json()["detail"]


async def test_statements_use_their_indexes(running: Running) -> None:
    pool = running.service.database.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        for statement, arguments in (
            (store._LIST, (5,)),
            (store._ONE, ("s",)),
            (nonces.GIVEN, (b"k" * 32,)),
            (nonces.TAKE, (b"k" * 32,)),
        ):
            plan = await connection.fetch(f"EXPLAIN {statement}", *arguments)
            assert any("Index" in row[0] for row in plan), statement


async def test_the_owner_is_told_by_mail_and_nobody_else(running: Running) -> None:
    people = {"Rita": ["rita@bank.example"], "sam": ["sam@bank.example"]}
    running.service.projector = noting(project, Audience.of({}, ["chat"], 1, people))
    async with running.client() as client:
        desk = Desk(running, client)
        await desk.begin()
    outbox = PostgresOutbox(lambda: running.service.database.pool)
    listed = [(each.channel, each.recipient, each.kind) for each in await outbox.listed("WAITING")]
    assert sorted(listed) == [
        *[("mail", "rita@bank.example", "passkey")] * 2,
        *[("webhook", "chat", "passkey")] * 2,
    ]
    (parcel,) = await outbox.claim(Channel.MAIL, 5)
    assert [each.told.state for each in parcel.notices] == ["PROPOSED", "ADDED"]
