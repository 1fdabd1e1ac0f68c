"""The simulator at work: requests from a gateway into the book, replies from the book to the gateway."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from murex.gateway.files import RecordingFile
from murex.gateway.kafka import KafkaGateway
from murex.gateway.port import MurexGateway, Taken
from murex.gateway.recorded import Recorder
from murex.simulator.book import Book
from murex.simulator.script import Rule, load_script
from murex.simulator.settings import MurexSettings
from murex.simulator.wire import SOURCE, reply_of, request_of
from shared.messaging.kafka import KafkaConnection
from shared.security.keys import read_pems, read_private_pem
from shared.service import Service
from shared.telemetry.listed.instruments import counter
from shared.telemetry.tracing import mark

GROUP = "murex-simulator"
#: Milliseconds to wait for requests when no reply is due sooner.
IDLE_MS = 1_000

REQUESTS = counter("murex_requests_total")
UNREADABLE = counter("murex_requests_unreadable_total")
REPLIES = counter("murex_replies_total")

_log = structlog.get_logger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Exchange:
    """One turn after another: take requests, commit rows and replies together, send what is due, acknowledge."""

    def __init__(self, book: Book, rules: tuple[Rule, ...], clock: Callable[[], datetime] = _now) -> None:
        self._book = book
        self._rules = rules
        self._clock = clock

    async def turn(self, gateway: MurexGateway) -> None:
        """Do one turn. Raises what the gateway raises; nothing is lost then, and nothing is booked twice later."""
        taken = await gateway.take(self._wait_ms())
        self._record(taken)
        await self._send_due(gateway)
        if taken:
            # Later than the book's transaction and the replies: a kill in between delivers the requests
            # again, and the book replies the same.
            await gateway.acknowledge()

    def _record(self, taken: Taken) -> None:
        """Put requests and their replies into the book."""
        for message in taken.unreadable:
            UNREADABLE.labels(code=message.code).inc()
            _log.warning("request_unreadable", place=message.place, code=message.code, reason=message.reason)
        requests = [(request_of(request), mark(GROUP, request.traceparent or None)) for request in taken.requests]
        if requests:
            self._book.record(requests, self._rules, self._clock())
        for request, _ in requests:
            REQUESTS.labels(kind=request.kind.value).inc()

    async def _send_due(self, gateway: MurexGateway) -> None:
        while due := self._book.due(self._clock()):
            await gateway.reply([reply_of(waiting) for waiting in due])
            self._book.sent(due)
            for waiting in due:
                REPLIES.labels(event=waiting.reply.event).inc()

    def _wait_ms(self) -> int:
        next_due = self._book.next_due()
        if next_due is None:
            return IDLE_MS
        wait = int((next_due - self._clock()).total_seconds() * 1_000) + 1
        return min(max(wait, 0), IDLE_MS)


def build(settings: MurexSettings) -> Service:
    """Return the simulator, ready to run.

    Raises:
        InvalidInput: MUREX_SCRIPT_INVALID.
        Defect: a key cannot be read, or others may read the private one.
    """
    rules = load_script(settings.murex_script)
    keys = Keys(read_pems(settings.relay_public_key_file), read_private_pem(settings.murex_private_key_file))
    service = Service("murex", settings, database=False)
    exchange = Exchange(Book(settings.murex_book), rules)

    async def work() -> None:
        """Take turns until cancelled. Raises KafkaError when the broker is away; the service starts it again."""
        async with _gateway(service.kafka, keys, settings) as gateway:
            while True:
                await exchange.turn(gateway)

    service.background("exchange", work)
    return service


class Keys(NamedTuple):
    """PEMs: the relay's public keys, and the simulator's own."""

    relay: tuple[str, ...]
    own: str


@asynccontextmanager
async def _gateway(connection: KafkaConnection, keys: Keys, settings: MurexSettings) -> AsyncIterator[MurexGateway]:
    """Open the topics; record what passes to a file where that is asked for."""
    async with KafkaGateway(
        connection, public_keys=keys.relay, private_key=keys.own, group=GROUP, source=SOURCE
    ) as gateway:
        if settings.murex_recording is None:
            yield gateway
        else:
            with RecordingFile(settings.murex_recording) as file:
                yield Recorder(gateway, file.keep, clock=_now)
