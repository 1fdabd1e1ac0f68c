"""Servers restarted while messages flow: everything is handled, once, without anybody's help."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.messaging.database import open_pool
from shared.telemetry.health import Health, State
from tests.support.bench import Bench, make_topic, until
from tests.support.stack import Databases, Servers

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

LIMIT = 60.0
MESSAGES = 30


@pytest.fixture
async def own_bench(own_servers: Servers) -> AsyncIterator[Bench]:
    databases = Databases(own_servers.dsn)
    database = await databases.create()
    dsn = database.dsn("hawk_parser")
    pool = await open_pool(dsn, application="test", min_size=1, max_size=4)
    topic = await make_topic(own_servers.bootstrap, 1)
    bench = Bench(own_servers.bootstrap, dsn, topic, f"group.{topic}", pool)
    yield bench
    await bench.close()
    await databases.drop(database.name)
    await databases.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("server", ["kafka", "postgres"])
async def test_every_message_is_handled_once_when_a_server_restarts(
    own_servers: Servers, own_bench: Bench, server: str
) -> None:
    health = Health()
    consumer = own_bench.consumer(health=health)
    names = [f"n{number:02d}" for number in range(MESSAGES)]

    async def publish() -> None:
        for name in names:
            await own_bench.publish_until_acknowledged(name)

    publishing = asyncio.create_task(publish())
    await asyncio.to_thread(own_servers.command, "restart", server)
    await publishing

    async def committed() -> bool:
        return (await own_bench.committed() or 0) >= MESSAGES

    await until(committed, LIMIT)
    assert await own_bench.streams() == names

    def well() -> bool:
        part = health.part(f"consumer:{own_bench.group}")
        return part is not None and part.state is State.RUNNING

    await until(well, LIMIT)
    await asyncio.wait_for(consumer.stop(2.0), 8.0)
