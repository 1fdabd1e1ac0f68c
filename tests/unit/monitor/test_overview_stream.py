"""The stream of changes: what changed, in what place, and a sign of life in silence."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

from services.monitor.overview.stream import IDS_MAX, changes
from shared.web.progress_log import FeedMessage

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BEAT = 0.05


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
    told = [read(each) async for each in changes(portions(many, (), then=over), 0, lambda: NOW)]
    assert [name for name, _, _ in told] == ["heartbeat", "changed", "changed", "heartbeat"]
    ids = [each for _, document, _ in told for each in document.get("workflow_ids", ())]
    assert len(ids) == len(set(ids)) == IDS_MAX + 1
    assert [place for _, _, place in told] == [None, None, str(2 * IDS_MAX - 1), None]


async def test_silence_becomes_heartbeats_and_an_end_ends_it() -> None:
    over = asyncio.Event()
    stream = changes(portions(then=over), 0, lambda: NOW, heartbeat_seconds=BEAT)
    beats = [read(await anext(stream)) for _ in range(3)]
    assert beats == [("heartbeat", {}, None)] * 3
    over.set()
    assert [each async for each in stream] == []


async def test_a_place_that_is_not_known_is_answered_with_a_resync() -> None:
    over = asyncio.Event()
    over.set()
    told = [read(each) async for each in changes(portions(then=over), 7, lambda: NOW, known=False)]
    assert [(name, place) for name, _, place in told] == [("resync", "7")]


async def test_a_browser_that_leaves_in_silence_leaves_nothing_behind() -> None:
    source = portions(then=asyncio.Event())
    stream = changes(source, 0, lambda: NOW, heartbeat_seconds=BEAT)
    for _ in range(2):
        await anext(stream)
    await stream.aclose()
    assert source.ag_frame is None
