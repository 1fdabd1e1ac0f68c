"""Prometheus' own checker, which says whether rules and metrics are in order."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VARIABLE = "HAWK_PROMTOOL"
NAME = "promtool"
MISSING = f"There is no promtool on this machine: install the package prometheus, or name one in {VARIABLE}."
SECONDS_MAX = 60


def promtool() -> str | None:
    """The one that is named, else the one that the setup put beside Python, else the system's."""
    named = os.environ.get(VARIABLE)
    if named:
        return named if os.access(named, os.X_OK) else None
    return shutil.which(NAME, path=str(Path(sys.prefix, "bin"))) or shutil.which(NAME)


def checked(*arguments: str, stdin: str | None = None) -> str:
    """What `promtool ARGUMENTS` says when it is content; what it finds fails the test. Skipped where there is none, but
    for runs that decide whether a change lands."""
    program = promtool()
    if program is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    done = subprocess.run(
        (program, *arguments), input=stdin, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    if done.returncode:
        raise AssertionError(f"promtool {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr
