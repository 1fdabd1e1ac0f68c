"""A process that was killed says no goodbye; whoever takes its place must not wait long for its partitions."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from tests.support.bench import Bench, until
from tests.support.sample_service import GROUP, TOPIC

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 60.0
TAKEN_OVER_SECONDS_MAX = 20.0
"""The broker's patience with a silent member, joining, and what a loaded machine adds to it."""


@pytest.mark.timeout(120)
async def test_partitions_are_taken_over_within_seconds_when_a_member_is_killed(
    bench: Bench, unused_tcp_port: int
) -> None:
    environment = {
        "HAWK_KAFKA_BOOTSTRAP": bench.bootstrap,
        "HAWK_POSTGRES_DSN": bench.dsn,
        "HAWK_HTTP_PORT": str(unused_tcp_port),
        TOPIC: bench.topic,
        GROUP: bench.group,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.sample_service"),
        cwd=ROOT,
        env=os.environ | environment,
        stderr=asyncio.subprocess.DEVNULL,
    )

    async def handled(*names: str) -> bool:
        return sorted(await bench.streams()) == sorted(names)

    try:
        await bench.publish("a")
        await until(lambda: handled("a"), LIMIT)
    finally:
        process.kill()
        await process.wait()
    killed = time.monotonic()
    await bench.publish("b")
    bench.consumer()
    await until(lambda: handled("a", "b"), LIMIT)
    assert time.monotonic() - killed < TAKEN_OVER_SECONDS_MAX
