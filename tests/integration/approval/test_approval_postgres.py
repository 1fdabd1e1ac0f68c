"""The approval service on the real PostgreSQL, as its own role: messages in, decisions over HTTP, deadlines."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.approval.app import KeySigner, build, utc_now, watch_deadlines
from services.approval.handlers import GROUP, Dependencies, subscriptions
from services.approval.projection import project
from services.approval.queries import PostgresDesk
from services.approval.requests.commands import LapseGrant
from services.approval.requests.state import Status
from services.approval.settings import ApprovalSettings
from services.approval.stored import StoredApprovals
from shared.events.base import Event, Refusal
from shared.events.execution import ExecutionPrepared
from shared.events.identity import approval_stream
from shared.events.plans import PlanDrawn, TurnAwaited
from shared.events.responses import ResponseReceived
from shared.messaging.unit_of_work import InboxEntry, run_unit
from shared.policy.table import DEFAULT_POLICY
from shared.security.grants import verify_grant
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from shared.security.tokens import issue_demo_token
from tests.support.eventually import eventually_async
from tests.support.executions import used_grant
from tests.support.proofs import by, proved
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.units import CAUSE, handlers_of, message_for

pytestmark = pytest.mark.integration


class Running:
    """The service with an open pool; its HTTP over ASGI, its messages handed in one by one."""

    def __init__(self, folder: Path, database: TestDatabase, **configured: Any) -> None:
        grant, people = ensure_grant_keys(folder), ensure_issuer_keys(folder)
        self._issuer_private = read_pem(people.private)
        self.grant_public, self.grant_private = read_pem(grant.public), read_pem(grant.private)
        settings = ApprovalSettings(
            postgres_dsn=database.dsn("hawk_approval"),
            profile="demo",
            grant_private_key_file=grant.private,
            issuer_public_key_file=people.public,
            **configured,
        )
        self.service, self.site = build(settings), settings.site()
        self.signer = KeySigner(read_pem(grant.private))
        self.desk = PostgresDesk(lambda: self.service.database.pool)
        self.dependencies = Dependencies(
            signer=self.signer,
            policy=lambda: DEFAULT_POLICY,
            request_lifetime=settings.request_lifetime,
            grant_lifetime=settings.grant_lifetime,
            clock=utc_now,
            wake=lambda: None,
        )
        self._offset = 0

    async def deliver(self, event: Event, *, offset: int | None = None) -> None:
        """As the consumer does: inbox, handler, projection in one transaction."""
        handler = handlers_of(subscriptions(self.dependencies))[type(event)]
        self._offset += 1
        version = self._offset if offset is None else offset
        message = message_for(event, stream=f"test-{type(event).__name__}", version=version)
        await run_unit(
            self.service.database.pool,
            CAUSE,
            lambda unit: handler(unit, message),
            projector=project,
            inbox=InboxEntry("approval", GROUP, message.id),
        )

    def token(self, person: str, *roles: str, ago: timedelta = timedelta(0)) -> dict[str, str]:
        token = issue_demo_token(person, roles, self._issuer_private, utc_now() - ago)
        return {"Authorization": f"Bearer {token}"}

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.service.app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")

    async def types(self, stream: str) -> list[str]:
        rows = await self.service.database.pool.fetch(
            "SELECT type FROM es.events WHERE stream = $1 ORDER BY version", stream
        )
        return [row["type"] for row in rows]


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


def proven(running: Running, story: Story) -> PlanDrawn:
    """The same as if alice had handed the answer in over HTTP."""
    found: PlanDrawn = by(planned(story), proved(story.response_id, running.grant_private, maker="alice"))
    return found


def planned(story: Story) -> PlanDrawn:
    return next(told.event for told in story.planned().told if isinstance(told.event, PlanDrawn))


def approve(plan: PlanDrawn) -> dict[str, Any]:
    return {"decision": "APPROVE", "plan_digest": plan.plan_digest}


def prepared(plan: PlanDrawn) -> ExecutionPrepared:
    return ExecutionPrepared.model_construct(
        **{
            **dict.fromkeys(ExecutionPrepared.model_fields, "x"),
            "workflow_id": plan.workflow_id,
            "attempt": 1,
            "grant": used_grant(plan),
            "total_operations": 47,
            "attempts_max": 3,
            "retry_seconds": 15,
            "begun_at": utc_now(),
            "warnings": (),
        }
    )


def awaited(plan: PlanDrawn, *, before: int) -> TurnAwaited:
    """The executor keeps the grant; ten seconds for each turn."""
    return TurnAwaited(
        workflow_id=plan.workflow_id,
        response_id=plan.response_id,
        jti="jti",
        grant="text",
        approvers=(),
        granted_at=utc_now() + timedelta(seconds=before),
        before=before,
        about_seconds=10 * (before + 1),
        awaited_at=utc_now(),
    )


async def test_plan_is_shown_decided_and_granted(running: Running) -> None:
    plan = proven(running, Story())
    await running.deliver(plan)
    headers = running.token("alice", "TRADER")
    async with running.client() as client:
        card = (await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json()
        assert (card["state"], card["may_decide"], card["plan"]["model"]) == ("AWAITING_APPROVAL", True, "A-COI")
        assert card["maker_verified"] is True
        assert len(card["detail"]["operations"]) == 47
        url = f"/approvals/{plan.workflow_id}/decisions"
        answers = await asyncio.gather(
            *(client.post(url, json=approve(plan), headers=running.token(name, "TRADER")) for name in ("alice", "bob"))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        listed = (await client.get("/approvals?state=APPROVED", headers=headers)).json()["approvals"]
        assert [entry["workflow_id"] for entry in listed] == [plan.workflow_id]
    stream = approval_stream(plan.workflow_id)
    assert await running.types(stream) == ["ApprovalRequested", "DecisionRecorded", "GrantIssued"]
    card = await running.desk.card(plan.workflow_id)
    assert card is not None
    assert card.approval.grant is not None
    claims = verify_grant(card.approval.grant.grant, running.grant_public, utc_now())
    assert claims.workflow_id == plan.workflow_id


async def test_message_delivered_twice_changes_nothing(running: Running) -> None:
    plan = planned(Story())
    await running.deliver(plan, offset=1)
    await running.deliver(plan, offset=1)
    await running.deliver(plan, offset=2)
    assert await running.types(approval_stream(plan.workflow_id)) == ["ApprovalRequested"]


async def test_answer_is_kept_once_and_is_the_callers_latest(running: Running) -> None:
    headers = {**running.token("ann", "TRADER"), "Idempotency-Key": "k1"}
    async with running.client() as client:
        answers = await asyncio.gather(
            *(
                client.post("/hawk-agent/execute-actions", json={"ai_response": "words"}, headers=headers)
                for _ in range(4)
            )
        )
        assert {answer.status_code for answer in answers} == {202}
        (response,) = {answer.json()["response_id"] for answer in answers}
    assert await running.types(f"submission-{response}") == ["AnswerSubmitted"]
    for spelled in ("ann", "ANN", "ann\u200b", "\u0430nn", "Ann Lee <ann>"):
        assert await running.desk.latest_response(spelled) == response, spelled
    assert await running.desk.latest_response("bob") is None


async def test_progress_is_streamed_from_the_table_and_kept_once(running: Running) -> None:
    story = Story().planned().approved().executed()
    progress = [told.event for told in story.told if told.topic == "hawk.progress"]
    for number, event in enumerate(progress, start=1):
        await running.deliver(event, offset=number)
    await running.deliver(progress[0], offset=99)
    async with running.client() as client:
        url = f"/hawk-agent/execute-actions?workflow_id={story.workflow_id}"
        answer = await client.get(url)
        assert answer.text.count("\nid: ") == len(progress)
        assert '"final": true' in answer.text.rsplit("data: ", 1)[1]
        later = await client.get(url, headers={"Last-Event-ID": str(len(progress) - 1)})
        assert later.text.count("\nid: ") == 1
        over = await client.get(url, headers={"Last-Event-ID": str(len(progress))})
        assert over.status_code == 204


async def test_watcher_is_told_when_nothing_of_an_answer_is_executed(running: Running) -> None:
    story = Story("resp-refused").received()
    received = next(told.event for told in story.told if isinstance(told.event, ResponseReceived))
    refusal = Refusal(code="INVALID_AMOUNT", message="The amount is negative.", path="$")
    refused = received.model_copy(update={"outcome": "REFUSED", "workflows": (), "refusals": (refusal,)})
    await running.deliver(refused, offset=1)
    await running.deliver(refused, offset=2)
    async with running.client() as client:
        url = "/hawk-agent/execute-actions?response_id=resp-refused"
        answer = await client.get(url)
        assert answer.text.startswith("event: error\n")
        assert '"error": "INVALID_AMOUNT: The amount is negative."' in answer.text
        number = answer.text.rsplit("id: ", 1)[1].strip()
        assert (await client.get(url, headers={"Last-Event-ID": number})).status_code == 204


async def test_unused_grant_lapses_and_a_used_one_does_not(running: Running) -> None:
    running.dependencies = replace(running.dependencies, grant_lifetime=timedelta(seconds=1))
    unused, used = planned(Story("resp-1")), planned(Story("resp-2"))
    approvals = StoredApprovals(running.service, running.signer, lambda: DEFAULT_POLICY)
    for plan in (unused, used):
        await running.deliver(plan)
        async with running.client() as client:
            url = f"/approvals/{plan.workflow_id}/decisions"
            await client.post(url, json=approve(plan), headers=running.token("alice", "TRADER"))
    await running.deliver(prepared(used))
    assert [deadline.workflow_id for deadline in await running.desk.deadlines(10)] == [unused.workflow_id]
    for _ in range(2):
        await approvals.act_by_clock(unused.workflow_id, LapseGrant(utc_now() + timedelta(days=2)))
    assert (await running.types(approval_stream(unused.workflow_id)))[-1] == "GrantLapsed"
    assert len(await running.types(approval_stream(unused.workflow_id))) == 4
    assert await running.desk.deadlines(10) == []


async def test_card_says_how_many_wait_before_an_approved_workflow(running: Running) -> None:
    plans = [planned(Story(f"resp-{number}")) for number in range(3)]
    headers = running.token("alice", "TRADER")
    async with running.client() as client:
        for number, plan in enumerate(plans):
            await running.deliver(plan)
            await client.post(f"/approvals/{plan.workflow_id}/decisions", json=approve(plan), headers=headers)
            assert (await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json()["turn"] is None
            await running.deliver(awaited(plan, before=number))
        shown = [(await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json() for plan in plans]
        assert [card["turn"]["before"] for card in shown] == [0, 1, 2]
        await running.deliver(prepared(plans[0]))
        shown = [(await client.get(f"/approvals/{plan.workflow_id}", headers=headers)).json() for plan in plans]
    assert shown[0]["turn"] is None
    assert shown[2]["turn"] == {
        "code": "WAITING_FOR_TURN",
        "text": "Waiting for its turn: 1 before it, about 20 seconds",
        "before": 1,
        "about_seconds": 20,
    }


async def test_request_expires_without_anybody_asking_also_by_two_watchers(running: Running) -> None:
    running.dependencies = replace(running.dependencies, request_lifetime=timedelta(seconds=0.2))
    plan = planned(Story())
    await running.deliver(plan)
    approvals = StoredApprovals(running.service, running.signer, lambda: DEFAULT_POLICY)
    watchers = [asyncio.create_task(watch_deadlines(running.desk, approvals, utc_now)) for _ in range(2)]

    async def expired() -> bool:
        card = await running.desk.card(plan.workflow_id)
        return card is not None and card.approval.status is Status.EXPIRED

    await eventually_async(expired, 10, what="the request to expire")
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)
    stream = approval_stream(plan.workflow_id)
    assert await running.types(stream) == ["ApprovalRequested", "ApprovalExpired"]


async def test_answers_wait_for_the_database_when_it_is_away(tmp_path: Path, database: TestDatabase) -> None:
    closed = Running(tmp_path, database)
    async with closed.client() as client:
        answer = await client.get("/approvals", headers=closed.token("ann", "TRADER"))
        assert (answer.status_code, answer.json()["code"]) == (503, "TRY_AGAIN")
