"""Progress for browsers: what was missed first, then live, over Server-Sent Events (WHATWG HTML 9.2).

One reader per process follows the table of progress messages and hands each new message to the clients
that want it. A client that cannot keep up loses nothing: its queue is emptied and it reads on from the table.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from shared.errors import Transient
from shared.web.progress_log import FeedMessage, ProgressLog, Scope

#: Open streams of one process. Each costs a socket and a short queue; a desk has tens of screens.
CLIENTS_MAX = 256
#: Of those, streams that nobody has signed in for: a page that somebody forgot to close must not shut out the desk.
ANONYMOUS_CLIENTS_MAX = CLIENTS_MAX // 4
#: Messages waiting for one client, before it is sent to the table. About fifty workflows' worth.
QUEUE_MESSAGES_MAX = 1_000
#: Messages read from the table at once.
BATCH_MESSAGES = 500
#: Seconds of silence after which a comment is sent, so that proxies keep the connection (HTML 9.2.7).
KEEP_ALIVE_SECONDS = 15.0
#: Seconds between two looks at the table without a wake-up: another process of the service may have written.
POLL_SECONDS = 1.0
#: Seconds to wait after the table could not be read.
RETRY_SECONDS = 1.0

#: Digits of a number that a `Last-Event-ID` can be: more is not a number of this table.
LAST_ID_DIGITS_MAX = 18

#: Answer headers of a stream: never cached, never packed or buffered by a proxy.
STREAM_HEADERS = {"Cache-Control": "no-cache, no-store, no-transform", "X-Accel-Buffering": "no"}

_log = structlog.get_logger(__name__)


class TooManyClients(Transient):
    """All places of this process are taken; nothing is wrong with the request."""

    def __init__(self) -> None:
        super().__init__("All progress streams of this process are taken; close one or try again later.")


class HeldPlace(Protocol):
    """A place for a stream, of whatever feed."""

    def release(self) -> None:
        """Give the place back. Repeating it changes nothing."""


@dataclass(eq=False)
class StreamPlace:
    """One of the places for streams of a process, held from before its answer begins until it has ended."""

    feed: "ProgressFeed"
    anonymous: bool

    def release(self) -> None:
        """Give the place back. Repeating it changes nothing."""
        self.feed.places.discard(self)


class FeedResponse(StreamingResponse):
    """An event stream on a place, which it gives back however it ends."""

    def __init__(self, place: HeldPlace, body: AsyncGenerator[bytes, None]) -> None:
        super().__init__(body, media_type="text/event-stream", headers=STREAM_HEADERS)
        self._place = place

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._place.release()


@dataclass(eq=False)
class _Client:
    scope: Scope
    queue: asyncio.Queue[FeedMessage] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES_MAX))
    behind: bool = False

    def offer(self, message: FeedMessage) -> None:
        """Queue a message; a full queue is given up, since the table still holds everything."""
        if self.behind or not self.scope.holds(message):
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.behind = True


class ProgressFeed:
    """The progress streams of one process.

    Wake it after a message was committed (`unit.after_commit(feed.wake)`); close it before the server drains.
    """

    def __init__(
        self, log: ProgressLog, *, clients_max: int = CLIENTS_MAX, anonymous_max: int = ANONYMOUS_CLIENTS_MAX
    ) -> None:
        self.log = log
        self.places: set[StreamPlace] = set()
        self._clients_max = clients_max
        self._anonymous_max = anonymous_max
        self._clients: set[_Client] = set()
        self._wake = asyncio.Event()
        self._closed = asyncio.Event()
        self._tail: asyncio.Task[None] | None = None
        self._started = asyncio.Lock()

    @property
    def clients(self) -> int:
        """The number of open streams."""
        return len(self.places)

    def take_place(self, *, anonymous: bool) -> StreamPlace:
        """Return a place for a stream, before its response begins.

        Args:
            anonymous: nobody has signed in for it.
        Raises:
            TooManyClients: all places, or all for such a stream, are taken.
        """
        strangers = sum(place.anonymous for place in self.places)
        if len(self.places) >= self._clients_max or (anonymous and strangers >= self._anonymous_max):
            raise TooManyClients
        place = StreamPlace(self, anonymous)
        self.places.add(place)
        return place

    def wake(self) -> None:
        """Look for new messages in the table."""
        self._wake.set()

    async def close(self) -> None:
        """End every stream and stop following the table."""
        self._closed.set()
        self._wake.set()
        if self._tail is not None:
            self._tail.cancel()
            with suppress(asyncio.CancelledError):
                await self._tail
            self._tail = None

    async def head(self) -> int:
        """Return where a reader starts that wants only new messages."""
        return await self.log.head()

    async def messages(self, scope: Scope, after: int) -> AsyncGenerator[FeedMessage | None, None]:
        """Yield messages of a scope with a `feed_id` above `after`, in order, each once, until the feed is closed.

        Gives None after each `KEEP_ALIVE_SECONDS` of silence.
        """
        client = _Client(scope)
        self._clients.add(client)
        try:
            await self._follow()
            seen = after
            while not self._closed.is_set():
                async for message in self._stored(client, seen):
                    seen = message.feed_id
                    yield message
                while not client.behind and not self._closed.is_set():
                    live = await self._next(client)
                    if live is None:
                        yield None
                    elif live.feed_id > seen:
                        seen = live.feed_id
                        yield live
        finally:
            self._clients.discard(client)

    async def _stored(self, client: _Client, after: int) -> AsyncIterator[FeedMessage]:
        """Yield what the table holds; the queue is emptied first, so that nothing falls between the two."""
        while not client.queue.empty():
            client.queue.get_nowait()
        client.behind = False
        while True:
            batch = await self.log.read(client.scope, after, BATCH_MESSAGES)
            for message in batch:
                after = message.feed_id
                yield message
            if len(batch) < BATCH_MESSAGES:
                return

    async def _next(self, client: _Client) -> FeedMessage | None:
        get = asyncio.ensure_future(client.queue.get())
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({get, closed}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return get.result() if get.done() else None
        finally:
            get.cancel()
            closed.cancel()

    async def _follow(self) -> None:
        """Start following the table before the first client reads it, so that its end meets the live part."""
        async with self._started:
            if self._tail is None and not self._closed.is_set():
                head = await self.log.head()
                self._tail = asyncio.create_task(self._run(head), name="progress-feed")

    async def _run(self, after: int) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            try:
                after = await self._hand_out(after)
            except Exception as error:
                _log.warning("progress_table_not_readable", why=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)

    async def _hand_out(self, after: int) -> int:
        while batch := await self.log.read(Scope(), after, BATCH_MESSAGES):
            for message in batch:
                after = message.feed_id
                for client in tuple(self._clients):
                    client.offer(message)
            await asyncio.sleep(0)
        return after


def frame(message: FeedMessage, *, numbered_by_feed: bool = False) -> bytes:
    """Return a message as an unnamed event.

    Its id is the workflow's `sequence`; in streams over several workflows, where those repeat, the `feed_id`.
    """
    number = message.feed_id if numbered_by_feed else message.sequence
    return format_sse_event(data_str=json.dumps(message.message, ensure_ascii=False), id=str(number))


def error_frame(data: dict[str, object], *, last_id: str | None = None) -> bytes:
    """Return a named event `error`, whose data says why there is nothing more to come."""
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event="error", id=last_id)


def keep_alive_frame() -> bytes:
    """Return a comment: browsers ignore it, proxies see traffic."""
    return b": keep-alive\n\n"


async def frames(
    messages: AsyncGenerator[FeedMessage | None, None],
    *,
    numbered_by_feed: bool = False,
    until_final: bool = False,
    first: bytes = b"",
) -> AsyncGenerator[bytes, None]:
    """Yield messages as bytes, behind a first frame; with `until_final` the stream ends after the workflow's last."""
    async with aclosing(messages):
        if first:
            yield first
        async for message in messages:
            if message is None:
                yield keep_alive_frame()
                continue
            yield frame(message, numbered_by_feed=numbered_by_feed)
            if until_final and message.final:
                return


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a stream goes on. `known`: whether this server knows what the reader says it has seen last."""

    after: int
    known: bool


async def resumed(log: ProgressLog, scope: Scope, given: str | None) -> Resumed:
    """Return where a reader goes on, by its `Last-Event-ID`; the beginning when there is none or it is unknown here.

    It is unknown after a restore: the reader has seen what this server never had, and would wait for numbers
    that come as something else.
    """
    text = (given or "").strip()
    if not text or text == "0":
        return Resumed(0, known=True)
    if not (text.isascii() and text.isdigit() and len(text) <= LAST_ID_DIGITS_MAX):
        return Resumed(0, known=False)
    number = int(text)
    if scope.workflow_id is None:
        return Resumed(number, known=True) if number <= await log.head() else Resumed(0, known=False)
    after = await log.feed_id_at(scope.workflow_id, number)
    last = await log.read(Scope(workflow_id=scope.workflow_id), after - 1, 1) if after else ()
    return Resumed(after, known=True) if last and last[0].sequence == number else Resumed(0, known=False)


def resync_frame(after: int) -> bytes:
    """Return a named event `resync`: the reader has seen a message that is unknown here, so it must start again."""
    data = {
        "reason": "The last event you received is unknown here. Discard your state; all events follow from the start."
    }
    return format_sse_event(data_str=json.dumps(data), event="resync", id=str(after))
