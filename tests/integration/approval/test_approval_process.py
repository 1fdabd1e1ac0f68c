"""`python -m services.approval` on real servers: starts, consumes, answers, streams, stops."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from services.approval.app import utc_now
from shared.events.routing import messages
from shared.policy.table import OPERATIONS
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from shared.security.tokens import issue_demo_token
from tests.support.chains import converse
from tests.support.eventually import eventually_async
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told
from tools.local_stack.ports import free_port
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration

#: Seconds a process may take to start, or a message to arrive, on a busy machine.
PATIENCE_SECONDS = 60
#: Plans that wait when the chains of requests begin.
PLANS = 6
#: Enough that each route is reached by a link and by chance.
RUNS = 10
#: Links were followed to their end: what was proposed is confirmed, what was asked for is read.
TO_THE_END = {"POST /rollout 201", "POST /approvals/{workflow_id}/decisions 201", "POST /hawk-agent/previews 202"}


@dataclass
class Process:
    bootstrap: str
    database: TestDatabase
    url: str
    private_pem: str
    process: asyncio.subprocess.Process

    def token(self, person: str, *roles: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_demo_token(person, roles, self.private_pem, utc_now())}"}

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
    yield Process(kafka_bootstrap, database, f"http://127.0.0.1:{port}", read_pem(people.private), process)
    if process.returncode is None:
        process.kill()
        await process.wait()


@asynccontextmanager
async def client_of(running: Process, *stories: Story) -> AsyncIterator[httpx.AsyncClient]:
    """A trader's client, once the process is ready and shows the plans of these stories."""
    headers = running.token("alice", "TRADER")
    async with httpx.AsyncClient(base_url=running.url, headers=headers, timeout=30) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        async def shown() -> bool:
            cards = [await client.get(f"/approvals/{story.workflow_id}") for story in stories]
            return all(card.status_code == 200 for card in cards)

        await eventually_async(ready, PATIENCE_SECONDS, what="the process to be ready")
        await running.publish(*(told for story in stories for told in story.told))
        await eventually_async(shown, PATIENCE_SECONDS, what="the plans to be shown")
        yield client


async def test_process_takes_a_plan_a_decision_and_stops_with_streams_open(
    running: Process, database: TestDatabase
) -> None:
    story = Story(f"resp-{database.name}").planned()
    async with client_of(running, story) as client:
        card = f"/approvals/{story.workflow_id}"
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


async def test_decisions_made_at_once_share_transactions_and_each_gets_its_own_answer(
    running: Process, database: TestDatabase
) -> None:
    stories = [Story(f"resp-{number}-{database.name}").planned() for number in range(PLANS)]
    async with client_of(running, *stories) as client:

        async def decided(story: Story, plan_digest: str) -> int:
            body = {"decision": "APPROVE", "plan_digest": plan_digest}
            return (await client.post(f"/approvals/{story.workflow_id}/decisions", json=body)).status_code

        once = await asyncio.gather(*(decided(story, story.plan_digest) for story in stories[1:]))
        twice = await asyncio.gather(*(decided(stories[0], digest) for digest in (stories[0].plan_digest,) * 2))
        other = await asyncio.gather(*(decided(story, "sha256:" + "0" * 64) for story in stories))

    assert once == [201] * len(once)
    assert sorted(twice) == [201, 409], "the second sees what the first has decided in its own transaction"
    assert other == [409] * len(other)
    connection = await asyncpg.connect(database.dsn("hawk_reader"))
    try:
        rows = await connection.fetch(
            "SELECT count(DISTINCT stream) AS streams FROM es.events WHERE type = 'GrantIssued' GROUP BY xid"
        )
    finally:
        await connection.close()
    assert sum(row["streams"] for row in rows) == PLANS
    assert len(rows) < PLANS


async def test_chains_of_requests_by_two_people_get_answers_the_description_knows(
    running: Process, database: TestDatabase
) -> None:
    stories = [Story(f"resp-{number}-{database.name}").planned() for number in range(PLANS)]
    people = [running.token("bob", "RISK_MANAGER"), running.token("cat", "SENIOR_TRADER", OPERATIONS)]
    async with client_of(running, *stories) as client:
        description = (await client.get("/openapi.json")).json()
        seen = await asyncio.to_thread(converse, description, running.url, *people, runs=RUNS, wanted=TO_THE_END)
    assert set(seen) >= TO_THE_END
