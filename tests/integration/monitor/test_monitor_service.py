"""The monitor as a process on a real Kafka and a real PostgreSQL."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

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
from tests.support.chains import converse
from tests.support.eventually import eventually_async
from tests.support.recorded import record
from tests.support.scratch import scratch_folder
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told
from tools.local_stack.topics import ensure_topics

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 90.0  # the broker may still be electing the coordinator while another suite kills servers
RUNS = 3
NOWHERE = "127.0.0.1:9"


@contextlib.asynccontextmanager
async def monitor(bootstrap: str, database: TestDatabase) -> AsyncIterator[httpx.AsyncClient]:
    with scratch_folder() as folder:
        people = ensure_issuer_keys(folder)
        settings = MonitorSettings(
            kafka_bootstrap=bootstrap,
            postgres_dsn=SecretStr(database.dsn("hawk_monitor")),
            http_port=0,
            profile="demo",
            issuer_public_key_file=people.public,
        )
        service = build(settings)
        task = asyncio.create_task(service.run())
        await eventually_async(lambda: _port(service.http_port), LIMIT_SECONDS)
        token = issue_demo_token("alice", ("TRADER",), read_pem(people.private), datetime.now(UTC))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{service.http_port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=LIMIT_SECONDS,
        ) as client:
            try:
                yield client
            finally:
                service.stop()
                await asyncio.wait_for(task, STOP_SECONDS_MAX + 2)


async def _port(port: int) -> int:
    return port


async def publish(bootstrap: str, database: TestDatabase, told: Sequence[Told], *, times: int = 1) -> None:
    async with Producer(bootstrap) as producer:
        for each in told:
            (kept,) = await record(database, each.stream, each.event)
            for message in messages(kept):
                headers = {name: value.decode() for name, value in message.headers}
                for _ in range(times):
                    await producer.send(message.topic, message.value, key=message.key, headers=headers)


async def workflow_of(client: httpx.AsyncClient, workflow_id: str) -> dict[str, Any]:
    answer = await client.get(f"/workflows/{workflow_id}")
    return answer.json() if answer.status_code == 200 else {}


def has_arrived_from_every_topic(workflow: dict[str, Any]) -> bool:
    """Progress, plan and approval, whose topics are read independently, have all told of the workflow."""
    return bool(
        workflow and workflow["state"] == "POSTED" and workflow["operations"]["total"] and workflow["decisions"]
    )


async def test_monitor_shows_a_workflow_once_when_every_message_is_delivered_twice(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    story = Story(f"resp-{uuid.uuid4()}").received().planned().approved().executed()
    async with monitor(kafka_bootstrap, database) as client:
        await publish(kafka_bootstrap, database, story.told, times=2)
        # Each topic arrives in its own time: the state may be there before the plan it belongs to.
        workflow = await eventually_async(
            lambda: workflow_of(client, story.workflow_id), LIMIT_SECONDS, until=has_arrived_from_every_topic
        )
        assert workflow["operations"]["completed"] == 47
        assert len(workflow["decisions"]) == 1
        async with client.stream("GET", f"/workflows/{story.workflow_id}/events") as stream:
            data = [line[5:] async for line in _lines(stream, 8)]
        assert [json.loads(each)["sequence"] for each in data] == list(range(1, 9))
        assert (await client.get("/health/ready")).status_code == 200
        metrics = (await client.get("/metrics")).text
        assert 'hawk_progress_messages_total{state="POSTED"}' in metrics
        assert "hawk_stream_clients" in metrics


async def test_chains_of_requests_get_answers_the_description_knows(
    kafka_bootstrap: str, database: TestDatabase
) -> None:
    await ensure_topics({"bootstrap_servers": kafka_bootstrap})
    story = Story(f"resp-{uuid.uuid4()}").received().planned().approved().executed()
    async with monitor(kafka_bootstrap, database) as client:
        await publish(kafka_bootstrap, database, story.told)
        await eventually_async(
            lambda: workflow_of(client, story.workflow_id), LIMIT_SECONDS, until=has_arrived_from_every_topic
        )
        description = (await client.get("/openapi.json")).json()
        headers = {"Authorization": client.headers["Authorization"]}
        seen = await asyncio.to_thread(converse, description, str(client.base_url), headers, runs=RUNS)
    assert {"GET /workflows/{workflow_id} 200", "GET /responses/{response_id} 200"} <= set(seen)


async def test_monitor_answers_status_when_the_broker_is_away_from_the_start(
    database: TestDatabase,
) -> None:
    async with monitor(NOWHERE, database) as client:
        await eventually_async(lambda: _status(client, "/workflows"), LIMIT_SECONDS, until=_is_ok)
        assert (await client.get("/windows")).json()["running"] is False
        assert (await client.get("/health/live")).status_code == 200


async def _status(client: httpx.AsyncClient, path: str) -> int:
    return (await client.get(path)).status_code


def _is_ok(status: int) -> bool:
    return status == 200


async def _lines(stream: httpx.Response, count: int) -> AsyncIterator[str]:
    async with asyncio.timeout(LIMIT_SECONDS):
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                yield line
                count -= 1
                if count == 0:
                    return
