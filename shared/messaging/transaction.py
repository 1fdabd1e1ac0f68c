"""A transaction of PostgreSQL: a connection of the pool, one snapshot, and another attempt when somebody was faster."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar, cast

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from shared.errors import Defect
from shared.messaging.faults import Backoff, CommitOutcomeUnknown, DatabaseAway, conflicting, database_away
from shared.telemetry.metrics import CONFLICTS_TOTAL

T = TypeVar("T")

#: Times one work is decided again when others were faster. With jittered waits this outlasts any burst of
#: writers on one stream that the partitions of a topic can make.
UNIT_ATTEMPTS = 12
#: Waits between such attempts: a decision takes milliseconds.
UNIT_BACKOFF = Backoff(base_seconds=0.01, cap_seconds=0.5)

Pool = asyncpg.Pool

_log = structlog.get_logger(__name__)


async def decide_again(
    pool: Pool,
    attempt: Callable[[asyncpg.Connection], Awaitable[T]],
    *,
    attempts: int = UNIT_ATTEMPTS,
    correlation_id: str = "",
) -> T:
    """Run a whole transaction; when somebody else was faster, again after a wait, at most so many times.

    Raises: as `run_unit`.
    """
    for number in range(1, attempts + 1):
        try:
            return await with_connection(pool, attempt)
        except Exception as conflict:
            if not conflicting(conflict):
                raise
            CONFLICTS_TOTAL.labels(kind=type(conflict).__name__).inc()
            if number == attempts:
                raise
            _log.info("unit_decided_again", attempt=number, why=str(conflict), correlation_id=correlation_id)
            await asyncio.sleep(UNIT_BACKOFF.seconds(number))
    raise Defect(f"A transaction was given {attempts} attempts; it needs at least one.")


async def with_connection(pool: Pool, attempt: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """Run something with a connection of the pool, once.

    Raises:
        DatabaseAway: try later.
    """
    connection = await _acquire(pool)
    try:
        # The pool's proxy passes every call on to a connection, but is not a subclass of it.
        return await attempt(cast("asyncpg.Connection", connection))
    except Exception as error:
        if database_away(error):
            raise DatabaseAway(cause=error) from error
        raise
    finally:
        await _release(pool, connection)


@contextlib.asynccontextmanager
async def transaction(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Return one transaction with one snapshot for all its reads, committed when the block ends without an error.

    Raises:
        CommitOutcomeUnknown: the connection broke while COMMIT was under way.
    """
    begun = connection.transaction(isolation="repeatable_read")
    await begun.start()
    try:
        yield
    except BaseException:
        await _rollback(begun)
        raise
    await _commit(begun)


async def _commit(transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.commit()
    except Exception as error:
        if database_away(error):
            raise CommitOutcomeUnknown(cause=error) from error
        raise


async def _rollback(transaction: asyncpg.transaction.Transaction) -> None:
    """Roll back without hiding why: a lost connection has rolled back by itself."""
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _log.debug("rollback_failed", why=str(error))


async def _acquire(pool: Pool) -> PoolConnectionProxy:
    try:
        return await pool.acquire()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if isinstance(error, OSError) or database_away(error):
            raise DatabaseAway(cause=error) from error
        raise


async def _release(pool: Pool, connection: PoolConnectionProxy) -> None:
    try:
        await pool.release(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _log.debug("release_failed", why=str(error))
