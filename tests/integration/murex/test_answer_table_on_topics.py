"""Every row of the answer table on the real topics: a real executor and a real relay; the test is Murex.

The conversations run side by side, each with a workflow of its own, so that silence costs its seconds once; those in
which Murex is silent begin when the others are over, so that they have the machine for themselves.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events import topics
from shared.events.base import Event
from shared.events.catalogue import decode_message
from shared.events.murex import DealCancelSent, DealSent, DealStatusEnquired, MurexReceipted
from shared.hedging.facts import SINGAPORE
from shared.messaging.database import open_pool
from shared.messaging.message import message_of
from shared.messaging.producer import Producer
from shared.security.keys import ensure_grant_keys
from tests.support import hedges, murex_rows, murex_talk
from tests.support.desk import Desk
from tests.support.eventually import eventually_async
from tests.support.executions import answer_of, cancelled, status_of
from tests.support.feeds import feeds_in
from tests.support.signing import Signer, signer
from tests.support.stack import Databases, TestDatabase
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 90.0
CONVERSATIONS = murex_rows.told()
MUREX = signer("murex")

#: Seconds of silence after which HAWK acts, by row. Where the test has to answer before the next deadline there is
#: room for a slow machine; where it stays silent to the end there need not be much; elsewhere no time passes.
SILENCES = (3, 8)
SILENT_TO_THE_END = dict.fromkeys(("never", "partly", "cancel-never", "dispute-unanswered"), SILENCES[0])
ASKED_ABOUT = dict.fromkeys(
    ("technical", "no-contract", "grade-disagrees", "answer-lost", "request-lost", "in-work", "late", "stale-report",
     "malformed", "no-request", "no-enquiry"), SILENCES[1],
)  # fmt: skip
NO_SILENCE = 600
INTERVALS = dict.fromkeys(CONVERSATIONS, NO_SILENCE) | SILENT_TO_THE_END | ASKED_ABOUT

#: The interval in force is one row for all: workflows with another one are prepared one batch after the other.
PREPARING = asyncio.Lock()

PLACES = (("USD", "ENTITY0037"), ("HKD", "ENTITY0009"), ("AUD", "ENTITY0001"))
STATES = {
    "ExecutionCompleted": "COMPLETED",
    "JournalPosted": "POSTED",
    "WorkflowCompensated": "COMPENSATED",
    "InterventionRequired": "NEEDS_INTERVENTION",
}


class Ear:
    """What HAWK says on its topics, by workflow, each event once."""

    def __init__(self) -> None:
        self.requests: dict[str, list[Any]] = defaultdict(list)
        self.facts: dict[str, list[Any]] = defaultdict(list)
        self.dead_letters: list[Any] = []
        self._seen: set[tuple[str, str]] = set()
        self._heard = asyncio.Condition()

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            message = message_of(record)
            if (message.topic, message.id) in self._seen:
                continue
            self._seen.add((message.topic, message.id))
            attributes = message.attributes
            event = decode_message(attributes.event_name, attributes.schema_version, message.data)
            async with self._heard:
                if message.topic == topics.DEAD_LETTERS:
                    self.dead_letters.append(event)
                else:
                    place = self.requests if message.topic == topics.MUREX_REQUESTS else self.facts
                    place[message.key or ""].append(event)
                self._heard.notify_all()

    async def until(self, look: Callable[[], object]) -> None:
        async with self._heard, asyncio.timeout(LIMIT_SECONDS):
            await self._heard.wait_for(lambda: bool(look()))


class TopicConversation:
    """Murex's side of one workflow, over Kafka.

    `exact`: requests are counted exactly. Where time passes a slow machine may let HAWK ask once more than it would
    otherwise; the pure conversations count those.
    """

    def __init__(self, ear: Ear, producer: Producer, workflow_id: str, *, exact: bool) -> None:
        self._exact = exact
        self._ear = ear
        self._producer = producer
        self._workflow_id = workflow_id
        self._numbers = count(1)

    async def ack(self, *deals: int, times: int = 1, **fields: object) -> None:
        for deal in (deals or (murex_talk.DEAL,)) * times:
            await self._say(answer_of(await self._sent(deal), "ACK", **fields))

    async def nok(self, deal: int = murex_talk.DEAL, **fields: object) -> None:
        await self._say(answer_of(await self._sent(deal), "NOK", **fields))

    async def receipt(self, deal: int = murex_talk.DEAL) -> None:
        sent = await self._sent(deal)
        await self._say(MurexReceipted(
            workflow_id=self._workflow_id, event_id=sent.event_id, deal_booking_id=sent.deal_booking_id,
            deal_sequence=deal, attempt=1, in_reply_to=1, received_at=datetime.now(UTC),
        ))  # fmt: skip

    async def report(self, status: str, *, answering: int = 0, **fields: object) -> None:
        await self._ear.until(lambda: self._requests(murex_talk.ENQUIRED, murex_talk.DEAL))
        enquiry: DealStatusEnquired = self._requests(murex_talk.ENQUIRED, murex_talk.DEAL)[answering - 1]
        await self._say(status_of(enquiry, status, **fields))

    async def cancelled(self, *deals: int, outcome: str = "CANCELLED", answering: int = 0, **fields: object) -> None:
        for deal in deals or await self._to_cancel():
            await self._ear.until(lambda deal=deal: self._requests(murex_talk.CANCEL, deal))
            request: DealCancelSent = self._requests(murex_talk.CANCEL, deal)[answering - 1]
            await self._say(cancelled(request, outcome, **fields))

    async def cancelled_unasked(self) -> None:
        await self._say(cancelled(murex_talk.unasked(await self._sent(murex_talk.DEAL))))

    async def asked(self, kind: str, number: int = 1, deal: int = murex_talk.DEAL, *, or_more: bool = False) -> None:
        await self._ear.until(lambda: len(self._requests(kind, deal)) >= number)
        assert or_more or not self._exact or len(self._requests(kind, deal)) == number

    async def recorded(self, text: str, number: int = 1) -> None:
        def found() -> list[str]:
            return [each.why for each in self._facts("AnswerIgnored") if text in each.why]

        await self._ear.until(lambda: len(found()) >= number)
        assert len(found()) == number

    async def happened(self, event: str, number: int = 1) -> None:
        deal = (await self._sent(murex_talk.DEAL)).deal_booking_id

        def found() -> list[Any]:
            return [each for each in self._facts(event) if getattr(each, "deal_booking_id", deal) == deal]

        await self._ear.until(lambda: len(found()) >= number)
        assert len(found()) == number

    async def ends(self, *states: str, code: str = "") -> None:
        def endings() -> list[Any]:
            return [each for each in self._ear.facts[self._workflow_id] if type(each).__name__ in STATES]

        await self._ear.until(lambda: endings() and STATES[type(endings()[-1]).__name__] in states)
        assert code in {"", *(getattr(each, "code", "") for each in endings())}

    async def refused(self, code: str, *, workflow_id: str = "", signed: bool = True, **fields: object) -> None:
        sent = await self._sent(murex_talk.DEAL)
        said = answer_of(sent, "ACK").model_dump(mode="json") | {
            "workflow_id": workflow_id or sent.workflow_id,
            **fields,
        }
        message_id = await self._publish("MurexAnswered", said, by=MUREX if signed else None)

        def letters() -> list[Any]:
            return [each for each in self._ear.dead_letters if each.headers["ce_id"] == message_id]

        await self._ear.until(letters)
        (letter,) = letters()
        assert letter.code == code
        assert letter.reason

    async def _sent(self, deal: int) -> DealSent:
        await self._ear.until(lambda: self._requests(murex_talk.SENT, deal))
        sent: DealSent = self._requests(murex_talk.SENT, deal)[0]
        return sent

    async def _to_cancel(self) -> list[int]:
        """The deals that the compensation cancels, by their sequence."""
        await self._ear.until(lambda: self._facts("CompensationStarted"))
        (started,) = self._facts("CompensationStarted")
        return [deal for deal in range(1, 7) if (await self._sent(deal)).deal_booking_id in started.deals_to_cancel]

    def _requests(self, kind: str, deal: int) -> list[Any]:
        requests = self._ear.requests[self._workflow_id]
        return [each for each in requests if type(each).__name__ == kind and each.deal_sequence == deal]

    def _facts(self, kind: str) -> list[Any]:
        return [each for each in self._ear.facts[self._workflow_id] if type(each).__name__ == kind]

    async def _say(self, event: Event) -> None:
        await self._publish(type(event).__name__, event.model_dump(mode="json"), by=MUREX)

    async def _publish(self, name: str, data: Mapping[str, Any], *, by: Signer | None) -> str:
        """Under an id of its own; gives it. `by`: who signs it, if anybody."""
        message_id = str(uuid4())
        headers = {
            "ce_specversion": "1.0", "ce_id": message_id, "ce_source": "/murex/test", "ce_type": f"hawk.{name}.v1",
            "ce_time": datetime.now(UTC).isoformat(), "ce_subject": f"murex-{data['deal_booking_id']}",
            "ce_sequence": f"{next(self._numbers):020d}", "ce_correlationid": str(data["workflow_id"]),
            "ce_causationid": "test", "content-type": "application/json",
        }  # fmt: skip
        key, value = str(data["workflow_id"]), json.dumps(data).encode()
        if by is not None:
            headers = by.sign_text(topics.MUREX_ANSWERS, key, headers, value)
        await self._producer.send(topics.MUREX_ANSWERS, value, key=key, headers=headers)
        return message_id


def _process(module: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    silent = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=environment, stdout=silent, stderr=silent)


async def _start(stack: AsyncExitStack, module: str, bootstrap: str, dsn: str, **environment: str) -> None:
    """A process of HAWK, ready; killed at the end."""
    port = free_port()
    settings = {"HAWK_KAFKA_BOOTSTRAP": bootstrap, "HAWK_POSTGRES_DSN": dsn, "HAWK_HTTP_PORT": str(port)}
    process = _process(module, {**os.environ, **settings, **environment})
    stack.callback(process.wait)
    stack.callback(process.kill)
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))

    async def ready() -> bool:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    await eventually_async(ready, LIMIT_SECONDS, what=f"{module} is ready")


async def _prepared(desk: Desk, interval: int) -> dict[str, str]:
    """A workflow for each row with this interval, its deals sent; by row."""
    await desk.set_row("system_configuration", _interval(interval))
    workflows: dict[str, str] = {}
    for number, row_id in enumerate(each for each in CONVERSATIONS if INTERVALS[each] == interval):
        currency, entity = PLACES[number % len(PLACES)]
        order = hedges.order(currency, "100000", entity_id=entity)
        workflows[row_id] = await desk.propose(order, f"row-{row_id}-{uuid4().hex[:8]}")
        assert await desk.grant(await desk.plan(workflows[row_id])) is None
    return workflows


def _interval(seconds: int) -> dict[str, Any]:
    rows = hedges.demo_tables()["system_configuration"]
    (row,) = [row for row in rows if row["config_key"] == "murex.retry.interval_seconds"]
    return {**row, "config_value": str(seconds)}


async def _outcome(row_id: str, talk: TopicConversation) -> BaseException | None:
    try:
        await CONVERSATIONS[row_id](talk)
    except (AssertionError, TimeoutError) as error:
        return error
    return None


@pytest.fixture(scope="module")
async def outcomes(
    kafka_bootstrap: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, BaseException | None]]:
    """What became of each row's conversation: None when it went as the table says."""
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    folder = tmp_path_factory.mktemp("keys")
    keys = ensure_grant_keys(folder)
    database: TestDatabase = await databases.create()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(databases.drop, database.name)
        consumer = AIOKafkaConsumer(
            topics.MUREX_REQUESTS, topics.EXECUTIONS, topics.DEAD_LETTERS,
            bootstrap_servers=kafka_bootstrap, auto_offset_reset="latest", max_partition_fetch_bytes=2**24,
        )  # fmt: skip
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        await _at_the_end(consumer)
        ear = Ear()
        listening = asyncio.create_task(ear.listen(consumer))
        stack.callback(listening.cancel)
        pool = await open_pool(database.dsn("hawk_executor"), application="desk", min_size=1, max_size=2)
        stack.push_async_callback(pool.close)
        desk = Desk(pool, keys, now=datetime.now(UTC))
        await desk.load_reference(desk.now.astimezone(SINGAPORE).date())
        await desk.open()
        producer = await stack.enter_async_context(Producer(kafka_bootstrap))
        await _start(
            stack, "shared.relay", kafka_bootstrap, database.dsn("hawk_relay"),
            HAWK_RELAY_PRIVATE_KEY_FILE=str(signer("relay").private_file(folder)),
        )  # fmt: skip
        await _start(
            stack, "services.executor", kafka_bootstrap, database.dsn("hawk_executor"),
            HAWK_GRANT_PUBLIC_KEY_FILE=str(keys.public), HAWK_MUREX_PUBLIC_KEY_FILE=str(MUREX.public_file(folder)),
            HAWK_FEED_KEYS_FILE=str(feeds_in(folder).file),
        )  # fmt: skip
        found = await _held(desk, ear, producer, NO_SILENCE)
        for more in await asyncio.gather(*(_held(desk, ear, producer, each) for each in SILENCES)):
            found |= more
        yield found


async def _at_the_end(consumer: AIOKafkaConsumer) -> None:
    """Wait until the consumer has every partition and knows its end: what is said before that it would not hear."""
    wanted = {
        TopicPartition(topic.name, number)
        for topic in topics.TOPICS
        if topic.name in consumer.subscription()
        for number in range(topic.partitions)
    }

    async def missing() -> set[TopicPartition]:
        await consumer._client.force_metadata_update()
        return wanted - consumer.assignment()

    await eventually_async(missing, LIMIT_SECONDS, until=lambda partitions: not partitions)
    await consumer.seek_to_end(*wanted)
    for partition in wanted:
        await consumer.position(partition)


async def _held(desk: Desk, ear: Ear, producer: Producer, interval: int) -> dict[str, BaseException | None]:
    """What became of the conversations with this interval."""
    async with PREPARING:
        workflows = await _prepared(replace(desk, now=datetime.now(UTC)), interval)
    exact = interval == NO_SILENCE
    talks = {row: TopicConversation(ear, producer, workflow, exact=exact) for row, workflow in workflows.items()}
    found = await asyncio.gather(*(_outcome(row_id, talk) for row_id, talk in talks.items()))
    return dict(zip(talks, found, strict=True))


@pytest.mark.parametrize("row_id", CONVERSATIONS)
async def test_row_of_the_answer_table_on_the_topics(row_id: str, outcomes: Mapping[str, BaseException | None]) -> None:
    failure = outcomes[row_id]
    if failure is not None:
        raise failure
