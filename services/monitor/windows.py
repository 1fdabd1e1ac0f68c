"""Completed and failed workflows per minute, counted by Faust: the only place where it runs (design, 4).

The view may lose counts: Faust 0.15.3 commits past messages in flight and skips one whose handler raised.
So it runs apart, in a consumer group of its own, and nothing else waits for it: a broker that is away, or a
crash of the app, ends this attempt, and the next one begins after a pause with a new app.

A message counts if the store holds its event, as everywhere. One that is not recorded is skipped here; the monitor's
consumer of the topic writes its dead letter.
"""

import asyncio
import contextlib
import itertools
import tempfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import faust
import structlog
from aiokafka.client import AIOKafkaClient

from shared.events import states, topics
from shared.exact_json import parse_json
from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.kafka import KafkaConnection
from shared.messaging.message import Message, message_of
from shared.messaging.records import READ_COMMITTED

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

APP_ID = "hawk-monitor-windows"

#: Length of a window, and how long windows are kept: what a desk looks back on.
WINDOW_SECONDS = 60
KEPT_SECONDS = 60 * 60
#: Copies of the table's changelog. What it holds can be counted again, so one is enough.
CHANGELOG_REPLICAS = 1
#: Ids of events counted last, against counting a repeated delivery twice: some hours of a busy desk.
SEEN_IDS_MAX = 100_000
#: Seconds for the broker to answer before an app is started, for a start, and for a stop.
PROBE_SECONDS_MAX = 5.0
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 5.0
#: Waits between attempts. A counter is not urgent.
RESTART_BACKOFF = Backoff(base_seconds=1.0, cap_seconds=30.0)
#: Seconds an app must run before its last failure is forgotten.
RECOVERED_SECONDS = 60.0

#: Seconds without a heartbeat after which the broker gives the partitions of a killed process to its successor.
SESSION_SECONDS = 10.0

#: Waits between two questions to a database that is away.
ASKING_BACKOFF = Backoff(base_seconds=0.2, cap_seconds=5.0)

#: Returns True if a message is an event of the store; raises while the database is away.
Recorded = Callable[[Message], Awaitable[bool]]

#: A value of the table: workflows counted; offset and time (seconds since 1970) of the last message among them.
NOTHING_COUNTED = (0, -1, -1.0)

COMPLETED = "completed"
FAILED = "failed"
_BETWEEN = "|"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WindowCount:
    """The workflows that ended in the window that begins at `start`."""

    start: datetime
    completed: int
    failed: int


class WindowsStopped(Exception):
    """The Faust app ended by itself; `cause` is what it said."""

    def __init__(self, cause: BaseException | None) -> None:
        super().__init__("the app stopped" if cause is None else f"{type(cause).__name__}: {cause}")


def kind_of(message: Any) -> str | None:
    """Return what a message of hawk.progress counts as: an end is counted once, other messages are not counted."""
    if not isinstance(message, dict):
        return None
    if message.get("completed") is True:
        return COMPLETED
    if message.get("final") is True and message.get("state") not in states.SUCCESSFUL:
        return FAILED
    return None


@dataclass(slots=True)
class _Record:
    """A record of hawk.progress, whatever the topic is called here."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]
    topic: str = topics.PROGRESS
    timestamp: int = 0


class Windows:
    """The supervised Faust app of this process."""

    window_seconds = WINDOW_SECONDS

    def __init__(
        self,
        connection: KafkaConnection,
        recorded: Recorded,
        topic: str = topics.PROGRESS,
        app_id: str = APP_ID,
    ) -> None:
        self._connection = connection
        self._recorded = recorded
        self._topic = topic
        self._app_id = app_id
        self._table: Any = None
        self._seen: OrderedDict[str, None] = OrderedDict()
        self.running = False

    async def run(self) -> None:
        """Count until cancelled; never ends by itself and never raises what Faust raises."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._attempt()
            except (Exception, SystemExit) as error:
                failures = 1 if loop.time() - began > RECOVERED_SECONDS else failures + 1
                _log.warning("windows_restarted", failures=failures, why=f"{type(error).__name__}: {error}")
            await asyncio.sleep(RESTART_BACKOFF.seconds(failures))

    def counts(self, now: datetime | None = None) -> Sequence[WindowCount]:
        """Return the windows of the last hour in which something ended, newest first."""
        if self._table is None:
            return ()
        oldest = (now or datetime.now(UTC)).timestamp() - KEPT_SECONDS
        found: dict[int, dict[str, int]] = {}
        for (name, window), (count, *_) in list(self._table.table.items()):
            (kind, _), start = name.split(_BETWEEN), int(window[0])
            if start >= oldest:
                kinds = found.setdefault(start, {})
                kinds[kind] = kinds.get(kind, 0) + count
        return [
            WindowCount(datetime.fromtimestamp(start, UTC), kinds.get(COMPLETED, 0), kinds.get(FAILED, 0))
            for start, kinds in sorted(found.items(), reverse=True)
        ]

    def latest(self, kind: str) -> int:
        """Return the count of one kind in the window that is open now."""
        now = datetime.now(UTC).timestamp()
        start = int(now - now % WINDOW_SECONDS)
        for count in self.counts():
            if int(count.start.timestamp()) == start:
                return count.completed if kind == COMPLETED else count.failed
        return 0

    async def _attempt(self) -> None:
        """Start a Faust app, watch it, and stop it whatever happens."""
        await _probe(self._connection)
        with tempfile.TemporaryDirectory(prefix="hawk-windows-") as folder:
            app = self._app(folder)
            try:
                async with asyncio.timeout(START_SECONDS_MAX):
                    await app.start()
                self.running = True
                await app.wait_until_stopped()
                raise WindowsStopped(app.crash_reason)
            finally:
                self.running = False
                await _stop(app)

    def _app(self, folder: str) -> Any:
        app = faust.App(
            self._app_id,
            broker=[f"kafka://{server}" for server in self._connection.bootstrap.split(",")],
            broker_credentials=_credentials(self._connection),
            store="memory://",
            datadir=folder,
            processing_guarantee="at_least_once",
            web_enabled=False,
            autodiscover=False,
            topic_replication_factor=CHANGELOG_REPLICAS,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            broker_session_timeout=SESSION_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        app.transport.Consumer = _consumer_class()  # type: ignore[misc]  # where Faust looks it up
        table = app.Table(
            "ends",
            default=lambda: NOTHING_COUNTED,
            key_type=str,
            partitions=topics.WORKFLOW_PARTITIONS,
            help="Ended workflows by kind",
        ).tumbling(float(WINDOW_SECONDS), expires=float(KEPT_SECONDS))
        self._table = table
        source = app.topic(self._topic, key_serializer="raw", value_serializer="raw")
        app.agent(source, concurrency=1, name="count_ended")(self._counting(table))
        return app

    def _counting(self, table: Any) -> Callable[[Any], Any]:
        async def count_ended(stream: Any) -> None:
            async for event in stream.events():
                await self._count(table, event)

        return count_ended

    async def _count(self, table: Any, event: Any) -> None:
        """Count an end. Nothing is raised: an exception in an agent would end the app for one odd message."""
        with contextlib.suppress(ValueError, TypeError):
            kind = kind_of(parse_json(event.value or b""))
            if kind is not None and await self._is_true(event.message) and not _is_counted(table, event.message):
                # Each partition counts under keys of its own: a table is recovered partition by partition, and
                # one key in two of them would come back with the value of whichever is read last.
                key = f"{kind}{_BETWEEN}{event.message.partition}"
                count, *_ = table[key].value()
                table[key] = [count + self._is_new(event), event.message.offset, event.message.timestamp]

    async def _is_true(self, record: Any) -> bool:
        """Ask until the database answers; while it is away nothing is counted, and nothing is lost."""
        message = message_of(_Record(record.partition, record.offset, record.key, record.value, record.headers or ()))
        for failures in itertools.count(1):
            try:
                return await self._recorded(message)
            except Exception as error:
                _log.info("windows_wait", failures=failures, why=f"{type(error).__name__}: {error}")
                if not passes_by_itself(error):
                    break
                await asyncio.sleep(ASKING_BACKOFF.seconds(failures))
        return False

    def _is_new(self, event: Any) -> bool:
        headers = dict(event.headers or {})
        identity = headers.get("ce_id")
        known = identity.decode("utf-8", "replace") if isinstance(identity, bytes) else str(identity)
        if identity is None:
            return True
        if known in self._seen:
            return False
        self._seen[known] = None
        while len(self._seen) > SEEN_IDS_MAX:
            self._seen.popitem(last=False)
        return True


def _is_counted(table: Any, record: Any) -> bool:
    """Return True if a record was read before: Faust reads on from where it last committed, perhaps far behind.

    An offset alone does not say so: a topic that was made again starts with 0, and its records are later.
    """
    ours = f"{_BETWEEN}{record.partition}"
    passed = [last for (name, _), (_, *last) in list(table.table.items()) if name.endswith(ours)]
    return any(record.offset <= offset and record.timestamp <= timestamp for offset, timestamp in passed)


async def _probe(connection: KafkaConnection) -> None:
    """Raise if no broker answers: Faust leaves sockets and threads behind when its own start fails."""
    client = AIOKafkaClient(**connection.options())
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            await client.bootstrap()
    finally:
        await client.close()


async def _stop(app: Any) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS_MAX):
            await app.stop()
    except Exception as error:
        _log.info("windows_not_stopped", why=f"{type(error).__name__}: {error}")


def _credentials(connection: KafkaConnection) -> "CredentialsT | None":
    options = connection.options()
    context = options.get("ssl_context")
    if connection.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL"):
        return faust.SASLCredentials(
            username=connection.sasl_username,
            password=connection.sasl_password,
            mechanism=connection.sasl_mechanism,
            ssl_context=context,
        )
    return None if context is None else faust.SSLCredentials(context)


def _consumer_class() -> type[Any]:
    """Return the consumer that a Faust app uses in place of its own: it reads committed messages alone.

    Faust 0.15.3 passes over aborted messages only within transactions of its own. And a process would wait for the
    thread where it consumes for as long as a rebalance is on, and the supervisor would have to kill it.

    Made as late as an app is, because importing Faust's machinery starts a process (`file`).
    """
    from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer  # noqa: PLC0415
    from mode.threads import WorkerThread  # noqa: PLC0415

    class ExpendableThread(WorkerThread):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.daemon = True

    class CommittedThread(AIOKafkaConsumerThread):
        Worker = ExpendableThread

        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)
            consumer._isolation_level = READ_COMMITTED  # read when it is started
            return consumer

    class CommittedConsumer(Consumer):
        def _new_consumer_thread(self) -> Any:
            return CommittedThread(self, loop=self.loop, beacon=self.beacon)

    return CommittedConsumer
