"""`python -m tests.soak` (`make soak`): what proves more than a run of all tests does, and takes longer than a change
should wait for.

`--list` names the parts. Each runs whatever became of the others. Exit status 1 when one of them fails.
"""

# ruff: noqa: T201 - it talks to a person at a terminal and runs the house's own tools

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.examples import FACTOR

ROOT: Final = Path(__file__).resolve().parents[1]
PYTEST: Final = ("-m", "pytest", "-q", "--soak")


@dataclass(frozen=True)
class Part:
    """One command. `minutes`: what it takes on two cores where nothing else runs."""

    name: str
    does: str
    minutes: float
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


PARTS: Final = (
    Part("tests", "what a run of all leaves out: pages in every look, damage on every topic, more seeds", 8,
         (*PYTEST, "-m", "soak")),
    Part("properties", "every property with ten times the examples", 10,
         (*PYTEST, "--timeout=1800", "tests/property", "tests/unit/security/test_message_signing.py"), {FACTOR: "10"}),
    Part("simulation", "two thousand simulated runs, each with its seed", 4,
         ("-m", "cli", "simulate", "--seeds", "2000")),
    Part("fuzzing", "the parser under inputs that look for lines it has not run", 5,
         ("-m", "tests.fuzz", "--seconds", "300")),
    Part("burst", "1,500 orders at once, the executor killed in their midst", 5,
         ("-m", "tests.chaos.burst", "--kill")),
    Part("replicas", "500 workflows while members of each service die, leave and join", 20,
         ("-m", "tests.chaos", "--replicas")),
    Part("chaos", "a storm of faults over 500 workflows, then a kill at every step (`make chaos`)", 40,
         ("-m", "tests.chaos")),
)  # fmt: skip


def main() -> int:
    """Run the parts; 0 only if every one passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the parts and leave")
    parser.add_argument("--only", choices=[part.name for part in PARTS], action="append", help="leave out the others")
    chosen = parser.parse_args()
    parts = [part for part in PARTS if not chosen.only or part.name in chosen.only]
    if chosen.list:
        for part in parts:
            print(f"  {part.name:<12} about {part.minutes:>3g} min  {part.does}")
        return 0
    outcomes = [_run(part) for part in parts]
    print("\n── summary")
    for part, (passed, seconds) in zip(parts, outcomes, strict=True):
        print(f"  {'passed' if passed else 'FAILED'}  {part.name:<12} {seconds:7.1f} s", flush=True)
    return 0 if all(passed for passed, _ in outcomes) else 1


def _run(part: Part) -> tuple[bool, float]:
    print(f"\n── {part.name}: {part.does}; about {part.minutes:g} min", flush=True)
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", **part.environment}
    done = subprocess.run((sys.executable, *part.command), cwd=ROOT, env=environment, check=False)
    return done.returncode == 0, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
