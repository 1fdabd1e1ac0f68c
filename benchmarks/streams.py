"""`python -m benchmarks.streams`: a thousand clients of one monitor, and how late each message is with each of them.

A Kafka, a PostgreSQL and a monitor of its own; the clients are sockets of one loop, which also appends the messages to
the store and publishes them as the relay would. The clock runs from the time that a message bears to its arrival, so
the broker, the monitor's transaction and the clients' own loop are in the figure. Exit status 1 when the 99th
percentile is a second or more, when a client misses a message or gets one twice, or when the client above the cap is
not refused as it should be.
"""

import argparse
import asyncio
import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

import asyncpg
import httpx
import psutil
import uvloop

from benchmarks.driver import BenchmarkFailed
from benchmarks.streams_report import Measured
from benchmarks.watched_row import WatchedRow, watched_row
from shared.errors import HawkError
from shared.events.catalogue import encode
from shared.events.identity import progress_stream
from shared.events.progress import ProgressReported
from shared.events.routing import messages
from shared.eventstore.port import StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.cause import request_cause
from shared.messaging.producer import Producer
from shared.migrations import migrate
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import issue_demo_token
from shared.web.connections import STREAMS_MAX, make_room
from tools.local_stack.ports import free_port
from tools.local_stack.servers import PASSWORD_BYTES, dsn_by_role, set_passwords
from tools.local_stack.stack import LocalStack
from tools.local_stack.topics import ensure_topics

HOST = "127.0.0.1"
WRITER, READER = "hawk_executor", "hawk_monitor"
"""The roles of who appends messages of progress, and of the monitor."""
CLIENTS = STREAMS_MAX
MESSAGES = 200
MESSAGES_A_SECOND = 20.0
"""Some twenty operations of workflows a second: what a desk does in its busiest minute."""
OF_A_WORKFLOW = 10
"""Messages of one workflow."""
OPENED_AT_ONCE = 50
"""Streams that are opened at a time: a thousand handshakes at once would measure the queue of the listener."""
WAIT_SECONDS_MAX = 90.0
"""Nothing that is waited for takes as long on any machine; a run that hangs ends instead."""
POLL_SECONDS = 0.05
WARM_UP_SECONDS = 0.5
"""Between two messages that are sent until the first comes through: the broker gives its consumers their parts."""

_AT = re.compile(rb'"at": ?"([^"]+)"')
_HEADERS_END = b"\r\n\r\n"


@dataclass(slots=True)
class Deliveries:
    """What all clients have received. `times` holds the messages that count: the text of their time, and the time."""

    times: dict[bytes, float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    warm: bool = False


class Client(asyncio.Protocol):
    """A socket that asks for the stream of all workflows and notes when which message came."""

    def __init__(self, request: bytes, deliveries: Deliveries) -> None:
        self.opened = asyncio.get_running_loop().create_future()
        self.received: list[bytes] = []
        self.lost = False
        self._request = request
        self._deliveries = deliveries
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no such base
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the status first, then the time of each message that is complete."""
        now = time.time()
        data = self._rest + data
        if not self.opened.done():
            head, end, data = data.partition(_HEADERS_END)
            if not end:
                self._rest = head
                return
            self.opened.set_result(int(head.split(b" ", 2)[1]))
        complete, end, self._rest = data.rpartition(b"\n\n")
        for at in _AT.findall(complete + end):
            published = self._deliveries.times.get(at)
            if published is None:
                self._deliveries.warm = True
            else:
                self.received.append(at)
                self._deliveries.delays.append(now - published)

    def connection_lost(self, _why: Exception | None) -> None:
        """Note that the stream has ended."""
        self.lost = True
        if not self.opened.done():
            self.opened.set_result(0)

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.close()


class Publisher:
    """Appends messages of progress to the store as the executor does, and publishes them as the relay does."""

    def __init__(self, connection: asyncpg.Connection, producer: Producer) -> None:
        self._connection = connection
        self._producer = producer

    async def publish(self, workflow_id: str, sequence: int, deliveries: Deliveries | None = None) -> None:
        """Publish a message that bears the time of now; it counts where deliveries are given."""
        at = datetime.now(UTC)
        event = _report(workflow_id, sequence, at)
        if deliveries is not None:
            deliveries.times[event.model_dump(mode="json")["at"].encode()] = at.timestamp()
        cause = request_cause("service:executor", request_id=str(uuid4()), correlation_id=workflow_id)
        append = StreamAppend(progress_stream(workflow_id), sequence - 1, (encode(event, cause.metadata()),))
        async with self._connection.transaction(isolation="repeatable_read"):
            (recorded,) = await PostgresEventStore(self._connection).append([append])
        for sent in messages(recorded):
            headers = {name: value.decode() for name, value in sent.headers}
            await self._producer.send(sent.topic, sent.value, key=sent.key, headers=headers)


async def measure(stack: LocalStack, folder: Path, clients: int, count: int, rate: float, *, browser: bool) -> Measured:
    """Run all of it once against servers that were started for it."""
    await migrate(stack.dsn)
    passwords = {role: secrets.token_urlsafe(PASSWORD_BYTES) for role in (WRITER, READER)}
    await set_passwords(stack.dsn, passwords)
    dsns = dsn_by_role(stack.dsn, passwords)
    await ensure_topics({"bootstrap_servers": stack.bootstrap})
    people = ensure_issuer_keys(folder)
    token = issue_demo_token("bench", ("TRADER",), read_pem(people.private), datetime.now(UTC))
    port, deliveries = free_port(), Deliveries()
    connection = await asyncpg.connect(dsns[WRITER])
    try:
        with _monitor(stack.bootstrap, dsns[READER], port, people.public) as process:
            async with Producer(stack.bootstrap) as producer, _asking(port, token) as asking:
                await _until_ready(asking, process)
                publisher = Publisher(connection, producer)
                async with _row(port, publisher, browser) as row, _opened(port, token, clients, deliveries) as opened:
                    await _warm_up(publisher, deliveries)
                    refusal = await _asked(asking)
                    before = _seconds(process.pid)
                    await _publish_at(publisher, count, rate, deliveries, row)
                    await _until_received(opened, count)
                    spent = _seconds(process.pid) - before
                    others = await asking.get("/workflows")
                    exact = all(sorted(each.received) == sorted(deliveries.times) for each in opened)
                    rows = await row.delays() if row else ()
                    return Measured(clients, count, deliveries.delays, exact, spent, refusal, others, rows)
    finally:
        await connection.close()


@contextlib.contextmanager
def _monitor(bootstrap: str, dsn: str, port: int, public_key: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a monitor as a process; what it logs goes where ours goes from warnings on."""
    settings = {
        "HAWK_KAFKA_BOOTSTRAP": bootstrap,
        "HAWK_POSTGRES_DSN": dsn,
        "HAWK_HTTP_PORT": str(port),
        "HAWK_PROFILE": "demo",
        "HAWK_ISSUER_PUBLIC_KEY_FILE": str(public_key),
        "HAWK_LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HAWK_")}
    process = subprocess.Popen((sys.executable, "-m", "services.monitor"), env=kept | settings)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(WAIT_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _row(port: int, publisher: Publisher, browser: bool) -> contextlib.AbstractAsyncContextManager[WatchedRow | None]:
    return watched_row(port, publisher.publish) if browser else contextlib.nullcontext()


@contextlib.asynccontextmanager
async def _asking(port: int, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", headers=headers, timeout=WAIT_SECONDS_MAX) as asking:
        yield asking


@contextlib.asynccontextmanager
async def _opened(port: int, token: str, count: int, deliveries: Deliveries) -> AsyncIterator[list[Client]]:
    """Open all streams, and close them at the end.

    Raises:
        BenchmarkFailed: one of them was refused.
    """
    request = f"GET /events HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    places, clients = asyncio.Semaphore(OPENED_AT_ONCE), []
    loop = asyncio.get_running_loop()

    async def open_one() -> int:
        async with places:
            _, client = await loop.create_connection(lambda: Client(request, deliveries), HOST, port)
            clients.append(client)
            return int(await client.opened)

    try:
        async with _within(f"Opening {count} streams"):
            statuses = await asyncio.gather(*(open_one() for _ in range(count)))
        refused = sum(status != httpx.codes.OK for status in statuses)
        if refused:
            raise BenchmarkFailed(f"{refused} of {count} streams were refused: {sorted(set(statuses))}.")
        yield clients
    finally:
        for client in clients:
            client.close()


async def _asked(asking: httpx.AsyncClient) -> httpx.Response:
    """Ask for one more stream; one that begins is read no further."""
    async with asking.stream("GET", "/events") as answer:
        if answer.status_code != httpx.codes.OK:
            await answer.aread()
        return answer


async def _until_ready(asking: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    async with _within("The start of the monitor"):
        while process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if (await asking.get("/health/ready")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(POLL_SECONDS)
    raise BenchmarkFailed("The monitor has ended before it was ready.")


async def _warm_up(publisher: Publisher, deliveries: Deliveries) -> None:
    """Publish until something comes through; none of it counts."""
    async with _within("The first message"):
        sequence = 0
        while not deliveries.warm:
            sequence += 1
            await publisher.publish("warm-up", sequence)
            await asyncio.sleep(WARM_UP_SECONDS)


async def _publish_at(
    publisher: Publisher, count: int, rate: float, deliveries: Deliveries, row: WatchedRow | None
) -> None:
    """Publish at a rate: each message at its time, however long the ones before it took; once a second one that the
    browser's row waits for."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        workflow, place = divmod(number, OF_A_WORKFLOW)
        await publisher.publish(f"streams-{workflow}", place + 1, deliveries)
        if row is not None and number % max(1, round(rate)) == 0:
            await row.tell()


async def _until_received(clients: Sequence[Client], count: int) -> None:
    """Wait until every client has what is due to it, or has been cut off, or nothing more can be hoped for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS_MAX
    while any(not client.lost and len(client.received) < count for client in clients) and loop.time() < until:  # noqa: ASYNC110 - a thousand clients are looked at twenty times a second
        await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def _within(what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            yield
    except TimeoutError as error:
        raise BenchmarkFailed(f"{what} took longer than {WAIT_SECONDS_MAX:.0f} s.") from error


def _seconds(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))


def _report(workflow_id: str, sequence: int, at: datetime) -> ProgressReported:
    return ProgressReported(
        workflow_id=workflow_id,
        response_id=f"response-of-{workflow_id}",
        order_id="ORD-4E0C4A369A0F5C0A",
        sequence=sequence,
        state="BOOKING",
        stage="2",
        operation=sequence,
        status="Booking deal with Murex",
        completed_operations=sequence,
        total_operations=47,
        progress=sequence,
        completed=False,
        final=False,
        stages={"1A": "COMPLETED", "1B": "COMPLETED", "2": "IN_PROGRESS"},
        at=at,
    )


def main() -> int:
    """Run it once and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streams", description=__doc__)
    parser.add_argument("--clients", type=int, default=CLIENTS, help="streams; fewer than the cap are not refused")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--rate", type=float, default=MESSAGES_A_SECOND, help="messages a second (%(default)s)")
    parser.add_argument("--browser", action="store_true", help="one of the clients is a Chromium")
    chosen = parser.parse_args()
    if chosen.clients < 1 or chosen.messages < 1 or chosen.rate <= 0:
        parser.error("--clients, --messages and --rate are above 0.")
    make_room()
    with tempfile.TemporaryDirectory(prefix="hawk-bench-", ignore_cleanup_errors=True) as folder:
        try:
            with (
                LocalStack(Path(folder) / "data") as stack,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                asked = chosen.clients - chosen.browser, chosen.messages, chosen.rate
                measured = runner.run(measure(stack, Path(folder), *asked, browser=chosen.browser))
        except HawkError as error:
            sys.stderr.write(f"The benchmark failed. {error}\n")
            return 1
    sys.stdout.write(measured.told() + "\n")
    return 0 if measured.well else 1


if __name__ == "__main__":
    sys.exit(main())
