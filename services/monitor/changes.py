"""What the dashboard's pages are told: which workflows have changed, what is away, and that the stream lives.

A page reads again what it shows; so a change is only the id of a workflow, and several changes of one are one. What is
away is told whole, when a stream begins and when it turns: no page asks for it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from services.monitor.health.away import Away
from services.monitor.health.watch import Watch
from services.monitor.stream import LastEventId
from shared.web.authentication import caller_of
from shared.web.description import streamed
from shared.web.problems import problem_responses
from shared.web.progress_feed import FeedResponse, ProgressFeed, resumed
from shared.web.progress_log import FeedMessage, Scope

#: Seconds between two heartbeats; a page is not live after three of them.
HEARTBEAT_SECONDS: Final = 5.0
#: Seconds a stream may last. The browser comes back with its session, which may have ended since.
STREAM_SECONDS_MAX: Final = 600.0
#: Ids in one event: what a page shows, twice.
IDS_MAX: Final = 100

_RESYNC: Final = "Where you were is not known here. Load what you show again."
_STREAM: Final = streamed(
    "Server-sent events: `changed` with ids of workflows, `away` with what does not answer, `heartbeat`, `resync`"
)


def overview_stream_routes(feed: ProgressFeed, watch: Watch, clock: Callable[[], datetime]) -> APIRouter:
    """Build the route of `/overview/stream`."""
    routes = APIRouter(tags=["progress"], responses=problem_responses(401, 422, 503))

    @routes.get("/overview/stream", response_class=StreamingResponse, responses=_STREAM)
    async def follow_overview(request: Request, given: LastEventId = None) -> StreamingResponse:
        """Stream which workflows change, from now on or after a `Last-Event-ID`."""
        place = feed.take_place(anonymous=caller_of(request) is None)
        with place.kept_if_answered():
            at = await resumed(feed.log, Scope(), given)
            after = at.after if given is not None and at.known else await feed.head()
        return FeedResponse(place, changes(feed.portions(Scope(), after), after, watch, clock, known=at.known))

    return routes


async def changes(
    portions: AsyncGenerator[Sequence[FeedMessage], None],
    after: int,
    watch: Watch,
    clock: Callable[[], datetime],
    *,
    known: bool = True,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> AsyncGenerator[bytes, None]:
    """Yield a sign of life or a resync first, then what changes and what is away; silence becomes a heartbeat with the
    server's time.

    Ends with the portions, and after `STREAM_SECONDS_MAX`.
    """
    until = asyncio.get_running_loop().time() + STREAM_SECONDS_MAX
    first = _event("heartbeat", {}, clock) if known else _event("resync", {"reason": _RESYNC}, clock, after)
    waiting: asyncio.Future[Sequence[FeedMessage] | None] | None = None
    away: tuple[Away, ...] | None = None
    async with aclosing(portions):
        try:
            yield first
            while asyncio.get_running_loop().time() < until:
                if watch.found is not None and watch.found != away:
                    away = watch.found
                    yield _event("away", {"away": [_away(each) for each in away]}, clock)
                waiting, turn = waiting or asyncio.ensure_future(anext(portions, None)), watch.turn()
                either: tuple[asyncio.Future[Any], ...] = (waiting, turn)
                await asyncio.wait(either, timeout=heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    if not turn.done():
                        yield _event("heartbeat", {}, clock)
                    continue
                portion, waiting = waiting.result(), None
                if portion is None:
                    return
                for frame in _told(portion, clock):
                    yield frame
        finally:
            if waiting is not None:
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting


def _told(portion: Sequence[FeedMessage], clock: Callable[[], datetime]) -> Iterable[bytes]:
    """Give the events; only the last has the place, so that a connection cut between them goes back before all."""
    ids = list(dict.fromkeys(message.workflow_id for message in portion))
    if not ids:
        return [_event("heartbeat", {}, clock)]
    parts = [ids[first : first + IDS_MAX] for first in range(0, len(ids), IDS_MAX)]
    return [
        _event("changed", {"workflow_ids": part}, clock, portion[-1].feed_id if number == len(parts) else None)
        for number, part in enumerate(parts, start=1)
    ]


def _away(each: Away) -> dict[str, object]:
    return asdict(each) | {"since": each.since.isoformat()}


def _event(name: str, data: dict[str, object], clock: Callable[[], datetime], place: int | None = None) -> bytes:
    text = json.dumps({**data, "at": clock().isoformat()}, ensure_ascii=False)
    return format_sse_event(data_str=text, event=name, id=None if place is None else str(place))
