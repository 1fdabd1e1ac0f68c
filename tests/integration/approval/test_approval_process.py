"""`python -m services.approval` on real servers: starts, consumes, answers, streams, stops."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from services.approval.app import utc_now
from shared.events.routing import messages
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from shared.security.tokens import issue_demo_token
from tests.support.eventually import eventually_async
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration

#: Seconds a process may take to start, or a message to arrive, on a busy machine.
PATIENCE_SECONDS = 60


@dataclass
class Process:
    bootstrap: str
    database: TestDatabase
    url: str
    headers: dict[str, str]
    process: asyncio.subprocess.Process

    async def publish(self, *told: Told) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            for each in told:
                (kept,) = await record(self.database, each.stream, each.event)
                for message in messages(kept):
                    key = None if message.key is None else message.key.encode()
                    await producer.send_and_wait(message.topic, message.value, key=key, headers=list(message.headers))
        finally:
            await producer.stop()


@pytest.fixture
async def running(tmp_path: Path, kafka_bootstrap: str, database: TestDatabase) -> AsyncIterator[Process]:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    grant, people = ensure_grant_keys(tmp_path), ensure_issuer_keys(tmp_path)
    port = free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("HAWK_")},
        "HAWK_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "HAWK_POSTGRES_DSN": database.dsn("hawk_approval"),
        "HAWK_HTTP_PORT": str(port),
        "HAWK_PROFILE": "demo",
        "HAWK_GRANT_PRIVATE_KEY_FILE": str(grant.private),
        "HAWK_ISSUER_PUBLIC_KEY_FILE": str(people.public),
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.approval", env=environment)
    token = issue_demo_token("alice", ("TRADER",), read_pem(people.private), utc_now())
    yield Process(kafka_bootstrap, database, f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}, process)
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_process_takes_a_plan_a_decision_and_stops_with_streams_open(
    running: Process, database: TestDatabase
) -> None:
    story = Story(f"resp-{database.name}").planned()
    async with httpx.AsyncClient(base_url=running.url, headers=running.headers, timeout=30) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually_async(ready, PATIENCE_SECONDS, what="the process to be ready")
        await running.publish(*story.told)
        card = f"/approvals/{story.workflow_id}"

        async def shown() -> bool:
            return (await client.get(card)).status_code == 200

        await eventually_async(shown, PATIENCE_SECONDS, what="the plan to be shown")
        body = {"decision": "APPROVE", "plan_digest": story.plan_digest}
        url = f"/hawk-agent/execute-actions?workflow_id={story.workflow_id}"
        async with client.stream("GET", "/approvals/stream") as changes, client.stream("GET", url) as stream:
            changed = changes.aiter_lines()
            assert await anext(changed) == "event: heartbeat"
            assert (await client.post(f"{card}/decisions", json=body)).status_code == 201
            async with asyncio.timeout(PATIENCE_SECONDS):
                while story.workflow_id not in await anext(changed):
                    pass
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith("data: ")
            running.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await running.process.wait() == 0
