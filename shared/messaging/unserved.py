"""What a broker does not serve: found by its neighbours, and stepped over by offset.

A broker finds a batch by walking from one header to the next, beginning at the nearest entry of its index. Where the
length in a header is wrong it answers CORRUPT_MESSAGE, or that nothing is there although there is, and for ever. What
lies before it is still served, with everything behind it in the same bytes; and so is what lies behind the next entry
of the index. Both are asked for here, in this order, since only the first loses nothing that is whole.
"""

import asyncio
import time
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError, UnknownError, for_code
from aiokafka.protocol.fetch import FetchRequest

from shared.messaging.framing import Batches, Served

#: Times that something is fetched before it counts as damaged on the broker's disk, and not on the way.
ATTEMPTS: Final = 3
#: Seconds before an offset that was refused is asked for again.
PAUSE_SECONDS: Final = 0.2
#: Seconds before a partition that serves nothing further is looked at again: a person may have mended it.
LOOK_AGAIN_SECONDS: Final = 10.0
#: Offsets that are stepped over unseen. An index has an entry every 4 KiB, or at every batch where those are larger.
UNSEEN_OFFSETS_MAX: Final = 100_000
#: Milliseconds a broker may wait for bytes when it is asked for one offset; those that are there it gives at once.
_WAIT_MS: Final = 100

_REFUSALS: Final = (CorruptRecordException.errno, UnknownError.errno)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a broker says of one offset of a partition."""

    fields: tuple[Any, ...]
    throttled: bool

    @property
    def error(self) -> int:
        return int(self.fields[1])

    @property
    def high(self) -> int:
        return int(self.fields[2])

    @property
    def data(self) -> bytes:
        return self.fields[-1] or b""

    def refuses(self, offset: int) -> bool:
        """Whether something is there and is not given. What is readable ends where `last_stable_offset` says."""
        nothing = self.error == 0 and not self.data and not self.throttled and offset < int(self.fields[3])
        return nothing or self.error in _REFUSALS

    @property
    def why(self) -> str:
        if self.error:
            return f"the broker answers {for_code(self.error).__name__}"
        return "the broker says that nothing is there, and that the partition goes on"

    def serving(self, served: bytes | Served) -> tuple[Any, ...]:
        """The same with other bytes, and no error."""
        return (self.fields[0], 0, *self.fields[2:-1], served)


class SteppingClient:
    """The client of a fetcher: what a broker refuses is looked for around it. All else it leaves to the true client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._refused: dict[TopicPartition, tuple[int, int]] = {}
        self._look_again: dict[TopicPartition, float] = {}
        self.unserved: dict[TopicPartition, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """Send a request; gives the answer, of a fetch with what was found around that which was refused."""
        response = await self._client.send(node_id, request, **options)
        if not isinstance(request, FetchRequest) or response.API_VERSION < 4:
            return response
        asked = {
            TopicPartition(topic, partition): (offset, size)
            for topic, partitions in request.topics
            for partition, offset, size in partitions
        }
        topics, refused = [], False
        for topic, partitions in response.topics:
            answers = []
            for fields in partitions:
                place, answer = TopicPartition(topic, fields[0]), _Answer(tuple(fields), response.throttle_time_ms > 0)
                offset, size = asked[place]
                if answer.refuses(offset):
                    ask = _Ask(self._client, node_id, request, place, size)
                    answer, refused = await self._around(ask, answer, offset), True
                else:
                    self._served(place, answer, offset)
                    answer = answer if answer.error else _answer(answer, Served(answer.data, offset, answer.high))
                answers.append(answer.fields)
            topics.append((topic, answers))
        response.topics = topics
        if refused:
            await asyncio.sleep(PAUSE_SECONDS)
        return response

    def _served(self, place: TopicPartition, answer: _Answer, offset: int) -> None:
        if answer.error == OffsetOutOfRangeError.errno:
            _log.error("offset_out_of_range", topic=place.topic, partition=place.partition, offset=offset)
        elif answer.error == 0:
            for known in (self._refused, self._look_again, self.unserved):
                known.pop(place, None)

    async def _around(self, ask: "_Ask", answer: _Answer, offset: int) -> _Answer:
        """What is to be read in the place of a refusal: nothing for now, or what was found."""
        place, nothing = ask.place, _answer(answer, b"")
        before, times = self._refused.get(place, (offset, 0))
        times = times + 1 if before == offset else 1
        self._refused[place] = (offset, times)
        if times < ATTEMPTS or time.monotonic() < self._look_again.get(place, 0.0):
            return nothing
        alone = await ask.at(offset)  # other partitions may have filled the answer
        if not alone.refuses(offset):
            self._served(place, alone, offset)
            return alone if alone.error else _answer(alone, Served(alone.data, offset, alone.high))
        found = await ask.before(offset) or await ask.behind(offset, alone.why)
        where = {"topic": place.topic, "partition": place.partition, "offset": offset, "why": answer.why}
        if found is None:
            self._look_again[place] = time.monotonic() + LOOK_AGAIN_SECONDS
            self.unserved[place] = (
                f"{place.topic}:{place.partition} is not served at offset {offset} ({answer.why}), and nothing within "
                f"{UNSEEN_OFFSETS_MAX} offsets behind it. Look for damage in the broker's log segments; "
                "docs/operations/running.md says how to go on behind it."
            )
            _log.error("partition_not_served", **where)
            return nothing
        self.unserved.pop(place, None)
        _log.error("offset_not_served", **where)
        return found


@dataclass(frozen=True, slots=True)
class _Ask:
    """Asks a broker for single offsets of one partition."""

    client: Any
    node_id: int
    request: Any
    place: TopicPartition
    size: int

    async def before(self, offset: int) -> _Answer | None:
        """Bytes that begin before an offset and go on behind it."""
        step = 1
        while step < 2 * offset:
            at = max(0, offset - step)
            answer = await self.at(at)
            if not answer.refuses(at):
                served = Served(answer.data, at, answer.high, refused=offset)
                return _answer(answer, served) if answer.error == 0 and _reaches(served, offset) else None
            step *= 2
        return None

    async def behind(self, offset: int, why: str) -> _Answer | None:
        """Bytes that begin at the first offset behind another one that is served at all."""
        refused, step, found, ends = offset, 1, None, offset + UNSEEN_OFFSETS_MAX
        while refused + 1 < ends:
            at = min(offset + step, ends - 1) if found is None and step else (refused + ends) // 2
            answer = await self.at(at)
            if answer.refuses(at):
                refused, step = at, step * 2
                continue
            ends, step = at, 0
            if answer.error == 0 and answer.data:
                found = _answer(answer, Served(answer.data, at, answer.high, gap=why))
        if found is None or Batches(found.data).next_batch().first <= offset:
            return None
        return found

    async def at(self, offset: int) -> _Answer:
        """What the broker says of one offset, when it is asked for nothing else."""
        topics = [(self.place.topic, [(self.place.partition, offset, self.size)])]
        request = FetchRequest(_WAIT_MS, 1, self.size, self.request._isolation_level, topics, rack_id="")
        response = await self.client.send(self.node_id, request)
        return _Answer(tuple(response.topics[0][1][0]), response.throttle_time_ms > 0)


def _answer(answer: _Answer, served: bytes | Served) -> _Answer:
    return _Answer(answer.serving(served), answer.throttled)


def _reaches(served: Served, offset: int) -> bool:
    """Whether a batch can be read that holds an offset, or lies behind it."""
    batches = Batches(served)
    while batches.has_next():
        batch = batches.next_batch()
        if batch.last >= offset and not batch.fault:
            return True
    return False


class SteppingFetcher(fetcher.Fetcher):  # type: ignore[misc]  # aiokafka ships no types
    """The fetcher of the library, over a client that steps over what a broker does not serve."""

    def __init__(self, client: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(SteppingClient(client), *arguments, **options)

    def unserved(self, assigned: Container[TopicPartition]) -> list[str]:
        """What is not served of some partitions, with nothing behind it: a sentence each."""
        return [why for place, why in self._client.unserved.items() if place in assigned]
