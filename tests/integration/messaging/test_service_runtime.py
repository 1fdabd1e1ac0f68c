"""A service as its supervisor sees it: started, ready, stopped; and readiness while servers are away."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from pydantic import SecretStr

from shared.events.responses import ResponseRepeated
from shared.messaging.subscription import Subscription
from shared.service import STOP_SECONDS_MAX, Service
from shared.settings import ServiceSettings
from tests.support.bench import Bench, record_repeat, until
from tests.support.proxy import Proxy
from tests.support.sample_service import GROUP, TOPIC

pytestmark = pytest.mark.integration

LIMIT = 20.0
ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "127.0.0.1:9"


def settings(bench: Bench, *, dsn: str | None = None, bootstrap: str | None = None) -> ServiceSettings:
    return ServiceSettings(
        kafka_bootstrap=bootstrap or bench.bootstrap,
        postgres_dsn=SecretStr(dsn or bench.dsn),
        http_port=0,
    )


def consuming(bench: Bench, made: Service) -> Service:
    made.subscribe(Subscription(bench.topic, bench.group, {ResponseRepeated: record_repeat}))
    return made


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    task = asyncio.create_task(service.run())
    await until(lambda: service.http_port != 0, LIMIT)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.http_port}", timeout=5) as client:
        try:
            yield client
        finally:
            service.stop()
            await asyncio.wait_for(task, STOP_SECONDS_MAX + 2)


def ready(client: httpx.AsyncClient, status: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await client.get("/health/ready")).status_code == status
        return False

    return look


async def test_service_is_ready_and_handles_when_its_servers_are_there(bench: Bench) -> None:
    async with running(consuming(bench, Service("parser", settings(bench)))) as client:
        await until(ready(client, 200), LIMIT)
        document = (await client.get("/health/ready")).json()
        assert document["parts"]["database"]["state"] == "running"
        assert document["parts"][f"consumer:{bench.group}"]["state"] == "running"
        await bench.publish("a")

        async def handled() -> bool:
            return await bench.streams() == ["a"]

        await until(handled, LIMIT)
        metrics = (await client.get("/metrics")).text
    assert f'hawk_messages_handled_total{{group="{bench.group}",topic="{bench.topic}"}} 1.0' in metrics


async def test_service_is_alive_and_not_ready_when_the_broker_was_never_there(bench: Bench) -> None:
    async with running(consuming(bench, Service("parser", settings(bench, bootstrap=NOWHERE)))) as client:

        async def told() -> bool:
            parts = (await client.get("/health/ready")).json()["parts"]
            return "KafkaConnectionError" in parts.get(f"consumer:{bench.group}", {}).get("detail", "")

        await until(told, LIMIT)
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


async def test_service_waits_for_the_database_when_it_is_away_at_start_and_later(bench: Bench) -> None:
    parts = urlsplit(bench.dsn)
    async with Proxy(str(parts.hostname), int(parts.port or 0)) as proxy:
        secret = f"{parts.username}:{parts.password or 'unused'}"
        dsn = urlunsplit(parts._replace(netloc=f"{secret}@127.0.0.1:{proxy.port}"))
        await proxy.cut()
        async with running(Service("parser", settings(bench, dsn=dsn))) as client:
            await until(ready(client, 503), LIMIT)
            document = (await client.get("/health/ready")).json()
            assert not document["started"]
            await proxy.restore()
            await until(ready(client, 200), LIMIT)
            await proxy.cut()
            await until(ready(client, 503), LIMIT)
            assert (await client.get("/health/live")).status_code == 200
            await proxy.restore()
            await until(ready(client, 200), LIMIT)


async def test_background_task_is_started_again_and_shows_when_it_fails(bench: Bench) -> None:
    service = Service("parser", settings(bench), database=False)
    runs: list[int] = []
    go_on = asyncio.Event()

    async def task() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise RuntimeError("the first run fails")
        await go_on.wait()

    service.background("expiry", task)
    async with running(service) as client:
        await until(ready(client, 503), LIMIT)
        document = (await client.get("/health/ready")).json()
        assert document["parts"]["expiry"] == {
            "state": "failed",
            "detail": "RuntimeError: the first run fails",
        }
        await until(lambda: len(runs) == 2, LIMIT)
        go_on.set()
        await until(ready(client, 200), LIMIT)


async def test_nothing_is_consumed_when_a_first_step_has_not_succeeded(bench: Bench) -> None:
    service = consuming(bench, Service("parser", settings(bench)))
    tries: list[int] = []
    allowed = asyncio.Event()

    async def check() -> None:
        tries.append(1)
        if not allowed.is_set():
            raise RuntimeError("the check found something")

    service.first("check", check)
    await bench.publish("a")
    async with running(service) as client:
        await until(lambda: len(tries) >= 2, LIMIT)
        assert (await client.get("/health/ready")).status_code == 503
        assert await bench.streams() == []
        allowed.set()
        await until(ready(client, 200), LIMIT)

        async def handled() -> bool:
            return await bench.streams() == ["a"]

        await until(handled, LIMIT)


async def test_process_exits_0_with_json_logs_and_no_secret_when_told_to_stop(
    bench: Bench, unused_tcp_port: int
) -> None:
    parts = urlsplit(bench.dsn)
    secret = parts.password or "hidden-on-purpose"
    dsn = urlunsplit(parts._replace(netloc=f"{parts.username}:{secret}@{parts.hostname}:{parts.port}"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.sample_service"),
        cwd=ROOT,
        env=os.environ
        | {
            "HAWK_KAFKA_BOOTSTRAP": bench.bootstrap,
            "HAWK_POSTGRES_DSN": dsn,
            "HAWK_HTTP_PORT": str(unused_tcp_port),
            TOPIC: bench.topic,
            GROUP: bench.group,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
            await until(ready(client, 200), LIMIT)
            await bench.publish("a")

            async def handled() -> bool:
                return await bench.committed() == 1

            await until(handled, LIMIT)
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), STOP_SECONDS_MAX)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    lines = [json.loads(line) for line in err.decode().splitlines()]
    assert {"started", "stopped"} <= {line["event"] for line in lines}
    assert {line["service"] for line in lines} == {"parser"}
    assert secret not in err.decode()


async def test_process_exits_1_when_its_port_is_taken(bench: Bench) -> None:
    taken = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with taken:
        port = taken.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.sample_service"),
            cwd=ROOT,
            env=os.environ
            | {
                "HAWK_KAFKA_BOOTSTRAP": NOWHERE,
                "HAWK_HTTP_PORT": str(port),
                TOPIC: bench.topic,
                GROUP: bench.group,
            },
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await asyncio.wait_for(process.communicate(), LIMIT)
    assert process.returncode == 1
    assert b"cannot_start" in err
