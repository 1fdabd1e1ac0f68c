"""Every check and every test of HAWK, one summary at the end: what `make test` runs.

The checks run beside the tests. Each part runs whatever became of the others, so that one run shows everything there
is to repair.
"""

# ruff: noqa: T201, S603 - it talks to a person at a terminal and runs the house's own tools

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, tuple[str, ...]] = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "imports": ("lint-imports", "--no-logo", "--no-cache"),
    "types": ("mypy",),
}
"""Name to command; each is silent about what is right and says what is wrong."""

TEST_PROCESSES = 3
"""For the two cores of a small machine: two work on tests that need servers and wait for them as often as they compute,
one computes meanwhile (tests/support/sharing_out.py). Groups that share servers have a process to themselves."""

PYTEST = (
    "pytest",
    "--import-mode=importlib",
    f"--numprocesses={TEST_PROCESSES}",
    "--dist=loadscope",
    "--durations=10",
    "--durations-min=5",
)

BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}
"""Kept, whatever the machine's habit is: tests start hundreds of processes, each of which would compile HAWK anew."""


@dataclass(frozen=True)
class Outcome:
    """What became of one part. `closing` is the last line of the tests' own summary."""

    name: str
    passed: bool
    seconds: float
    output: str = ""
    closing: str = ""


def main() -> int:
    """0 only if every part passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-checks", action="store_true", help="leave out the tests")
    parser.add_argument("tests", nargs="*", help="what pytest is to run instead of all tests")
    chosen = parser.parse_args()
    with ThreadPoolExecutor(max_workers=2) as pool:
        checks = [pool.submit(_check, name) for name in CHECKS]
        tests = [] if chosen.only_checks else [_tests(chosen.tests)]
        outcomes = [check.result() for check in checks] + tests
    for outcome in outcomes:
        if outcome.output and not outcome.passed:
            print(f"\n── {outcome.name}\n{outcome.output.rstrip()}", flush=True)
    _summarise(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _check(name: str) -> Outcome:
    program, *arguments = CHECKS[name]
    began = time.monotonic()
    done = subprocess.run(
        (str(BIN / program), *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name, done.returncode == 0, time.monotonic() - began, done.stdout)


def _tests(wanted: list[str]) -> Outcome:
    """Run pytest with its output passing through, and keep its last line."""
    began = time.monotonic()
    program, *arguments = PYTEST
    process = subprocess.Popen(
        (str(BIN / program), *arguments, *wanted),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PY_COLORS": "0", **BYTECODE},
    )
    closing = ""
    if process.stdout is not None:
        for line in process.stdout:
            print(line, end="", flush=True)
            if re.search(r"\d+ (passed|failed|error)", line):
                closing = line.strip(" =\n")
    status = process.wait()
    return Outcome("tests", status == 0, time.monotonic() - began, closing=closing)


def _summarise(outcomes: list[Outcome]) -> None:
    print("\n── summary")
    for outcome in outcomes:
        mark = "passed" if outcome.passed else "FAILED"
        print(f"  {mark}  {outcome.name:<12} {outcome.seconds:6.1f} s  {outcome.closing}".rstrip())
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    tests = next((outcome.closing for outcome in outcomes if outcome.closing), "no tests were run")
    print(
        f"{tests} · " + (f"not in order: {', '.join(failed)}" if failed else "everything in order"),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
