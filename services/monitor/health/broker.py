"""How far the groups of HAWK's services have read, as the broker knows it. Each look connects, asks and goes."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupIdNotFound, KafkaConnectionError, KafkaError, for_code

from services.monitor.health.found import Backlog, BrokerFound, Consumer
from services.monitor.health.readers import READERS
from shared.messaging.kafka import KafkaConnection, end_within
from shared.messaging.records import AIOKafkaConsumer

#: Partitions whose oldest waiting message is read at one look: more that wait are one trouble.
OLDEST_MAX: Final = 12
#: Milliseconds for one of these messages.
OLDEST_MILLISECONDS: Final = 500
#: Bytes of it: the broker gives at least one batch, whatever its size.
FETCH_BYTES: Final = 1
STOP_SECONDS_MAX: Final = 1.0

_Place = tuple[str, TopicPartition]


class Broker:
    """What is asked of the broker, and what was seen at the last look: only so is it known that something stands."""

    def __init__(
        self,
        connection: KafkaConnection,
        clock: Callable[[], datetime],
        readers: Mapping[str, tuple[str, ...]] = READERS,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._readers = readers
        self._still: dict[_Place, tuple[int, datetime]] = {}
        self._oldest: dict[_Place, tuple[int, datetime | None]] = {}

    async def look(self) -> BrokerFound:
        """Ask once.

        Raises:
            KafkaError, TimeoutError, OSError: the broker does not answer.
        """
        admin = AIOKafkaAdminClient(**self._connection.options())
        reader = AIOKafkaConsumer(
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            **self._connection.options(),
        )
        try:
            await asyncio.gather(admin.start(), reader.start())
            return await self._found(admin, reader)
        except KafkaConnectionError as error:
            raise ConnectionError(f"No broker answers at {self._connection.bootstrap}.") from error
        finally:
            for stop in (admin.close(), reader.stop()):
                await end_within(stop, STOP_SECONDS_MAX)

    async def _found(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> BrokerFound:
        partitions = await _partitions(admin, {topic for topics in self._readers.values() for topic in topics})
        every = [each for found in partitions.values() for each in found]
        # Of what is assigned the client knows the leaders; else it looks for them for half a second. Nothing is read.
        reader.assign(every)
        reader.pause(*every)
        offsets, members, ends, begins = await asyncio.gather(
            asyncio.gather(*(admin.list_consumer_group_offsets(group) for group in self._readers)),
            _members(admin, self._readers),
            reader.end_offsets(every),
            reader.beginning_offsets(every),
        )
        waiting: dict[_Place, int] = {}
        reached: dict[_Place, int] = {}
        for (group, topics), committed in zip(self._readers.items(), offsets, strict=True):
            for partition in (each for topic in topics for each in partitions.get(topic, ())):
                found = committed.get(partition)
                # Who has handed nothing in begins at the first message.
                begun = begins[partition] if found is None or found.offset < 0 else found.offset
                reached[group, partition] = begun
                waiting[group, partition] = max(0, ends[partition] - begun)
        self._note(reached, waiting)
        await self._read_oldest(reader, reached, waiting)
        return BrokerFound(
            tuple(
                Consumer(group, topic, members.get(group, 0), self._backlogs(group, partitions.get(topic, ()), waiting))
                for group, topics in self._readers.items()
                for topic in topics
            )
        )

    def _note(self, reached: Mapping[_Place, int], waiting: Mapping[_Place, int]) -> None:
        """Note since when each partition that has something waiting stands where it does."""
        now, before = self._clock(), self._still
        self._still = {}
        for place, offset in reached.items():
            if waiting[place]:
                last = before.get(place)
                self._still[place] = last if last is not None and last[0] == offset else (offset, now)

    async def _read_oldest(
        self, reader: AIOKafkaConsumer, reached: Mapping[_Place, int], waiting: Mapping[_Place, int]
    ) -> None:
        """Read the time of the oldest message that waits, where most do; one that was read is not read again."""
        most = sorted((place for place in waiting if waiting[place]), key=lambda each: -waiting[each])[:OLDEST_MAX]
        before, self._oldest = self._oldest, {}
        for place in most:
            known = before.get(place)
            if known is None or known[0] != reached[place] or known[1] is None:
                known = reached[place], await _time_at(reader, place[1], reached[place])
            self._oldest[place] = known

    def _backlogs(
        self, group: str, partitions: tuple[TopicPartition, ...], waiting: Mapping[_Place, int]
    ) -> tuple[Backlog, ...]:
        def backlog(partition: TopicPartition) -> Backlog:
            place = group, partition
            _, oldest = self._oldest.get(place, (0, None))
            _, still = self._still.get(place, (0, None))
            return Backlog(partition.partition, waiting[place], oldest, still)

        return tuple(backlog(each) for each in partitions)


async def _partitions(admin: AIOKafkaAdminClient, topics: set[str]) -> dict[str, tuple[TopicPartition, ...]]:
    """Return the partitions of topics; a topic that is not there has none."""
    described: list[dict[str, Any]] = await admin.describe_topics(sorted(topics))
    return {
        each["topic"]: tuple(
            TopicPartition(each["topic"], number)
            for number in sorted(int(partition["partition"]) for partition in each["partitions"])
        )
        for each in described
    }


async def _members(admin: AIOKafkaAdminClient, groups: Iterable[str]) -> dict[str, int]:
    """Return how many processes are in each group; a group that nobody ever joined has none.

    Each is asked for alone: of an answer about several aiokafka 0.14 can read the first only.

    Raises:
        KafkaError: the broker cannot say.
    """
    found: dict[str, int] = {}
    for responses in await asyncio.gather(*(admin.describe_consumer_groups([group]) for group in groups)):
        for response in responses:
            for code, group, _state, _kind, _protocol, members, *_ in response.groups:
                if code not in (0, GroupIdNotFound.errno):
                    raise for_code(code)(f"Group {group}")
                found[group] = len(members)
    return found


async def _time_at(reader: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> datetime | None:
    reader.assign([partition])
    reader.seek(partition, offset)
    with contextlib.suppress(KafkaError):
        for records in (await reader.getmany(timeout_ms=OLDEST_MILLISECONDS, max_records=1)).values():
            for record in records:
                return datetime.fromtimestamp(record.timestamp / 1_000, UTC)
    return None
