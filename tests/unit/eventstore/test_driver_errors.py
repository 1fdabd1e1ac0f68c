"""Every error of the driver has a meaning for the caller."""

import inspect

import asyncpg
import pytest
from asyncpg import exceptions

from shared.errors import Conflict, Defect, HawkError, InvalidInput, Transient, VersionConflict
from shared.eventstore.driver_errors import MEANING_OF_CLASS, MEANING_OF_STATE, VALUE_REFUSED, translate, translated
from shared.eventstore.errors import AppendInvalid, AppendNotFirst, StreamForbidden

SERVER_ERRORS = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, asyncpg.PostgresError) and getattr(kind, "sqlstate", None)
]


def server_error(sqlstate: str, message: str = "said", **facts: str) -> asyncpg.PostgresError:
    """The error as the driver makes it from what the server sends."""
    fields = {"S": "ERROR", "V": "ERROR", "C": sqlstate, "M": message}
    letters = {"detail": "D", "constraint": "n"}
    fields |= {letters[name]: fact for name, fact in facts.items()}
    error: asyncpg.PostgresError = asyncpg.PostgresError.new(fields)
    return error


def test_every_error_class_of_the_driver_has_a_meaning() -> None:
    assert len(SERVER_ERRORS) > 200
    unknown = {kind.sqlstate for kind in SERVER_ERRORS if kind.sqlstate[:2] not in MEANING_OF_CLASS}
    assert unknown == set(), "give these SQLSTATE classes a meaning in driver_errors.MEANING_OF_CLASS"


def test_every_state_with_a_meaning_of_its_own_is_one_the_driver_knows() -> None:
    assert set(MEANING_OF_STATE) <= {kind.sqlstate for kind in SERVER_ERRORS}
    assert {kind.sqlstate for kind in SERVER_ERRORS} >= VALUE_REFUSED


def test_argument_no_column_takes_is_a_refusal_and_one_of_another_type_is_a_defect() -> None:
    for cause, meaning in (
        (OverflowError("value out of int64 range"), InvalidInput),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), InvalidInput),
        (TypeError("an integer is required"), Defect),
    ):
        error = asyncpg.DataError("invalid input for query argument $1")
        error.__cause__ = cause
        assert isinstance(translate(error), meaning), cause


def test_value_the_database_refuses_is_told_without_all_of_it() -> None:
    refusal = translate(asyncpg.NumericValueOutOfRangeError("x" * 100_000))
    assert isinstance(refusal, InvalidInput)
    assert refusal.code == "VALUE_NOT_STORABLE"
    assert len(refusal.reason) < 1_000


def test_statement_that_divides_by_zero_blames_no_message() -> None:
    assert isinstance(translate(asyncpg.DivisionByZeroError("division by zero")), Defect)


def test_every_server_error_becomes_an_error_of_hawk_that_says_what_the_server_said() -> None:
    for kind in SERVER_ERRORS:
        ours = translate(kind("said"))
        refused = kind.sqlstate in VALUE_REFUSED
        assert isinstance(ours, InvalidInput if refused else Transient | Conflict | Defect), kind
        assert "said" in str(ours), kind


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        (asyncpg.SerializationError, Conflict),
        (asyncpg.DeadlockDetectedError, Conflict),
        (asyncpg.ConnectionDoesNotExistError, Transient),
        (asyncpg.AdminShutdownError, Transient),
        (asyncpg.CannotConnectNowError, Transient),
        (asyncpg.TooManyConnectionsError, Transient),
        (asyncpg.IdleInTransactionSessionTimeoutError, Transient),
        (asyncpg.LockNotAvailableError, Transient),
        (asyncpg.ReadOnlySQLTransactionError, Transient),
        (asyncpg.InsufficientPrivilegeError, Defect),
        (asyncpg.UndefinedTableError, Defect),
        (asyncpg.NotNullViolationError, Defect),
        (asyncpg.InternalServerError, Defect),
    ],
)
def test_server_error_has_the_meaning_that_tells_the_caller_what_to_do(
    kind: type[asyncpg.PostgresError], meaning: type[HawkError]
) -> None:
    assert isinstance(translate(kind("said")), meaning)


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TimeoutError(), OSError("no route"), EOFError()])
def test_network_error_is_transient(error: Exception) -> None:
    assert isinstance(translate(error), Transient)


def test_interface_error_is_transient_when_the_connection_is_gone() -> None:
    assert isinstance(translate(asyncpg.InterfaceError("connection is closed")), Transient)
    assert isinstance(translate(asyncpg.InterfaceError("anything"), connection_closed=True), Transient)
    assert isinstance(translate(asyncpg.InternalClientError("anything"), connection_closed=True), Transient)


def test_interface_error_is_a_defect_when_the_driver_was_used_wrongly() -> None:
    assert isinstance(translate(asyncpg.InterfaceError("another operation is in progress")), Defect)
    # asyncpg raises its own DataError, a ValueError, for an argument of the wrong type.
    wrong_argument = exceptions._base.DataError("invalid input for query argument $1")
    assert isinstance(translate(wrong_argument, connection_closed=True), Defect)
    assert isinstance(translate(asyncpg.InternalClientError("protocol")), Defect)


def test_errors_of_append_carry_their_facts() -> None:
    conflict = translate(server_error("HK002", detail='{"stream": "plan-1", "expected": 2, "actual": 5}'))
    assert isinstance(conflict, VersionConflict)
    assert (conflict.stream, conflict.expected, conflict.actual) == ("plan-1", 2, 5)
    forbidden = translate(server_error("HK003", detail='{"role": "hawk_parser", "stream": "plan-1"}'))
    assert isinstance(forbidden, StreamForbidden)
    assert (forbidden.role, forbidden.stream) == ("hawk_parser", "plan-1")
    assert isinstance(translate(server_error("HK001")), AppendNotFirst)
    assert isinstance(translate(server_error("HK005", "twice")), AppendInvalid)
    assert isinstance(translate(server_error("HK004")), Defect)


def test_unique_violation_is_a_version_conflict_only_when_it_is_about_stream_and_version() -> None:
    key = "Key (stream, version)=(plan-(a, b), 7) already exists."
    conflict = translate(server_error("23505", detail=key, constraint="events_stream_version_key"))
    assert isinstance(conflict, VersionConflict)
    assert (conflict.stream, conflict.expected, conflict.actual) == ("plan-(a, b)", 6, None)
    withheld = translate(server_error("23505", constraint="events_stream_version_key"))
    assert isinstance(withheld, VersionConflict)
    other = translate(server_error("23505", detail=key, constraint="inbox_pkey"))
    assert isinstance(other, Defect)


def test_translated_lets_other_errors_pass_unchanged() -> None:
    for error in (ValueError("ours"), InvalidInput(code="X", reason="y"), KeyError("k")):
        with pytest.raises(type(error)) as raised, translated():
            raise error
        assert raised.value is error


def test_translated_keeps_the_cause() -> None:
    with pytest.raises(Transient) as raised, translated():
        raise asyncpg.AdminShutdownError("terminating")
    assert isinstance(raised.value.__cause__, asyncpg.AdminShutdownError)
