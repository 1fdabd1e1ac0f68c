"""Sources are asked seldom, one at a time, and only while somebody looks; what they said outlives their absence."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.monitor.health.kept import REASON_CHARACTERS_MAX, Kept
from services.monitor.health.processes import Processes, figures_of, parts_of, read_addresses, version_of
from services.monitor.health.readers import READERS, service_of
from shared.errors import Defect

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


class Source:
    """Answers with what stands first in a list, an exception by raising it."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.now = NOW

    async def ask(self) -> object:
        self.asked += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def kept(self, seconds: float = 0.0, patience: float = 5.0) -> Kept[object]:
        return Kept("source", self.ask, lambda: self.now, seconds=seconds, patience=patience)


async def test_nobody_is_asked_before_somebody_looks_and_many_who_look_ask_once() -> None:
    source = Source("one")
    kept = source.kept(seconds=60)
    assert source.asked == 0
    found = await asyncio.gather(*(kept.get() for _ in range(100)))
    assert {each.value for each in found} == {"one"}
    assert source.asked == 1


async def test_a_failure_is_kept_as_long_as_an_answer() -> None:
    source = Source(OSError("gone"))
    kept = source.kept(seconds=60)
    for _ in range(5):
        assert (await kept.get()).reason == "gone"
    assert source.asked == 1


async def test_what_was_said_stays_and_since_when_nothing_more_is_said() -> None:
    source = Source("one", OSError("gone"), ValueError("x" * 1_000), "two")
    kept = source.kept()
    first = await kept.get()
    assert (first.value, first.as_of, first.away_since) == ("one", NOW, None)
    source.now += timedelta(seconds=5)
    away = await kept.get()
    assert (away.value, away.as_of, away.away_since, away.reason) == ("one", NOW, source.now, "gone")
    since = source.now
    source.now += timedelta(seconds=5)
    still = await kept.get()
    assert (still.away_since, len(still.reason)) == (since, REASON_CHARACTERS_MAX)
    back = await kept.get()
    assert (back.value, back.as_of, back.away_since, back.reason) == ("two", source.now, None, "")


async def test_who_does_not_answer_in_time_is_away() -> None:
    async def never() -> object:
        return await asyncio.Event().wait()

    known = await Kept("source", never, lambda: NOW, seconds=60, patience=0.01).get()
    assert (known.away_since, known.reason) == (NOW, "No answer within 0.01 s.")


async def test_who_leaves_while_it_is_asked_leaves_the_source_to_the_next() -> None:
    source = Source("one")
    kept = source.kept(seconds=60)
    leaving = asyncio.create_task(kept.get())
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await kept.get()).value == "one"


METRICS = """# HELP hawk_build_info 1
hawk_build_info{version="1.8.0"} 1.0
hawk_consumer_stalled_total{group="hawk-executor-murex"} 2.0
hawk_consumer_stalled_total{group="hawk-executor-control"} 1.0
hawk_relay_active 0.0
hawk_relay_feed_blocker_seconds{pid="1"} 3.0
hawk_executor_oldest_turn_seconds nonsense
"""
READY = {"ready": True, "started": True, "parts": {"database": {"state": "running", "detail": ""}, "odd": 7}}


def test_figures_are_those_that_are_shown_with_their_labels_added_up() -> None:
    assert figures_of(METRICS) == {"hawk_consumer_stalled_total": 3.0, "hawk_relay_active": 0.0}
    assert version_of(METRICS) == "1.8.0"
    assert version_of("") is None
    assert parts_of(READY) == {"database": ("running", "")}
    for odd in ({}, [], None, {"parts": 1}):
        with pytest.raises(ValueError, match="has no parts"):
            parts_of(odd)


async def test_processes_are_asked_for_readiness_and_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.host, request.url.path:
            case "away", _:
                raise httpx.ConnectError("refused")
            case "odd", _:
                return httpx.Response(404, text="no")
            case "large", "/metrics":
                return httpx.Response(200, content=b"x" * 2_000_000)
            case host, "/health/ready":
                return httpx.Response(503 if host == "unready" else 200, json=READY)
        return httpx.Response(200, text=METRICS)

    client = httpx.AsyncClient
    monkeypatch.setattr(
        "services.monitor.health.processes.httpx.AsyncClient",
        lambda **options: client(transport=httpx.MockTransport(answer), **options),
    )
    names = ("parser", "unready", "away", "odd", "large")
    asked = Processes({name: f"http://{name}:8080" for name in names}, lambda: NOW)
    found = {each.name: each for each in await asked.look()}
    assert [found[name].ready for name in names] == [True, False, None, None, None]
    assert found["parser"].version == "1.8.0"
    assert found["away"].reason == "It does not answer."
    assert found["odd"].reason == "/health/ready answers 404."
    assert found["large"].reason == "Its answer is too large."
    assert {found[name].away_since for name in names[2:]} == {NOW}


def test_addresses_are_a_list_of_names() -> None:
    said = "parser=http://127.0.0.1:1, executor-1=https://e.example:2/ ,"
    assert read_addresses(said) == {"parser": "http://127.0.0.1:1", "executor-1": "https://e.example:2"}
    assert read_addresses("") == {}
    for wrong in ("parser", "parser=file:///etc", "a b=http://x", "parser=http://user:word@host", "=http://x"):
        with pytest.raises(Defect, match="HAWK_PROCESSES"):
            read_addresses(wrong)


def test_groups_belong_to_the_services() -> None:
    assert {service_of(group) for group in READERS} == {"parser", "executor", "approval", "monitor"}
