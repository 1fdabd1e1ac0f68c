"""The offsets that may be committed: none behind which a message is unfinished, none of an old assignment."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.errors import Defect


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


@dataclass(slots=True)
class _Progress:
    epoch: int
    unfinished: deque[int] = field(default_factory=deque)
    next_offset: int | None = None
    behind: int = 0
    """The offset behind the last one that is finished."""
    committed: int | None = None


class OffsetLedger:
    """Offsets of the partitions a consumer holds. Each assignment of a partition is a new epoch of it.

    Messages may finish in another order than they were taken in: what presses overtakes the others. Committed is the
    oldest that is unfinished. What finishes in the name of an earlier epoch is not counted.
    """

    def __init__(self) -> None:
        self._epochs = 0
        self._held: dict[Partition, _Progress] = {}

    def assign(self, partition: Partition) -> int:
        """Begin a new epoch of a partition, and name it."""
        self._epochs += 1
        self._held[partition] = _Progress(self._epochs)
        return self._epochs

    def revoke(self, partitions: Iterable[Partition]) -> None:
        """End the epoch of partitions: nothing of them may be committed any more."""
        for partition in partitions:
            self._held.pop(partition, None)

    def current(self, partition: Partition, epoch: int) -> bool:
        """Return whether an epoch of a partition has not ended."""
        held = self._held.get(partition)
        return held is not None and held.epoch == epoch

    def take(self, partition: Partition, epoch: int, offset: int) -> None:
        """Note that a message was fetched and waits to be handled.

        Raises:
            Defect: its offset is not above those taken before.
        """
        held = self._of(partition, epoch)
        if held is None:
            return
        last = max(held.unfinished[-1] if held.unfinished else -1, held.behind - 1, (held.next_offset or 0) - 1)
        if offset <= last:
            raise Defect(f"{partition.topic}:{partition.number}: offset {offset} was taken after {last}.")
        held.unfinished.append(offset)

    def finish(self, partition: Partition, epoch: int, offset: int) -> bool:
        """Note that a message's transaction is committed; return False when its epoch has ended meanwhile.

        Raises:
            Defect: it was not taken, or is finished already.
        """
        held = self._of(partition, epoch)
        if held is None:
            return False
        if offset not in held.unfinished:
            raise Defect(f"{partition.topic}:{partition.number}: offset {offset} is finished and was not taken.")
        held.unfinished.remove(offset)
        held.behind = max(held.behind, offset + 1)
        overtaken = held.unfinished and held.unfinished[0] < held.behind
        held.next_offset = held.unfinished[0] if overtaken else held.behind
        return True

    def passed(self, partition: Partition, offset: int) -> None:
        """Note that there is no message between an offset and the last one that was taken."""
        held = self._held.get(partition)
        if held is not None and not held.unfinished and held.next_offset is not None:
            held.next_offset = max(held.next_offset, offset)

    def to_commit(self, first_counted: Callable[[Partition], int | None] = lambda _: None) -> dict[Partition, int]:
        """Return per partition the offset from which a successor would go on, where it is not committed yet.

        Args:
            first_counted: gives the first offset of a partition whose message was counted, and is not in any durable
                dead letter yet.
        """
        offsets = {}
        for partition, held in self._held.items():
            if held.next_offset is not None:
                counted = first_counted(partition)
                offset = held.next_offset if counted is None else min(counted, held.next_offset)
                if offset != held.committed:
                    offsets[partition] = offset
        return offsets

    def committed(self, offsets: Mapping[Partition, int]) -> None:
        """Note that the broker holds these offsets."""
        for partition, offset in offsets.items():
            held = self._held.get(partition)
            if held is not None:
                held.committed = offset

    def holds(self, partition: Partition) -> bool:
        """Return whether a partition has an epoch that has not ended."""
        return partition in self._held

    def unfinished(self, partition: Partition) -> int | None:
        """Return the oldest offset that was taken and is not handled yet."""
        held = self._held.get(partition)
        return held.unfinished[0] if held is not None and held.unfinished else None

    def _of(self, partition: Partition, epoch: int) -> _Progress | None:
        held = self._held.get(partition)
        return held if held is not None and held.epoch == epoch else None
