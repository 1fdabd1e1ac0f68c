"""One attempt at one message: run its handler as one unit of work, or set aside what never can be handled.

Or at several messages at once, as one transaction: see `shared.messaging.batch`.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import structlog

from shared.errors import Defect, InvalidInput
from shared.events.deadletters import letter_stream
from shared.events.routing import REPLAY_HEADER
from shared.messaging.batch import Begin, Part, run_batch
from shared.messaging.cause import Cause
from shared.messaging.deadletters import message_refused, set_aside, set_aside_many
from shared.messaging.door import NotRecorded, Present, Presented, presented, why_untrue
from shared.messaging.faults import refusal_of
from shared.messaging.message import Message, cause_of, check_readable, records_of
from shared.messaging.orders import cure, order_for, ordered
from shared.messaging.refusals import Many, Refusals
from shared.messaging.replays import claim_of, replayed_entry
from shared.messaging.streams import StreamMemory
from shared.messaging.subscription import Subscription, place_and_time
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import InboxEntry, Projector, UnitOfWork, read_events, run_unit
from shared.telemetry.metrics import HANDLED, HANDLING_SECONDS, REFUSED
from shared.telemetry.tracing import new_traceparent, span, trace_id

_log = structlog.get_logger(__name__)


class MessageHandling:
    """Handles the messages of one consumer group, each exactly once in effect.

    Args:
        service: name, schema and actor of the service.
        group: consumer group, and consumer in the inbox.
        subscriptions: the topics of the group.
        pool: the pool at the time of the call; raises Transient while there is none.
        projector: see `run_unit`.
        present: the door, see there. Given only by tests, and by the benchmark that measures what the check costs.
    """

    def __init__(
        self,
        *,
        service: str,
        group: str,
        subscriptions: Iterable[Subscription],
        pool: Callable[[], Pool],
        projector: Projector | None,
        present: Present = presented,
        memory: StreamMemory | None = None,
    ) -> None:
        self._service = service
        self._group = group
        self._subscriptions = {subscription.topic: subscription for subscription in subscriptions}
        self._pool = pool
        self._projector = projector
        self._present = present
        self._memory = memory or StreamMemory()
        self.refusals = Refusals()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the group."""
        return tuple(self._subscriptions)

    def together(self, topic: str) -> bool:
        """Return whether messages of a topic may share a transaction now.

        Of any topic those do that only are counted.
        """
        found = self._subscriptions.get(topic)
        return found is not None and (found.together or self.refusals.flooded(topic))

    def across(self, topic: str) -> bool:
        """Return whether messages of a topic may share a transaction with those of other partitions."""
        found = self._subscriptions.get(topic)
        return found is not None and found.together

    async def pressing(self, messages: Sequence[Message]) -> Collection[str]:
        """Return the keys whose messages are to be handled before all others that wait."""
        found: set[str] = set()
        for topic, subscription in self._subscriptions.items():
            of_topic = [message for message in messages if message.topic == topic]
            if of_topic and subscription.pressing is not None:
                found.update(await subscription.pressing(self._pool(), of_topic))
        return found

    async def handle(self, message: Message) -> None:
        """Return one attempt. When it returns, the message is done: handled, known already, not ours, or set aside.

        Raises:
            What passes by itself, and what a person must look at; nothing is committed then.
        """
        subscription = self._subscription(message)
        began = time.perf_counter()
        try:
            presented = self._prove(subscription, message)
            await self._run(subscription, message, presented)
        except _Unproved as unproved:
            await run_batch(self._pool(), [await self._aside(message, unproved.refusal)], projector=None)
        self._count(message, began)

    async def handle_together(self, messages: Sequence[Message]) -> int:
        """Return one attempt at messages as one transaction; those of one partition follow each other.

        Returns:
            How many are done, from the first on; at least one.
        Raises:
            What a handler or the database raises, a refusal too: nothing is committed then. Handle them one by one.
        """
        began = time.perf_counter()
        parts = [await self._part(self._subscription(message), message) for message in messages]
        unproved_only = not self.across(messages[0].topic)
        done = await run_batch(
            self._pool(), parts, projector=self._projector, unproved_only=unproved_only, memory=self._memory
        )
        if not done:
            await self.handle(messages[0])
            return 1
        for message in messages[:done]:
            self._count(message, began)
        return done

    async def _run(self, subscription: Subscription, message: Message, presented: Presented | None) -> None:
        if not subscription.wants(message):
            await run_batch(self._pool(), [await self._part(subscription, message)], projector=None)
            return

        async def work(unit: UnitOfWork) -> None:
            await subscription.handle(unit, message)

        with self._story(subscription, message) as cause:
            inbox = await self._inbox(subscription, message)
            try:
                await run_unit(
                    self._pool(), cause, work, projector=self._projector, inbox=inbox, presented=presented,
                    memory=self._memory,
                )  # fmt: skip
            except NotRecorded as refusal:
                raise _Unproved(refusal if presented is None else why_untrue(presented)) from refusal
            except Exception as error:
                blamed = refusal_of(error)
                if blamed is None:
                    raise
                await self._refuse(inbox, message, cause, blamed)

    async def _part(self, subscription: Subscription, message: Message) -> Part:
        """Return a message's share of a transaction with others; what cannot be proved is set aside there."""
        try:
            presented = self._prove(subscription, message)
        except _Unproved as unproved:
            return await self._aside(message, unproved.refusal)
        otherwise = None if presented is None else await self._if_not_recorded(message, presented)
        if not subscription.wants(message):
            return Part(InboxEntry(self._service, self._group, message.id), None, presented, otherwise)
        inbox = await self._inbox(subscription, message)

        async def work(begin: Begin) -> None:
            with self._story(subscription, message) as cause:
                await subscription.handle(begin(cause), message)

        return Part(inbox, work, presented, otherwise, streams=partial(subscription.streams, message))

    def _prove(self, subscription: Subscription, message: Message) -> Presented | None:
        """Ask what must be asked before anything else is done with a message; gives what the store is still to confirm.

        Raises:
            _Unproved: the message is not what it says it is.
        """
        try:
            check_readable(message)
            if subscription.proof is not None:
                subscription.proof(message)
            return self._present(message)
        except InvalidInput as refusal:
            raise _Unproved(refusal) from refusal

    async def _if_not_recorded(self, message: Message, asked: Presented) -> Callable[[], Part]:
        """Return how a message is set aside if the store does not hold its event.

        What must be read for that is read now.
        """
        inbox = await self._inbox_by_place(message) if REPLAY_HEADER in message.headers else None
        return lambda: self._set_aside_as(inbox or self._entry_by_place(message), message, why_untrue(asked))

    async def _aside(self, message: Message, refusal: InvalidInput) -> Part:
        return self._set_aside_as(await self._inbox_by_place(message), message, refusal)

    async def _inbox_by_place(self, message: Message) -> InboxEntry:
        return await self._replayed(self._entry_by_place(message), message)

    def _entry_by_place(self, message: Message) -> InboxEntry:
        return InboxEntry(self._service, self._group, place_and_time(message))

    def _set_aside_as(self, inbox: InboxEntry, message: Message, refusal: InvalidInput) -> Part:
        """Return the part that sets aside a message that is not the event it claims to be: nothing else does that.

        It is known by its place and time, and its dead letter is a story of its own. Nothing that it says of itself
        counts: under the id in its header, the true message must still be handled.
        """
        place = message.place
        cause = Cause(f"service:{self._service}", place, place, new_traceparent())

        async def work(begin: Begin) -> None:
            unit = begin(cause)
            await set_aside(unit, message, refusal)
            unit.after_commit(lambda: self._refused(message, refusal))

        return Part(inbox, work, countable=None if inbox.replay else _Junk(self, inbox, message, refusal))

    @contextlib.contextmanager
    def _story(self, subscription: Subscription, message: Message) -> Iterator[Cause]:
        """Name a message in the trace and the log lines of its handling; yield the cause of what follows."""
        with span(f"{self._group} {message.topic}", message.headers.get("ce_traceparent")) as traceparent:
            cause = replace(
                cause_of(message, f"service:{self._service}", raw=subscription.raw), traceparent=traceparent
            )
            with structlog.contextvars.bound_contextvars(
                correlation_id=cause.correlation_id,
                trace_id=trace_id(traceparent),
                group=self._group,
                message=message.place,
                message_id=message.id,
            ):
                yield cause

    def _count(self, message: Message, began: float) -> None:
        HANDLING_SECONDS.labels(group=self._group, topic=message.topic).observe(time.perf_counter() - began)
        HANDLED.labels(group=self._group, topic=message.topic).inc()
        self.refusals.done(message)

    async def _refuse(self, inbox: InboxEntry, message: Message, cause: Cause, refusal: InvalidInput) -> None:
        async def work(unit: UnitOfWork) -> None:
            await set_aside(unit, message, refusal)

        try:
            await run_unit(self._pool(), cause, work, projector=None, inbox=inbox)
        except InvalidInput as error:
            raise Defect(f"The dead letter of {message.place} was refused itself: {error}") from error
        self._refused(message, refusal)

    def _refused(self, message: Message, refusal: InvalidInput) -> None:
        self.refused(message, refusal.code)
        _log.warning(
            "message_refused", code=refusal.code, reason=refusal.reason, group=self._group, message=message.place
        )

    def refused(self, message: Message, code: str) -> None:
        """Count a message that was set aside, alone or with others."""
        REFUSED.labels(group=self._group, topic=message.topic, code=code).inc(records_of(message))

    async def write_counted(self, many: Iterable[Many]) -> None:
        """Write the dead letters of messages that were only counted.

        Raises:
            Exception: the database's error; those that are not written yet are written the next time.
        """
        for each in many:
            letter = each.dead_letter
            cause = Cause(f"service:{self._service}", letter.message_id, letter.message_id, new_traceparent())
            await run_unit(self._pool(), cause, partial(set_aside_many, letter=letter), projector=None)
            self.refusals.written(each)
            _log.warning(
                "messages_refused", code=letter.code, reason=letter.reason, group=self._group, topic=letter.topic,
                count=letter.count,
            )  # fmt: skip

    async def set_aside_by_order(self, message: Message, why: str) -> bool:
        """Set aside a message that cannot be handled, if two persons ordered that; says whether.

        It is known by its place: a release that can handle it takes it up under its own name when it is replayed.

        Raises:
            What the database says; nothing is committed then.
        """
        order = await order_for(self._pool(), self._group, message, datetime.now(UTC))
        if order is None:
            return False
        aside = await self._aside(message, ordered(order, why))
        await run_batch(self._pool(), [replace(aside, countable=None)], projector=None)
        self._count(message, time.perf_counter())
        return True

    def cure(self, message: Message) -> str:
        """Return what people can do about a message that meets a defect."""
        return cure(self._group, message)

    def _subscription(self, message: Message) -> Subscription:
        found = self._subscriptions.get(message.topic)
        if found is None:
            raise Defect(f"Group {self._group} got a message of topic {message.topic}, which it does not read.")
        return found

    async def _inbox(self, subscription: Subscription, message: Message) -> InboxEntry:
        return await self._replayed(InboxEntry(self._service, self._group, subscription.message_id(message)), message)

    async def _replayed(self, entry: InboxEntry, message: Message) -> InboxEntry:
        """Return the inbox entry of a replay for a message that is one, and the given entry for every other."""
        claim = claim_of(message, self._service)
        if claim is None:
            return entry
        letters = await read_events(self._pool(), letter_stream(claim.letter))
        return replayed_entry(entry, claim, letters, message)


@dataclass(frozen=True, slots=True)
class _Junk:
    """See `Countable`."""

    handling: MessageHandling
    inbox: InboxEntry
    message: Message
    refusal: InvalidInput

    def alone(self) -> bool:
        return self.handling.refusals.alone(self.message, self.refusal.code, time.monotonic())

    def count(self) -> None:
        refusal = self.refusal
        self.handling.refusals.count(
            self.message, refusal.code, time.monotonic(), lambda: message_refused(self.inbox, self.message, refusal)
        )
        self.handling.refused(self.message, refusal.code)


class _Unproved(Exception):
    """A message is not what it says it is; `refusal` says why."""

    def __init__(self, refusal: InvalidInput) -> None:
        self.refusal = refusal
        super().__init__(refusal.reason)
