"""Completed and failed workflows per minute, and how long they took, counted by Faust: the only place where it runs.

Every monitor counts the whole topic by itself: at its start from where the last hour begins, then on as messages come.
It belongs to no group, commits nothing and keeps its table in memory alone, so that no other monitor, and nothing that
was left behind, can change what it shows. What it holds can be read again at any time, and nothing else waits for it:
a broker that is away, or a failure of Faust, ends this attempt, and the next one begins after a pause with a new app.

Faust reads nothing by itself: version 0.15.3 commits past messages in flight, reads uncommitted ones, and keeps threads
and sockets when its own start fails. Its stream is given what HAWK's own client has read.

A message counts if the store holds its event, as everywhere. One that is not recorded is skipped here; the monitor's
consumer of the topic writes its dead letter.
"""

import asyncio
import contextlib
import itertools
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

import faust
import structlog
from aiokafka import TopicPartition
from faust.types.tuples import Message as FaustMessage

from services.monitor.speed.telling import COMPLETED, FAILED, REASON, TOOK, UNTIMED, Tally, Told, told_by
from shared.events import topics
from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.kafka import KafkaConnection, end_within, within
from shared.messaging.message import Message, message_of
from shared.messaging.records import AIOKafkaConsumer

APP_ID: Final = "hawk-monitor-windows"

#: Length of a window, and how long windows are kept: what a desk looks back on.
WINDOW_SECONDS: Final = 60
KEPT_SECONDS: Final = 60 * 60
#: Ids of events counted last, against counting a repeated delivery twice: some hours of a busy desk.
SEEN_IDS_MAX: Final = 100_000
#: Records taken from the client at once; the ends among them are one question to the store.
FETCHED_MAX: Final = 500
FETCH_MILLISECONDS: Final = 1_000
#: After so long it is seen that the topic has other partitions: a person adds some once in years.
METADATA_MILLISECONDS: Final = 60_000
#: Seconds between two questions whether the broker is there, while nothing comes: the client waits for it in silence.
SILENCE_SECONDS: Final = 5.0
#: Seconds for the broker to answer one question, for a start, and for a stop.
ANSWER_SECONDS_MAX: Final = 5.0
START_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 5.0
#: Waits between attempts. A counter is not urgent.
RESTART_BACKOFF: Final = Backoff(base_seconds=1.0, cap_seconds=30.0)
#: Seconds an app must run before its last failure is forgotten.
RECOVERED_SECONDS: Final = 60.0

#: Waits between two questions to a database that is away.
ASKING_BACKOFF: Final = Backoff(base_seconds=0.2, cap_seconds=5.0)

#: Returns which messages are events of the store; raises while the database is away.
Recorded = Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]

#: Said while the hour is read.
_BEGINS: Final = "The last hour is being read."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WindowCount:
    """The workflows that ended in the window that begins at `start`.

    Args:
        reasons: the failed ones by the code of the reason.
        took: the completed ones that can be timed, by the bucket of the time from approval (`speed.histogram`).
        untimed: completed in Murex, and when it was approved is not known here.
    """

    start: datetime
    completed: int
    failed: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    took: Mapping[int, int] = field(default_factory=dict)
    untimed: int = 0


class WindowsStopped(Exception):
    """This attempt ends, for a reason of its own; the next begins."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A record that tells something that counts."""

    told: Told
    record: Any
    message: Message


class Windows:
    """The supervised counting of this process."""

    window_seconds = WINDOW_SECONDS

    def __init__(self, connection: KafkaConnection, recorded: Recorded, topic: str = topics.PROGRESS) -> None:
        self._connection = connection
        self._recorded = recorded
        self._topic = topic
        self._table: Any = None
        self.running = False
        """Whether the last hour is counted, and what comes as it comes."""
        self.since = datetime.now(UTC)
        """Since when it is so, or is not."""
        self.why = _BEGINS
        """Why it does not run; empty while it does."""

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
                self._turn(running=False, why=error)
                _log.warning("windows_restarted", failures=failures, why=f"{type(error).__name__}: {error}")
            await asyncio.sleep(RESTART_BACKOFF.seconds(failures))

    def counts(self, now: datetime | None = None) -> Sequence[WindowCount]:
        """Return the windows of the last hour in which something ended, newest first.

        While the hour is read again, those of the attempt before.
        """
        if self._table is None:
            return ()
        oldest = (now or datetime.now(UTC)).timestamp() - KEPT_SECONDS
        found: dict[int, dict[str, int]] = {}
        for (key, window), count in list(self._table.table.items()):
            start = int(window[0])
            if start >= oldest:
                found.setdefault(start, {})[key] = count
        return [_count(start, keys) for start, keys in sorted(found.items(), reverse=True)]

    def latest(self, kind: str) -> int:
        """Return the count of one kind in the window that is open now."""
        now = datetime.now(UTC).timestamp()
        start = int(now - now % WINDOW_SECONDS)
        for count in self.counts():
            if int(count.start.timestamp()) == start:
                return count.completed if kind == COMPLETED else count.failed
        return 0

    async def _attempt(self) -> None:
        """Read and count until something fails, and stop all of it whatever happens."""
        kafka = AIOKafkaConsumer(
            self._topic,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=METADATA_MILLISECONDS,
            **self._connection.options(),
        )
        app = _app()
        table = app.Table("ends", default=int).tumbling(float(WINDOW_SECONDS), expires=float(KEPT_SECONDS))
        try:
            await within(kafka.start(), START_SECONDS_MAX)
            await table.table.start()
            async with contextlib.aclosing(app.stream(self._ends(kafka, app, table)).events()) as events:
                async for event in events:
                    for key in event.value:
                        table[key] += 1
            raise WindowsStopped("the stream ended")
        except (Exception, SystemExit) as error:
            self._turn(running=False, why=error)
            raise
        finally:
            self._turn(running=False)
            await _stop(table.table, kafka)

    async def _ends(self, kafka: AIOKafkaConsumer, app: Any, table: Any) -> AsyncGenerator[Any, None]:
        """Yield the ends of the last hour, then the others as they come, each once.

        Whoever takes the next one has counted those before it. Once the end of the topic is counted, as it was at the
        beginning, the table is the one that is shown.

        Raises:
            WindowsStopped: the topic has other partitions now.
            KafkaError, TimeoutError: the broker does not answer.
        """
        clock = asyncio.get_running_loop().time
        assigned, seen, tally = kafka.assignment(), OrderedDict[str, None](), Tally()
        left, heard = await _begin(kafka, assigned), clock()
        while True:
            if left and all([await kafka.position(partition) >= end for partition, end in left.items()]):
                left = {}
            if not left and not self.running:
                self._table = table
                self._turn(running=True)
            fetched = await kafka.getmany(timeout_ms=FETCH_MILLISECONDS, max_records=FETCHED_MAX)
            if kafka.assignment() != assigned:
                raise WindowsStopped(f"{self._topic} has other partitions now")
            for heard_of in await self._true_ones(itertools.chain(*fetched.values())):
                keys = tally.keys_of(heard_of.told) if _is_new(seen, heard_of.message) else ()
                if keys:
                    yield _event(app, keys, heard_of.record)
            if fetched:
                heard = clock()
            elif clock() - heard > SILENCE_SECONDS:
                await within(kafka.end_offsets(assigned), ANSWER_SECONDS_MAX)
                heard = clock()

    def _turn(self, *, running: bool, why: BaseException | None = None) -> None:
        if running != self.running:
            self.running, self.since, self.why = running, datetime.now(UTC), "" if running else _BEGINS
        if why is not None:
            self.why = f"{type(why).__name__}: {why}".rstrip(": ")

    async def _true_ones(self, records: Iterable[Any]) -> Sequence[_Heard]:
        """Return those records that tell something and are events of the store."""
        heard = []
        for record in records:
            # Nothing is raised: one odd message must not end the attempt, and come again in the next one.
            with contextlib.suppress(ValueError, TypeError, KeyError):
                told = told_by(record.value)
                if told is not None:
                    message = replace(message_of(record), topic=topics.PROGRESS)  # whatever it is called here
                    heard.append(_Heard(told, record, message))
        true = await self._true([each.message for each in heard])
        return [each for each, yes in zip(heard, true, strict=True) if yes]

    async def _true(self, messages: Sequence[Message]) -> Sequence[bool]:
        """Ask until the database answers; while it is away nothing is counted, and nothing is lost."""
        if not messages:
            return ()
        for failures in itertools.count(1):
            try:
                return await self._recorded(messages)
            except Exception as error:
                _log.info("windows_wait", failures=failures, why=f"{type(error).__name__}: {error}")
                if not passes_by_itself(error):
                    break
                await asyncio.sleep(ASKING_BACKOFF.seconds(failures))
        # A message that cannot be asked about is not true, and hides no other.
        half = len(messages) // 2
        return [*await self._true(messages[:half]), *await self._true(messages[half:])] if half else (False,)


async def _begin(kafka: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
    """Go to where the last hour begins; return the ends of the partitions as they are now.

    Raises:
        WindowsStopped: there is nothing to read.
        KafkaError, TimeoutError: the broker does not answer.
    """
    if not assigned:
        raise WindowsStopped("the topic has no partitions yet")
    # The ends are asked for first: what comes after them is younger than the hour, and read on from there.
    ends: dict[TopicPartition, int] = await within(kafka.end_offsets(assigned), ANSWER_SECONDS_MAX)
    since = int((datetime.now(UTC).timestamp() - KEPT_SECONDS) * 1_000)
    found = await within(kafka.offsets_for_times(dict.fromkeys(assigned, since)), ANSWER_SECONDS_MAX)
    for partition, first in found.items():
        kafka.seek(partition, ends[partition] if first is None else first.offset)
    return ends


def _is_new(seen: OrderedDict[str, None], message: Message) -> bool:
    """Note that a message is counted; False when it was before: a relay that lost its producer sends again."""
    if message.id in seen:
        return False
    seen[message.id] = None
    while len(seen) > SEEN_IDS_MAX:
        seen.popitem(last=False)
    return True


def _app() -> Any:
    """Return an app that connects to nothing: it is started by nobody, and its table tells nobody of its changes."""

    class MemoryTable(faust.Table[str, int]):  # here, because Faust imports it when it is first named
        async def on_start(self) -> None:
            await self.add_runtime_dependency(self.data)

        def on_key_set(self, key: Any, value: int) -> None:
            del value
            self._maybe_set_key_ttl(key, 0)

        def on_key_del(self, key: Any) -> None:
            self._maybe_del_key_ttl(key, 0)

    app: Any = faust.App(
        APP_ID,
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        Table=MemoryTable,
        loop=asyncio.get_running_loop(),
    )
    app.flow_control.resume()  # until then its streams skip all that comes
    # All that a stream looks for at a consumer; one of Faust's would bring a thread and a loop.
    app.consumer = SimpleNamespace(unacked=set(), _unacked_messages=set())
    return app


def _count(start: int, keys: Mapping[str, int]) -> WindowCount:
    def of(prefix: str) -> dict[str, int]:
        return {key.removeprefix(prefix): count for key, count in keys.items() if key.startswith(prefix)}

    return WindowCount(
        datetime.fromtimestamp(start, UTC),
        keys.get(COMPLETED, 0),
        keys.get(FAILED, 0),
        of(REASON),
        {int(bucket): count for bucket, count in of(TOOK).items()},
        keys.get(UNTIMED, 0),
    )


def _event(app: Any, keys: Sequence[str], record: Any) -> Any:
    """Return what an end counts as, as Faust knows events: with the time by which it chooses the window."""
    message = FaustMessage(
        record.topic, record.partition, record.offset, record.timestamp / 1_000, record.timestamp_type, {},
        record.key, None, None, generation_id=app.consumer_generation_id,
    )  # fmt: skip
    return app.create_event(None, tuple(keys), {}, message)


async def _stop(table: Any, kafka: AIOKafkaConsumer) -> None:
    for part in (table, kafka):
        why = await end_within(part.stop(), STOP_SECONDS_MAX / 2)
        if why is not None:
            _log.info("windows_not_stopped", why=why)
