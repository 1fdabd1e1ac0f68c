"""Offsets that a broker does not serve: found by its neighbours, and stepped over by offset.

A broker finds a batch by walking from one header to the next, beginning at the nearest entry of its index. Where the
length in a header is wrong it answers CORRUPT_MESSAGE, or that nothing is there although there is, and for ever. What
lies before it is still served, with everything behind it in the same bytes; and so is what lies behind the next entry
of the index. Both are asked for here, in this order, since only the first loses nothing that is whole.
"""

import asyncio
import logging
import time
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError, UnknownError, for_code
from aiokafka.protocol.fetch import FetchRequest

from shared.messaging.framing import FRAME, Batch, Batches, Served

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

#: Not to the output of a command: `hawk verify` reads topics, too.
_log = logging.getLogger(__name__)


_STEPPED_OVER: Final = "%s is not served at offset %s: %s. What is found around it is read; the rest is reported"


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of a broker about one offset of a partition."""

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
        """Return whether something is there and is not given. What is readable ends where `last_stable_offset` says."""
        nothing = self.error == 0 and not self.data and not self.throttled and offset < int(self.fields[3])
        return nothing or self.error in _REFUSALS

    @property
    def begins(self) -> int:
        """The offset of the first batch; -1 without one."""
        return int(FRAME.unpack_from(self.data)[0]) if len(self.data) >= FRAME.size else -1

    def leaps(self, offset: int) -> bool:
        """Return whether what is given begins behind the offset asked for."""
        return self.error == 0 and self.begins > offset

    @property
    def why(self) -> str:
        if self.error:
            return f"the broker answers {for_code(self.error).__name__}"
        return "the broker says that nothing is there, and that the partition goes on"

    def serving(self, served: bytes | Served) -> tuple[Any, ...]:
        """Return the fields with other bytes, and no error."""
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
        topics, waits = [], False
        for topic, partitions in response.topics:
            answers = []
            for fields in partitions:
                place, answer = TopicPartition(topic, fields[0]), _Answer(tuple(fields), response.throttle_time_ms > 0)
                offset, size = asked[place]
                ask = _Ask(self._client, node_id, request, place, size)
                found = await self._read(ask, answer, offset)
                waits = waits or found is None
                answers.append((found or _answer(answer, b"")).fields)
            topics.append((topic, answers))
        response.topics = topics
        if waits:
            await asyncio.sleep(PAUSE_SECONDS)
        return response

    async def _read(self, ask: "_Ask", answer: _Answer, offset: int) -> _Answer | None:
        """Return what is to be read instead of an answer; None where nothing is, for now."""
        place = ask.place
        if answer.refuses(offset):
            return await self._around(ask, offset) if self._often_enough(place, offset) else None
        if answer.leaps(offset):
            return await self._leapt(ask, answer, offset)
        if answer.error == OffsetOutOfRangeError.errno:
            _log.error("%s: offset %s is out of range; the consumer begins again", _named(place), offset)
        if answer.error:
            return answer
        self._refused.pop(place, None)
        self._look_again.pop(place, None)
        self.unserved.pop(place, None)
        return _answer(answer, Served(answer.data, offset, answer.high))

    def _often_enough(self, place: TopicPartition, offset: int) -> bool:
        """Return whether an offset was refused so often that it is looked for elsewhere."""
        before, times = self._refused.get(place, (offset, 0))
        times = times + 1 if before == offset else 1
        self._refused[place] = (offset, times)
        return times >= ATTEMPTS and time.monotonic() >= self._look_again.get(place, 0.0)

    async def _around(self, ask: "_Ask", offset: int) -> _Answer | None:
        """Return what is found around an offset that is refused."""
        alone = await ask.at(offset)  # other partitions may have filled the answer
        if not alone.refuses(offset):
            return await self._read(ask, alone, offset)
        found = await ask.before(offset) or await ask.behind(offset, alone.why)
        place = ask.place
        if found is not None:
            self.unserved.pop(place, None)
            _log.error(_STEPPED_OVER, _named(place), offset, alone.why)
            return found
        self._look_again[place] = time.monotonic() + LOOK_AGAIN_SECONDS
        self.unserved[place] = (
            f"{_named(place)} is not served at offset {offset} ({alone.why}), and nothing within "
            f"{UNSEEN_OFFSETS_MAX} offsets behind it. Look for damage in the broker's log segments; "
            "docs/operations/running.md says how to go on behind it."
        )
        _log.error("%s", self.unserved[place])
        return None

    async def _leapt(self, ask: "_Ask", answer: _Answer, offset: int) -> _Answer | None:
        """Return what an answer is that begins behind the offset asked for.

        A compacted topic has such gaps, and the bytes before them go on behind them. But where the rest of a segment
        cannot be read, a broker goes on with the next one and says nothing.
        """
        found = await ask.before(offset)
        if found is not None and not _holds(found.fields[-1], offset, answer.begins):
            return _answer(answer, Served(answer.data, answer.begins, answer.high))
        if not self._often_enough(ask.place, offset):
            return None
        why = f"the broker goes on at offset {answer.begins}"
        _log.error(_STEPPED_OVER, _named(ask.place), offset, why)
        return found or _answer(answer, Served(answer.data, answer.begins, answer.high, gap=why))


@dataclass(frozen=True, slots=True)
class _Ask:
    """Asks a broker for single offsets of one partition."""

    client: Any
    node_id: int
    request: Any
    place: TopicPartition
    size: int

    async def before(self, offset: int) -> _Answer | None:
        """Return bytes that begin before an offset and go on behind it."""
        step = 1
        while step < 2 * offset:
            at = max(0, offset - step)
            answer = await self.at(at)
            if not answer.refuses(at) and not answer.leaps(at):
                served = Served(answer.data, at, answer.high, refused=offset)
                return _answer(answer, served) if answer.error == 0 and _reaches(served, offset) else None
            step *= 2
        return None

    async def behind(self, offset: int, why: str) -> _Answer | None:
        """Return bytes that begin at the first offset behind another one that is served at all."""
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
        """Return what the broker says of one offset, when it is asked for nothing else."""
        topics = [(self.place.topic, [(self.place.partition, offset, self.size)])]
        request = FetchRequest(_WAIT_MS, 1, self.size, self.request._isolation_level, topics, rack_id="")
        response = await self.client.send(self.node_id, request)
        return _Answer(tuple(response.topics[0][1][0]), response.throttle_time_ms > 0)


def _named(place: TopicPartition) -> str:
    return f"{place.topic}:{place.partition}"


def _answer(answer: _Answer, served: bytes | Served) -> _Answer:
    return _Answer(answer.serving(served), answer.throttled)


def _reaches(served: Served, offset: int) -> bool:
    """Return whether a batch can be read that holds an offset, or lies behind it."""
    return any(batch.last >= offset and not batch.fault for batch in _batches(served))


def _holds(served: Served, first: int, end: int) -> bool:
    """Return whether any batch, damaged or not, has offsets from one on and before another one."""
    return any(batch.last >= first and batch.first < end for batch in _batches(served))


def _batches(served: Served) -> Iterator[Batch]:
    batches = Batches(served)
    while batches.has_next():
        yield batches.next_batch()


class SteppingFetcher(fetcher.Fetcher):  # type: ignore[misc]  # aiokafka ships no types
    """The fetcher of the library, over a client that steps over what a broker does not serve."""

    def __init__(self, client: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(SteppingClient(client), *arguments, **options)

    def unserved(self, assigned: Container[TopicPartition]) -> list[str]:
        """Return what is not served of some partitions, with nothing behind it: a sentence each."""
        return [why for place, why in self._client.unserved.items() if place in assigned]
