"""One session of a member with its consumer group: fetch, handle per partition, commit, and notice a stall.

The transaction of a message is committed before its offset, so a crash in between brings the message again, and the
inbox knows it. On revoke the member drains (what is in flight may finish), commits, then fences: nothing of the old
assignment counts any more. aiokafka runs rebalances beside the handlers, not between them, so this order is ours to
keep.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import KafkaError

from shared.errors import Transient
from shared.events.topics import MESSAGE_BYTES_MAX
from shared.messaging.caught_up import CaughtUpWatch, watch_forever
from shared.messaging.commits import Commits
from shared.messaging.faults import Backoff
from shared.messaging.handling import MessageHandling
from shared.messaging.kafka import KafkaConnection, within
from shared.messaging.lag import measure_lag, partition_of
from shared.messaging.member_health import MemberHealth
from shared.messaging.message import Message, message_of
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.partition import Blocked, HandlerSlots, PartitionWorker
from shared.messaging.records import AIOKafkaConsumer
from shared.telemetry.metrics import STALLED

#: Milliseconds without a heartbeat after which the broker gives the partitions to others. A killed process says no
#: goodbye, and the one started in its place waits this long for its partitions; five heartbeats, so that a hiccup
#: does not count as death. A false alarm costs a rebalance and nothing else.
SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_INTERVAL_MS = 2_000
#: Milliseconds members have to join a rebalance: above draining, which is above the longest handler.
REBALANCE_TIMEOUT_MS = 60_000
#: Milliseconds without a fetch after which aiokafka leaves the group; we fetch all the time, so it never is
#: reached.
MAX_POLL_INTERVAL_MS = 300_000
#: Messages taken from the client at a time: small, so that a revoke finds little to give up.
POLL_RECORDS_MAX = 100
POLL_TIMEOUT_MS = 1_000
#: Bytes per fetch. A message of the largest size and its headers fit, and twice that in one response.
PARTITION_FETCH_BYTES = MESSAGE_BYTES_MAX + 64 * 1024
FETCH_BYTES = 2 * PARTITION_FETCH_BYTES
#: Seconds until a partition whose queue was full is looked at again: a few batches' time.
FULL_SECONDS = 0.01
#: Seconds for joining the group: members that drain may take the whole rebalance timeout.
JOIN_SECONDS_MAX = 2 * REBALANCE_TIMEOUT_MS / 1000
#: Seconds for leaving the group; a broker that is away must not hold up a stop.
LEAVE_SECONDS_MAX = 2.0
#: Seconds for one measurement of the lag.
LAG_SECONDS_MAX = 4.0

_log = structlog.get_logger(__name__)


def member_of(group: str, connection: KafkaConnection) -> AIOKafkaConsumer:
    """Make a client that will be a member of a group, not started; in the loop that it will run in."""
    return AIOKafkaConsumer(
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RoundRobinPartitionAssignor,),
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=HEARTBEAT_INTERVAL_MS,
        rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        max_poll_records=POLL_RECORDS_MAX,
        max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
        fetch_max_bytes=FETCH_BYTES,
        **connection.options(),
    )


class ConsumerStalled(Transient):
    """Assigned partitions hold messages and nothing moves: the session with the broker is begun again."""

    def __init__(self, *, group: str, lag: int, seconds: float) -> None:
        super().__init__(f"Group {group}: {lag} messages wait and none was taken for {seconds:.0f} s. Joining again.")


class Session(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """One session, from joining the group to leaving it.

    Args:
        kafka: the client, not started.
        handling: handles the messages.
        caught_up: topics with who wants to know how far they are read.
        drain_seconds: says for how long handlers in flight are waited for when partitions are given up.
        backoff: waits between attempts at one message.
        watch_seconds: between two measurements of the lag.
        stalled_seconds: with lag and without any sign of life, until the session ends.
        slots: shared by all sessions of a process, for messages that share transactions.
    """

    def __init__(
        self,
        group: str,
        kafka: AIOKafkaConsumer,
        handling: MessageHandling,
        health: MemberHealth,
        *,
        caught_up: Iterable[tuple[str, CaughtUpWatch]],
        drain_seconds: Callable[[], float],
        backoff: Backoff,
        watch_seconds: float,
        stalled_seconds: float,
        slots: HandlerSlots,
    ) -> None:
        self._group = group
        self._kafka = kafka
        self._handling = handling
        self._health = health
        self._caught_up = tuple(caught_up)
        self._drain_seconds = drain_seconds
        self._backoff = backoff
        self._watch_seconds = watch_seconds
        self._stalled_seconds = stalled_seconds
        self._shared_slots = slots
        # What shares no transaction waits for none either: a stop is taken in beside whatever is booked.
        self._own_slots = HandlerSlots()
        self._ledger = OffsetLedger()
        self._commits = Commits(group, kafka, self._ledger, handling)
        self._workers: dict[Partition, PartitionWorker] = {}
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._broken.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._signs_of_life = 0
        self.handled = 0
        """Messages that were handled in this session."""

    @property
    def partitions(self) -> frozenset[Partition]:
        """The partitions that the member holds now."""
        return frozenset(self._workers)

    async def run(self, stopping: asyncio.Event) -> None:
        """Join, consume until `stopping` is set or something fails, and leave.

        Raises:
            The first error of a part of it.
        """
        self._kafka.subscribe(topics=self._handling.topics, listener=self)
        try:
            await _until(stopping, within(self._kafka.start(), JOIN_SECONDS_MAX))
            if stopping.is_set():
                return
            await _until(
                stopping,
                self._fetch(),
                self._commits.run(),
                self._commits.write_counted(),
                self._watch(),
                self._broken_worker(),
                *(watch_forever(self._kafka, self._ledger, topic, watch) for topic, watch in self._caught_up),
            )
        finally:
            await self._close()

    async def _close(self) -> None:
        await self._give_up(self.partitions)
        try:
            await within(self._kafka.stop(), LEAVE_SECONDS_MAX)
        except (KafkaError, TimeoutError, OSError) as error:
            _log.info("group_not_left", group=self._group, why=str(error))
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await within(self._kafka._client.close(), LEAVE_SECONDS_MAX)

    # --- partitions

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin to work on partitions. aiokafka only logs what this raises, so it raises nothing that matters."""
        for partition in map(partition_of, assigned):
            self._worker(partition)
        self._health.joined()
        _log.info("partitions_assigned", group=self._group, partitions=sorted(self._workers))

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Drain, commit and fence partitions that are about to be taken from this member."""
        await self._give_up(map(partition_of, revoked))

    async def _give_up(self, partitions: Iterable[Partition]) -> None:
        workers = [self._workers[partition] for partition in partitions if partition in self._workers]
        for worker in workers:
            worker.drain()
        held = [worker.partition for worker in workers]
        if workers:
            _, late = await asyncio.wait({worker.task for worker in workers}, timeout=self._drain_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            await self._commits.last(held)
        self._ledger.revoke(held)
        for worker in workers:
            if self._workers.get(worker.partition) is worker:
                del self._workers[worker.partition]
            self._health.given_up(worker.partition)

    def _worker(self, partition: Partition) -> PartitionWorker:
        """Return the worker of a partition, which is begun where there is none."""
        if partition in self._workers:
            return self._workers[partition]

        def finished(message: Message) -> None:
            self._signs_of_life += 1
            self.handled += 1
            if self._ledger.finish(partition, worker.epoch, message.offset):
                self._commits.due()

        def blocked(blocked: Blocked | None) -> None:
            self._signs_of_life += 1
            self._health.blocked(partition, blocked)

        worker = PartitionWorker(
            partition,
            self._ledger.assign(partition),
            self._handling,
            finished=finished,
            blocked=blocked,
            slots=self._shared_slots if self._handling.across(partition.topic) else self._own_slots,
            backoff=self._backoff,
            group=self._workers.values,
        )
        worker.task.add_done_callback(self._worker_ended)
        self._workers[partition] = worker
        return worker

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        """End the session by the error of a worker, which would block its partition without a word otherwise."""
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._broken.done():
            self._broken.set_exception(error)

    async def _broken_worker(self) -> None:
        await self._broken

    # --- fetching

    async def _fetch(self) -> None:
        while True:
            # Not paused, which throws away what was fetched: what is not asked for waits in the client, and it fetches
            # no more of that partition.
            full = {TopicPartition(*partition) for partition, worker in self._workers.items() if worker.full}
            wanted = self._kafka.assignment() - full
            if full and not wanted:
                await asyncio.sleep(FULL_SECONDS)
                continue
            timeout_ms = int(FULL_SECONDS * 1000) if full else POLL_TIMEOUT_MS
            fetched = await self._kafka.getmany(*wanted, timeout_ms=timeout_ms, max_records=POLL_RECORDS_MAX)
            assigned = self._kafka.assignment()
            for topic_partition, records in fetched.items():
                if topic_partition in assigned:
                    self._queue(partition_of(topic_partition), records)

    def _queue(self, partition: Partition, records: Iterable[Any]) -> None:
        worker = self._worker(partition)
        for record in records:
            self._signs_of_life += 1
            self._ledger.take(partition, worker.epoch, record.offset)
            worker.put(message_of(record))

    # --- watching

    async def _watch(self) -> None:
        """Measure the lag; end the session when messages wait and nothing moves."""
        clock = asyncio.get_running_loop().time
        seen, since = self._signs_of_life, clock()
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                lag = await within(measure_lag(self._kafka, self._group, self._ledger), LAG_SECONDS_MAX)
            except (KafkaError, TimeoutError, OSError) as error:
                self._health.broker_silent(f"{type(error).__name__}: {error}")
                since = clock()
                continue
            self._health.broker_answers(next(iter(self._kafka.unserved), ""))
            self._commits.due()
            if lag == 0 or self._signs_of_life != seen:
                seen, since = self._signs_of_life, clock()
            elif clock() - since >= self._stalled_seconds:
                STALLED.labels(group=self._group).inc()
                raise ConsumerStalled(group=self._group, lag=lag, seconds=clock() - since)


async def _until(stopping: asyncio.Event, *parts: Coroutine[Any, Any, None]) -> None:
    """Run parts until one ends or `stopping` is set; the others are cancelled."""
    tasks = [asyncio.create_task(part) for part in (*parts, _set(stopping))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _set(event: asyncio.Event) -> None:
    await event.wait()
