"""Bounded growth: a flood of junk on a topic gets some dead letters, and then one for many messages.

A dead letter of each of 200,000 messages would fill the store with what an enemy wrote. So of messages that prove
nothing (no CloudEvent, not recorded, not signed, unreadable) a group sets a few aside one by one; above that, those of
one partition and one cause are counted, and one dead letter names their first and last offset and how many they are.

Nothing here reads a clock or writes; `shared.messaging.handling` does. What was counted and has no dead letter
yet holds back the offset that may be committed: after a crash those messages come again and are counted again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from shared.events.deadletters import HEAD_BYTES_MAX, MessageRefused
from shared.messaging.message import Message, records_of
from shared.messaging.offsets import Partition

#: Dead letters of their own that one topic and cause may have at once: enough to see what kinds of junk came.
LETTERS_AT_ONCE: Final = 32
#: And further ones a minute: a publisher that is only wrong now and then gets one each time.
LETTERS_A_MINUTE: Final = 3
#: Seconds that messages are counted before a dead letter covers them: first one, then as long as the flood has
#: lasted, so that a long flood writes ever less; at most a minute, which is what a crash makes come again.
COUNTING_SECONDS_MIN: Final = 1.0
COUNTING_SECONDS_MAX: Final = 60.0
#: Bytes of the first message that such a dead letter keeps.
KEPT_BYTES_MAX: Final = 1024


@dataclass(slots=True)
class Many:
    """Messages of one partition that were refused for one cause; `letter` is that of the first.

    Not all between `first` and `last`: those that were handled are not among them, nor those that meanwhile were
    allowed a dead letter of their own.
    """

    partition: Partition
    code: str
    letter: MessageRefused
    begun: float
    first: int
    last: int
    count: int = 0

    @property
    def dead_letter(self) -> MessageRefused:
        """The dead letter for all of them."""
        return self.letter.model_copy(
            update={
                "offset": self.first,
                "last_offset": self.last,
                "count": self.count,
                "reason": f"{self.count} messages from offset {self.first} to {self.last} were refused for this cause. "
                f"The first: {self.letter.reason}",
            }
        )


@dataclass(slots=True)
class _Allowance:
    """The number of single dead letters left to one topic and cause."""

    most: float
    left: float
    at: float | None = None

    def spend(self, cost: float, now: float) -> bool:
        if self.at is not None:
            self.left = min(self.most, self.left + (now - self.at) / 60 * LETTERS_A_MINUTE)
        self.at = now
        if self.left < cost:
            return False
        self.left -= cost
        return True


@dataclass(slots=True)
class _Flood:
    """The counting of one partition and cause. `since`: when what now flows began."""

    since: float
    many: Many | None = None
    last: float = 0.0


@dataclass(slots=True)
class Refusals:
    """The recent refusals of a consumer group, of messages that prove nothing."""

    letters_at_once: float = LETTERS_AT_ONCE
    _allowances: dict[tuple[str, str], _Allowance] = field(default_factory=dict)
    _floods: dict[tuple[Partition, str], _Flood] = field(default_factory=dict)
    _alone: dict[tuple[Partition, int], bool] = field(default_factory=dict)
    _closed: list[Many] = field(default_factory=list)

    def alone(self, message: Message, code: str, now: float) -> bool:
        """Return whether a message gets a dead letter of its own.

        Asked again, until it is done, the answer is the first.
        """
        place = _place(message)
        if place not in self._alone:
            allowance = self._allowances.setdefault(
                (message.topic, code), _Allowance(self.letters_at_once, self.letters_at_once)
            )
            kept = min(len(message.content), HEAD_BYTES_MAX)
            self._alone[place] = allowance.spend(1 + kept / HEAD_BYTES_MAX, now)
        return self._alone[place]

    def done(self, message: Message) -> None:
        """Note that a message was handled or set aside, and that this is durable."""
        self._alone.pop(_place(message), None)

    def count(self, message: Message, code: str, now: float, letter: Callable[[], MessageRefused]) -> None:
        """Count a message that gets no dead letter of its own; `letter` makes the one it would have had."""
        partition = Partition(message.topic, message.partition)
        flood = self._floods.setdefault((partition, code), _Flood(now))
        if flood.many is None:
            if now - flood.last > COUNTING_SECONDS_MAX:
                flood.since = now
            flood.many = Many(partition, code, _short(letter()), now, message.offset, message.offset)
        first = message.offset if message.first_offset is None else message.first_offset
        flood.many.first = min(flood.many.first, first)
        flood.many.last = max(flood.many.last, message.offset)
        flood.many.count += records_of(message)

    def flooded(self, topic: str) -> bool:
        """Return whether messages of a topic are being counted."""
        return any(partition.topic == topic and flood.many for (partition, _), flood in self._floods.items())

    def due(self, now: float) -> tuple[Many, ...]:
        """Return what is to be written now. It is closed: what comes meanwhile is counted separately."""
        return self._close(now, [each for each in self._floods.values() if now - _begun(each, now) >= _patience(each)])

    def of(self, partitions: Iterable[Partition], now: float) -> tuple[Many, ...]:
        """Return all that is not written of these partitions, closed."""
        wanted = set(partitions)
        self._close(now, [flood for key, flood in self._floods.items() if key[0] in wanted])
        return tuple(many for many in self._closed if many.partition in wanted)

    def written(self, many: Many) -> None:
        """Note that their dead letter is durable."""
        self._closed.remove(many)

    def _close(self, now: float, floods: Iterable[_Flood]) -> tuple[Many, ...]:
        for flood in floods:
            if flood.many is not None:
                self._closed.append(flood.many)
                flood.many, flood.last = None, now
        return tuple(self._closed)

    def first_counted(self, partition: Partition) -> int | None:
        """Return the first offset of a partition whose message was counted and has no durable dead letter yet."""
        open_ones = (flood.many for key, flood in self._floods.items() if key[0] == partition and flood.many)
        closed = (many for many in self._closed if many.partition == partition)
        return min((many.first for many in (*open_ones, *closed)), default=None)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Forget partitions that were given up: their next owner begins at the committed offset."""
        gone = set(partitions)
        for key in [key for key in self._floods if key[0] in gone]:
            del self._floods[key]
        self._closed = [many for many in self._closed if many.partition not in gone]
        for place in [place for place in self._alone if place[0] in gone]:
            del self._alone[place]


def _place(message: Message) -> tuple[Partition, int]:
    return Partition(message.topic, message.partition), message.offset


def _begun(flood: _Flood, now: float) -> float:
    return now if flood.many is None else flood.many.begun


def _patience(flood: _Flood) -> float:
    begun = flood.since if flood.many is None else flood.many.begun
    return min(COUNTING_SECONDS_MAX, max(COUNTING_SECONDS_MIN, begun - flood.since))


def _short(letter: MessageRefused) -> MessageRefused:
    """Return the letter, no longer than it must be to show what came."""
    head = letter.head[:KEPT_BYTES_MAX]
    return letter.model_copy(update={"head": head, "headers": {}, "headers_kept": not letter.headers})
