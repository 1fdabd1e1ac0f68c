"""One transaction: what was decided, the events, the projection and the inbox row, all or nothing."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar, overload

import asyncpg
import structlog

from shared.errors import Conflict, Defect
from shared.events.base import Event
from shared.events.catalogue import decode, encode
from shared.eventstore.port import EventStore, RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.cause import Cause
from shared.messaging.door import NotRecorded, Presented, look
from shared.messaging.earlier import Appended, Earlier, Questions
from shared.messaging.streams import LoadedStream, StreamMemory
from shared.messaging.transaction import UNIT_ATTEMPTS, Pool, decide_again, transaction, with_connection
from shared.telemetry.tracing import mark

T = TypeVar("T")

Write = Callable[[asyncpg.Connection], Awaitable[None]]
WriteMany = Callable[[asyncpg.Connection, Sequence[Any]], Awaitable[None]]
Projector = Callable[[asyncpg.Connection, Sequence[RecordedEvent]], Awaitable[None]]

_SCHEMA = re.compile(r"[a-z][a-z0-9_]*\Z")

_log = structlog.get_logger(__name__)


@cache
def _check_schema(schema: str) -> None:
    """Refuse what is not a schema's name. There are a handful of them, and a check for each message."""
    if _SCHEMA.match(schema) is None:
        raise Defect(f"{schema!r} is not a schema name; a service's schema is its own name.")


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """The key of a repeated message: schema of the service, consumer (group), message id.

    `replay` distinguishes a message that a person had published again from the refused one with that id; it is
    the version of the replay in the stream of the dead letter.
    """

    schema: str
    consumer: str
    message_id: str
    replay: int | None = None

    def __post_init__(self) -> None:
        _check_schema(self.schema)

    @property
    def key(self) -> str:
        """The key of the message in the inbox."""
        return self.message_id if self.replay is None else f"{self.message_id}#replay-{self.replay}"


class HandledElsewhere(Conflict):
    """Another member handled the message while this one decided. Starting over finds its inbox row."""

    def __init__(self, inbox: InboxEntry) -> None:
        self.inbox = inbox
        super().__init__(f"Message {inbox.key} was handled by another member of {inbox.consumer} meanwhile.")


class UnitOfWork:
    """The tools of a handler: streams to load, events to append, further writes of its transaction."""

    def __init__(
        self,
        *,
        connection: asyncpg.Connection,
        store: EventStore,
        cause: Cause,
        inbox: InboxEntry | None = None,
        memory: StreamMemory | None = None,
    ) -> None:
        self.cause = cause
        self.inbox = inbox
        """The inbox key of the message that this unit handles; None for a unit that no message began."""
        self._connection = connection
        self._store = store
        self._memory = memory or StreamMemory()
        self._began = self._memory.present
        self.read: dict[str, LoadedStream] = {}
        """The streams this unit has loaded, as they were before it."""
        self._appends: dict[str, StreamAppend] = {}
        self._writes: list[Write] = []
        self._gathered: dict[WriteMany, list[Any]] = {}
        self._questions = Questions()
        self.new_events: list[Appended] = []
        """The events this unit has appended, in their order."""
        self._acts: list[Callable[[], None]] = []
        self.recorded: tuple[RecordedEvent, ...] = ()
        """The events this unit has written."""

    @property
    def connection(self) -> asyncpg.Connection:
        """A connection to read tables in this unit's transaction; they lack what the unit has collected."""
        return self._connection

    @property
    def before(self) -> asyncpg.Connection:
        """A connection to read the tables as before this transaction, whatever others have collected in it."""
        return self._connection

    @property
    def earlier(self) -> Earlier:
        """What earlier messages of the transaction append: what `before` and `ask` lack."""
        return Earlier()

    async def ask(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Return the rows of a query as before this transaction, which asks each question once."""
        return await self._questions.ask(self._connection, query, arguments)

    @property
    def alone(self) -> bool:
        """True if the transaction is this unit's only. In a shared one a check that only foretells what a constraint of
        the database will say may be left out: when it says so, each message is handled again alone.
        """
        return True

    async def load(self, stream: str) -> LoadedStream:
        """Return a stream's events, decoded. What this unit has appended itself is not in it.

        Raises:
            Defect: a stored event cannot be decoded by this version of the code.
        """
        if stream not in self.read:
            self.read |= await self._memory.read(self._store, [stream], self._began)
        return self.read[stream]

    def derive(self, what: str, rows: Sequence[Any], make: Callable[[], T]) -> T:
        """Return what is made of rows that `ask` gave; made once in the transaction. `what` names how."""
        return self._questions.derive(what, rows, make)

    def append(self, stream: str, expected: int, *events: Event, correlation_id: str | None = None) -> None:
        """Collect events for a stream; all streams are written in one append, the first write at commit.

        Args:
            expected: version the stream has now (0: it must not exist). A second call for the same stream
                names the version that the first one leads to.
            correlation_id: the workflow these events belong to, where it is not the cause's.
        Raises:
            Defect: two calls for one stream do not follow each other.
        """
        metadata = self.cause.metadata(correlation_id)
        new = tuple(encode(event, metadata) for event in events)
        self.new_events += (Appended(stream, version, event) for version, event in enumerate(events, expected + 1))
        before = self._appends.get(stream)
        if before is None:
            self._appends[stream] = StreamAppend(stream, expected, new)
            return
        reached = before.expected + len(before.events)
        if expected != reached:
            raise Defect(f"Stream {stream} was led to {reached} by this unit, not to {expected}. Append at {reached}.")
        self._appends[stream] = replace(before, events=before.events + new)

    def caused_by(self, event: RecordedEvent) -> None:
        """Return what is appended from now on follows from this event, which has waited for its time in the store."""
        self.cause = replace(self.cause, causation_id=str(event.event_id))
        self.continues(event)

    def continues(self, event: RecordedEvent) -> None:
        """Go on in the trace of this event: what began this unit, a clock or a free slot, has none of its own."""
        traceparent = mark(f"after {event.type}", event.metadata.get("traceparent"))
        self.cause = replace(self.cause, traceparent=traceparent)

    def also(self, write: Write) -> None:
        """Return a further write of this transaction, after the append and the projection; in the order given."""
        self._writes.append(write)

    def gather(self, write: WriteMany, item: object) -> None:
        """Return a further write of one item, which `write` does for all of the transaction at once.

        What was gathered is written last. The writes must not depend on one another's order.
        """
        self._gathered.setdefault(write, []).append(item)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something in memory once the transaction is durable, for example wake a listener.

        It may be lost when the process dies; nothing that must happen belongs here.
        """
        self._acts.append(act)

    @property
    def appends(self) -> tuple[StreamAppend, ...]:
        """The collected appends, with at least one event each."""
        return tuple(append for append in self._appends.values() if append.events)

    async def write(self, projector: Projector | None) -> None:
        """Append, project, then the further writes. Called once, by the runner of the unit."""
        if self.appends:
            self.recorded = await self._store.append(self.appends)
            if projector is not None:
                await projector(self._connection, self.recorded)
        await self.write_further(self._connection)
        await write_gathered(self._connection, [self])

    @property
    def collected(self) -> bool:
        """True if anything is to be written."""
        return bool(self._writes) or bool(self._gathered) or bool(self.appends)

    @property
    def gathered(self) -> Iterable[tuple[WriteMany, Sequence[Any]]]:
        """What was gathered, by who writes it."""
        return self._gathered.items()

    async def write_further(self, connection: asyncpg.Connection) -> None:
        """Return the further writes, in the order given."""
        for further in self._writes:
            await further(connection)

    def committed(self) -> None:
        """Run what waits for the commit; a failure there is logged, since the transaction is committed."""
        self._memory.keep(self.read, self.recorded)
        for act in self._acts:
            try:
                act()
            except Exception:
                _log.exception("after_commit_failed", correlation_id=self.cause.correlation_id)


async def write_gathered(connection: asyncpg.Connection, units: Iterable[UnitOfWork]) -> None:
    """Write what units of one transaction have gathered: each kind at once."""
    items: dict[WriteMany, list[Any]] = {}
    for unit in units:
        for write, gathered in unit.gathered:
            items.setdefault(write, []).extend(gathered)
    for write, gathered in items.items():
        await write(connection, gathered)


Work = Callable[[UnitOfWork], Awaitable[T]]


@overload
async def run_unit(
    pool: Pool,
    cause: Cause,
    work: Work[T],
    *,
    projector: Projector | None,
    inbox: None = None,
    attempts: int = ...,
    memory: StreamMemory | None = None,
) -> T: ...
@overload
async def run_unit(
    pool: Pool,
    cause: Cause,
    work: Work[T],
    *,
    projector: Projector | None,
    inbox: InboxEntry,
    presented: Presented | None = None,
    attempts: int = ...,
    memory: StreamMemory | None = None,
) -> T | None: ...
async def run_unit(
    pool: Pool,
    cause: Cause,
    work: Work[T],
    *,
    projector: Projector | None,
    inbox: InboxEntry | None = None,
    presented: Presented | None = None,
    attempts: int = UNIT_ATTEMPTS,
    memory: StreamMemory | None = None,
) -> T | None:
    """Run a work as one transaction; decide it again, on a fresh transaction, when somebody else was faster.

    Order: SELECT inbox and the presented event, work, append, project, further writes, INSERT inbox, COMMIT,
    after_commit. The snapshot is one for all reads (REPEATABLE READ), so that a decision never rests on halves of two
    states.

    Args:
        memory: the streams that the process keeps; without one all are read from their beginning.
    Returns:
        What the work returned; None for a message that the inbox already holds.
    Raises:
        Conflict: others were faster `attempts` times in a row.
        DatabaseAway: nothing was committed, try later.
        CommitOutcomeUnknown: load again before deciding again.
        NotRecorded: the store does not hold the event that the message presents.
        Whatever the work raises; nothing was committed then.
    """

    kept = memory or StreamMemory()

    async def attempt(connection: asyncpg.Connection) -> T | None:
        unit = UnitOfWork(
            connection=connection, store=PostgresEventStore(connection), cause=cause, inbox=inbox, memory=kept
        )
        with kept.forgetting(unit.read):
            return await _transaction(unit, work, projector, presented)

    return await decide_again(pool, attempt, attempts=attempts, correlation_id=cause.correlation_id)


async def read_events(pool: Pool, stream: str) -> tuple[Event, ...]:
    """Return a stream's events, outside any unit of work: for streams whose beginning is all that matters.

    Raises:
        DatabaseAway: try later.
    """

    async def read(connection: asyncpg.Connection) -> tuple[Event, ...]:
        return tuple(decode(event) for event in await PostgresEventStore(connection).read_stream(stream))

    return await with_connection(pool, read)


async def _transaction(
    unit: UnitOfWork, work: Work[T], projector: Projector | None, presented: Presented | None
) -> T | None:
    connection, inbox = unit.before, unit.inbox
    async with transaction(connection):
        if inbox is not None:
            asked = () if presented is None else (presented,)
            found = await look(connection, inbox.schema, inbox.consumer, [inbox.key], asked)
            if presented is not None and not all(found.recorded):
                raise NotRecorded(presented.place)
            if found.seen:
                return None
        result = await work(unit)
        await unit.write(projector)
        if inbox is not None:
            await remember(connection, [inbox])
    unit.committed()
    return result


async def remember(connection: asyncpg.Connection, entries: Sequence[InboxEntry]) -> None:
    """Enter different messages of one consumer into its inbox.

    Raises:
        HandledElsewhere: another member has handled one of them at the same time; start over.
    """
    first = entries[0]
    statement = (
        f"INSERT INTO {first.schema}.inbox (consumer, message_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING"
    )
    ids = [entry.key for entry in entries]
    if await connection.execute(statement, first.consumer, ids) != f"INSERT 0 {len(ids)}":
        raise HandledElsewhere(first)
