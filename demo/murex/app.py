"""The simulator at work: requests from Kafka into the book, answers from the book to Kafka."""

from datetime import UTC, datetime

import structlog
from aiokafka import AIOKafkaConsumer
from prometheus_client import Counter

from demo.murex.answering import Request
from demo.murex.book import Book
from demo.murex.script import Rule, load_script
from demo.murex.settings import MurexSettings
from demo.murex.wire import answer_message, request_of
from shared.errors import InvalidInput
from shared.events import topics
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message, message_of
from shared.messaging.producer import Producer
from shared.service import Service
from shared.telemetry.tracing import new_traceparent

GROUP = "murex-simulator"
#: Requests of one transaction of the book; a burst of a hundred workflows.
BATCH_MAX = 1_000
#: Milliseconds to wait for requests when no answer is due sooner.
IDLE_MS = 1_000
#: Milliseconds the broker may leave the group's members unheard before it gives their partitions away: a
#: killed simulator is replaced within seconds and must not wait half a minute for its partitions.
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 2_000

REQUESTS = Counter("murex_requests_total", "Requests taken into the book", ["kind"])
UNREADABLE = Counter("murex_requests_unreadable_total", "Messages that are no request, left aside", ["code"])
ANSWERS = Counter("murex_answers_total", "Answers that Kafka has acknowledged", ["event"])

_log = structlog.get_logger(__name__)


class Exchange:
    """One loop: take requests, commit rows and answers together, send what is due, commit the offsets."""

    def __init__(self, connection: KafkaConnection, book: Book, rules: tuple[Rule, ...]) -> None:
        self._connection = connection
        self._book = book
        self._rules = rules

    async def run(self) -> None:
        """Work until cancelled. Raises KafkaError when the broker is away; its supervisor starts it again."""
        consumer = AIOKafkaConsumer(
            topics.MUREX_REQUESTS,
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            **self._connection.options(),
        )
        try:
            await consumer.start()
            async with Producer(self._connection) as producer:
                while True:
                    await self._turn(consumer, producer)
        finally:
            await consumer.stop()

    async def _turn(self, consumer: AIOKafkaConsumer, producer: Producer) -> None:
        batches = await consumer.getmany(timeout_ms=self._wait_ms(), max_records=BATCH_MAX)
        messages = [message_of(record) for records in batches.values() for record in records]
        if messages:
            self.take(messages)
        await self._send_due(producer)
        if messages:
            # Later than the book's transaction and the answers: a kill in between delivers the requests
            # again, and the book answers the same.
            await consumer.commit()

    def take(self, messages: list[Message]) -> None:
        """Put the requests of a batch and their answers into the book."""
        requests = [
            (request, new_traceparent(message.headers.get("ce_traceparent")))
            for message in messages
            if (request := _readable(message)) is not None
        ]
        self._book.record(requests, self._rules, datetime.now(UTC))
        for request, _ in requests:
            REQUESTS.labels(kind=request.kind.value).inc()

    async def _send_due(self, producer: Producer) -> None:
        while due := self._book.due(datetime.now(UTC)):
            await producer.send_all(topics.MUREX_ANSWERS, [answer_message(waiting) for waiting in due])
            self._book.sent(due)
            for waiting in due:
                ANSWERS.labels(event=waiting.answer.event).inc()

    def _wait_ms(self) -> int:
        next_due = self._book.next_due()
        if next_due is None:
            return IDLE_MS
        wait = int((next_due - datetime.now(UTC)).total_seconds() * 1_000) + 1
        return min(max(wait, 0), IDLE_MS)


def build(settings: MurexSettings) -> Service:
    """The simulator as a process.

    Raises:
        InvalidInput: MUREX_SCRIPT_INVALID.
    """
    rules = load_script(settings.murex_script)
    service = Service("murex", settings, database=False)
    exchange = Exchange(service.kafka, Book(settings.murex_book), rules)
    service.background("exchange", exchange.run)
    return service


def _readable(message: Message) -> Request | None:
    try:
        return request_of(message)
    except InvalidInput as error:
        UNREADABLE.labels(code=error.code).inc()
        _log.warning("request_unreadable", place=message.place, code=error.code, reason=error.reason)
        return None
