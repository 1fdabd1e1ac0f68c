"""Offsets of finished messages, committed to the broker. A failure is not a loss: the inbox knows what comes again."""

import asyncio
import time
from collections.abc import Collection, Sequence

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.handling import MessageHandling
from shared.messaging.kafka import within
from shared.messaging.offsets import OffsetLedger, Partition
from shared.messaging.records import AIOKafkaConsumer
from shared.messaging.refusals import COUNTING_SECONDS_MIN, Many

#: Seconds between two commits of offsets. Each is a message that the broker keeps; what was done since the last one is
#: committed when a partition is given up, and known to the inbox when it could not be.
COMMIT_SECONDS_MIN = 0.2
#: Seconds for one commit of offsets; what is not committed comes again and is known to the inbox.
COMMIT_SECONDS_MAX = 2.0
#: Seconds before a failed commit is tried again.
COMMIT_RETRY_SECONDS = 1.0
#: Seconds between two writings of dead letters for many messages: the shortest time that these are counted.
COUNTED_SECONDS = COUNTING_SECONDS_MIN

_log = structlog.get_logger(__name__)


class Commits:
    """Commits what a session has finished, once every message that was only counted is in a dead letter."""

    def __init__(self, group: str, kafka: AIOKafkaConsumer, ledger: OffsetLedger, handling: MessageHandling) -> None:
        self._group = group
        self._kafka = kafka
        self._ledger = ledger
        self._handling = handling
        self._due = asyncio.Event()
        self._lock = asyncio.Lock()

    def due(self) -> None:
        """Have what is finished committed soon."""
        self._due.set()

    async def run(self) -> None:
        """Commit whenever something is due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            if await self.commit():
                await asyncio.sleep(COMMIT_SECONDS_MIN)
            else:
                await asyncio.sleep(COMMIT_RETRY_SECONDS)
                self._due.set()

    async def write_counted(self) -> None:
        """Write the dead letters of messages that were only counted, again and again until cancelled."""
        while True:
            await asyncio.sleep(COUNTED_SECONDS)
            await self._write(self._handling.refusals.due(time.monotonic()))

    async def last(self, partitions: Collection[Partition]) -> None:
        """Commit what is finished of partitions that are about to be given up."""
        refusals = self._handling.refusals
        await self._write(refusals.of(partitions, time.monotonic()))
        await self.commit()
        refusals.forget(partitions)

    async def _write(self, many: Sequence[Many]) -> None:
        try:
            await self._handling.write_counted(many)
        except Exception as error:
            # Nothing is lost: their offsets are not committed before they are in a dead letter.
            _log.warning("refusals_not_written", group=self._group, why=f"{type(error).__name__}: {error}")
        if many:
            self._due.set()

    async def commit(self) -> bool:
        """Commit the offsets of what is finished; False when the broker did not take them."""
        async with self._lock:
            assigned = self._kafka.assignment()
            offsets = {
                partition: offset
                for partition, offset in self._ledger.to_commit(self._handling.refusals.first_counted).items()
                if TopicPartition(*partition) in assigned
            }
            if not offsets:
                return True
            named = {TopicPartition(*partition): offset for partition, offset in offsets.items()}
            try:
                await within(self._kafka.commit(named), COMMIT_SECONDS_MAX)
            except (KafkaError, TimeoutError) as error:
                _log.info("offsets_not_committed", group=self._group, why=f"{type(error).__name__}: {error}")
                return False
            self._ledger.committed(offsets)
            return True
