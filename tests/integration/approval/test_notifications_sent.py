"""Notifications on the real PostgreSQL: once into the outbox, out by a mail server and a receiver that run."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.approval.handlers import GROUP, subscriptions
from services.approval.notifications.hook import signature_of
from services.approval.notifications.notices import Channel, pause_seconds
from services.approval.notifications.outlets import HookOutlet, MailOutlet
from services.approval.notifications.sender import Sender
from services.approval.notifications.store import Audience, PostgresOutbox, noting, put
from services.approval.projection import project
from services.approval.requests.commands import ExpireRequest
from services.approval.stored import StoredApprovals
from shared.events.approvals import ApprovalExpired
from shared.events.identity import approval_stream
from shared.eventstore.port import RecordedEvent
from shared.messaging.unit_of_work import InboxEntry, run_unit
from shared.policy.table import DEFAULT_POLICY
from tests.contract.test_notification_outlets import LOOPBACK, here, outlet_to
from tests.integration.approval.test_approval_postgres import Running, planned
from tests.support.eventually import eventually_async
from tests.support.notifying import (
    ANNA,
    BEN,
    HAPPENED,
    SECRET,
    TELLING,
    WORDING,
    MemoryOutlet,
    Receiver,
    mailbox,
    receiver,
)
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.units import CAUSE, handlers_of, message_for

pytestmark = pytest.mark.integration

AUDIENCE = Audience.of({"TRADER": [ANNA, BEN], "RISK_MANAGER": [BEN]}, ["chat"], 1)


class Noting(Running):
    """The approval service whose projector fills the outbox."""

    def __init__(self, folder: Path, database: TestDatabase) -> None:
        super().__init__(folder, database)
        self.projector = noting(project, AUDIENCE)
        self.service.projector = self.projector
        self.outbox = PostgresOutbox(lambda: self.service.database.pool, lease_seconds=30)

    async def deliver(self, event: Any, *, offset: int | None = None, projector: Any = None) -> None:
        self._offset += 1
        handler = handlers_of(subscriptions(self.dependencies))[type(event)]
        version = self._offset if offset is None else offset
        message = message_for(event, stream=f"test-{type(event).__name__}", version=version)
        await run_unit(
            self.service.database.pool,
            CAUSE,
            lambda unit: handler(unit, message),
            projector=projector or self.projector,
            inbox=InboxEntry("approval", GROUP, message.id),
        )

    async def asked(self, number: int = 1, **changes: Any) -> str:
        """A request that waits; returns its workflow."""
        plan = planned(Story(f"resp-{number}"))
        await self.deliver(plan, **changes)
        return plan.workflow_id

    async def kept(self, state: str = "WAITING") -> list[tuple[str, str, str]]:
        return sorted((each.channel, each.recipient, each.kind) for each in await self.outbox.listed(state))

    async def until_mail_is_due(self) -> None:
        async def due() -> bool:
            question = "SELECT bool_and(due_at <= now()) FROM approval.notifications WHERE channel = 'mail'"
            return bool(await self.service.database.pool.fetchval(question))

        await eventually_async(due, 20, what="the window of mails to end")


@pytest.fixture
async def hawk(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Noting]:
    made = Noting(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


def at_once(attempts: int, _chance: float) -> float | None:
    """The pauses of the real thing, without their time."""
    return None if pause_seconds(attempts, 0.0) is None else 0.0


REQUESTED = [("mail", ANNA, "requested"), ("mail", BEN, "requested"), ("webhook", "chat", "requested")]


async def test_event_is_put_in_once_for_each_recipient_whatever_comes_again(hawk: Noting) -> None:
    await hawk.asked(offset=1)
    for offset in (1, 2):
        await hawk.asked(offset=offset)
    assert await hawk.kept() == REQUESTED


async def test_crash_between_append_and_commit_leaves_neither_event_nor_notification(hawk: Noting) -> None:
    async def crashing(connection: asyncpg.Connection, recorded: Any) -> None:
        await hawk.projector(connection, recorded)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await hawk.asked(offset=1, projector=crashing)
    assert await hawk.kept() == []
    workflow = await hawk.asked(offset=1)
    assert await hawk.kept() == REQUESTED
    assert await hawk.types(approval_stream(workflow)) == ["ApprovalRequested"]


async def test_nothing_is_put_in_where_nothing_is_configured(hawk: Noting) -> None:
    assert noting(project, None) is project
    await hawk.asked(projector=project)
    assert await hawk.kept() == []


async def test_burst_becomes_one_mail_for_each_person(hawk: Noting) -> None:
    for number in range(5):
        await hawk.asked(number)
    await hawk.until_mail_is_due()
    with mailbox() as box:
        sender = Sender(hawk.outbox, MailOutlet(box.server, WORDING, frozenset({ANNA, BEN})))
        while await sender.round():
            pass
    assert sorted(to for to, _ in box.raw) == [[ANNA], [BEN]]
    (mail, _) = box.mails
    assert mail["subject"] == "HAWK: 5 requests wait for approval"
    text = mail.get_content()
    assert "1. USD COI inception, order ORD-" in text
    assert "Opening a link decides nothing" in text
    assert "25,000,000" not in text
    assert await hawk.kept() == [("webhook", "chat", "requested")] * 5


async def test_burst_of_300_is_one_statement_and_one_mail_for_each_person(hawk: Noting) -> None:
    workflow = await hawk.asked()
    ended = ApprovalExpired(workflow_id=workflow, expired_at=HAPPENED)
    recorded = [
        RecordedEvent("s", number, uuid4(), "ApprovalExpired", 1, {}, {}, HAPPENED, source=ended)
        for number in range(1, 301)
    ]
    async with hawk.service.database.pool.acquire() as connection:
        for _ in range(2):
            await put(connection, recorded, AUDIENCE)
    await hawk.until_mail_is_due()
    outlet = MemoryOutlet(Channel.MAIL)
    while await Sender(hawk.outbox, outlet).round():
        pass
    assert sorted((each.recipient, len(each.notices)) for each in outlet.taken) == [(ANNA, 301), (BEN, 301)]


async def test_webhook_that_fails_twice_arrives_once_signed_under_one_id(hawk: Noting) -> None:
    workflow = await hawk.asked()
    with receiver() as chat:
        chat.statuses += [500, 503]
        sender = Sender(hawk.outbox, outlet_to(chat), pause=at_once)
        while await sender.round():
            pass
    assert chat.given == [500, 503, 204]
    assert len({headers["webhook-id"] for _, headers, _ in chat.got}) == 1
    assert len({body for *_, body in chat.got}) == 1
    path, headers, body = chat.got[-1]
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature_of(SECRET, headers["webhook-id"], stamp, body)
    document = json.loads(body)
    assert (path, document["type"], document["data"]["workflow_id"]) == ("/hawk", "hawk.approval.requested", workflow)
    assert document["data"]["state"] == "AWAITING_APPROVAL"
    assert document["data"]["message"] == "https://monitor.bank.example/responses/resp-1/message"
    assert "25000000" not in body.decode().replace(",", "")
    assert ("webhook", "chat", "requested") in await hawk.kept("SENT")


async def test_end_of_a_request_is_told_too(hawk: Noting) -> None:
    workflow = await hawk.asked()
    approvals = StoredApprovals(hawk.service, hawk.signer, lambda: DEFAULT_POLICY)
    await approvals.act_by_clock(workflow, ExpireRequest(datetime(2099, 1, 1, tzinfo=UTC)))
    assert [each for each in await hawk.kept() if each[2] == "expired"] == [
        ("mail", ANNA, "expired"), ("mail", BEN, "expired"), ("webhook", "chat", "expired"),
    ]  # fmt: skip


async def test_several_senders_send_each_row_once(hawk: Noting) -> None:
    for number in range(12):
        await hawk.asked(number)
    outlet = MemoryOutlet(Channel.WEBHOOK)
    senders = [Sender(hawk.outbox, outlet) for _ in range(3)]
    while any(await asyncio.gather(*(each.round() for each in senders))):
        pass
    assert len(outlet.taken) == 12
    assert len({each.notices[0].notification_id for each in outlet.taken}) == 12


async def test_what_a_dead_sender_claimed_is_sent_by_another_when_the_claim_is_over(hawk: Noting) -> None:
    await hawk.asked()
    short = PostgresOutbox(lambda: hawk.service.database.pool, lease_seconds=0.3)
    (claimed,) = await short.claim(Channel.WEBHOOK, 1)
    assert await short.claim(Channel.WEBHOOK, 1) == []
    outlet = MemoryOutlet(Channel.WEBHOOK)

    async def sent() -> bool:
        return await Sender(hawk.outbox, outlet).round() == 1

    await eventually_async(sent, 20, what="the claim to end")
    await short.failed(claimed, "It came back too late.", dict.fromkeys(claimed.attempts))
    assert ("webhook", "chat", "requested") in await hawk.kept("SENT")


async def test_given_up_is_listed_with_its_reason_and_tried_again_by_operations(hawk: Noting) -> None:
    await hawk.asked()
    outlet = MemoryOutlet(Channel.WEBHOOK, refusals=1)
    await Sender(hawk.outbox, outlet, pause=lambda *_: None).round()
    async with hawk.client() as client:
        operations = hawk.token("olga", "OPERATIONS")
        (shown,) = (await client.get("/notifications", headers=operations)).json()["notifications"]
        assert (shown["state"], shown["why"], shown["attempts"]) == ("GIVEN_UP", "The other side refuses.", 1)
        url = f"/notifications/{shown['notification_id']}/again"
        assert (await client.post(url, headers=hawk.token("tom", "TRADER"))).status_code == 403
        assert (await client.post(url, headers=operations)).status_code == 202
        again = await client.post(url, headers=operations)
        assert (again.status_code, again.json()["code"]) == (409, "NOT_GIVEN_UP")
    await Sender(hawk.outbox, outlet).round()
    assert len(outlet.taken) == 1


async def loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


async def private(_host: str, _port: int) -> list[str]:
    return ["93.184.216.34", "10.0.0.7"]


@pytest.mark.parametrize(("resolve", "why"), [(loopback, "127.0.0.1"), (private, "10.0.0.7")])
async def test_name_that_resolves_to_no_public_address_is_not_connected_to(
    hawk: Noting, resolve: Any, why: str
) -> None:
    await hawk.asked()
    with receiver() as chat:
        outlet = outlet_of(chat, resolve=resolve)
        await Sender(hawk.outbox, outlet, pause=lambda *_: None).round()
    assert chat.got == []
    (given_up,) = await hawk.outbox.listed("GIVEN_UP")
    assert given_up.why == f"hooks.bank.example has the address {why}, which is not public."


async def test_other_host_and_redirect_are_not_followed(hawk: Noting) -> None:
    await hawk.asked()
    with receiver() as chat, receiver() as other:
        wrong = outlet_of(chat, resolve=here, hosts=frozenset({"other.bank.example"}), allowed=(LOOPBACK,))
        await Sender(hawk.outbox, wrong, pause=at_once).round()
        assert chat.got == []
        chat.statuses.append(307)
        chat.headers["location"] = f"http://127.0.0.1:{other.port}/"
        await Sender(hawk.outbox, outlet_to(chat), pause=lambda *_: None).round()
        assert (chat.given, other.got) == ([307], [])
    (given_up,) = await hawk.outbox.listed("GIVEN_UP")
    assert given_up.why == "hooks.bank.example replied with 307; redirects are not followed."


def outlet_of(chat: Receiver, **changes: Any) -> HookOutlet:
    hook = chat.hook()
    known: dict[str, Any] = {"hosts": frozenset({hook.host})} | changes
    return HookOutlet({"chat": hook}, TELLING, lambda: datetime.now(UTC), **known)
