"""The stream of changes: nothing is lost, whatever order transactions commit in; everything has an end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime

import pytest

from services.approval.console.changes import feed as module
from services.approval.console.changes.feed import ChangeFeed, Listener, Told, TooManyStreams
from services.approval.console.changes.frames import IDS_MAX, frames, place_of
from tests.support.eventually import eventually_async
from tests.support.queues import MemoryChangeLog

POLL = 0.001


@pytest.fixture
def log() -> MemoryChangeLog:
    return MemoryChangeLog()


@pytest.fixture
async def feed(log: MemoryChangeLog) -> AsyncIterator[ChangeFeed]:
    made = ChangeFeed(log, poll_seconds=POLL)
    yield made
    await made.close()


async def until(told: AsyncGenerator[Told, None], *workflow_ids: str) -> Told:
    """Read until all of these were named; gives the last."""
    missing = set(workflow_ids)
    async with asyncio.timeout(10):
        async for each in told:
            missing -= set(each.workflow_ids)
            if not missing:
                return each
    raise AssertionError(f"the stream ended without {missing}")


async def _reads(log: MemoryChangeLog) -> int:
    return log.reads


async def first(told: AsyncGenerator[Told, None]) -> Told:
    async with asyncio.timeout(10):
        return await anext(told)


async def test_browser_that_begins_is_told_it_is_live_and_then_what_changes(
    feed: ChangeFeed, log: MemoryChangeLog
) -> None:
    log.write("before")
    told = feed.told(feed.join("sara"), None)
    assert await first(told) == Told(await log.place())
    log.write("w1", "w2")
    assert (await until(told, "w1", "w2")).workflow_ids == ("w1", "w2")
    await told.aclose()


async def test_transaction_that_commits_late_is_told_after_one_with_a_higher_number(
    feed: ChangeFeed, log: MemoryChangeLog
) -> None:
    told = feed.told(feed.join("sara"), None)
    await first(told)
    early = log.begin("slow")
    log.write("quick")
    seen = await until(told, "quick")
    assert seen.place == early, "a browser that comes back goes back before the one that is under way"
    log.commit(early)
    await until(told, "slow")
    await told.aclose()


async def test_change_is_handed_on_once_while_an_older_transaction_is_under_way(
    feed: ChangeFeed, log: MemoryChangeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.05)
    log.begin("open")
    told = feed.told(feed.join("sara"), None)
    await first(told)
    log.write("once")
    await until(told, "once")
    assert (await first(told)).workflow_ids == (), "a heartbeat, not the same change again"
    log.write("once")
    await until(told, "once")
    await told.aclose()


async def test_browser_that_comes_back_is_told_what_it_missed(feed: ChangeFeed, log: MemoryChangeLog) -> None:
    place = await log.place()
    log.write("w1")
    log.write("w2")
    told = feed.told(feed.join("sara"), place)
    assert (await first(told)).workflow_ids == ("w1", "w2")
    await told.aclose()


@pytest.mark.parametrize("place", [0, 10_000])
async def test_place_that_is_not_known_here_loads_everything(
    feed: ChangeFeed, log: MemoryChangeLog, place: int
) -> None:
    log.write("w1")
    told = feed.told(feed.join("sara"), place)
    assert (await first(told)).everything
    log.write("w2")
    await until(told, "w2")
    await told.aclose()


async def test_too_much_missed_loads_everything(
    feed: ChangeFeed, log: MemoryChangeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PENDING_MAX", 3)
    place = await log.place()
    log.write(*(f"w{number}" for number in range(4)))
    told = feed.told(feed.join("sara"), place)
    assert (await first(told)).everything
    await told.aclose()


def test_browser_that_cannot_keep_up_is_told_to_load_everything(feed: ChangeFeed) -> None:
    listener = Listener(feed, "sara")
    listener.tell((f"w{number}" for number in range(module.PENDING_MAX)), 5)
    assert not listener.everything
    listener.tell(["w0", "more"], 6)
    assert listener.take() == Told(6, (), everything=True)
    assert listener.pending == {}


async def test_burst_beyond_a_look_loads_everything_and_loses_nothing(
    feed: ChangeFeed, log: MemoryChangeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_MAX", 5)
    monkeypatch.setattr(module, "OVERFULL_SECONDS", POLL)
    told = feed.told(feed.join("sara"), None)
    await first(told)
    log.write(*(f"w{number}" for number in range(7)))
    async with asyncio.timeout(10):
        while not (await anext(told)).everything:
            pass
    await told.aclose()


async def test_one_reader_looks_for_all_and_stops_when_nobody_listens(feed: ChangeFeed, log: MemoryChangeLog) -> None:
    listeners = [feed.join(f"person{number}") for number in range(5)]
    streams = [feed.told(each, None) for each in listeners]
    for stream in streams:
        await first(stream)
    assert len([task for task in asyncio.all_tasks() if task.get_name() == "approval-changes"]) == 1
    for stream, listener in zip(streams, listeners, strict=True):
        await stream.aclose()
        listener.release()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "approval-changes"] == []
    again = feed.told(feed.join("sara"), None)
    await first(again)
    log.write("w1")
    await until(again, "w1")
    await again.aclose()


async def test_stream_goes_on_after_the_database_was_away(
    feed: ChangeFeed, log: MemoryChangeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", POLL)
    told = feed.told(feed.join("sara"), None)
    await first(told)
    log.broken = True
    reads = log.reads
    await eventually_async(lambda: _reads(log), 10, until=lambda now: now > reads + 1)
    log.write("w1")
    log.broken = False
    await until(told, "w1")
    await told.aclose()


async def test_stream_that_cannot_begin_ends_so_that_the_browser_comes_back(
    feed: ChangeFeed, log: MemoryChangeLog
) -> None:
    log.broken = True
    assert [each async for each in feed.told(feed.join("sara"), None)] == []


async def test_places_are_bounded_for_a_person_and_for_the_process(
    feed: ChangeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PERSON_CLIENTS_MAX", 2)
    monkeypatch.setattr(module, "CLIENTS_MAX", 3)
    own = [feed.join("sara"), feed.join("SARA")]
    with pytest.raises(TooManyStreams):
        feed.join("Sara")
    feed.join("tom")
    with pytest.raises(TooManyStreams):
        feed.join("olga")
    own[0].release()
    own[0].release()
    feed.join("olga")


async def test_streams_end_when_the_process_stops(feed: ChangeFeed) -> None:
    told = feed.told(feed.join("sara"), None)
    await first(told)
    ended = asyncio.create_task(anext(told, None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await feed.close()
    async with asyncio.timeout(10):
        assert await ended is None


async def test_stream_ends_by_itself_so_that_a_session_that_ended_is_noticed(
    feed: ChangeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM_SECONDS_MAX", 0.01)
    async with asyncio.timeout(10):
        assert [each async for each in feed.told(feed.join("sara"), None)]


async def test_frames_split_many_ids_and_only_the_last_moves_the_place() -> None:
    async def told() -> AsyncGenerator[Told, None]:
        yield Told(7, tuple(f"w{number}" for number in range(IDS_MAX + 1)))
        yield Told(8)
        yield Told(9, everything=True)

    sent = [each.decode() async for each in frames(told(), lambda: datetime(2026, 11, 23, tzinfo=UTC))]
    assert [each.partition("\n")[0] for each in sent] == [
        "event: changed",
        "event: changed",
        "event: heartbeat",
        "event: resync",
    ]
    assert ["id: " in each for each in sent] == [False, True, True, True]
    assert '"at": "2026-11-23T00:00:00+00:00"' in sent[2]


@pytest.mark.parametrize(
    ("text", "place"), [(None, None), ("", None), ("12", 12), ("x", 0), ("-1", 0), ("9" * 30, 0), ("\u0662", 0)]
)
def test_place_that_is_no_number_is_an_unknown_one(text: str | None, place: int | None) -> None:
    assert place_of(text) == place
