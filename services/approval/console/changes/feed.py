"""The stream of changes of one process: one look a second while anybody listens, handed to all who do.

A browser that is told loads the documents it shows again; so a change is only the id of a workflow, several changes of
one request are one, and a browser that cannot keep up is told to load everything.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from services.approval.console.changes.port import Change, ChangeLog, Changes
from shared.errors import Transient
from shared.people.identity import person_key

#: Open streams of one process: a desk has tens of screens.
CLIENTS_MAX: Final = 256
#: Of those, streams of one person: some tabs on some screens.
PERSON_CLIENTS_MAX: Final = 16
#: Ids that wait for one browser; with more it is told to load everything.
PENDING_MAX: Final = 1_000
#: Changes read in one look, and given to a browser that comes back: more is a reason to load everything.
LOOK_MAX: Final = 10_000
#: Seconds between two looks: the console's promise is that a change is seen within two.
POLL_SECONDS: Final = 1.0
#: Seconds between two heartbeats; a page is not live after three of them.
HEARTBEAT_SECONDS: Final = 5.0
#: Seconds to wait after the table could not be read.
RETRY_SECONDS: Final = 2.0
#: Seconds to wait when more changed than a look reads: every browser then loads everything, so not each second.
OVERFULL_SECONDS: Final = 15.0
#: Seconds a stream may last. The browser comes back with its session, which may have ended since.
STREAM_SECONDS_MAX: Final = 600.0

_log = structlog.get_logger(__name__)


class TooManyStreams(Transient):
    """All places of this process, or of this person, are taken; nothing is wrong with the request."""

    def __init__(self) -> None:
        super().__init__(
            "All streams of changes that this process or person may have are open; close one, or try later."
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a browser is told: ids, or to load everything, or (neither) that the stream lives. `place`: up to where."""

    place: int
    workflow_ids: tuple[str, ...] = ()
    everything: bool = False


@dataclass(eq=False)
class Listener:
    """One open stream. `place` is up to where its browser is told once what waits has been sent."""

    feed: "ChangeFeed"
    person: str
    place: int = 0
    pending: dict[str, None] = field(default_factory=dict)
    everything: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, workflow_ids: Iterable[str], place: int, *, everything: bool = False) -> None:
        """Add to what waits; too much of it becomes everything."""
        self.place = place
        self.pending.update(dict.fromkeys(workflow_ids))
        if everything or len(self.pending) > PENDING_MAX:
            self.pending, self.everything = {}, True
        if self.pending or self.everything:
            self.woken.set()

    def take(self) -> Told:
        """Take what waits."""
        told = Told(self.place, () if self.everything else tuple(self.pending), self.everything)
        self.pending, self.everything = {}, False
        self.woken.clear()
        return told

    def release(self) -> None:
        """Give the place back. Repeating it changes nothing."""
        self.feed.leave(self)


class ChangeFeed:
    """The streams of one process over one `ChangeLog`. Close it before the server drains."""

    def __init__(self, log: ChangeLog, *, poll_seconds: float = POLL_SECONDS) -> None:
        self.log = log
        self.listeners: set[Listener] = set()
        self._poll_seconds = poll_seconds
        self._closed = asyncio.Event()
        self._tail: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._place = 0
        self._handed: set[Change] = set()

    def join(self, person: str) -> Listener:
        """Return a place for a stream, before its answer begins.

        Raises:
            TooManyStreams: all places, or all of this person, are taken.
        """
        key = person_key(person)
        own = sum(each.person == key for each in self.listeners)
        if len(self.listeners) >= CLIENTS_MAX or own >= PERSON_CLIENTS_MAX:
            raise TooManyStreams
        listener = Listener(self, key)
        self.listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Give a place back; without listeners nothing is read."""
        self.listeners.discard(listener)
        if not self.listeners and self._tail is not None:
            self._tail.cancel()
            self._tail = None

    async def close(self) -> None:
        """End every stream and stop looking."""
        self._closed.set()
        tail, self._tail = self._tail, None
        for listener in self.listeners:
            listener.woken.set()
        if tail is not None:
            tail.cancel()
            with suppress(asyncio.CancelledError):
                await tail

    async def told(self, listener: Listener, after: int | None) -> AsyncGenerator[Told, None]:
        """Yield what changed, each change at least once, and a sign of life at the beginning and in silence.

        Ends at the stop of the process, after `STREAM_SECONDS_MAX`, and where the database is away at its beginning: a
        browser comes back to a stream that ended, and stays away from one that was refused.

        Args:
            after: the place up to which the browser has been told; None for one that begins.
        """
        until = asyncio.get_running_loop().time() + STREAM_SECONDS_MAX
        try:
            await self._follow()
            missed = await self._missed(after)
        except Exception as error:
            _log.warning("changes_not_readable", why=str(error))
            return
        yield missed
        while not self._closed.is_set():
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(listener.woken.wait(), min(HEARTBEAT_SECONDS, left))
            if not self._closed.is_set():
                listener.place = listener.place or self._place
                yield listener.take()

    async def _missed(self, after: int | None) -> Told:
        """Return what changed since a place; everything where the place is unknown here, or too much did."""
        now = await self.log.place()
        if after is None:
            return Told(now)
        if not 0 < after <= now:
            return Told(now, everything=True)
        changes = await self.log.since(after, PENDING_MAX + 1)
        if len(changes.rows) > PENDING_MAX:
            return Told(changes.place, everything=True)
        return Told(changes.place, tuple(dict.fromkeys(each.workflow_id for each in changes.rows)))

    async def _follow(self) -> None:
        """Begin to look before the first browser is told what it missed, so that the two meet."""
        async with self._starting:
            if self._tail is None and not self._closed.is_set():
                self._place, self._handed = await self.log.place(), set()
                self._tail = asyncio.create_task(self._run(), name="approval-changes")

    async def _run(self) -> None:
        while not self._closed.is_set():
            pause = self._poll_seconds
            try:
                changes = await self.log.since(self._place, LOOK_MAX)
            except Exception as error:
                _log.warning("changes_not_readable", why=str(error))
                pause = RETRY_SECONDS
            else:
                pause = OVERFULL_SECONDS if self._hand_out(changes) else pause
            await asyncio.sleep(pause)

    def _hand_out(self, changes: Changes) -> bool:
        """Hand on what was not handed on before; returns whether there is more than a look reads.

        What lies beyond a look has no other way to the browsers than that they load everything.
        """
        overfull = len(changes.rows) >= LOOK_MAX
        new = [each for each in changes.rows if each not in self._handed]
        ids = dict.fromkeys(each.workflow_id for each in new)
        for listener in tuple(self.listeners):
            listener.tell(ids, changes.place, everything=overfull)
        self._place = changes.place
        self._handed = {each for each in changes.rows if each.transaction >= changes.place}
        return overfull
