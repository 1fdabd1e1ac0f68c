"""The messages of one assigned partition, handled one after the other, however long one of them takes."""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.message import Message
from shared.messaging.offsets import Partition

#: Fetched messages of one partition that wait in memory before no more are fetched: a moment's work.
QUEUED_MESSAGES_MAX = 200
#: Bytes of them: two messages of the largest size.
QUEUED_BYTES_MAX = 16 * 1024 * 1024
#: Messages handled in one transaction, and bytes of them: enough to share a commit, little to do again.
TOGETHER_MESSAGES_MAX = 64
TOGETHER_BYTES_MAX = 1024 * 1024

#: Characters of a header and of an error in the log, in health and in a dead letter: both may quote what came.
FACT_CHARACTERS_MAX = 200
SAID_CHARACTERS_MAX = 1_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a partition does not move on: it waits for a server (`passing`), or a person must look."""

    passing: bool
    why: str


class Gate:
    """Bounds how many partitions of a group handle at the same time. A batch is let in alone.

    A batch changes many rows before it commits. Beside another handler of its group, which may change the same rows in
    another order, the two would wait for each other until the database ends one of them.
    """

    def __init__(self, handlers_max: int) -> None:
        self._handlers_max = handlers_max
        self._slots = asyncio.Semaphore(handlers_max)
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Handle one message."""
        async with self._slots:
            yield

    @contextlib.asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """Handle several messages in one transaction."""
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._turn)
            for _ in range(self._handlers_max):
                await stack.enter_async_context(self._slots)
            yield


class PartitionWork:
    """A queue and the task that works it off, for one epoch of one partition.

    Args:
        handle: one attempt at a message.
        handle_together: one attempt at several messages, all in one transaction, that gives how many are done; when it
            fails, they are handled one by one. None: always one by one.
        together: whether messages may share a transaction now.
        by_order: asked before each further attempt at a message that met a defect, with what it failed for: whether it
            was set aside because people ordered so.
        cure: what people can do about such a message.
        finished: called, in order, for each message whose transaction is committed.
        troubled: called with what holds the partition up, and with None when it moves on.
        gate: shared by the partitions of a group.
        backoff: waits between attempts at one message.
    """

    def __init__(
        self,
        partition: Partition,
        epoch: int,
        *,
        handle: Callable[[Message], Awaitable[None]],
        handle_together: Callable[[Sequence[Message]], Awaitable[int]] | None = None,
        together: Callable[[], bool] = lambda: True,
        by_order: Callable[[Message, str], Awaitable[bool]] | None = None,
        cure: Callable[[Message], str] = lambda _: "",
        finished: Callable[["PartitionWork", Message], None],
        troubled: Callable[["PartitionWork", Trouble | None], None],
        gate: Gate,
        backoff: Backoff,
    ) -> None:
        self.partition = partition
        self.epoch = epoch
        self._handle = handle
        self._handle_together = handle_together
        self._may_share = together
        self._by_order = by_order
        self._cure = cure
        self._one_by_one = 0
        self._finished = finished
        self._troubled = troubled
        self._gate = gate
        self._backoff = backoff
        self._queue: deque[Message] = deque()
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
        """Whether no more should be fetched for now."""
        return len(self._queue) >= QUEUED_MESSAGES_MAX or self._bytes >= QUEUED_BYTES_MAX

    def drain(self) -> None:
        """Finish the attempt in flight and begin no other; the task then ends."""
        self._draining.set()
        self._arrived.set()

    async def _run(self) -> None:
        while not self._draining.is_set():
            await self._arrived.wait()
            while self._queue and not self._draining.is_set():
                done = await self._together()
                if not done:
                    if not await self._until_handled(self._queue[0]):
                        return
                    self._one_by_one = max(0, self._one_by_one - 1)
                    done = 1
                for _ in range(done):
                    message = self._queue.popleft()
                    self._bytes -= len(message.value)
                    self._finished(self, message)
            if not self._draining.is_set():
                self._arrived.clear()

    async def _together(self) -> int:
        """Handle the first of the queue in one transaction; 0 when they have to be handled one by one."""
        if self._handle_together is None or self._one_by_one or not self._may_share():
            return 0
        batch = self._first_messages()
        if len(batch) < 2:
            return 0
        try:
            async with self._gate.batch():
                return await self._handle_together(batch)
        except Exception as error:
            # Which message it was, and what is to be done about it, shows when each is handled alone.
            _log.info(
                "batch_given_up", messages=len(batch), first=batch[0].place, why=f"{type(error).__name__}: {error}"
            )
            self._one_by_one = len(batch)
            return 0

    def _first_messages(self) -> list[Message]:
        size = 0
        batch: list[Message] = []
        for message in itertools.islice(self._queue, TOGETHER_MESSAGES_MAX):
            size += len(message.value)
            if batch and size > TOGETHER_BYTES_MAX:
                break
            batch.append(message)
        return batch

    async def _until_handled(self, message: Message) -> bool:
        """Try until it is done; False when told to drain before that."""
        failures = 0
        defect: Exception | None = None
        while not self._draining.is_set():
            try:
                if defect is None or not await self._set_aside(message, defect):
                    async with self._gate.one():
                        await self._handle(message)
            except Exception as error:
                failures += 1
                defect = None if passes_by_itself(error) else error
                self._report(message, error, failures)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._draining.wait(), self._backoff.seconds(failures))
            else:
                if failures:
                    self._troubled(self, None)
                return True
        return False

    async def _set_aside(self, message: Message, defect: Exception) -> bool:
        return self._by_order is not None and await self._by_order(message, _said(defect))

    def _report(self, message: Message, error: Exception, failures: int) -> None:
        passing = passes_by_itself(error)
        why = f"{message.place} {_said(error)}"
        trouble = Trouble(passing, why if passing else f"{why} {self._cure(message)}".rstrip())
        facts = {
            "message": message.place,
            "message_id": message.id,
            "correlation_id": message.headers.get("ce_correlationid", "")[:FACT_CHARACTERS_MAX],
            "event_type": message.headers.get("ce_type", "")[:FACT_CHARACTERS_MAX],
            "failures": failures,
        }
        if passing:
            _log.warning("message_waits", why=trouble.why, **facts)
        else:
            _log.error("message_defect", why=trouble.why, exc_info=error, **facts)
        self._troubled(self, trouble)


def _said(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}"
    return said if len(said) <= SAID_CHARACTERS_MAX else f"{said[:SAID_CHARACTERS_MAX]}…"
