"""A thousand readers cost one reading and one encoding; each has what it wants, and nobody waits for the slow ones."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping, Sequence
from typing import Any

import pytest

from shared.web import progress_feed
from shared.web.problems import Problem
from shared.web.progress_feed import FeedResponse, ProgressFeed, frames
from shared.web.progress_log import FeedMessage, Scope
from tests.support.eventually import eventually_async
from tests.support.progress_logs import MemoryProgressLog
from tests.support.reports import report

READERS = 50
LIMIT_SECONDS = 10.0


class CountedLog(MemoryProgressLog):
    """A log that knows how often it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: list[Scope] = []

    async def read(self, scope: Scope, after: int, limit: int) -> Sequence[FeedMessage]:
        self.readings.append(scope)
        return await super().read(scope, after, limit)


class Reader:
    """A client that takes its frames as they come."""

    def __init__(self, feed: ProgressFeed, scope: Scope, after: int) -> None:
        self.received = b""
        self._frames = frames(feed.portions(scope, after), numbered_by_feed=True)
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for frame in self._frames:
            self.received += frame

    @property
    def numbers(self) -> list[int]:
        return [int(line[4:]) for line in self.received.splitlines() if line.startswith(b"id: ")]

    async def leave(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
async def log() -> CountedLog:
    return CountedLog()


@pytest.fixture
async def feed(log: CountedLog) -> AsyncIterator[ProgressFeed]:
    feed = ProgressFeed(log)
    yield feed
    await feed.close()


async def _all_have(readers: Sequence[Reader], numbers: list[int]) -> None:
    async def have() -> list[list[int]]:
        return [each.numbers for each in readers]

    await eventually_async(have, LIMIT_SECONDS, until=lambda found: found == [numbers] * len(readers))


async def test_message_is_encoded_once_however_many_read_it(
    log: CountedLog, feed: ProgressFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Any] = []
    original = progress_feed.format_sse_event

    def counting(**parts: Any) -> bytes:
        encoded.append(parts)
        return original(**parts)

    monkeypatch.setattr(progress_feed, "format_sse_event", counting)
    readers = [Reader(feed, Scope(), 0) for _ in range(READERS)]
    for sequence in (1, 2, 3):
        log.add(report("w1", sequence))
        feed.wake()
    await _all_have(readers, [1, 2, 3])
    assert len(encoded) == 3
    for reader in readers:
        await reader.leave()


async def test_readers_at_the_head_do_not_read_the_table_themselves(log: CountedLog, feed: ProgressFeed) -> None:
    log.add(report("w1", 1))
    first = Reader(feed, Scope(), 0)
    await _all_have([first], [1])
    before = len(log.readings)
    readers = [Reader(feed, Scope(), 1) for _ in range(READERS)]
    log.add(report("w1", 2))
    feed.wake()
    await _all_have(readers, [2])
    assert len(log.readings) - before < 5
    for reader in (first, *readers):
        await reader.leave()


async def test_refused_stream_gets_a_code_a_sentence_and_when_to_come_again(log: CountedLog) -> None:
    feed = ProgressFeed(log, clients_max=2, anonymous_max=1)
    feed.take_place(anonymous=True)
    with pytest.raises(Problem) as stranger:
        feed.take_place(anonymous=True)
    feed.take_place(anonymous=False)
    with pytest.raises(Problem) as person:
        feed.take_place(anonymous=False)
    for refused in (stranger.value, person.value):
        assert (refused.status_code, refused.code) == (503, "TOO_MANY_STREAMS")
        assert int((refused.headers or {})["Retry-After"]) > 0
    assert "signed in" in str(stranger.value.detail)


async def test_a_thousand_may_read_and_the_next_is_refused(log: CountedLog, feed: ProgressFeed) -> None:
    for _ in range(1_000):
        feed.take_place(anonymous=False)
    with pytest.raises(Exception, match="taken"):
        feed.take_place(anonymous=False)


async def test_readers_who_come_back_after_a_restart_are_served_from_memory(log: CountedLog) -> None:
    for sequence in range(1, 40):
        log.add(report("w1", sequence))
    feed = ProgressFeed(log)
    readers = [Reader(feed, Scope(), 20) for _ in range(READERS)]
    await _all_have(readers, list(range(21, 40)))
    assert len(log.readings) < 5
    await feed.close()
    for reader in readers:
        await reader.leave()


async def test_what_is_written_at_once_is_bounded(log: CountedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_feed, "CHUNK_BYTES_MAX", 1_500)
    for sequence in range(1, 40):
        log.add(report("w1", sequence))
    feed = ProgressFeed(log)
    sizes: list[int] = []
    numbers: list[bytes] = []
    async with contextlib.aclosing(frames(feed.portions(Scope(), 0), numbered_by_feed=True)) as chunks:
        async for chunk in chunks:
            sizes.append(len(chunk))
            numbers += [line for line in chunk.splitlines() if line.startswith(b"id: ")]
            if len(numbers) == 39:
                break
    await feed.close()
    assert max(sizes) <= 1_500
    assert len(sizes) < 39
    assert numbers == [f"id: {number}".encode() for number in range(1, 40)]


async def test_silent_stream_sends_a_sign_of_life(log: CountedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_feed, "KEEP_ALIVE_SECONDS", 0.05)
    monkeypatch.setattr(progress_feed, "BEAT_SECONDS", 0.02)
    feed = ProgressFeed(log)
    reader = Reader(feed, Scope(), 0)

    async def received() -> bytes:
        return reader.received

    await eventually_async(received, LIMIT_SECONDS, until=lambda found: found.count(b": keep-alive\n\n") > 2)
    await feed.close()
    await reader.leave()


async def test_stream_that_cannot_be_read_ends_so_that_the_client_comes_back(feed: ProgressFeed) -> None:
    async def away(_scope: Scope, _after: int, _limit: int) -> Sequence[FeedMessage]:
        raise OSError("the database is away")

    feed.log.read = away  # type: ignore[method-assign]
    assert [portion async for portion in feed.portions(Scope(), 0)] == []


async def test_client_that_leaves_amid_the_sending_leaves_nothing_behind(log: CountedLog, feed: ProgressFeed) -> None:
    log.add(report("w1", 1))
    ended, sending = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in frames(feed.portions(Scope(), 0)):
                yield chunk
        finally:
            ended.set()

    async def receive() -> dict[str, Any]:
        await sending.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            sending.set()
            await asyncio.Event().wait()

    async with asyncio.timeout(LIMIT_SECONDS):
        await FeedResponse(feed.take_place(anonymous=True), body())({"type": "http"}, receive, send)
    assert ended.is_set()
    assert feed.clients == 0
