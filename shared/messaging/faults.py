"""Which failures pass by themselves: a server or the network is away. Everything else a person must look at."""

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
from aiokafka.errors import KafkaError

from shared.errors import Conflict, OutcomeUnknown, Transient

#: Two decisions ran into each other in the database: the whole work is decided again.
CONFLICTS: tuple[type[BaseException], ...] = (
    Conflict,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)

_DATABASE_AWAY: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server is shutting down, starting, or ended the session
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby answers while a fail-over is under way
    ConnectionError,
    TimeoutError,
    socket.gaierror,
)

#: What asyncpg says, as a plain InterfaceError, of a connection whose server has gone.
_CLOSED_WORDS = ("connection is closed", "connection was closed", "connection has been released", "pool is closing")


class DatabaseAway(Transient):
    """PostgreSQL did not answer or ended the session. Nothing was committed."""

    def __init__(self, *, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(
            f"PostgreSQL is away ({type(cause).__name__}: {cause}). Nothing was committed; the work is tried again."
        )


class CommitOutcomeUnknown(OutcomeUnknown):
    """The connection broke while COMMIT was under way: the transaction may be durable or not."""

    def __init__(self, *, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(
            f"The connection broke during COMMIT ({type(cause).__name__}). Load the stream before trying again; "
            "a consumer's inbox does that by itself."
        )


def database_away(error: BaseException) -> bool:
    """Whether a failure of a database call means that the server or the connection is gone for now."""
    if isinstance(error, _DATABASE_AWAY):
        return True
    return isinstance(error, asyncpg.InterfaceError) and any(words in str(error) for words in _CLOSED_WORDS)


def passes_by_itself(error: BaseException) -> bool:
    """Whether waiting and trying again is the cure: a consumer blocks its partition and goes on later."""
    return (
        isinstance(error, Transient | OutcomeUnknown | KafkaError)
        or isinstance(error, CONFLICTS)
        or database_away(error)
    )


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with a cap and jitter, so that many waiters do not come back at once.

    Args:
        base_seconds: the first wait's upper bound; each further one doubles.
        cap_seconds: no wait is longer.
        jitter: a number in [0, 1); `random.random` outside tests.
    """

    base_seconds: float
    cap_seconds: float
    jitter: Callable[[], float] = random.random

    def seconds(self, failures: int) -> float:
        """The wait after so many failures in a row (1 = the first), between half the bound and the bound."""
        doublings = min(max(failures, 1) - 1, 32)
        bound = min(self.cap_seconds, self.base_seconds * 2**doublings)
        return bound * (0.5 + self.jitter() / 2)
