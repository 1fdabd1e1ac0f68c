"""Looking again until there is something, or the time is up."""

import itertools

import pytest

from cli import clients
from cli.clients import polled


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that moves only while the command sleeps."""
    waits: list[float] = []
    monkeypatch.setattr(clients.time, "sleep", waits.append)
    monkeypatch.setattr(clients.time, "monotonic", lambda: sum(waits))
    return waits


def test_what_is_there_at_once_is_not_waited_for(slept: list[float]) -> None:
    assert polled(lambda: "found", 0) == "found"
    assert slept == []


def test_it_looks_again_until_something_is_there(slept: list[float]) -> None:
    looks = iter([None, None, "found"])
    assert polled(lambda: next(looks), 10) == "found"
    assert slept == [clients.POLL_SECONDS] * 2


def test_it_gives_up_when_the_time_is_over(slept: list[float]) -> None:
    looks = itertools.count()
    assert polled(lambda: None if next(looks) >= 0 else "never", 1) is None
    assert 1 <= sum(slept) <= 1 + 2 * clients.POLL_SECONDS
