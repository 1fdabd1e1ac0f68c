"""Faust keeps a thread of its own; a process that is told to stop must end all the same, and in time."""

import asyncio
import json
import signal
import sys
import time
import uuid
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from services.monitor.windows import STOP_SECONDS_MAX
from tests.integration.monitor.test_monitor_windows_faust import DONE, make_topic, publish
from tests.support.eventually import eventually_async

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 60.0
EXIT_SECONDS_MAX = STOP_SECONDS_MAX + 4.0
"""Its own limit for stopping, and what ending an interpreter takes on a loaded machine."""

REBALANCING = "PreparingRebalance"

PROGRAM = """
import asyncio, json, signal, sys
from services.monitor.windows import Windows
from shared.messaging.kafka import KafkaConnection
from tests.support.recorded import everything

async def main():
    windows = Windows(KafkaConnection(sys.argv[1]), everything, topic=sys.argv[2], app_id=sys.argv[3])
    task = asyncio.create_task(windows.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    told = None
    while not task.done():
        now = [windows.running, sum(count.completed for count in windows.counts())]
        if now != told:
            print(json.dumps(now), flush=True)
            told = now
        await asyncio.wait({task}, timeout=0.1)

asyncio.run(main())
"""


class Counting:
    """A process that does nothing but count."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, bootstrap: str, topic: str, app_id: str) -> "Counting":
        command = (sys.executable, "-c", PROGRAM, bootstrap, topic, app_id)
        return cls(
            await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        )

    async def until(self, running: bool, completed: int) -> None:
        """Read what it tells until it is so."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_SECONDS):
            while json.loads(await self.process.stdout.readline()) != [running, completed]:
                pass


async def group_state(bootstrap: str, group: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        (response,) = await admin.describe_consumer_groups([group])
        return str(response.groups[0][2])
    finally:
        await admin.close()


@pytest.mark.timeout(180)
async def test_process_ends_in_time_when_it_still_waits_for_the_place_of_a_killed_one(kafka_bootstrap: str) -> None:
    topic, app_id = await make_topic(kafka_bootstrap), f"app-{uuid.uuid4().hex[:12]}"
    killed = await Counting.start(kafka_bootstrap, topic, app_id)
    try:
        await publish(kafka_bootstrap, topic, DONE)
        await killed.until(True, 1)
    finally:
        killed.process.kill()
        await killed.process.wait()
    heir = await Counting.start(kafka_bootstrap, topic, app_id)
    try:
        await eventually_async(lambda: group_state(kafka_bootstrap, app_id), LIMIT_SECONDS, until=REBALANCING.__eq__)
        heir.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        async with asyncio.timeout(LIMIT_SECONDS):
            await heir.process.wait()
        assert time.monotonic() - began < EXIT_SECONDS_MAX
    finally:
        if heir.process.returncode is None:
            heir.process.kill()
            await heir.process.wait()
