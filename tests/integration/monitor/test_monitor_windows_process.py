"""Processes that count: each for itself and all of it, and one that is told to stop ends in time."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import pytest

from services.monitor.windows import STOP_SECONDS_MAX
from tests.integration.monitor.test_monitor_windows_faust import DONE, make_topic, publish

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 60.0
EXIT_SECONDS_MAX = STOP_SECONDS_MAX + 4.0
"""Its own limit for stopping, and what ending an interpreter takes on a loaded machine."""

PROGRAM = """
import asyncio, json, signal, sys
from services.monitor.windows import Windows
from shared.messaging.kafka import KafkaConnection
from tests.support.recorded import everything

async def main():
    windows = Windows(KafkaConnection(sys.argv[1]), everything, topic=sys.argv[2])
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
    async def start(cls, bootstrap: str, topic: str) -> "Counting":
        command = (sys.executable, "-c", PROGRAM, bootstrap, topic)
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

    async def ends_in_time(self) -> None:
        """Tell it to stop."""
        self.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        async with asyncio.timeout(LIMIT_SECONDS):
            await self.process.wait()
        assert time.monotonic() - began < EXIT_SECONDS_MAX


@pytest.mark.timeout(180)
async def test_heir_of_a_killed_process_shows_the_whole_hour_and_ends_in_time(kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    killed, other = [await Counting.start(kafka_bootstrap, topic) for _ in range(2)]
    heir = None
    try:
        await publish(kafka_bootstrap, topic, DONE, DONE, DONE, DONE)  # one in each partition
        await killed.until(True, 4)
        await other.until(True, 4)
        killed.process.kill()
        await killed.process.wait()
        heir = await Counting.start(kafka_bootstrap, topic)
        await heir.until(True, 4)  # at once: nobody waits until the broker has missed the killed one
        await publish(kafka_bootstrap, topic, DONE, DONE, DONE, DONE)
        for each in (heir, other):
            await each.until(True, 8)
            await each.ends_in_time()
    finally:
        await end(killed, other, heir)


@pytest.mark.timeout(180)
async def test_process_ends_in_time_when_it_waits_for_a_broker_that_says_nothing() -> None:
    heard = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    waiting = await Counting.start(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", "no-topic")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await heard.wait()
        await waiting.ends_in_time()
    finally:
        await end(waiting)
        server.close()


async def end(*processes: Counting | None) -> None:
    for each in processes:
        if each is not None and each.process.returncode is None:
            each.process.kill()
            await each.process.wait()
