"""`make demo`, the first thing a stranger runs."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.eventually import eventually
from tests.support.scratch import scratch_folder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

DEMO_SECONDS_MAX = 500
ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> "subprocess.Popen[str]":
    """The demo in a folder of its own; its output goes to `told` there."""
    with (folder / "told").open("w") as told:
        return subprocess.Popen(
            (sys.executable, "-m", "demo"),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=told,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def processes_of(folder: Path) -> list[psutil.Process]:
    """Everything that works below a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder / ".hawk"):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


def test_demo_tells_the_plans_story_and_leaves_nothing(folder: Path) -> None:
    status = demo(folder).wait(DEMO_SECONDS_MAX)
    told = (folder / "told").read_text()
    assert status == 0, told
    assert re.search(
        r"Successfully executed 47 database operations\. Hedge ORD-\S+ created and booked in Murex\.", told
    )
    assert re.search(r"From approval to done: \d+\.\d\d s", told)
    assert "0 differ" in told
    assert re.search(r"The console of this run was at http://localhost:\d+;", told)
    assert processes_of(folder) == []
    assert not (folder / ".hawk" / "demo").exists()


def test_demo_leaves_nothing_when_it_is_interrupted(folder: Path) -> None:
    running = demo(folder)
    eventually(lambda: processes_of(folder), 120, what="something was started")
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(DEMO_SECONDS_MAX) == 130
    assert processes_of(folder) == []
