"""The simulator as a process: answers over Kafka, and a book that a kill does not hurt."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from murex.gateway.files import load_recording
from murex.gateway.port import Reply
from murex.gateway.recorded import RecordedGateway, Tape
from murex.gateway.recording import Speaker
from murex.gateway.replay import Conversation, reply_as_recorded
from murex.simulator.book import read_book
from murex.simulator.replies import contract_id
from shared.events import topics
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.identity import execution_stream
from shared.events.murex import (
    DealCancelSent,
    DealSent,
    DealStatusEnquired,
    MurexAnswered,
    MurexCancelled,
    MurexReceipted,
    MurexStatusReported,
)
from shared.events.routing import messages
from shared.eventstore.port import RecordedEvent, event_id
from shared.messaging.message import message_of
from shared.messaging.producer import Producer
from shared.messaging.signatures import check_message
from tests.support.eventually import eventually
from tests.support.signing import Signer, signer
from tests.support.story import Story
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 60.0
STORY = Story("murex-test")
RELAY_BEFORE, RELAY, MUREX = signer("relay-before"), signer("relay"), signer("murex")


def _keys(folder: Path) -> dict[str, str]:
    """The relay is replacing its pair: what either key signed is a request."""
    public = (RELAY_BEFORE.public_file(folder), RELAY.public_file(folder))
    return {
        "HAWK_RELAY_PUBLIC_KEY_FILE": os.pathsep.join(str(each) for each in public),
        "HAWK_MUREX_PRIVATE_KEY_FILE": str(MUREX.private_file(folder)),
    }


class Simulator:
    """`python -m murex.simulator` with a book of its own."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.book = folder / "book.sqlite3"
        self.script = folder / "script.yaml"
        self.recording = folder / "talk.jsonl"
        self._environment = {
            **os.environ,
            "HAWK_KAFKA_BOOTSTRAP": bootstrap,
            "HAWK_MUREX_BOOK": str(self.book),
            "HAWK_MUREX_SCRIPT": str(self.script),
            "HAWK_MUREX_RECORDING": str(self.recording),
            **_keys(folder),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def start(self, script: str = "") -> None:
        self.script.write_text(script, encoding="utf-8")
        self._port = free_port()
        environment = {**self._environment, "HAWK_HTTP_PORT": str(self._port)}
        self._process = subprocess.Popen([sys.executable, "-m", "murex.simulator"], cwd=ROOT, env=environment)
        eventually(self._ready, LIMIT_SECONDS, what="the simulator is ready")

    def end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        status = self._process.wait(timeout=20)
        self._process = None
        return status

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/health/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


class Exchange:
    """Requests of one workflow of its own, and the answers to them."""

    def __init__(self, bootstrap: str, consumer: AIOKafkaConsumer) -> None:
        self.workflow_id = str(uuid.uuid4())
        self._bootstrap = bootstrap
        self._consumer = consumer
        self._version = 0
        self._seen: set[str] = set()

    def sent(self, number: int, attempt: int = 1) -> DealSent:
        deal = STORY.plan.children[0].deals[number - 1]
        return DealSent(
            workflow_id=self.workflow_id, event_id="EVT", deal_booking_id=f"{self.workflow_id}-{number}",
            deal_sequence=number, attempt=attempt, entity_id="ENTITY0037", exposure_currency="USD", deal=deal,
            sent_at=datetime.now(UTC),
        )  # fmt: skip

    def enquired(self, number: int) -> DealStatusEnquired:
        return DealStatusEnquired(
            workflow_id=self.workflow_id, event_id="EVT", deal_booking_id=f"{self.workflow_id}-{number}",
            deal_sequence=number, attempt=1, enquired_at=datetime.now(UTC),
        )  # fmt: skip

    def cancel(self, number: int, sequence: int = 1) -> DealCancelSent:
        return DealCancelSent(
            workflow_id=self.workflow_id, event_id="EVT", deal_booking_id=f"{self.workflow_id}-{number}",
            deal_sequence=number, attempt=1, message_sequence=sequence, contract_id=None, reason="compensation",
            sent_at=datetime.now(UTC),
        )  # fmt: skip

    async def publish(self, *events: Event, by: Signer = RELAY) -> None:
        async with Producer(self._bootstrap) as producer:
            for event in events:
                self._version += 1
                stream, new = execution_stream(self.workflow_id), encode(event)
                recorded = RecordedEvent(
                    stream, self._version, event_id(stream, self._version), new.type, new.schema_version, new.data,
                    {"correlation_id": self.workflow_id, "causation_id": "test"}, datetime.now(UTC),
                )  # fmt: skip
                for message in messages(recorded):
                    signed = by.sign(message.topic, message.key, message.headers, message.value)
                    headers = {name: value.decode() for name, value in signed}
                    await producer.send(message.topic, message.value, key=message.key, headers=headers)

    async def answers(self, count: int) -> list[Event]:
        """The next answers, each once: after a kill some come again under the same id."""
        found: list[Event] = []
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(found) < count:
                message = message_of(await self._consumer.getone())
                if message.key == self.workflow_id and message.id not in self._seen:
                    check_message([MUREX.public], message)
                    self._seen.add(message.id)
                    found.append(message.event)
        return found


@pytest.fixture
def simulator(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Simulator]:
    made = Simulator(kafka_bootstrap, tmp_path)
    yield made
    made.end(signal.SIGKILL)


@pytest.fixture
async def exchange(kafka_bootstrap: str) -> AsyncIterator[Exchange]:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    consumer = AIOKafkaConsumer(topics.MUREX_ANSWERS, bootstrap_servers=kafka_bootstrap, auto_offset_reset="latest")
    await consumer.start()
    await consumer.seek_to_end()
    yield Exchange(kafka_bootstrap, consumer)
    await consumer.stop()


async def test_simulator_receipts_and_acknowledges_every_deal_when_there_is_no_script(
    simulator: Simulator, exchange: Exchange
) -> None:
    simulator.start()
    await exchange.publish(*(exchange.sent(number) for number in range(1, 7)))
    answers = await exchange.answers(12)
    assert [type(each) for each in answers] == [MurexReceipted, MurexAnswered] * 6
    booked = [each for each in answers if isinstance(each, MurexAnswered)]
    assert [each.deal_sequence for each in booked] == list(range(1, 7))
    assert {each.contract_id for each in booked} == {
        contract_id(f"{exchange.workflow_id}-{number}") for number in range(1, 7)
    }
    assert {len(each.trade_ids) for each in booked} <= {1, 2}
    rows = [row for row in read_book(simulator.book) if row.workflow_id == exchange.workflow_id]
    assert [(row.deal_sequence, row.status) for row in rows] == [(n, "BOOKED") for n in range(1, 7)]
    assert simulator.end(signal.SIGTERM) == 0


async def test_simulator_answers_after_a_kill_what_it_owed_and_books_nothing_twice(
    simulator: Simulator, exchange: Exchange
) -> None:
    simulator.start("- {answer: LATE, after_seconds: 4}")
    await exchange.publish(exchange.sent(1), exchange.sent(2))
    assert [type(each) for each in await exchange.answers(2)] == [MurexReceipted] * 2
    simulator.end(signal.SIGKILL)
    before = read_book(simulator.book)
    await exchange.publish(exchange.enquired(1))
    simulator.start()
    answers = await exchange.answers(3)
    reported = [each for each in answers if isinstance(each, MurexStatusReported)]
    acknowledged = [each for each in answers if isinstance(each, MurexAnswered)]
    assert [each.status in ("RECEIVED", "BOOKED") for each in reported] == [True]
    assert sorted(each.deal_sequence for each in acknowledged) == [1, 2]
    assert [row.contract_id for row in read_book(simulator.book)] == [row.contract_id for row in before]


async def test_simulator_takes_what_the_key_before_signed_while_the_relay_replaces_its_pair(
    simulator: Simulator, exchange: Exchange
) -> None:
    simulator.start()
    await exchange.publish(exchange.sent(1), by=RELAY_BEFORE)
    await exchange.publish(exchange.sent(2), by=MUREX)
    await exchange.publish(exchange.sent(3))
    answered = [each for each in await exchange.answers(4) if isinstance(each, MurexAnswered)]
    assert [each.deal_sequence for each in answered] == [1, 3]


async def test_simulator_declines_and_cancels_when_the_script_and_hawk_say_so(
    simulator: Simulator, exchange: Exchange
) -> None:
    simulator.start(json.dumps([{"match": {"deal_sequence": 3}, "answer": "NOK", "reason": "Closed book"}]))
    await exchange.publish(*(exchange.sent(number) for number in (1, 2, 3)))
    answered = [each for each in await exchange.answers(6) if isinstance(each, MurexAnswered)]
    assert [each.answer for each in answered] == ["ACK", "ACK", "NOK"]
    assert answered[2].reason == "Closed book"
    await exchange.publish(*(exchange.cancel(number) for number in (1, 2, 3)))
    cancelled = [each for each in await exchange.answers(3) if isinstance(each, MurexCancelled)]
    assert [each.outcome for each in cancelled] == ["CANCELLED", "CANCELLED", "NOT_FOUND"]


async def test_a_live_conversation_is_recorded_and_can_be_held_again(simulator: Simulator, exchange: Exchange) -> None:
    simulator.start(json.dumps([{"match": {"deal_sequence": 2}, "answer": "LATE", "after_seconds": 2}]))
    asked = [exchange.sent(number) for number in (1, 2)]
    await exchange.publish(*asked)
    answers = await exchange.answers(4)
    cancel = exchange.cancel(1, sequence=2)
    await exchange.publish(cancel)
    answers += await exchange.answers(1)
    # An answer is noted once it was sent, and may be heard before that.
    recording = eventually(
        lambda: load_recording(simulator.recording).of(exchange.workflow_id), LIMIT_SECONDS,
        until=lambda found: len(found.replies) == len(answers), what="all is noted",
    )  # fmt: skip
    simulator.end(signal.SIGKILL)
    assert [each.event for each in recording.requests] == [*asked, cancel]
    assert [each.event for each in recording.replies] == answers
    late = next(line for line in recording.lines if isinstance(line.message, Reply) and _acks(line.message, 2))
    assert late.after_ms >= 500
    replay, tape = Conversation(recording), Tape(recording.half(Speaker.HAWK))
    said = await reply_as_recorded(RecordedGateway(tape), replay, 0)
    assert [each.reply.event for each in said] == answers
    assert replay.over


def _acks(answer: Reply, deal: int) -> bool:
    return isinstance(answer.event, MurexAnswered) and answer.event.deal_sequence == deal


def test_simulator_refuses_to_start_with_the_place_when_the_script_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- answer: PERHAPS\n", encoding="utf-8")
    environment = {
        **os.environ, "HAWK_MUREX_SCRIPT": str(script), "HAWK_MUREX_BOOK": str(tmp_path / "b.sqlite3"),
        **_keys(tmp_path),
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-m", "murex.simulator"], cwd=ROOT, env=environment, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert b"rule 1, answer" in ended.stderr


@pytest.mark.parametrize("missing", ["HAWK_RELAY_PUBLIC_KEY_FILE", "HAWK_MUREX_PRIVATE_KEY_FILE"])
def test_simulator_does_not_start_without_its_keys(tmp_path: Path, missing: str) -> None:
    environment = {**os.environ, **_keys(tmp_path), "HAWK_MUREX_BOOK": str(tmp_path / "b.sqlite3")}
    del environment[missing]
    ended = subprocess.run(
        [sys.executable, "-m", "murex.simulator"], cwd=ROOT, env=environment, capture_output=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode != 0
    assert missing.removeprefix("HAWK_").lower().encode() in ended.stderr
