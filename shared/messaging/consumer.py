"""A member of a consumer group: fetch, handle per partition, commit what is done, survive the broker.

The transaction of a message is committed before its offset, so a crash in between brings the message again,
and the inbox knows it. On revoke the member drains (what is in flight may finish), commits, then fences:
nothing of the old assignment is counted any more. aiokafka runs rebalances beside the handlers, not between
them, so this order is ours to keep.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.errors import Transient
from shared.messaging.caught_up import watch_forever
from shared.messaging.door import Present, presented
from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.handling import MessageHandling
from shared.messaging.kafka import KafkaConnection
from shared.messaging.lag import measure_lag, partition_of
from shared.messaging.message import Message, message_of
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.orders import cure
from shared.messaging.partition import Gate, PartitionWork, Trouble
from shared.messaging.records import AIOKafkaConsumer
from shared.messaging.refusals import COUNTING_SECONDS_MIN, Many
from shared.messaging.session import POLL_RECORDS_MAX, REBALANCE_TIMEOUT_MS, member_of, waited, within
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import Pool, Projector
from shared.telemetry.health import Health, State
from shared.telemetry.metrics import RETRIED, STALLED

POLL_TIMEOUT_MS = 1_000
#: Seconds until a partition whose queue was full is looked at again: a few batches' time.
FULL_SECONDS = 0.01
#: Partitions of one group that handle at the same time: below the pool's size, so that HTTP keeps
#: connections.
HANDLERS_MAX = 8
#: Seconds a revoke waits for handlers in flight before it cancels them (their transactions roll back).
REVOKE_DRAIN_SECONDS = 20.0
#: Seconds between two commits of offsets. Each is a message that the broker keeps; what was done since the last one is
#: committed when a partition is given up, and known to the inbox when it could not be.
COMMIT_SECONDS_MIN = 0.2
#: Seconds between two looks at what dead letters have to tell of: as short as messages are counted at least.
TELL_SECONDS = COUNTING_SECONDS_MIN
#: Seconds for one commit of offsets; what is not committed comes again and is known to the inbox.
COMMIT_SECONDS_MAX = 2.0
#: Seconds before a failed commit is tried again.
COMMIT_RETRY_SECONDS = 1.0
#: Seconds for joining the group: members that drain may take the whole rebalance timeout.
JOIN_SECONDS_MAX = 2 * REBALANCE_TIMEOUT_MS / 1000
#: Seconds for leaving the group; a broker that is away must not hold up a stop.
LEAVE_SECONDS_MAX = 2.0
#: Seconds between two looks at the lag, and the limit of one look.
WATCH_SECONDS = 5.0
WATCH_PROBE_SECONDS_MAX = 4.0
#: Seconds with lag and without any sign of life (aiokafka #1154: assigned, but never fetching). Above the
#: time limit of a database statement, so that a slow statement is not taken for it.
STALLED_SECONDS = 60.0
#: Waits between attempts at one message, and between sessions with the broker. The cap is what a recovery
#: waits for at most.
HANDLING_BACKOFF = Backoff(base_seconds=0.1, cap_seconds=5.0)
SESSION_BACKOFF = Backoff(base_seconds=0.2, cap_seconds=5.0)

_log = structlog.get_logger(__name__)


def health_part(group: str) -> str:
    """Under which name a group's consumer reports its health."""
    return f"consumer:{group}"


class ConsumerStalled(Transient):
    """Assigned partitions hold messages and nothing moves: the session with the broker is begun anew."""

    def __init__(self, *, group: str, lag: int, seconds: float) -> None:
        super().__init__(f"Group {group}: {lag} messages wait and none was taken for {seconds:.0f} s. Joining again.")


class Consumer:
    """One member of a consumer group, for the topics of its subscriptions.

    Args:
        service: name of the service: schema of the inbox, actor, stream of dead letters.
        group: Kafka consumer group and consumer in the inbox.
        pool: gives the pool; raises Transient while there is none.
        health: where the part `consumer:<group>` is reported.
        present: see `MessageHandling`.
    """

    def __init__(
        self,
        *,
        service: str,
        group: str,
        subscriptions: Sequence[Subscription],
        connection: KafkaConnection,
        pool: Callable[[], Pool],
        projector: Projector | None,
        health: Health,
        handling_backoff: Backoff = HANDLING_BACKOFF,
        session_backoff: Backoff = SESSION_BACKOFF,
        watch_seconds: float = WATCH_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
        present: Present = presented,
    ) -> None:
        self.group = group
        self._connection = connection
        self._health = health
        self._handling_backoff = handling_backoff
        self._session_backoff = session_backoff
        self._watch_seconds = watch_seconds
        self._stalled_seconds = stalled_seconds
        self._handling = MessageHandling(
            service=service, group=group, subscriptions=subscriptions, pool=pool, projector=projector, present=present
        )
        self._caught_up = [(each.topic, each.caught_up) for each in subscriptions if each.caught_up is not None]
        self._gate = Gate(HANDLERS_MAX)
        self._ledger = OffsetLedger()
        self._works: dict[Partition, PartitionWork] = {}
        self._troubles: dict[Partition, Trouble] = {}
        self._commit_lock = asyncio.Lock()
        self._to_commit = asyncio.Event()
        self._broken: asyncio.Future[None]
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._drain_seconds = REVOKE_DRAIN_SECONDS
        self._joined_before = False
        self._broker_silent = self._unserved = ""
        self._signs_of_life = 0
        self._handled = 0

    @property
    def partitions(self) -> frozenset[Partition]:
        """The partitions this member holds now."""
        return frozenset(self._works)

    async def run(self) -> None:
        """Consume until `stop`. A broker that is away is waited for, for ever."""
        failures = 0
        self._health.report(self._part, State.STARTING, "joining the group")
        try:
            while not self._stopping.is_set():
                handled = self._handled
                try:
                    await self._session()
                except Exception as error:
                    # Not joining alone: a session that ends again and again before it handles anything gets rarer.
                    failures = 1 if self._handled > handled else failures + 1
                    self._session_failed(error, failures)
                    await self._pause(self._session_backoff.seconds(failures))
        finally:
            self._ended.set()

    async def stop(self, drain_seconds: float = REVOKE_DRAIN_SECONDS) -> None:
        """Stop fetching, let what is in flight finish for so many seconds, commit, leave the group."""
        self._drain_seconds = drain_seconds
        self._stopping.set()
        limit = drain_seconds + COMMIT_SECONDS_MAX + 2 * LEAVE_SECONDS_MAX
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), limit)

    # --- one session with the broker

    async def _session(self) -> None:
        kafka = member_of(self.group, self._connection)
        self._broken = asyncio.get_running_loop().create_future()
        self._broken.add_done_callback(lambda future: future.cancelled() or future.exception())
        kafka.subscribe(topics=self._handling.topics, listener=_Rebalances(self, kafka))
        try:
            await self._unless_stopped(within(kafka.start(), JOIN_SECONDS_MAX))
            if self._stopping.is_set():
                return
            await self._unless_stopped(
                self._fetch(kafka),
                self._commit_when_due(kafka),
                self._tell_of_many(),
                self._watch(kafka),
                self._broken_work(),
                *(watch_forever(kafka, self._ledger, topic, watch) for topic, watch in self._caught_up),
            )
        finally:
            await self._close(kafka)

    async def _unless_stopped(self, *parts: Coroutine[Any, Any, None]) -> None:
        """Run parts until one ends or the stop is asked for; the others are cancelled."""
        tasks = [asyncio.create_task(part) for part in (*parts, waited(self._stopping))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _close(self, kafka: AIOKafkaConsumer) -> None:
        await self._give_up(kafka, self.partitions, self._drain_seconds)
        try:
            await within(kafka.stop(), LEAVE_SECONDS_MAX)
        except (KafkaError, TimeoutError, OSError) as error:
            _log.info("group_not_left", group=self.group, why=str(error))
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await within(kafka._client.close(), LEAVE_SECONDS_MAX)

    def _session_failed(self, error: Exception, failures: int) -> None:
        passing = passes_by_itself(error) or isinstance(error, OSError)
        waits = State.WAITING if self._joined_before else State.STARTING
        state = waits if passing else State.DEFECT
        why = f"{type(error).__name__}: {error}"
        self._broker_silent = why
        self._health.report(self._part, state, why)
        if passing:
            _log.warning("consumer_waits_for_broker", group=self.group, failures=failures, why=why)
        else:
            _log.error("consumer_defect", group=self.group, failures=failures, why=why, exc_info=error)

    # --- fetching

    async def _fetch(self, kafka: AIOKafkaConsumer) -> None:
        while True:
            # Not paused, which throws away what was fetched: what is not asked for waits in the client, and it fetches
            # no more of that partition.
            full = {TopicPartition(*partition) for partition, work in self._works.items() if work.full}
            wanted = kafka.assignment() - full
            if full and not wanted:
                await asyncio.sleep(FULL_SECONDS)
                continue
            timeout_ms = int(FULL_SECONDS * 1000) if full else POLL_TIMEOUT_MS
            fetched = await kafka.getmany(*wanted, timeout_ms=timeout_ms, max_records=POLL_RECORDS_MAX)
            assigned = kafka.assignment()
            for topic_partition, records in fetched.items():
                if topic_partition in assigned:
                    self._queue(partition_of(topic_partition), records)

    def _queue(self, partition: Partition, records: Iterable[Any]) -> None:
        work = self._works.get(partition) or self._open(partition)
        for record in records:
            self._signs_of_life += 1
            self._ledger.take(partition, work.epoch, record.offset)
            work.put(message_of(record))

    def _open(self, partition: Partition) -> PartitionWork:
        def finished(work: PartitionWork, message: Message) -> None:
            self._signs_of_life += 1
            self._handled += 1
            if self._ledger.finish(partition, work.epoch, message.offset):
                self._to_commit.set()

        work = PartitionWork(
            partition,
            self._ledger.assign(partition),
            handle=self._handling.handle,
            handle_together=self._handling.handle_together,
            together=lambda: self._handling.together(partition.topic),
            by_order=self._handling.set_aside_by_order,
            cure=lambda message: cure(self.group, message),
            finished=finished,
            troubled=self._troubled,
            gate=self._gate,
            backoff=self._handling_backoff,
        )
        self._works[partition] = work
        work.task.add_done_callback(self._work_ended)
        return work

    def _work_ended(self, task: asyncio.Task[None]) -> None:
        """A work ends by draining. One that ends by an error would hold its partition up without a word."""
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._broken.done():
            self._broken.set_exception(error)

    async def _broken_work(self) -> None:
        await self._broken

    def _troubled(self, work: PartitionWork, trouble: Trouble | None) -> None:
        self._signs_of_life += 1
        if trouble is None:
            self._troubles.pop(work.partition, None)
        else:
            self._troubles[work.partition] = trouble
            why = "waits" if trouble.passing else "defect"
            RETRIED.labels(group=self.group, topic=work.partition.topic, why=why).inc()
        self._report()

    # --- offsets and rebalances

    async def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Partitions were given to this member."""
        for partition in map(partition_of, partitions):
            if partition not in self._works:
                self._open(partition)
        self._joined_before = True
        self._broker_silent = ""
        self._report()
        _log.info("partitions_assigned", group=self.group, partitions=sorted(self._works))

    async def revoked(self, kafka: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> None:
        """Partitions are about to be taken from this member: drain, commit, fence."""
        await self._give_up(kafka, [partition_of(each) for each in partitions], self._drain_seconds)

    async def _give_up(self, kafka: AIOKafkaConsumer, partitions: Iterable[Partition], seconds: float) -> None:
        works = [self._works[partition] for partition in partitions if partition in self._works]
        for work in works:
            work.drain()
        if works:
            _, late = await asyncio.wait({work.task for work in works}, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            refusals = self._handling.refusals
            await self._tell(refusals.of((work.partition for work in works), time.monotonic()))
            await self._commit(kafka)
            refusals.forget(work.partition for work in works)
        self._ledger.revoke(work.partition for work in works)
        for work in works:
            if self._works.get(work.partition) is work:
                del self._works[work.partition]
            self._troubles.pop(work.partition, None)

    async def _commit_when_due(self, kafka: AIOKafkaConsumer) -> None:
        while True:
            await self._to_commit.wait()
            self._to_commit.clear()
            if await self._commit(kafka):
                await asyncio.sleep(COMMIT_SECONDS_MIN)
            else:
                await asyncio.sleep(COMMIT_RETRY_SECONDS)
                self._to_commit.set()

    async def _tell_of_many(self) -> None:
        """Have dead letters tell of messages that were only counted; what is told of may be committed."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            await self._tell(self._handling.refusals.due(time.monotonic()))

    async def _tell(self, many: Sequence[Many]) -> None:
        try:
            await self._handling.tell(many)
        except Exception as error:
            # Nothing is lost: their offsets are not committed before a dead letter tells of them.
            _log.warning("refusals_not_told", group=self.group, why=f"{type(error).__name__}: {error}")
        if many:
            self._to_commit.set()

    async def _commit(self, kafka: AIOKafkaConsumer) -> bool:
        """Commit the offsets of what is done. A failure is not a loss: the inbox knows what comes again."""
        async with self._commit_lock:
            assigned = kafka.assignment()
            offsets = {
                partition: offset
                for partition, offset in self._ledger.to_commit(self._handling.refusals.untold).items()
                if TopicPartition(*partition) in assigned
            }
            if not offsets:
                return True
            try:
                await within(
                    kafka.commit({TopicPartition(*each): offset for each, offset in offsets.items()}),
                    COMMIT_SECONDS_MAX,
                )
            except (KafkaError, TimeoutError) as error:
                _log.info("offsets_not_committed", group=self.group, why=f"{type(error).__name__}: {error}")
                return False
            self._ledger.committed(offsets)
            return True

    # --- watching

    async def _watch(self, kafka: AIOKafkaConsumer) -> None:
        """Measure the lag; end the session when messages wait and nothing moves."""
        loop = asyncio.get_running_loop()
        seen, since = self._signs_of_life, loop.time()
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                lag = await within(measure_lag(kafka, self.group, self._ledger), WATCH_PROBE_SECONDS_MAX)
            except (KafkaError, TimeoutError, OSError) as error:
                self._broker_silent = f"{type(error).__name__}: {error}"
                self._report()
                since = loop.time()
                continue
            self._broker_silent, self._unserved = "", next(iter(kafka.unserved), "")
            self._report()
            self._to_commit.set()
            if lag == 0 or self._signs_of_life != seen:
                seen, since = self._signs_of_life, loop.time()
            elif loop.time() - since >= self._stalled_seconds:
                STALLED.labels(group=self.group).inc()
                raise ConsumerStalled(group=self.group, lag=lag, seconds=loop.time() - since)

    def _report(self) -> None:
        defect = next((trouble.why for trouble in self._troubles.values() if not trouble.passing), self._unserved)
        waits = next((trouble.why for trouble in self._troubles.values()), self._broker_silent)
        if defect:
            self._health.report(self._part, State.DEFECT, defect)
        elif waits:
            self._health.report(self._part, State.WAITING, waits)
        else:
            self._health.report(self._part, State.RUNNING, f"{len(self._works)} partitions")

    @property
    def _part(self) -> str:
        return health_part(self.group)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class _Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Passes aiokafka's callbacks on. It only logs what they raise, so they raise nothing that matters."""

    def __init__(self, consumer: Consumer, kafka: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._kafka = kafka

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._consumer.revoked(self._kafka, revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._consumer.assigned(assigned)
