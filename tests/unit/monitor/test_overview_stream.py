"""The stream of changes: what changed, in what place, and a sign of life in silence."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

from services.monitor.changes import IDS_MAX, changes
from services.monitor.health.away import Away
from services.monitor.health.watch import Watch
from shared.web.progress_log import FeedMessage

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BEAT = 0.05
GONE = Away("Kafka", NOW, "Nothing new arrives.", stale=True, runbook="broker")


class Found(Watch):
    """A watch that finds what it is told."""

    def __init__(self) -> None:
        super().__init__(self._seen, lambda: True, seconds=0)
        self.seen: tuple[Away, ...] = ()

    async def _seen(self) -> tuple[Away, ...]:
        return self.seen


STILL = Watch(Found()._seen, lambda: False)
"""Nobody looks: nothing is known."""


def message(feed_id: int, workflow: str) -> FeedMessage:
    return FeedMessage(feed_id, workflow, "r", feed_id, {})


async def portions(*given: Sequence[FeedMessage], then: asyncio.Event) -> AsyncGenerator[Sequence[FeedMessage], None]:
    for each in given:
        yield each
    await then.wait()


def read(frame: bytes) -> tuple[str, dict[str, Any], str | None]:
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().splitlines())
    document = json.loads(fields["data"])
    assert document.pop("at") == NOW.isoformat()
    return fields["event"], document, fields.get("id")


async def test_changes_of_one_workflow_are_one_and_only_the_last_event_has_the_place() -> None:
    over = asyncio.Event()
    over.set()
    many = [message(number, f"w-{number % (IDS_MAX + 1)}") for number in range(1, 2 * IDS_MAX)]
    told = [read(each) async for each in changes(portions(many, (), then=over), 0, STILL, lambda: NOW)]
    assert [name for name, _, _ in told] == ["heartbeat", "changed", "changed", "heartbeat"]
    ids = [each for _, document, _ in told for each in document.get("workflow_ids", ())]
    assert len(ids) == len(set(ids)) == IDS_MAX + 1
    assert [place for _, _, place in told] == [None, None, str(2 * IDS_MAX - 1), None]


async def test_silence_becomes_heartbeats_and_an_end_ends_it() -> None:
    over = asyncio.Event()
    stream = changes(portions(then=over), 0, STILL, lambda: NOW, heartbeat_seconds=BEAT)
    beats = [read(await anext(stream)) for _ in range(3)]
    assert beats == [("heartbeat", {}, None)] * 3
    over.set()
    assert [each async for each in stream] == []


async def test_a_place_that_is_not_known_is_answered_with_a_resync() -> None:
    over = asyncio.Event()
    over.set()
    told = [read(each) async for each in changes(portions(then=over), 7, STILL, lambda: NOW, known=False)]
    assert [(name, place) for name, _, place in told] == [("resync", "7")]


async def test_a_browser_that_leaves_in_silence_leaves_nothing_behind() -> None:
    source = portions(then=asyncio.Event())
    stream = changes(source, 0, STILL, lambda: NOW, heartbeat_seconds=BEAT)
    for _ in range(2):
        await anext(stream)
    await stream.aclose()
    assert source.ag_frame is None


async def test_what_is_away_is_told_when_a_stream_begins_and_when_it_turns() -> None:
    over, watch = asyncio.Event(), Found()
    looking = asyncio.create_task(watch.run())
    await watch.turn()
    stream = changes(portions(then=over), 0, watch, lambda: NOW, heartbeat_seconds=60)
    assert [read(await anext(stream))[:2] for _ in range(2)] == [("heartbeat", {}), ("away", {"away": []})]
    watch.seen = (GONE,)
    told = {
        "subject": "Kafka", "since": NOW.isoformat(), "sentence": "Nothing new arrives.", "stale": True,
        "runbook": "broker",
    }  # fmt: skip
    assert read(await anext(stream))[:2] == ("away", {"away": [told]})
    watch.seen = ()
    assert read(await anext(stream))[:2] == ("away", {"away": []})
    over.set()
    assert [each async for each in stream] == []
    looking.cancel()


async def test_nobody_is_asked_while_no_page_is_open() -> None:
    asked: list[int] = []
    open_pages: list[int] = []

    async def look() -> tuple[Away, ...]:
        asked.append(1)
        return ()

    watch = Watch(look, lambda: bool(open_pages), seconds=0)
    looking = asyncio.create_task(watch.run())
    for _ in range(3):
        await asyncio.sleep(0)
    assert (asked, watch.found) == ([], None)
    open_pages.append(1)
    await watch.turn()
    assert watch.found == ()
    open_pages.clear()
    await watch.turn()
    assert watch.found is None
    looking.cancel()
