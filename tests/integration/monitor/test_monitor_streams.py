"""Three hundred streams of one monitor, on a real Kafka and a real PostgreSQL; some clients leave and come back."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from services.monitor.app import build
from services.monitor.settings import MonitorSettings
from shared.events.routing import messages
from shared.messaging.producer import Producer
from shared.security.keys import ensure_issuer_keys, read_pem
from shared.security.tokens import issue_demo_token
from shared.service import STOP_SECONDS_MAX
from tests.support.eventually import eventually_async
from tests.support.recorded import record
from tests.support.scratch import scratch_folder
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 90.0  # the broker may still be electing the coordinator while another suite kills servers
HOST = "127.0.0.1"
CLIENTS = 300
#: Of those, clients that leave amid the messages and come back with the number of the last one they have seen.
RETURNING = 50


@dataclass
class Client:
    """One reader of the stream of all workflows, with the numbers it was given."""

    numbers: list[int] = field(default_factory=list)
    steps: list[tuple[str, int]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    async def begin(self, port: int, token: str) -> None:
        """Open the stream, behind what was seen before; return when it has been answered."""
        reader, writer = await asyncio.open_connection(HOST, port)
        last = f"Last-Event-ID: {self.numbers[-1] if self.numbers else 0}\r\n"
        writer.write(f"GET /events HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n{last}\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        self.task = asyncio.create_task(self._read(reader, writer))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message: dict[str, object] = {}
        with contextlib.closing(writer):
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    message = json.loads(line[6:])
                elif line.startswith(b"id: "):
                    self.numbers.append(int(line[4:]))
                    self.steps.append((str(message["workflow_id"]), int(str(message["sequence"]))))

    async def leave(self) -> None:
        """Close the connection as a browser does that is closed."""
        assert self.task is not None
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def publish(bootstrap: str, database: TestDatabase, told: Sequence[Told]) -> None:
    async with Producer(bootstrap) as producer:
        for each in told:
            (kept,) = await record(database, each.stream, each.event)
            for message in messages(kept):
                headers = {name: value.decode() for name, value in message.headers}
                await producer.send(message.topic, message.value, key=message.key, headers=headers)


async def test_three_hundred_clients_have_each_message_once_also_those_that_left_meanwhile(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    first, second = (Story(f"resp-{uuid.uuid4()}").planned().approved().executed() for _ in range(2))
    steps = sorted((each.workflow_id, number) for each in (first, second) for number in range(1, 9))
    with scratch_folder() as folder:
        people = ensure_issuer_keys(folder)
        settings = MonitorSettings(
            kafka_bootstrap=kafka_bootstrap,
            postgres_dsn=SecretStr(database.dsn("hawk_monitor")),
            http_port=0,
            profile="demo",
            issuer_public_key_file=people.public,
        )
        token = issue_demo_token("alice", ("TRADER",), read_pem(people.private), datetime.now(UTC))
        service = build(settings)
        running = asyncio.create_task(service.run())
        clients = [Client() for _ in range(CLIENTS)]
        try:
            await eventually_async(lambda: _answer(service.http_port, "/health/ready"), LIMIT_SECONDS, until=_is_ok)
            await asyncio.gather(*(each.begin(service.http_port, token) for each in clients))
            await publish(kafka_bootstrap, database, first.told)
            await _until_all_have(clients, 8)
            returning = clients[:RETURNING]
            await asyncio.gather(*(each.leave() for each in returning))
            await publish(kafka_bootstrap, database, second.told)
            await _until_all_have(clients[RETURNING:], 16)
            await asyncio.gather(*(each.begin(service.http_port, token) for each in returning))
            await _until_all_have(clients, 16)
            assert all(sorted(each.steps) == steps for each in clients)
            assert all(each.numbers == sorted(set(each.numbers)) for each in clients)
            await asyncio.gather(*(each.leave() for each in clients))
            await eventually_async(
                lambda: _answer(service.http_port, "/metrics"),
                LIMIT_SECONDS,
                until=lambda answer: "hawk_stream_clients 0.0" in answer.text,
                what="all places are given back",
            )
        finally:
            service.stop()
            await asyncio.wait_for(running, STOP_SECONDS_MAX + 2)


async def _until_all_have(clients: Sequence[Client], count: int) -> None:
    async def fewest() -> int:
        return min(len(each.numbers) for each in clients)

    await eventually_async(fewest, LIMIT_SECONDS, until=lambda found: found >= count, what=f"all have {count} messages")


async def _answer(port: int, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=LIMIT_SECONDS) as asking:
        try:
            return await asking.get(path)
        except httpx.TransportError as error:
            raise LookupError(str(error)) from error


def _is_ok(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.OK
