"""Both ends of an exchange with Murex, for the contract of the gateways: over real topics, and over a tape."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Protocol
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from murex.gateway.kafka import KafkaGateway
from murex.gateway.port import MurexGateway, Reply, Request, RequestEvent
from murex.gateway.recorded import RecordedGateway, Tape
from shared.events.murex import DealCancelSent, DealSent, DealStatusEnquired, MurexAnswered
from shared.events.routing import OutMessage
from shared.events.topics import MESSAGE_BYTES_MAX, WORKFLOW_PARTITIONS
from shared.hedging.deals import Deal
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message, message_of
from tests.support import hedges
from tests.support.saga_hawk import requests_of
from tests.support.signing import signer

WHEN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LIMIT_SECONDS = 60.0
#: The relay that sends HAWK's requests, and the gateway that answers them.
RELAY, MUREX = signer("relay"), signer("murex")


class ExchangeUnderTest(Protocol):
    """One exchange that nobody else uses."""

    async def send(self, *messages: OutMessage) -> None:
        """HAWK's end: messages in this order."""

    async def heard(self, count: int) -> list[Reply]:
        """HAWK's end: the first so many answers, in order."""

    def gateway(self) -> AbstractAsyncContextManager[MurexGateway]:
        """Murex's end: another reader. One that is left has ended without acknowledging anything by itself."""


class TapeExchange:
    """Over a tape."""

    def __init__(self) -> None:
        self.tape = Tape()

    async def send(self, *messages: OutMessage) -> None:
        for message in messages:
            self.tape.send(message)

    async def heard(self, count: int) -> list[Reply]:
        answers = self.tape.replies
        if len(answers) < count:
            raise AssertionError(f"{len(answers)} answers, expected {count}")
        return list(answers[:count])

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[MurexGateway]:
        yield RecordedGateway(self.tape)


@dataclass
class TopicsExchange:
    """Over topics of its own. `messages`: the answers as they stand on the topic."""

    bootstrap: str
    name: str = field(default_factory=lambda: f"murex-contract-{uuid4().hex[:12]}")

    @property
    def requests(self) -> str:
        return f"{self.name}.requests"

    @property
    def answers(self) -> str:
        return f"{self.name}.answers"

    async def create(self) -> None:
        """Make the topics as HAWK's own are made."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            configs = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
            names = (self.requests, self.answers)
            await admin.create_topics([NewTopic(each, WORKFLOW_PARTITIONS, 1, topic_configs=configs) for each in names])
        finally:
            await admin.close()

    async def send(self, *messages: OutMessage) -> None:
        await self.deliver(*(self.signed(message) for message in messages))

    def signed(self, message: OutMessage) -> OutMessage:
        """A message as the relay publishes it on the topic of requests."""
        headers = RELAY.sign(self.requests, message.key, message.headers, message.value)
        return replace(message, headers=headers)

    async def deliver(self, *messages: OutMessage) -> None:
        """Messages in this order, as they are."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for message in messages:
                key = None if message.key is None else message.key.encode()
                await producer.send(self.requests, message.value, key=key, headers=list(message.headers))
            await producer.flush()
        finally:
            await producer.stop()

    async def heard(self, count: int) -> list[Reply]:
        return [_answer(message) for message in await self.messages(count)]

    async def messages(self, count: int) -> list[Message]:
        """The first so many answers as messages."""
        consumer = AIOKafkaConsumer(self.answers, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                return [message_of(await consumer.getone()) for _ in range(count)]
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[MurexGateway]:
        async with KafkaGateway(
            KafkaConnection(self.bootstrap), public_keys=[RELAY.public], private_key=MUREX.private, group=self.name,
            source="/murex/test", requests=self.requests, replies=self.answers,
        ) as opened:  # fmt: skip
            yield opened


def _answer(message: Message) -> Reply:
    attributes, event = message.attributes, message.event
    return Reply(attributes.id, event, attributes.causation_id, attributes.traceparent or "", attributes.version)  # type: ignore[arg-type]


# --- what is said


@cache
def deals() -> tuple[Deal, ...]:
    return hedges.plan("USD", "25000000", entity_id="ENTITY0037").children[0].deals


def sent(workflow: str, number: int = 1, *, attempt: int = 1, sequence: int = 1) -> DealSent:
    return DealSent(
        workflow_id=workflow, event_id="EVENT_1", deal_booking_id=deal_id(workflow, number), deal_sequence=number,
        attempt=attempt, message_sequence=sequence, entity_id="ENTITY0037", exposure_currency="USD",
        deal=deals()[number - 1], sent_at=WHEN,
    )  # fmt: skip


def enquired(workflow: str, number: int = 1, *, sequence: int = 2) -> DealStatusEnquired:
    return DealStatusEnquired(
        workflow_id=workflow, event_id="EVENT_1", deal_booking_id=deal_id(workflow, number), deal_sequence=number,
        attempt=1, message_sequence=sequence, enquired_at=WHEN,
    )  # fmt: skip


def cancel(workflow: str, number: int = 1, *, sequence: int = 3) -> DealCancelSent:
    return DealCancelSent(
        workflow_id=workflow, event_id="EVENT_1", deal_booking_id=deal_id(workflow, number), deal_sequence=number,
        attempt=1, message_sequence=sequence, contract_id="MX-1", reason="Deal 3 was declined", sent_at=WHEN,
    )  # fmt: skip


def deal_id(workflow: str, number: int) -> str:
    return f"DEAL_{workflow}_{number:02d}"


def published(event: RequestEvent, version: int) -> OutMessage:
    """A request as the relay publishes it; `version` is its place in the workflow's stream."""
    (message,) = requests_of(f"execution-{event.workflow_id}", version, event)
    return OutMessage(message.topic, message.key, message.value, (*message.headers, ("ce_traceparent", TRACE.encode())))


def answered(request: Request, message_id: str = "", **fields: object) -> Reply:
    """Murex books what a request asks for, unless `fields` says otherwise."""
    event = request.event
    said: dict[str, object] = {
        "workflow_id": event.workflow_id,
        "event_id": event.event_id,
        "deal_booking_id": event.deal_booking_id,
        "deal_sequence": event.deal_sequence,
        "attempt": event.attempt,
        "in_reply_to": request.sequence,
        "answer": "ACK",
        "level": "OK",
        "contract_id": "MX-1",
        "answered_at": WHEN,
    }
    booked = MurexAnswered.model_validate(said | fields)
    return Reply(message_id or f"{request.message_id}-answer", booked, request.message_id, request.traceparent)
