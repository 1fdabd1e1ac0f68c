"""Which failures are waited out, and for how long."""

import asyncpg
import pytest
from aiokafka.errors import (
    CommitFailedError,
    KafkaConnectionError,
    KafkaError,
    NotLeaderForPartitionError,
    RebalanceInProgressError,
    TopicAuthorizationFailedError,
    UnknownError,
    UnsupportedVersionError,
)
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Defect, InvalidInput, OutcomeUnknown, Transient, VersionConflict
from shared.messaging.faults import Backoff, conflicting, database_away, passes_by_itself


@pytest.mark.parametrize(
    "error",
    [
        Transient("away"),
        OutcomeUnknown("perhaps"),
        VersionConflict(stream="s", expected=1, actual=2),
        KafkaConnectionError(),
        NotLeaderForPartitionError(),
        RebalanceInProgressError(),
        CommitFailedError(),
        asyncpg.SerializationError("said by the server"),
        asyncpg.DeadlockDetectedError("said by the server"),
        asyncpg.AdminShutdownError("said by the server"),
        asyncpg.CannotConnectNowError("said by the server"),
        asyncpg.ConnectionDoesNotExistError("said by the server"),
        asyncpg.TooManyConnectionsError("said by the server"),
        asyncpg.IdleInTransactionSessionTimeoutError("said by the server"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
)
def test_fault_is_waited_out_when_a_server_or_another_writer_caused_it(error: Exception) -> None:
    assert passes_by_itself(error)


@pytest.mark.parametrize(
    "error",
    [
        Defect("broken"),
        InvalidInput(code="X", reason="x"),
        asyncpg.InterfaceError("cannot perform operation: another operation is in progress"),
        asyncpg.UndefinedTableError("said by the server"),
        asyncpg.UniqueViolationError("said by the server"),
        asyncpg.InsufficientPrivilegeError("said by the server"),
        TopicAuthorizationFailedError(),
        UnsupportedVersionError(),
        UnknownError(),
        KafkaError("what nobody has thought of"),
        FileNotFoundError(),
        KeyError("k"),
        ZeroDivisionError(),
    ],
)
def test_fault_is_a_defect_when_waiting_cannot_cure_it(error: Exception) -> None:
    assert not passes_by_itself(error)


def test_conflict_and_absence_are_told_apart() -> None:
    assert conflicting(asyncpg.SerializationError("said by the server"))
    assert not database_away(asyncpg.SerializationError("said by the server"))
    assert database_away(ConnectionResetError())
    assert not conflicting(ConnectionResetError())


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_wait_grows_up_to_its_cap_and_never_vanishes(failures: int, jitter: float) -> None:
    backoff = Backoff(base_seconds=0.1, cap_seconds=5.0, jitter=lambda: jitter)
    wait = backoff.seconds(failures)
    assert 0.05 <= wait <= 5.0
    if failures > 7:
        assert wait >= 2.5


def test_wait_doubles_when_failures_go_on() -> None:
    backoff = Backoff(base_seconds=0.1, cap_seconds=5.0, jitter=lambda: 0.0)
    assert [backoff.seconds(number) for number in (1, 2, 3)] == pytest.approx([0.05, 0.1, 0.2])
