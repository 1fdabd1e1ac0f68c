"""Several messages of a group in one transaction: one commit, one read of each stream, one append.

Nothing else changes. Each message has a unit of its own with its own cause, and sees in the streams what the messages
before it have appended. In the tables it could not see that, since the append is the first write of a transaction and
the tables follow it. A handler that lays the events in `earlier` over what it reads (`ask`, `before`) shares the
transaction; before one that looks into the tables themselves the batch ends, and what was collected until then is
committed first.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import asyncpg

from shared.errors import Defect
from shared.eventstore.port import APPEND_EVENTS_MAX, EventStore, RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.cause import Cause
from shared.messaging.door import Look, Presented, look
from shared.messaging.earlier import Earlier, Questions
from shared.messaging.streams import LoadedStream, StreamMemory
from shared.messaging.transaction import Pool, decide_again, transaction, with_connection
from shared.messaging.unit_of_work import (
    InboxEntry,
    Projector,
    UnitOfWork,
    Work,
    remember,
    write_gathered,
)

#: Events a batch collects before it ends: what is left of one append holds what the largest next message adds, some
#: 150, three times.
BATCH_EVENTS_MAX = APPEND_EVENTS_MAX * 3 // 4
#: Seconds a batch collects before it ends: for so long a stop, and what nobody may keep waiting, waits for it. Half as
#: long after each conflict: of two processes that change the same streams the shorter batch is done first.
BATCH_SECONDS_MAX = 0.5


class EndsBatch(Exception):
    """A handler needs what earlier messages of its batch have not written yet."""


#: Messages whose streams are read in one query: a batch may end before it comes to the others.
READ_AHEAD = 32

Begin = Callable[[Cause], UnitOfWork]


class Countable(Protocol):
    """A message that proves nothing: it gets a dead letter of its own, or is counted with others like it."""

    def alone(self) -> bool:
        """Return whether it gets one of its own; asked again after a conflict, the answer is the first."""

    def count(self) -> None:
        """Count it, once the transaction that passed it over is durable."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message's share. `work` begins a unit for its cause and handles; None: the message wants nothing.

    `unproved` gives what takes its place when the store does not hold the event that the message presents. `countable`
    is there where `work` sets the message aside because it proves nothing. `streams` names those that `work` is going
    to load, once the message is proved; one it does not name is read when it is loaded.
    """

    inbox: InboxEntry
    work: Callable[[Begin], Awaitable[None]] | None
    presented: Presented | None = None
    unproved: "Callable[[], Part] | None" = None
    countable: Countable | None = None
    streams: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Job:
    """A work that no message began, with its cause and the streams that it is going to load."""

    cause: Cause
    work: Work[None]
    streams: Sequence[str] = ()


async def run_batch(
    pool: Pool,
    parts: Sequence[Part],
    *,
    projector: Projector | None,
    unproved_only: bool = False,
    memory: StreamMemory | None = None,
) -> int:
    """Run parts in order as one transaction; decide all again when somebody else was faster.

    The parts must be of one consumer. One whose message the inbox holds, or an earlier part has, is passed over.

    Args:
        unproved_only: end before the first message that proves what it is, which is to be handled alone.
        memory: the streams that the process keeps; without one all are read from their beginning.
    Returns:
        How many parts are done, from the first on; at least one, but with `unproved_only`.
    Raises:
        As `run_unit`; nothing was committed then.
    """
    if all(part.work is None for part in parts) and await _all_true(pool, parts):
        return len(parts)

    batch = await _committed(
        pool, lambda batch: batch.collect(parts), projector, memory=memory, unproved_only=unproved_only
    )
    for countable in batch.counted:
        countable.count()
    return batch.done


async def run_together(
    pool: Pool, jobs: Sequence[Job], *, projector: Projector | None, memory: StreamMemory | None = None
) -> int:
    """Run jobs in order as one transaction; decide all again when somebody else was faster.

    Args:
        memory: as of `run_batch`.
    Returns:
        How many are done, from the first on; at least one.
    Raises:
        As `run_unit`; nothing was committed then. Run them one by one.
    """
    return (await _committed(pool, lambda batch: batch.collect_jobs(jobs), projector, memory=memory)).done


async def _committed(
    pool: Pool,
    collect: "Callable[[_Batch], Awaitable[None]]",
    projector: Projector | None,
    *,
    memory: StreamMemory | None,
    unproved_only: bool = False,
) -> "_Batch":
    """Collect and write a batch as one transaction, and run what waits for its commit."""
    kept, seconds = memory or StreamMemory(), 2 * BATCH_SECONDS_MAX

    async def attempt(connection: asyncpg.Connection) -> _Batch:
        nonlocal seconds
        seconds /= 2
        batch = _Batch(connection, kept, seconds, unproved_only=unproved_only)
        with kept.forgetting(batch.read):
            async with transaction(connection):
                await collect(batch)
                await batch.write(projector)
        return batch

    batch = await decide_again(pool, attempt)
    kept.keep(batch.read, batch.recorded)
    for unit in batch.units:
        unit.committed()
    return batch


async def _all_true(pool: Pool, parts: Sequence[Part]) -> bool:
    """Return whether all events that parts which want nothing present are the store's.

    One question, and no transaction.
    """
    asked = _presented(parts)
    if not asked:
        return True
    inbox = parts[0].inbox

    async def ask(connection: asyncpg.Connection) -> Look:
        return await look(connection, inbox.schema, inbox.consumer, (), asked)

    return all((await with_connection(pool, ask)).recorded)


class _Batch:
    """The changes that the parts have collected so far, and the streams as the next part sees them."""

    def __init__(
        self, connection: asyncpg.Connection, memory: StreamMemory, seconds: float, *, unproved_only: bool
    ) -> None:
        self.done = 0
        self._until = time.monotonic() + seconds
        self.units: list[UnitOfWork] = []
        self.counted: list[Countable] = []
        self._unproved_only = unproved_only
        self._connection = connection
        self._store = PostgresEventStore(connection)
        self.memory = memory
        self._began = memory.present
        self.read: dict[str, LoadedStream] = {}
        """The streams as they were before the transaction."""
        self.recorded: tuple[RecordedEvent, ...] = ()
        """The events of the transaction."""
        self._streams: dict[str, LoadedStream] = {}
        self._appends: dict[str, StreamAppend] = {}
        self._events = 0
        self._handled: list[InboxEntry] = []
        self.earlier = Earlier()
        self.looked = False
        """True once a message has looked into the tables themselves."""
        self.questions = Questions()

    async def collect(self, parts: Sequence[Part]) -> None:
        """Run parts until all are done, one ends the batch, or enough is collected."""
        proved, known = await self._look(parts)
        for number, part in enumerate(proved):
            if number % READ_AHEAD == 0:
                new = (part for part in proved[number : number + READ_AHEAD] if _is_new(part, known))
                await self._read_ahead(stream for part in new for stream in part.streams())
            if self._unproved_only and part.countable is None:
                return
            if part.countable is not None and part.inbox.key not in known and not part.countable.alone():
                self.counted.append(part.countable)
            elif part.work is not None and _is_new(part, known):
                try:
                    await self._run(part.work, part.inbox)
                except EndsBatch:
                    return
                known.add(part.inbox.key)
                self._handled.append(part.inbox)
            self.done += 1
            if self._full:
                return

    async def collect_jobs(self, jobs: Sequence[Job]) -> None:
        """Run jobs until all are done, one ends the batch, or enough is collected."""
        await self._read_ahead(stream for job in jobs for stream in job.streams)
        for job in jobs:
            try:
                await self._run(lambda begin, job=job: job.work(begin(job.cause)), None)  # type: ignore[misc]
            except EndsBatch:
                return
            self.done += 1
            if self._full:
                return

    async def _read_ahead(self, named: Iterable[str]) -> None:
        """Read streams that are going to be loaded, in one query."""
        streams = set(named) - self._streams.keys()
        if len(streams) > 1:
            await self._read(streams)

    async def _read(self, streams: Collection[str]) -> None:
        """Read streams, and lay over them what the parts so far have appended."""
        found = await self.memory.read(self._store, streams, self._began)
        self.read |= found
        for stream, loaded in found.items():
            pending = self._appends.get(stream)
            self._streams[stream] = loaded if pending is None else loaded.with_unwritten(pending.events)

    @property
    def _full(self) -> bool:
        return self._events >= BATCH_EVENTS_MAX or time.monotonic() >= self._until

    async def _look(self, parts: Sequence[Part]) -> tuple[Sequence[Part], set[str]]:
        """Return the parts, those in another's place that are not true, and the inbox keys of theirs that are known."""
        asked = _presented(parts)
        found = await self._ask(parts, asked)
        untrue = {each.place for each, yes in zip(asked, found.recorded, strict=True) if not yes}
        if not untrue:
            return parts, set(found.seen)
        proved = [_unproved(part) if part.presented and part.presented.place in untrue else part for part in parts]
        return proved, set((await self._ask(proved, ())).seen)

    async def _ask(self, parts: Sequence[Part], asked: Sequence[Presented]) -> Look:
        """Look for what is wanted in the inbox; what wants nothing was never entered there."""
        inbox = parts[0].inbox
        keys = [part.inbox.key for part in parts if part.work is not None]
        return await look(self._connection, inbox.schema, inbox.consumer, keys, asked)

    async def write(self, projector: Projector | None) -> None:
        """Append, project, the further writes of all units in their order, the inbox."""
        if self._appends:
            self.recorded = await self._store.append(tuple(self._appends.values()))
            if projector is not None:
                await projector(self._connection, self.recorded)
        for unit in self.units:
            await unit.write_further(self._connection)
        await write_gathered(self._connection, self.units)
        if self._handled:
            await remember(self._connection, self._handled)

    async def load(self, stream: str) -> LoadedStream:
        """Return a stream with what earlier parts have appended to it; read and decoded once."""
        if stream not in self._streams:
            await self._read([stream])
        return self._streams[stream]

    async def _run(self, work: Callable[[Begin], Awaitable[None]], inbox: InboxEntry | None) -> None:
        begun: list[UnitOfWork] = []

        def begin(cause: Cause) -> UnitOfWork:
            unit = _UnitOfBatch(self, self._connection, self._store, cause, inbox, first=not self._anything)
            begun.append(unit)
            return unit

        await work(begin)
        for unit in begun:
            self._take(unit.appends)
        for unit in begun:
            self.earlier.add(unit.new_events)
        self.units += begun

    @property
    def _anything(self) -> bool:
        return bool(self._appends) or any(unit.collected for unit in self.units)

    def _take(self, appends: Sequence[StreamAppend]) -> None:
        for append in appends:
            before = self._appends.get(append.stream)
            if before is not None and before.expected + len(before.events) != append.expected:
                raise EndsBatch  # decided without having looked at the stream; alone it fails or not as ever
        for append in appends:
            before = self._appends.get(append.stream)
            joined = append if before is None else replace(before, events=before.events + append.events)
            self._appends[append.stream] = joined
            self._events += len(append.events)
            if append.stream in self._streams:
                self._streams[append.stream] = self._streams[append.stream].with_unwritten(append.events)


class _UnitOfBatch(UnitOfWork):
    """A unit whose streams hold what the parts before it have appended. `first`: nothing was collected before."""

    def __init__(
        self,
        batch: _Batch,
        connection: asyncpg.Connection,
        store: EventStore,
        cause: Cause,
        inbox: InboxEntry | None,
        *,
        first: bool,
    ) -> None:
        super().__init__(connection=connection, store=store, cause=cause, inbox=inbox, memory=batch.memory)
        self._batch = batch
        self._first = first
        self._questions = batch.questions

    @property
    def earlier(self) -> Earlier:
        """See `UnitOfWork.earlier`."""
        self._check_known()
        return self._batch.earlier

    async def ask(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """See `UnitOfWork.ask`."""
        self._check_known()
        return await super().ask(query, *arguments)

    def _check_known(self) -> None:
        """End the batch where an earlier message looked into the tables itself: nobody said what it changes there."""
        if self._batch.looked and not self._first:
            raise EndsBatch

    @property
    def connection(self) -> asyncpg.Connection:
        """The tables, as long as they are what the streams say."""
        if not self._first:
            raise EndsBatch
        self._batch.looked = True
        return super().connection

    @property
    def alone(self) -> bool:
        """No: others write in this transaction too."""
        return False

    async def load(self, stream: str) -> LoadedStream:
        """See `UnitOfWork.load`."""
        return await self._batch.load(stream)


def _is_new(part: Part, known: Container[str]) -> bool:
    return part.work is not None and part.inbox.key not in known


def _unproved(part: Part) -> Part:
    if part.unproved is None:
        raise Defect(f"Message {part.inbox.key} is not recorded, and no code says what to do then.")
    return part.unproved()


def _presented(parts: Sequence[Part]) -> Sequence[Presented]:
    return [part.presented for part in parts if part.presented is not None]
