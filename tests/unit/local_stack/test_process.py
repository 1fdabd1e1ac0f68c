"""Keeping a process running: started, started again, stopped, given up. With a small program of our own."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from tests.support.eventually import eventually_async
from tools.local_stack.errors import StartFailed
from tools.local_stack.launch import Launch
from tools.local_stack.leftovers import Identity, end, find
from tools.local_stack.process import RESTART_DELAY_SECONDS_MAX, ManagedProcess, restart_delay

T = TypeVar("T")

READY_SECONDS = 10.0

SLEEPER = "import sys, time\nopen('started', 'a').write('x')\ntime.sleep(600)  # marker-of-the-test"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEPER
DYING = "import sys\nprint('something is wrong')\nsys.exit(3)"


class Program:
    """A runnable that is ready once its program has begun."""

    name = "program"
    stop_signal = signal.SIGTERM
    stop_seconds_max = 0.3

    def __init__(self, folder: Path, code: str) -> None:
        self.folder = folder
        self.code = code
        self.identity = Identity(folder=folder, marker="marker-of-the-test")

    def prepare(self) -> Launch:
        (self.folder / "started").unlink(missing_ok=True)
        return Launch((sys.executable, "-c", self.code), dict(os.environ), self.folder)

    async def is_ready(self) -> bool:
        return (self.folder / "started").exists()


def managed(tmp_path: Path, code: str) -> ManagedProcess:
    return ManagedProcess(Program(tmp_path, code), tmp_path / "log", lambda: None)


async def test_process_is_ready_after_start_and_gone_after_stop(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    await process.start(READY_SECONDS)
    pid = process.pid
    assert pid is not None
    assert process.ready
    await process.stop()
    assert process.pid is None
    assert not psutil.pid_exists(pid)


async def test_process_is_started_again_when_it_is_killed(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    await process.start(READY_SECONDS)
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    try:
        await eventually_async(
            lambda: _value(process.pid if process.ready else None), 5, until=lambda pid: pid not in (None, first)
        )
    finally:
        await process.stop()


async def test_process_stays_stopped_when_it_was_stopped(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    await process.start(READY_SECONDS)
    await process.stop()
    starts = process.starts
    await process.stop()
    assert (process.starts, process.pid, process.wanted) == (starts, None, False)


async def test_process_is_killed_when_it_does_not_heed_the_signal(tmp_path: Path) -> None:
    process = managed(tmp_path, STUBBORN)
    await process.start(READY_SECONDS)
    await process.stop()
    assert process.pid is None


async def test_start_fails_with_the_end_of_the_log_when_the_process_keeps_dying(tmp_path: Path) -> None:
    process = managed(tmp_path, DYING)
    with pytest.raises(StartFailed, match="something is wrong"):
        await process.start(READY_SECONDS)
    assert process.pid is None


async def test_start_fails_when_the_process_is_not_ready_in_time(tmp_path: Path) -> None:
    process = managed(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(StartFailed, match="not ready within"):
        await process.start(0.5)
    await process.stop()


async def test_stop_wins_when_it_comes_while_the_process_is_being_started(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    starting = asyncio.create_task(process.start(READY_SECONDS))
    await eventually_async(lambda: _value(process.wanted), 1)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await process.stop()
    assert process.pid is None
    assert find([process.runnable.identity]) == []


async def test_commands_take_turns_when_they_come_at_once(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    await process.start(READY_SECONDS)
    await asyncio.gather(process.restart(READY_SECONDS), process.stop(), process.start(READY_SECONDS))
    assert len(find([process.runnable.identity])) == 1
    await process.stop()
    assert find([process.runnable.identity]) == []


async def test_leftover_is_found_by_its_folder_and_program_and_ended(tmp_path: Path) -> None:
    process = managed(tmp_path, SLEEPER)
    await process.start(READY_SECONDS)
    assert find([Identity(tmp_path, "another-program")]) == []
    assert find([Identity(tmp_path.parent, "marker-of-the-test")]) == []
    pid = process.pid
    stopping = asyncio.create_task(process.stop())
    ended = await asyncio.to_thread(end, [process.runnable.identity])
    await stopping
    assert ended in ([pid], [])
    assert find([process.runnable.identity]) == []


def test_restart_comes_at_once_after_a_first_death_and_never_late() -> None:
    delays = [restart_delay(deaths) for deaths in range(12)]
    assert delays[:2] == [0.0, 0.0]
    assert delays == sorted(delays)
    assert delays[-1] == RESTART_DELAY_SECONDS_MAX < 5


async def _value(value: T) -> T:
    return value
