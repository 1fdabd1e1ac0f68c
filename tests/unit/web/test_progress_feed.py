"""What was missed comes first, then what is new; nothing twice, nothing lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from shared.web import progress_feed
from shared.web.progress_feed import ProgressFeed, Resumed, TooManyClients, resumed
from shared.web.progress_log import FeedMessage, Scope
from tests.support.progress_logs import MemoryProgressLog
from tests.support.reports import report


async def take(messages: AsyncIterator[FeedMessage | None], count: int) -> list[tuple[str, int]]:
    taken: list[tuple[str, int]] = []
    async with asyncio.timeout(10):
        async for message in messages:
            if message is not None:
                taken.append((message.workflow_id, message.sequence))
            if len(taken) == count:
                return taken
    return taken


async def test_stream_gives_the_missed_then_the_new_when_messages_arrive_while_reading(
    log: MemoryProgressLog, feed: ProgressFeed
) -> None:
    for sequence in (1, 2, 3):
        log.add(report("w1", sequence))
    stream = feed.messages(Scope(workflow_id="w1"), after=1)
    assert await take(stream, 2) == [("w1", 2), ("w1", 3)]
    log.add(report("w2", 1))
    log.add(report("w1", 4))
    feed.wake()
    assert await take(stream, 1) == [("w1", 4)]
    await stream.aclose()


async def test_what_another_process_keeps_is_looked_for_while_there_are_streams_and_when_one_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = asyncio.Event()

    class Noting(MemoryProgressLog):
        async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
            looked.set()
            return await super().read(scope, after, limit)

    log = Noting()
    feed = ProgressFeed(log)
    monkeypatch.setattr(progress_feed, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(progress_feed, "IDLE_POLL_SECONDS", 1_000.0)
    log.add(report("w1", 1))
    stream = feed.messages(Scope(), after=0)
    assert await take(stream, 1) == [("w1", 1)]
    log.add(report("w1", 2))  # and no wake-up, which another process could not give
    assert await take(stream, 1) == [("w1", 2)]

    async with asyncio.timeout(10):
        for listens in (True, False):
            if not listens:
                await stream.aclose()
            looked.clear()
            await looked.wait()  # without a listener the last time
    log.add(report("w1", 3))
    stream = feed.messages(Scope(), after=2)
    assert await take(stream, 1) == [("w1", 3)]
    await stream.aclose()
    await feed.close()


async def test_stream_loses_nothing_when_the_client_falls_behind(
    log: MemoryProgressLog, feed: ProgressFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_feed, "RECENT_MESSAGES_MAX", 2)
    log.add(report("w1", 1))
    stream = feed.messages(Scope(), after=0)
    assert await take(stream, 1) == [("w1", 1)]
    for sequence in range(2, 40):
        log.add(report("w1", sequence))
    feed.wake()
    assert await take(stream, 38) == [("w1", sequence) for sequence in range(2, 40)]
    await stream.aclose()


async def test_feed_refuses_a_client_when_all_places_are_taken(log: MemoryProgressLog) -> None:
    feed = ProgressFeed(log, clients_max=1)
    place = feed.take_place(anonymous=False)
    with pytest.raises(TooManyClients):
        feed.take_place(anonymous=False)
    place.release()
    place.release()
    assert feed.clients == 0
    feed.take_place(anonymous=False)
    await feed.close()


async def test_streams_without_a_person_take_their_share_of_the_places_only(log: MemoryProgressLog) -> None:
    feed = ProgressFeed(log, clients_max=3, anonymous_max=1)
    feed.take_place(anonymous=True)
    with pytest.raises(TooManyClients):
        feed.take_place(anonymous=True)
    for _ in range(2):
        feed.take_place(anonymous=False)
    with pytest.raises(TooManyClients):
        feed.take_place(anonymous=False)


async def test_open_stream_ends_when_the_feed_closes(log: MemoryProgressLog, feed: ProgressFeed) -> None:
    reading = asyncio.create_task(take(feed.messages(Scope(), after=0), 1))
    await asyncio.sleep(0)
    await feed.close()
    async with asyncio.timeout(5):
        assert await reading == []


async def test_message_is_kept_once_when_it_is_delivered_twice(log: MemoryProgressLog) -> None:
    log.add(report("w1", 1))
    log.add(report("w1", 1))
    assert await log.head() == 1


@pytest.mark.parametrize(
    ("given", "after", "known"),
    [
        *((None, 0, True), ("", 0, True), ("0", 0, True), ("2", 3, True), (" 2 ", 3, True), ("3", 4, True)),
        *(("4", 0, False), ("-1", 0, False), ("abc", 0, False), ("1" * 30, 0, False), ("٣", 0, False)),
    ],
)
async def test_reader_of_a_workflow_goes_on_behind_what_it_has_seen_or_begins_anew(
    log: MemoryProgressLog, given: str | None, after: int, known: bool
) -> None:
    for workflow, number in (("w1", 1), ("w2", 1), ("w1", 2), ("w1", 3), ("w2", 2)):
        log.add(report(workflow, number))
    assert await resumed(log, Scope(workflow_id="w1"), given) == Resumed(after, known=known)


@pytest.mark.parametrize(("given", "after", "known"), [("2", 2, True), ("3", 0, False), (None, 0, True)])
async def test_reader_of_several_workflows_goes_on_by_the_number_in_the_table(
    log: MemoryProgressLog, given: str | None, after: int, known: bool
) -> None:
    log.add(report("w1", 1))
    log.add(report("w2", 1))
    for scope in (Scope(), Scope(response_id="r1")):
        assert await resumed(log, scope, given) == Resumed(after, known=known)
