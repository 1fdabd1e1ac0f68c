"""The messages of one assigned partition, handled one after the other, however long one of them takes.

What waits in several partitions of a group shares a transaction; a message that holds up its partition is handled
alone, and the other partitions go on without it. What presses is handled before all that waits in these partitions: a
stop of what was booked by mistake must not stand in the queue of new bookings.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.message import Message
from shared.messaging.offsets import Partition

#: Fetched messages of one partition that wait in memory before no more are fetched: a moment's work.
QUEUED_MESSAGES_MAX = 200
#: Bytes of them: two messages of the largest size.
QUEUED_BYTES_MAX = 16 * 1024 * 1024
#: Messages handled in one transaction, and bytes of them: some tenths of a second's work, which nobody else waits for
#: longer, and little to do again.
TOGETHER_MESSAGES_MAX = 200
TOGETHER_BYTES_MAX = 4 * 1024 * 1024
#: Messages that wait in a group before it is asked which of them press: fewer are done in a moment.
PRESSING_LOOKS_MIN = 20
#: Partitions of one process that handle one message each at the same time: below the pool's size, so that HTTP keeps
#: connections.
HANDLERS_MAX = 8

#: Characters of a header and of an error in the log, in health and in a dead letter: both may quote the message.
HEADER_CHARACTERS_MAX = 200
ERROR_CHARACTERS_MAX = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Blocked:
    """The reason why a partition does not go on: it waits for a server (`passing`), or a person must look."""

    passing: bool
    why: str


class Handling(Protocol):
    """Handles messages: see `shared.messaging.handling`, whose names these are."""

    async def handle(self, message: Message) -> None:
        """Make one attempt at a message."""

    async def handle_together(self, messages: Sequence[Message]) -> int:
        """Make one attempt at several messages in one transaction; return how many are done.

        When it fails, they are handled one by one.
        """

    def together(self, topic: str) -> bool:
        """Return whether messages of a topic may share a transaction now."""

    def across(self, topic: str) -> bool:
        """Return whether they may share it with messages of other partitions."""

    async def pressing(self, messages: Sequence[Message]) -> Collection[str]:
        """Return the keys whose messages are to be handled before all others that wait."""

    async def set_aside_by_order(self, message: Message, why: str) -> bool:
        """Set a message aside that failed for `why`, if people ordered that; return whether they did."""

    def cure(self, message: Message) -> str:
        """Return what people can do about a message that meets a defect."""


class HandlerSlots:
    """Bounds how many partitions of a process handle at the same time. A batch is alone.

    A batch changes many streams and rows. Beside another handler, which may change some of them too, one of the two
    would find the other faster and decide all of it again.
    """

    def __init__(self, handlers_max: int = HANDLERS_MAX) -> None:
        self._handlers_max = handlers_max
        self._slots = asyncio.Semaphore(handlers_max)
        self._batches = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Take the slot for handling one message."""
        async with self._slots:
            yield

    @contextlib.asynccontextmanager
    async def all(self) -> AsyncIterator[None]:
        """Take all slots, for handling several messages in one transaction."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._batches)
            for _ in range(self._handlers_max):
                await stack.enter_async_context(self._slots)
            yield


class PartitionWorker:
    """A queue and the task that works it off, for one epoch of one partition.

    Args:
        finished: called, in order, for each message whose transaction is committed.
        blocked: called with what blocks the partition, and with None when it goes on.
        slots: shared by the partitions of a process.
        group: gives the workers of all partitions of the group, this one among them.
        backoff: waits between attempts at one message.
    """

    def __init__(
        self,
        partition: Partition,
        epoch: int,
        handling: Handling,
        *,
        finished: Callable[[Message], None],
        blocked: Callable[[Blocked | None], None],
        slots: HandlerSlots,
        backoff: Backoff,
        group: "Callable[[], Iterable[PartitionWorker]]" = tuple,
    ) -> None:
        self.partition = partition
        self.epoch = epoch
        self._handling = handling
        self._finished = finished
        self._blocked = blocked
        self._slots = slots
        self._backoff = backoff
        self._group = group
        self._one_by_one = 0
        self._alone = False
        self._queue: deque[Message] = deque()
        self._looked_at = -1
        self._pressing: Collection[str] = ()
        self._bytes = 0
        self._arrived = asyncio.Event()
        self._draining = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"{partition.topic}:{partition.number}")

    def put(self, message: Message) -> None:
        """Queue a message behind the others."""
        self._queue.append(message)
        self._bytes += len(message.value)
        self._arrived.set()

    @property
    def full(self) -> bool:
        """True if no more should be fetched for now."""
        return len(self._queue) >= QUEUED_MESSAGES_MAX or self._bytes >= QUEUED_BYTES_MAX

    def drain(self) -> None:
        """Finish the attempt in flight and begin no other; then the task ends."""
        self._draining.set()
        self._arrived.set()

    async def _run(self) -> None:
        while not self._draining.is_set():
            await self._arrived.wait()
            while self._queue and not self._draining.is_set():
                if await self._together():
                    continue
                self._alone = True
                if not await self._until_handled(self._queue[0]):
                    return
                self._alone = False
                self._one_by_one = max(0, self._one_by_one - 1)
                self._done(1)
            if not self._draining.is_set():
                self._arrived.clear()

    def _done(self, count: int) -> None:
        for _ in range(count):
            message = self._queue.popleft()
            self._bytes -= len(message.value)
            self._finished(message)

    async def _together(self) -> bool:
        """Handle what waits in one transaction; False when the first message has to be handled alone."""
        if not self._in_turn():
            return False
        async with self._slots.all():
            # Chosen only now: another partition may have had its turn, and taken what waited here too, or given it up.
            if not self._in_turn():
                return False
            await self._let_overtake()
            shares = self._shares()
            batch = [message for _, messages in shares for message in messages]
            if len(batch) < 2 and not any(worker._presses for worker, _ in shares if worker is not self):
                return not self._queue
            try:
                done = await self._handling.handle_together(batch)
            except Exception as error:
                # Which message it was, and what is to be done about it, shows when each is handled alone.
                _log.info(
                    "batch_given_up", messages=len(batch), first=batch[0].place, why=f"{type(error).__name__}: {error}"
                )
                for worker, messages in shares:
                    worker._one_by_one = len(messages)
                return not self._queue
            for worker, messages in shares:
                own = min(done, len(messages))
                worker._done(own)
                done -= own
        return True

    def _in_turn(self) -> bool:
        return not self._one_by_one and self._handling.together(self.partition.topic)

    def _shares(self) -> "list[tuple[PartitionWorker, list[Message]]]":
        """Return the first messages of this partition, then those of the others that wait for a turn as it does.

        Where something presses, that alone: it is done the sooner.
        """
        messages_left, bytes_left = TOGETHER_MESSAGES_MAX, TOGETHER_BYTES_MAX
        shares: list[tuple[PartitionWorker, list[Message]]] = []
        workers = self._sharing()
        pressing = [worker for worker in workers if worker._presses]
        for worker in pressing or workers:
            most = min(messages_left, worker._presses) if pressing else messages_left
            messages = worker._first_messages(most, bytes_left, at_least=0 if shares else 1)
            messages_left -= len(messages)
            bytes_left -= sum(len(message.value) for message in messages)
            shares.append((worker, messages))
        return shares

    def _sharing(self) -> "list[PartitionWorker]":
        """Return this worker, and those of the group that wait for a turn as it does."""
        others = self._group() if self._handling.across(self.partition.topic) else ()
        return [self, *(each for each in others if each is not self and each._may_share)]

    async def _let_overtake(self) -> None:
        """Put what presses before the rest of its queue, each key's messages in their order."""
        workers = self._sharing()
        if sum(len(worker._queue) for worker in workers) < PRESSING_LOOKS_MIN:
            return
        new = {worker: [each for each in worker._queue if each.offset > worker._looked_at] for worker in workers}
        asked = [message for messages in new.values() for message in messages]
        try:
            keys = await self._handling.pressing(asked) if asked else ()
        except Exception as error:  # whatever it is, it keeps nothing from its turn
            _log.info("not_known_what_presses", partition=self.partition, why=f"{type(error).__name__}: {error}")
            return
        for worker, messages in new.items():
            worker._looked_at = max([worker._looked_at, *(message.offset for message in messages)])
            worker._put_first({*worker._pressing, *keys})

    def _put_first(self, keys: Collection[str]) -> None:
        self._pressing = {message.key for message in self._queue if message.key is not None and message.key in keys}
        if self._pressing:
            self._queue = deque(sorted(self._queue, key=lambda message: message.key not in self._pressing))

    @property
    def _presses(self) -> int:
        """How many messages, from the first on, press."""
        return sum(1 for _ in itertools.takewhile(lambda message: message.key in self._pressing, self._queue))

    @property
    def _may_share(self) -> bool:
        return not (self._one_by_one or self._alone or self._draining.is_set()) and self._handling.across(
            self.partition.topic
        )

    def _first_messages(self, count: int, size: int, *, at_least: int) -> list[Message]:
        batch: list[Message] = []
        for message in itertools.islice(self._queue, max(count, at_least)):
            size -= len(message.value)
            if size < 0 and len(batch) >= at_least:
                break
            batch.append(message)
        return batch

    async def _until_handled(self, message: Message) -> bool:
        """Try until it is done; return False when it is to drain before that."""
        failures = 0
        defect: Exception | None = None
        while not self._draining.is_set():
            try:
                if defect is None or not await self._handling.set_aside_by_order(message, _text(defect)):
                    async with self._slots.one():
                        await self._handling.handle(message)
            except Exception as error:
                failures += 1
                defect = None if passes_by_itself(error) else error
                self._report(message, error, failures)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._draining.wait(), self._backoff.seconds(failures))
            else:
                if failures:
                    self._blocked(None)
                return True
        return False

    def _report(self, message: Message, error: Exception, failures: int) -> None:
        passing = passes_by_itself(error)
        why = f"{message.place} {_text(error)}"
        blocked = Blocked(passing, why if passing else f"{why} {self._handling.cure(message)}".rstrip())
        fields = {
            "message": message.place,
            "message_id": message.id,
            "correlation_id": message.headers.get("ce_correlationid", "")[:HEADER_CHARACTERS_MAX],
            "event_type": message.headers.get("ce_type", "")[:HEADER_CHARACTERS_MAX],
            "failures": failures,
        }
        if passing:
            _log.warning("message_waits", why=blocked.why, **fields)
        else:
            _log.error("message_defect", why=blocked.why, exc_info=error, **fields)
        self._blocked(blocked)


def _text(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= ERROR_CHARACTERS_MAX else f"{text[:ERROR_CHARACTERS_MAX]}…"
