"""`python -m shared.relay` as the supervisor runs it: ready, killed without warning, nothing
lost."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from shared.eventstore.chain import Head, verify_chain
from shared.eventstore.port import NewEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from tests.integration.eventstore.support import LIMIT_SECONDS, connected, in_stream_order
from tests.support.eventually import eventually_async
from tests.support.scratch import scratch_folder
from tests.support.signing import signer
from tests.support.stack import TestDatabase
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

RELAY = signer("relay")
ROUNDS = 3
EVENTS_PER_ROUND = 40


class _Process:
    """One relay process; `kill` is kill -9."""

    def __init__(self, database: TestDatabase, bootstrap: str, folder: Path) -> None:
        self.port = free_port()
        self._environment = {
            **os.environ,
            "HAWK_KAFKA_BOOTSTRAP": bootstrap,
            "HAWK_POSTGRES_DSN": database.dsn("hawk_relay"),
            "HAWK_HTTP_HOST": "127.0.0.1",
            "HAWK_HTTP_PORT": str(self.port),
            "HAWK_RELAY_PRIVATE_KEY_FILE": str(RELAY.private_file(folder)),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "shared.relay"]
        self._process = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=15)

    async def status(self) -> int:
        async with httpx.AsyncClient() as client:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get(f"http://127.0.0.1:{self.port}/health/ready")).status_code
        return 0

    async def ready(self) -> None:
        await eventually_async(self.status, LIMIT_SECONDS, until=lambda status: status == 200, what="relay ready")


@contextlib.asynccontextmanager
async def _relay(database: TestDatabase, bootstrap: str) -> AsyncIterator[_Process]:
    with scratch_folder() as folder:
        process = _Process(database, bootstrap, folder)
        process.start()
        try:
            yield process
        finally:
            process.kill()


async def _append_many(executor: asyncpg.Connection, workflows: list[str], first: int, count: int) -> None:
    for version in range(first, first + count):
        for workflow in workflows:
            event = NewEvent("PlanDrawn", 1, {"workflow_id": workflow}, {"actor": "test"})
            async with executor.transaction():
                await PostgresEventStore(executor).append([StreamAppend(f"plan-{workflow}", version, (event,))])


async def test_nothing_is_lost_and_order_holds_when_the_process_is_killed_again_and_again(
    database: TestDatabase, kafka_bootstrap: str
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    workflows = [f"wf-{uuid4()}" for _ in range(3)]
    async with (
        connected(database.dsn("hawk_executor"), database.dsn("hawk_reader")) as [executor, reader],
        _relay(database, kafka_bootstrap) as relay,
    ):
        for number in range(ROUNDS):
            appending = asyncio.create_task(
                _append_many(executor, workflows, number * EVENTS_PER_ROUND, EVENTS_PER_ROUND)
            )
            await eventually_async(
                lambda: reader.fetchval("SELECT count(*) FROM es.seals"),
                LIMIT_SECONDS,
                until=lambda sealed, least=number * EVENTS_PER_ROUND * 3: sealed > least,
            )
            relay.kill()
            await appending
            relay.start()
        total = ROUNDS * EVENTS_PER_ROUND * len(workflows)
        await eventually_async(
            lambda: reader.fetchval("SELECT position FROM es.checkpoints"),
            LIMIT_SECONDS,
            until=lambda n: n == total,
        )
        head = await reader.fetchrow(
            "SELECT position, encode(hash, 'hex') AS hash FROM es.seals WHERE position = $1", total
        )
        report = await verify_chain(reader, [Head(**dict(head))])

    arrived = await _arrived(kafka_bootstrap, set(workflows), total)
    assert in_stream_order(arrived)
    assert len(set(arrived)) == total
    assert (report.ok, report.length, report.unsealed) == (True, total, 0)


async def _arrived(bootstrap: str, workflows: set[str], count: int) -> list[str]:
    """`stream:version` of each message of these workflows, in order of arrival, until all versions have
    come."""
    consumer = AIOKafkaConsumer(
        "hawk.plans", bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    arrived: list[str] = []
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(set(arrived)) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        if record.key is not None and record.key.decode() in workflows:
                            headers = {name: value.decode() for name, value in record.headers}
                            arrived.append(f"{headers['ce_subject']}:{int(headers['ce_sequence'])}")
    finally:
        await consumer.stop()
    return arrived


async def test_process_is_ready_with_kafka_away_and_ends_in_order(database: TestDatabase) -> None:
    async with (
        connected(database.dsn("hawk_executor")) as [executor],
        _relay(database, "127.0.0.1:1") as relay,
    ):
        await relay.ready()
        await _append_many(executor, ["wf-1"], 0, 3)
        await eventually_async(
            lambda: executor.fetchval("SELECT count(*) FROM es.seals"), LIMIT_SECONDS, until=lambda n: n == 3
        )
        assert await relay.status() == 200
        async with httpx.AsyncClient() as client:
            shown = (await client.get(f"http://127.0.0.1:{relay.port}/metrics")).text
        assert "hawk_relay_active 1.0" in shown
        assert relay.terminate() == 0


async def test_second_process_is_ready_while_it_stands_by(database: TestDatabase, kafka_bootstrap: str) -> None:
    async with _relay(database, kafka_bootstrap) as first, _relay(database, kafka_bootstrap) as second:
        await first.ready()
        await second.ready()
