"""Progress for browsers: what was missed first, then live, over Server-Sent Events (WHATWG HTML 9.2).

One reader per process follows the table of progress messages and keeps the newest in memory; each stream takes from
there what it wants, in its own time. A message is read once and encoded once, however many streams there are. A client
that cannot keep up holds nobody up and loses nothing: it has a place in the order of messages and no queue, and one
that is further behind than the memory goes on from the table.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from shared.telemetry.metrics import CONNECTIONS_REFUSED
from shared.web.connections import CONNECTIONS_MAX, STREAMS_MAX, make_room
from shared.web.problems import Problem
from shared.web.progress_log import FeedMessage, ProgressLog, Scope
from shared.web.progress_tail import RECENT_MESSAGES_MAX, Listener, Listeners, Portion, RecentMessages

#: Open streams of one process. Each costs a socket, a task and at most some hundred kilobytes of what is on its way.
CLIENTS_MAX = STREAMS_MAX
#: Of those, streams that nobody has signed in for: a page that somebody forgot to close must not shut out the desk.
ANONYMOUS_CLIENTS_MAX = CLIENTS_MAX // 4
#: Seconds after which a refused client may try again: places become free when somebody closes a page.
RETRY_AFTER_SECONDS = 10
#: Messages that the one reader takes from the table at once.
BATCH_MESSAGES = 500
#: Messages given to one stream at once. As many are held for a client that takes none, so it is few.
PORTION_MESSAGES = 100
#: Bytes of one write to a client: what it has not taken stands in memory, for each of a thousand.
CHUNK_BYTES_MAX = 64 * 1024
#: Streams that read the table at the same time, when they are further behind than the memory. They take that share of
#: the process's twelve database connections; the messages to be kept need the others.
TABLE_READERS_MAX = 4
#: Seconds of silence within which a comment is sent, so that proxies keep the connection (HTML 9.2.7).
KEEP_ALIVE_SECONDS = 15.0
#: Seconds between two looks for streams that are silent: one timer for all, instead of one for each message of each.
BEAT_SECONDS = 5.0
#: Seconds between two looks at the table without a wake-up: another process of the service writes half of what comes
#: where there are two, and it is to be seen within a second too. Without streams a look only keeps the memory young.
POLL_SECONDS = 0.25
IDLE_POLL_SECONDS = 5.0
#: Streams that are woken in one turn of the loop. To keep a message takes a dozen turns, one for each answer of the
#: database: if a thousand streams were served in each of them, the messages would come late to all.
WOKEN_AT_ONCE = 50
#: Seconds from one round of handing out to the next: what comes meanwhile goes out together. A burst then costs each
#: stream twenty writes a second at most, and the process has time left to keep what comes.
ROUND_SECONDS = 0.05
#: Seconds to wait after the table could not be read.
RETRY_SECONDS = 1.0

#: Digits of a number that a `Last-Event-ID` can be: more is not a number of this table.
LAST_ID_DIGITS_MAX = 18

#: Answer headers of a stream: never cached, never packed or buffered by a proxy.
STREAM_HEADERS = {"Cache-Control": "no-cache, no-store, no-transform", "X-Accel-Buffering": "no"}

_log = structlog.get_logger(__name__)


class TooManyClients(Problem):
    """All places are taken; nothing is wrong with the request.

    Args:
        places: how many there are of the kind that was asked for.
        anonymous: it is the places of those who have not signed in that are taken.
    """

    def __init__(self, places: int, *, anonymous: bool) -> None:
        kind, cure = (" for streams of people who have not signed in", "Sign in") if anonymous else ("", "Close one")
        super().__init__(
            503,
            "TOO_MANY_STREAMS",
            f"All {places:,} places of this process{kind} are taken. {cure}, or try again in {RETRY_AFTER_SECONDS} s.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


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

    @contextmanager
    def kept_if_answered(self) -> Iterator[None]:
        """Give the place back if what prepares the answer fails."""
        try:
            yield
        except BaseException:
            self.release()
            raise


class FeedResponse(StreamingResponse):
    """An event stream on a place, which it gives back however it ends."""

    def __init__(self, place: HeldPlace, body: AsyncGenerator[bytes, None]) -> None:
        super().__init__(body, media_type="text/event-stream", headers=STREAM_HEADERS)
        self._place = place
        self._body = body

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A client that left while bytes were on their way has interrupted the sending and not the body, which
            # would hold its messages until it is collected.
            await self._body.aclose()
            self._place.release()


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
        self._listeners = Listeners()
        self._recent: RecentMessages | None = None
        self._wake = asyncio.Event()
        self._closed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._started = asyncio.Lock()
        self._table = asyncio.Semaphore(TABLE_READERS_MAX)

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
        # Where the process may open fewer files, streams keep their share of what there is.
        places = min(self._clients_max, make_room() * STREAMS_MAX // CONNECTIONS_MAX)
        strangers = sum(place.anonymous for place in self.places)
        if len(self.places) >= places:
            CONNECTIONS_REFUSED.labels(why="too many streams").inc()
            raise TooManyClients(places, anonymous=False)
        if anonymous and strangers >= self._anonymous_max:
            CONNECTIONS_REFUSED.labels(why="too many streams").inc()
            raise TooManyClients(self._anonymous_max, anonymous=True)
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
        for listener in self._listeners:
            listener.woken.set()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def closed_within(self, seconds: float) -> bool:
        """Wait for some time; return True, at once, when the feed is closed, so that nobody holds up the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)
        return self._closed.is_set()

    async def head(self) -> int:
        """Return where a reader starts that wants only new messages."""
        return await self.log.head()

    async def messages(self, scope: Scope, after: int) -> AsyncGenerator[FeedMessage | None, None]:
        """Yield the messages of `portions` one by one, and None in silence."""
        async with aclosing(self.portions(scope, after)) as portions:
            async for portion in portions:
                if not portion:
                    yield None
                for message in portion:
                    yield message

    async def portions(self, scope: Scope, after: int) -> AsyncGenerator[Sequence[FeedMessage], None]:
        """Yield messages of a scope with a `feed_id` above `after`, in order, each once, until the feed is closed.

        Gives an empty portion within each `KEEP_ALIVE_SECONDS` of silence. Ends where the table cannot be read: a
        client comes back to a stream that ended, with the number it has seen last.
        """
        loop = asyncio.get_running_loop()
        listener = Listener(scope, loop.time())
        self._listeners.join(listener)
        try:
            recent = await self._follow()
            self.wake()  # nobody may have been looking
            seen = after
            while not self._closed.is_set():
                listener.woken.clear()
                portion = recent.since(seen, scope, PORTION_MESSAGES) or await self._from_table(recent, scope, seen)
                seen = portion.place
                silent = loop.time() - listener.quiet_since >= KEEP_ALIVE_SECONDS - BEAT_SECONDS
                if portion.messages or silent:
                    yield portion.messages
                    listener.quiet_since = loop.time()
                elif seen >= recent.head:
                    await listener.woken.wait()
        except Exception as error:
            _log.warning("progress_table_not_readable", why=str(error))
        finally:
            self._listeners.leave(listener)

    async def _from_table(self, recent: RecentMessages, scope: Scope, after: int) -> Portion:
        """Read on for a stream that is further behind than the memory."""
        head = recent.head
        async with self._table:
            page = await self.log.read(scope, after, PORTION_MESSAGES)
        if len(page) == PORTION_MESSAGES:
            return Portion(page, page[-1].feed_id)
        # The table has been read to its end, which was at or behind that of the memory.
        return Portion(page, max([head, *(message.feed_id for message in page)]))

    async def _follow(self) -> RecentMessages:
        """Start following the table before the first client is told anything, so that its end meets the live part."""
        async with self._started:
            if self._recent is None:
                head = await self.log.head()
                recent = RecentMessages(max(0, head - RECENT_MESSAGES_MAX), messages_max=RECENT_MESSAGES_MAX)
                recent.add(await self.log.read(Scope(), recent.floor, RECENT_MESSAGES_MAX))
                recent.reach(head)
                self._recent = recent
                if not self._closed.is_set():
                    self._tasks.append(asyncio.create_task(self._run(recent), name="progress-feed"))
                    self._tasks.append(asyncio.create_task(self._beat(), name="progress-beat"))
            return self._recent

    async def _run(self, recent: RecentMessages) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            try:
                handed = await self._hand_out(recent)
            except Exception as error:
                _log.warning("progress_table_not_readable", why=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if handed:
                await asyncio.sleep(ROUND_SECONDS)
            if handed < BATCH_MESSAGES:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS if self._listeners else IDLE_POLL_SECONDS)

    async def _hand_out(self, recent: RecentMessages) -> int:
        """Read what is new, wake the streams that want it, and return how many messages that were."""
        batch = await self.log.read(Scope(), recent.head, BATCH_MESSAGES)
        recent.add(batch)
        for number, listener in enumerate(self._listeners.wanting(batch), start=1):
            listener.woken.set()
            if number % WOKEN_AT_ONCE == 0:
                await asyncio.sleep(0)
        return len(batch)

    async def _beat(self) -> None:
        """Wake the streams that have been silent, so that each sends a sign of life."""
        while not self._closed.is_set():
            await asyncio.sleep(BEAT_SECONDS)
            late = asyncio.get_running_loop().time() - (KEEP_ALIVE_SECONDS - BEAT_SECONDS)
            for listener in self._listeners:
                if listener.quiet_since <= late:
                    listener.woken.set()


def frame(message: FeedMessage, *, numbered_by_feed: bool = False) -> bytes:
    """Return a message as an unnamed event: the same bytes each time.

    Its id is the workflow's `sequence`; in streams over several workflows, where those repeat, the `feed_id`.
    """
    number = message.feed_id if numbered_by_feed else message.sequence
    known = message.encoded.get(number)
    if known is None:
        known = format_sse_event(data_str=json.dumps(message.message, ensure_ascii=False), id=str(number))
        message.encoded[number] = known
    return known


def error_frame(data: dict[str, object], *, last_id: str | None = None) -> bytes:
    """Return a named event `error`, whose data says why there is nothing more to come."""
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event="error", id=last_id)


def keep_alive_frame() -> bytes:
    """Return a comment: browsers ignore it, proxies see traffic."""
    return b": keep-alive\n\n"


async def frames(
    portions: AsyncGenerator[Sequence[FeedMessage], None],
    *,
    numbered_by_feed: bool = False,
    first: bytes = b"",
) -> AsyncGenerator[bytes, None]:
    """Yield messages as bytes, behind a first frame; those that came together in one write, if it is not too long."""
    async with aclosing(portions):
        if first:
            yield first
        async for portion in portions:
            if not portion:
                yield keep_alive_frame()
                continue
            chunk: list[bytes] = []
            for message in portion:
                encoded = frame(message, numbered_by_feed=numbered_by_feed)
                if chunk and sum(map(len, chunk)) + len(encoded) > CHUNK_BYTES_MAX:
                    yield b"".join(chunk)
                    chunk.clear()
                chunk.append(encoded)
            yield b"".join(chunk)


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
