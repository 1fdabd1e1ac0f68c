"""`hawk verify` and `hawk rebuild` of a long history: events a second, and whether their memory grows with it."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import psutil

from benchmarks.driver import BenchmarkFailed
from benchmarks.figures import Figure, Section
from tools.local_stack.paths import DataDir

POLL_SECONDS = 0.2
"""Between two looks at the memory of a command."""
MEGABYTE = 1024 * 1024
SAID_MAX = 2_000
"""Characters of what a command that failed has said."""
BEGUN = 4
"""By the end of the first quarter everything is loaded that does not depend on the history."""


@dataclass(frozen=True, slots=True)
class _Run:
    events: int
    seconds: float
    memory: list[int]

    @property
    def grown(self) -> int:
        """Bytes by which the memory grew after the beginning."""
        return max(self.memory) - max(self.memory[: max(1, len(self.memory) // BEGUN)])


def measure_audit(place: DataDir) -> Section:
    """Run both on a HAWK that is idle.

    Raises:
        BenchmarkFailed: one of them found a difference.
    """
    figures: list[Figure] = []
    for verb, options in (("verify", ("--quiet",)), ("rebuild", ())):
        run = _run(place, verb, *options)
        sample = f"{run.events:,} events, {run.seconds:.0f} s"
        figures += (
            Figure(f"{verb}_events", f"hawk {verb}", run.events / run.seconds, "events/s", sample),
            Figure(f"{verb}_memory", f"  memory of hawk {verb}, most", max(run.memory) / MEGABYTE, "MiB", ""),
            Figure(f"{verb}_memory_grown", "  and more than in its first quarter", run.grown / MEGABYTE, "MiB", ""),
        )
    return Section("The whole history again", tuple(figures))


def _run(place: DataDir, verb: str, *options: str) -> _Run:
    command = (sys.executable, "-m", "cli", verb, "--json", *options, "--data", str(place.root))
    began, memory = time.monotonic(), [0]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(command, stdout=out, stderr=said) as process:  # noqa: S603
            while process.poll() is None:
                memory.append(_memory_of(process.pid))
                time.sleep(POLL_SECONDS)
            seconds = time.monotonic() - began
        out.seek(0)
        said.seek(0)
        if process.returncode:
            raise BenchmarkFailed(f"hawk {verb}: {said.read()[-SAID_MAX:]} {out.read()[-SAID_MAX:]}")
        return _Run(int(json.load(out)["events"]), seconds, memory)


def _memory_of(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(int(each.memory_info().rss) for each in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0
