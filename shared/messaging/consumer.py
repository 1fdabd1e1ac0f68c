"""A member of a consumer group, which begins sessions with the broker until it is stopped."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from shared.messaging.commits import COMMIT_SECONDS_MAX
from shared.messaging.door import Present, presented
from shared.messaging.faults import Backoff, passes_by_itself
from shared.messaging.handling import MessageHandling
from shared.messaging.kafka import KafkaConnection
from shared.messaging.member_health import MemberHealth
from shared.messaging.offsets import Partition
from shared.messaging.partition import HandlerSlots
from shared.messaging.session import LEAVE_SECONDS_MAX, Session, member_of
from shared.messaging.streams import StreamMemory
from shared.messaging.subscription import Subscription
from shared.messaging.transaction import Pool
from shared.messaging.unit_of_work import Projector
from shared.telemetry.health import Health

#: Seconds a revoke waits for handlers in flight before it cancels them (their transactions roll back).
REVOKE_DRAIN_SECONDS = 20.0
#: Seconds between two measurements of the lag.
WATCH_SECONDS = 5.0
#: Seconds with lag and without any sign of life (aiokafka #1154: assigned, but never fetching). Above the
#: time limit of a database statement, so that a slow statement is not taken for it.
STALLED_SECONDS = 60.0
#: Waits between attempts at one message, and between sessions with the broker. The cap is what a recovery
#: waits for at most.
HANDLING_BACKOFF = Backoff(base_seconds=0.1, cap_seconds=5.0)
SESSION_BACKOFF = Backoff(base_seconds=0.2, cap_seconds=5.0)

_log = structlog.get_logger(__name__)


class Consumer:
    """One member of a consumer group, for the topics of its subscriptions.

    Args:
        service: name of the service: schema of the inbox, actor, stream of dead letters.
        group: Kafka consumer group and consumer in the inbox.
        pool: gives the pool; raises Transient while there is none.
        health: where the part `consumer:<group>` is reported.
        present: see `MessageHandling`.
        slots: shared by all consumers of a process.
    """

    def __init__(
        self,
        *,
        service: str,
        group: str,
        subscriptions: Sequence[Subscription],
        connection: KafkaConnection,
        pool: Callable[[], Pool],
        projector: Projector | None,
        health: Health,
        handling_backoff: Backoff = HANDLING_BACKOFF,
        session_backoff: Backoff = SESSION_BACKOFF,
        watch_seconds: float = WATCH_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
        present: Present = presented,
        slots: HandlerSlots | None = None,
        memory: StreamMemory | None = None,
    ) -> None:
        self.group = group
        self._slots = HandlerSlots() if slots is None else slots
        self._connection = connection
        self._health = MemberHealth(group, health, lambda: len(self.partitions))
        self._handling_backoff = handling_backoff
        self._session_backoff = session_backoff
        self._watch_seconds = watch_seconds
        self._stalled_seconds = stalled_seconds
        self._handling = MessageHandling(
            service=service, group=group, subscriptions=subscriptions, pool=pool, projector=projector, present=present,
            memory=memory,
        )  # fmt: skip
        self._caught_up = [(each.topic, each.caught_up) for each in subscriptions if each.caught_up is not None]
        self._session: Session | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._drain_seconds = REVOKE_DRAIN_SECONDS

    @property
    def partitions(self) -> frozenset[Partition]:
        """The partitions this member holds now."""
        return frozenset() if self._session is None else self._session.partitions

    async def run(self) -> None:
        """Consume until `stop`. A broker that is away is waited for, for ever."""
        failures = 0
        self._health.starting()
        try:
            while not self._stopping.is_set():
                self._session = None
                try:
                    self._session = self._new_session()
                    await self._session.run(self._stopping)
                except Exception as error:
                    # Not joining alone: a session that ends again and again before it handles anything gets rarer.
                    failures = 1 if self._session is not None and self._session.handled else failures + 1
                    self._session_failed(error, failures)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), self._session_backoff.seconds(failures))
        finally:
            self._ended.set()

    async def stop(self, drain_seconds: float = REVOKE_DRAIN_SECONDS) -> None:
        """Stop fetching, let what is in flight finish for so many seconds, commit, leave the group."""
        self._drain_seconds = drain_seconds
        self._stopping.set()
        limit = drain_seconds + COMMIT_SECONDS_MAX + 2 * LEAVE_SECONDS_MAX
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), limit)

    def _new_session(self) -> Session:
        return Session(
            self.group,
            member_of(self.group, self._connection),
            self._handling,
            self._health,
            caught_up=self._caught_up,
            drain_seconds=lambda: self._drain_seconds,
            backoff=self._handling_backoff,
            watch_seconds=self._watch_seconds,
            stalled_seconds=self._stalled_seconds,
            slots=self._slots,
        )

    def _session_failed(self, error: Exception, failures: int) -> None:
        passing = passes_by_itself(error) or isinstance(error, OSError)
        why = f"{type(error).__name__}: {error}"
        self._health.session_failed(why, passing=passing)
        if passing:
            _log.warning("consumer_waits_for_broker", group=self.group, failures=failures, why=why)
        else:
            _log.error("consumer_defect", group=self.group, failures=failures, why=why, exc_info=error)
