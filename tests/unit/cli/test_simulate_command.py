"""`hawk simulate`: what it prints, how a failing seed is told, and that the told command replays it."""

import json
import re
import sys
from collections.abc import Callable

import pytest

from cli import __main__ as entry
from cli import simulate
from cli.output import NOT_SO
from services.executor.execution import decider

pytestmark = pytest.mark.timeout(300)

Run = Callable[..., tuple[int, str, str]]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Where the environment says CI, usage errors are in colour."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hawk simulate` with these arguments: exit status, stdout, stderr."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hawk", "simulate", *arguments])
        with pytest.raises(SystemExit) as ended:
            entry.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return command


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug: compensation undoes in the order in which things were done."""
    real = decider._undo
    monkeypatch.setattr(decider, "_undo", lambda *given: reversed(list(real(*given))))
    simulate._desk.cache_clear()


def test_what_held_is_told_in_one_line(run: Run) -> None:
    status, told, _ = run("--seeds", "3", "--first", "5", "--processes", "1")
    assert status == 0
    assert told.startswith("3 runs, ")
    assert " every invariant held" in " ".join(told.split())


def test_a_document_counts_what_happened(run: Run) -> None:
    status, told, _ = run("--seeds", "3", "--processes", "1", "--json")
    document = json.loads(told)
    assert (status, document["runs"], document["first_seed"], document["failed"]) == (0, 3, 1, [])
    assert document["steps"] > 300
    assert sum(document["workflows"].values()) >= 3


def test_a_failing_seed_is_told_and_replayed_by_the_command_it_names(run: Run, forward: None) -> None:
    status, told, _ = run("--seeds", "40", "--processes", "1", "--json")
    failed = json.loads(told)["failed"]
    assert status == NOT_SO
    assert failed
    assert {each["invariant"] for each in failed} == {"UNDONE_IN_REVERSE"}
    replay = failed[0]["replay"].split()
    assert replay[:2] == ["hawk", "simulate"]
    status, trace, said = run(*replay[2:])
    assert status == NOT_SO
    assert f"seed {failed[0]['seed']}: UNDONE_IN_REVERSE failed" in " ".join(said.split())
    assert len(trace.splitlines()) > 50


def test_a_trace_is_of_one_run(run: Run) -> None:
    status, _, said = run("--seeds", "3", "--trace")
    assert status == 2
    assert "--seed" in _COLOUR.sub("", said)
