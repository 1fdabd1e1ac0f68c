"""Failures that pass by themselves: a server or the network is away. A person must look at all others."""

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
from aiokafka import errors as kafka

from shared.errors import Conflict, InvalidInput, OutcomeUnknown, Transient
from shared.eventstore.driver_errors import translate

#: What the network says of a server that is gone, before there is a connection that could say it better.
_NETWORK = (ConnectionError, TimeoutError, socket.gaierror)
#: What a broker says, or the client of it, while it is away, elects a leader, or assigns partitions again. Whatever
#: else it says (no right to a topic, a version it does not know, an answer that cannot be read) stays so.
_BROKER = (
    kafka.KafkaConnectionError, kafka.KafkaTimeoutError, kafka.NodeNotReadyError, kafka.NoBrokersAvailable,
    kafka.StaleMetadata, kafka.MetadataEmptyBrokerList, kafka.RequestTimedOutError, kafka.BrokerNotAvailableError,
    kafka.LeaderNotAvailableError, kafka.NotLeaderForPartitionError, kafka.ReplicaNotAvailableError,
    kafka.UnknownTopicOrPartitionError, kafka.NotControllerError, kafka.KafkaStorageError,
    kafka.NotEnoughReplicasError, kafka.NotEnoughReplicasAfterAppendError,
    kafka.GroupLoadInProgressError, kafka.GroupCoordinatorNotAvailableError, kafka.NotCoordinatorForGroupError,
    kafka.RebalanceInProgressError, kafka.IllegalGenerationError, kafka.UnknownMemberIdError, kafka.CommitFailedError,
)  # fmt: skip
_DRIVER = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class DatabaseAway(Transient):
    """PostgreSQL did not answer or ended the session. Nothing was committed."""

    def __init__(self, *, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(
            f"PostgreSQL is away ({type(cause).__name__}: {cause}). Nothing was committed; try again later."
        )


class CommitOutcomeUnknown(OutcomeUnknown):
    """The connection broke while COMMIT was under way: the transaction may be durable or not."""

    def __init__(self, *, cause: BaseException) -> None:
        self.cause = cause
        super().__init__(
            f"The connection broke during COMMIT ({type(cause).__name__}). Load the stream before trying "
            "again; a consumer's inbox does that by itself."
        )


def database_away(error: BaseException) -> bool:
    """Return whether a failure of a database call means that the server or the connection is gone for now."""
    return isinstance(error, _NETWORK) or (isinstance(error, _DRIVER) and isinstance(translate(error), Transient))


def conflicting(error: BaseException) -> bool:
    """Return whether two decisions ran into each other in the database: the whole work is decided again."""
    return isinstance(error, Conflict) or (isinstance(error, _DRIVER) and isinstance(translate(error), Conflict))


def refusal_of(error: BaseException) -> InvalidInput | None:
    """Return what a failure says against the message that was handled; None when it says nothing against it.

    A message is to blame for what its reader refused, and for a value that the database cannot take. An error of
    Python's own in a handler is a defect: what was read is within bounds (`shared.events.bounds`).
    """
    found = translate(error) if isinstance(error, _DRIVER) else error
    return found if isinstance(found, InvalidInput) else None


def passes_by_itself(error: BaseException) -> bool:
    """Return whether waiting and trying again is the cure: a consumer blocks its partition and goes on later."""
    return isinstance(error, (Transient, OutcomeUnknown, *_BROKER)) or conflicting(error) or database_away(error)


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
        """Return the wait after so many failures in a row (1 = the first), between half the bound and the bound."""
        doublings = min(max(failures, 1) - 1, 32)
        bound = min(self.cap_seconds, self.base_seconds * float(2**doublings))
        return bound * (0.5 + self.jitter() / 2)
