"""One relay at a time: it takes the lock, then seals, publishes and measures until it is cancelled or loses
the lock."""

import asyncio
import contextlib
import itertools
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

import asyncpg
import structlog

from shared.errors import Transient
from shared.eventstore.driver_errors import translated
from shared.messaging.database import LOOK_UPS
from shared.relay import metrics
from shared.relay.fresh import Fresh
from shared.relay.heads import HEAD_RETRY_SECONDS, HEAD_SECONDS, HeadPublisher, HeadRefused, ReadHeads
from shared.relay.outlet import PublishFailed
from shared.relay.publisher import OpenOutlet, Publisher, Routes
from shared.relay.sealer import SEAL_BATCH, Sealer
from shared.relay.transaction_ids import check_transaction_ids
from shared.relay.watch import END_STALL_SECONDS, end_stalling, measure, show

#: Any number will do that nothing else in the database uses as an advisory lock.
LOCK_KEY = 0x4841574B_00000002

#: Seconds between attempts of a standby to take the lock: how long no relay works after the active one has
#: died.
STANDBY_SECONDS = 0.2
#: Attempts of a standby between two looks at who holds the lock: no role but the relay's has business with it.
FREE_EVERY = 10
#: Milliseconds that a relay waits for a lock whose holder it has just ended.
FREED_MILLISECONDS_MAX = 2_000
#: Seconds between polls after a batch that was not full. Part of the latency of every message.
BUSY_POLL_SECONDS = 0.005
#: Seconds between polls when nothing has come for a while: 20 cheap queries a second.
IDLE_POLL_SECONDS = 0.05
#: Of the time that nothing has come, until the next poll: an event that follows another soon is seen soon.
POLL_SHARE = 0.25
#: Of the time that a poll has taken, until the next: on a busy machine a relay leaves most of the time to others.
POLL_PAUSE = 3.0
#: Seconds between measurements of the lag.
MEASURE_SECONDS = 1.0
#: Seconds the publisher waits at most for news from the sealer, which otherwise wakes it.
WAKE_SECONDS_MAX = 0.25
#: Seconds that a wave in flight gets when the relay is cancelled, so that a restart sends nothing twice.
DRAIN_SECONDS_MAX = 2.0
#: Seconds for one statement. The largest seals a thousand events: some ten milliseconds.
STATEMENT_SECONDS_MAX = 30.0
#: Seconds to connect, before the server counts as away.
CONNECT_SECONDS_MAX = 5.0
#: Seconds of the first and the longest wait after a failure. Events wait meanwhile, so the longest is short.
RETRY_SECONDS = 0.1
RETRY_SECONDS_MAX = 2.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The dependencies of a relay: DSN of its role, the pure routing, access to Kafka, and the existing heads."""

    dsn: str
    routes: Routes
    open_outlet: OpenOutlet
    read_heads: ReadHeads


class Relay:
    """Seals and publishes while it holds the lock. Any number may run; all but one stand by."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failures = 0
        self._heads = HeadPublisher(settings.open_outlet, settings.read_heads)
        self.active = False

    async def check(self) -> None:
        """Refuse a database restored from a server that had counted further.

        Raises:
            TransactionIdsBehind: see there.
            Transient: the database is away.
        """
        async with self._connection() as connection:
            await check_transaction_ids(connection)

    async def run(self) -> None:
        """Relay until cancelled; while the database is away, wait for it.

        Raises:
            Defect: a sealed event is gone, or the database was restored from another server. A person must
                look.
        """
        self._stopping.clear()
        self._failures = 0
        while True:
            try:
                await self._lead()
            except Transient as error:
                self._failures += 1
                _log.warning("relay_interrupted", failures=self._failures, why=str(error))
                await asyncio.sleep(_retry_seconds(self._failures))

    async def _lead(self) -> None:
        """Stand by, take the lock, work until something fails. The lock lives and dies with its
        connection."""
        async with (
            self._connection() as locked,
            self._connection() as reading,
            self._connection() as watching,
            self._connection() as anchoring,
        ):
            await self._take_lock(locked)
            await check_transaction_ids(locked)
            self._failures = 0
            self._activate(True)
            fresh = Fresh()
            publisher = Publisher(reading, self._settings.routes, self._settings.open_outlet, fresh)
            try:
                await self._together(
                    self._seal(Sealer(locked, fresh)),
                    self._publish(publisher),
                    self._anchor(anchoring),
                    self._measure(watching),
                )
            finally:
                self._activate(False)
                await publisher.close()
                await self._heads.close()

    async def _take_lock(self, connection: asyncpg.Connection) -> None:
        # Polled instead of waited for: a waiting statement would hold back vacuum for as long as it waits
        # by.
        for attempt in itertools.count(1):
            with translated(connection):
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
                    return
                if attempt % FREE_EVERY == 0 and await self._freed(connection):
                    return
            await asyncio.sleep(STANDBY_SECONDS)

    async def _freed(self, connection: asyncpg.Connection) -> bool:
        """Return whether the lock was taken from a role that has no business with it, and is held by this relay now.

        Raises:
            Transient: somebody else was faster; begin again.
        """
        ended = await connection.fetchval("SELECT es.free_relay_lock()")
        if not ended:
            return False
        _log.error(
            "relay_lock_freed", sessions=ended, why="Another role held the relay's lock; its sessions were ended."
        )
        await connection.execute(f"SET lock_timeout = '{FREED_MILLISECONDS_MAX}ms'")
        # Waited for this once, so that this relay is in the queue before the one that comes back.
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        await connection.execute("RESET lock_timeout")
        return True

    async def _together(self, *works: Awaitable[None]) -> None:
        """Run all until one fails; when cancelled, let what is in flight come to its end first."""
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._stopping.set()
            self._news.set()
            await asyncio.wait(tasks, timeout=DRAIN_SECONDS_MAX)
            raise
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    async def _seal(self, sealer: Sealer) -> None:
        last = -math.inf
        while not self._stopping.is_set():
            began = time.monotonic()
            count = await sealer.seal()
            took = time.monotonic() - began
            if count:
                last = time.monotonic()
                metrics.SEALED.inc(count)
                self._news.set()
            if count < SEAL_BATCH:
                await self._pause(poll_seconds(time.monotonic() - last, took))

    async def _publish(self, publisher: Publisher) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._news.clear()
                if not self._heads.begun and not await publisher.reached():
                    # The first thing that is ever published is the beginning of the heads.
                    await self._pause(BUSY_POLL_SECONDS)
                    continue
                count = await publisher.publish()
                await publisher.publish_ordered()
            except PublishFailed as error:
                failures += 1
                metrics.PUBLISH_FAILURES.inc()
                metrics.PUBLISH_FAILING.set(1)
                _log.warning("publish_failed", failures=failures, why=str(error))
                await self._pause(_retry_seconds(failures))
                continue
            failures = 0
            metrics.PUBLISH_FAILING.set(0)
            metrics.PUBLISHED.inc(count)
            if not count:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), WAKE_SECONDS_MAX)

    async def _anchor(self, connection: asyncpg.Connection) -> None:
        while not self._stopping.is_set():
            try:
                await self._heads.publish(connection)
            except PublishFailed as error:
                if isinstance(error, HeadRefused):
                    metrics.HEADS_REFUSED.inc()
                metrics.HEADS_FAILING.set(1)
                _log.error("head_not_published", why=str(error))
                await self._pause(HEAD_RETRY_SECONDS)
                continue
            metrics.HEADS_FAILING.set(0)
            await self._pause(HEAD_SECONDS)

    async def _measure(self, connection: asyncpg.Connection) -> None:
        while not self._stopping.is_set():
            lag = await measure(connection)
            show(lag)
            if lag.feed_stalled_seconds > END_STALL_SECONDS:
                await end_stalling(connection)
            await self._pause(MEASURE_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _activate(self, active: bool) -> None:
        self.active = active
        metrics.ACTIVE.set(int(active))
        _log.info("relay_active" if active else "relay_inactive")

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        with translated():
            connection = await asyncpg.connect(
                self._settings.dsn,
                timeout=CONNECT_SECONDS_MAX,
                command_timeout=STATEMENT_SECONDS_MAX,
                server_settings={"application_name": "hawk-relay", "timezone": "UTC", **LOOK_UPS},
            )
        try:
            yield connection
        finally:
            # Ends the session even in the middle of a statement; the server then gives the lock to a standby.
            connection.terminate()


def poll_seconds(silence: float, took: float) -> float:
    """Return the seconds until the next poll.

    Args:
        silence: seconds for which nothing has come.
        took: seconds of the last poll; where the machine is busy, what comes meanwhile is sealed together.
    """
    return min(max(silence * POLL_SHARE, took * POLL_PAUSE, BUSY_POLL_SECONDS), IDLE_POLL_SECONDS)


def _retry_seconds(failures: int) -> float:
    longest = min(RETRY_SECONDS_MAX, RETRY_SECONDS * 2.0 ** min(failures, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
