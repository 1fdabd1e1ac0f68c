"""The one place where asyncpg's errors become errors of HAWK.

The SQLSTATE class decides (PostgreSQL manual, appendix A). Every class that asyncpg knows is in
`MEANING_OF_CLASS`; a test fails when a new version of the driver brings one that does not.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from shared.errors import Conflict, Defect, HawkError, InvalidInput, Transient, VersionConflict
from shared.eventstore.errors import AppendInvalid, AppendNotFirst, StreamForbidden, TypeForbidden

#: SQLSTATEs of our own, raised by the functions and triggers of `shared/eventstore/migrations`.
NOT_FIRST_WRITE = "HK001"
VERSION_CONFLICT = "HK002"
STREAM_FORBIDDEN = "HK003"
APPEND_ONLY = "HK004"
APPEND_INVALID = "HK005"
TYPE_FORBIDDEN = "HK006"

#: First two characters of a SQLSTATE -> what the caller has to do.
MEANING_OF_CLASS: dict[str, type[HawkError]] = {
    "03": Defect,
    "08": Transient,  # connection
    "09": Defect,
    "0A": Defect,
    "0B": Defect,
    "0F": Defect,
    "0L": Defect,
    "0P": Defect,
    "0Z": Defect,
    "10": Defect,
    "20": Defect,
    "21": Defect,
    "22": Defect,
    "23": Defect,
    "24": Defect,
    "25": Defect,
    "26": Defect,
    "27": Defect,
    "28": Defect,
    "2B": Defect,
    "2D": Defect,
    "2F": Defect,
    "34": Defect,
    "38": Defect,
    "39": Defect,
    "3B": Defect,
    "3D": Defect,
    "3F": Defect,
    "40": Conflict,  # serialization failure, deadlock
    "42": Defect,
    "44": Defect,
    "53": Transient,  # too many connections, disk full, out of memory
    "54": Defect,
    "55": Defect,
    "57": Transient,  # shutdown, cancelled, cannot connect now
    "58": Transient,  # input/output error of the server
    "72": Transient,  # snapshot too old
    "F0": Defect,
    "HV": Defect,
    "P0": Defect,
    "XX": Defect,
}

#: SQLSTATEs that mean something else than their class.
MEANING_OF_STATE: dict[str, type[HawkError]] = {
    "25006": Transient,  # read-only transaction: a standby answers while a fail-over is under way
    "25P03": Transient,  # idle in transaction for too long: the server has closed the session
    "25P04": Transient,  # transaction took too long: likewise
    "55P03": Transient,  # lock not available in time
    "55006": Transient,  # object in use
}

#: SQLSTATEs that say that a *value* cannot be taken: its sender must send another. The statements are ours and the
#: same for every message, so those of classes 22 and 54 that blame the statement (a division, too many arguments) are
#: not here and stay defects.
VALUE_REFUSED = frozenset({
    "22001",  # text too long for its column
    "22003",  # number out of range
    "22007",  # no date or time
    "22008",  # date or time out of range
    "22021",  # NUL, or bytes that are not text
    "22032",  # no JSON
    "22P02",  # text that is not a value of its type
    "22P05",  # a character that the database's encoding does not have
    "54000",  # more than an index entry holds
    "54001",  # nested deeper than the server follows
})  # fmt: skip

#: What asyncpg says, as a plain InterfaceError, of a connection or pool that can no longer be used.
GONE_WORDS = ("connection is closed", "connection was closed", "connection has been released", "pool is clos")

#: Characters kept of what the database says of a value, which may hold all of it.
SAID_CHARACTERS_MAX = 500

#: Key of the unique constraint on (stream, version), as the server prints it in DETAIL.
_STREAM_KEY = re.compile(r"=\((?P<stream>.*), (?P<version>\d+)\)")


def translate(error: BaseException, *, connection_closed: bool = False) -> HawkError | None:
    """Return the error of HAWK that says what to do about a driver error; None for any other error.

    Args:
        connection_closed: whether the connection that raised is closed; asyncpg raises the same
            `InterfaceError` for a dead connection, where waiting helps, and for wrong use, where nothing
            does.
    """
    if isinstance(error, HawkError):
        return error
    if type(error) is asyncpg.DataError and error.__cause__ is not None:
        return _of_argument(error, error.__cause__)
    if isinstance(error, asyncpg.PostgresError):
        return _of_server(error)
    if isinstance(error, asyncpg.InterfaceError):
        gone = connection_closed or any(words in str(error) for words in GONE_WORDS)
        wrong_use = isinstance(error, ValueError) or not gone
        return Defect(f"PostgreSQL client: {error}") if wrong_use else _away(error)
    if isinstance(error, asyncpg.InternalClientError):
        return _away(error) if connection_closed else Defect(f"PostgreSQL client: {error}")
    if isinstance(error, (OSError, TimeoutError, EOFError)):
        return _away(error)
    return None


@contextmanager
def translated(connection: asyncpg.Connection | None = None) -> Iterator[None]:
    """Raise driver errors of the block as errors of HAWK; let all others pass.

    Raises:
        HawkError: the meaning of a driver error; see `translate`.
    """
    try:
        yield
    except Exception as error:
        ours = translate(error, connection_closed=connection is not None and connection.is_closed())
        if ours is None or ours is error:
            raise
        raise ours from error


def _away(error: BaseException) -> Transient:
    return Transient(f"PostgreSQL does not answer: {type(error).__name__}: {error}. Wait and retry.")


def _of_argument(error: asyncpg.DataError, cause: BaseException) -> HawkError:
    """Return the driver could not write an argument.

    No column of its type takes the value; or, a defect, it is of another.
    """
    if isinstance(cause, ValueError | ArithmeticError):
        return _refused(error)
    return Defect(f"PostgreSQL client: {error}")


def _refused(error: BaseException) -> InvalidInput:
    said = str(error).partition("\n")[0][:SAID_CHARACTERS_MAX]
    return InvalidInput(
        code="VALUE_NOT_STORABLE", reason=f"The store cannot take a value: {said}. Nothing was written; send another."
    )


def _of_server(error: asyncpg.PostgresError) -> HawkError:
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith("HK"):
        return _of_event_store(state, error)
    if isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "events_stream_version_key":
        return _overtaken(error)
    if state in VALUE_REFUSED:
        return _refused(error)
    meaning = MEANING_OF_STATE.get(state) or MEANING_OF_CLASS.get(state[:2], Defect)
    return meaning(f"PostgreSQL {state or 'without SQLSTATE'}: {error}")


def _of_event_store(state: str, error: asyncpg.PostgresError) -> HawkError:
    detail = getattr(error, "detail", None)
    facts = json.loads(detail) if detail else {}
    if state == NOT_FIRST_WRITE:
        return AppendNotFirst()
    if state == VERSION_CONFLICT:
        return VersionConflict(stream=facts["stream"], expected=facts["expected"], actual=facts["actual"])
    if state == STREAM_FORBIDDEN:
        return StreamForbidden(stream=facts["stream"], role=facts["role"])
    if state == TYPE_FORBIDDEN:
        return TypeForbidden(
            stream=facts["stream"], role=facts["role"], type=facts["type"], schema_version=facts["schema_version"]
        )
    if state == APPEND_INVALID:
        return AppendInvalid(reason=f"{error}.")
    return Defect(f"PostgreSQL {state}: {error}")


def _overtaken(error: asyncpg.UniqueViolationError) -> VersionConflict:
    """Return the conflict of an append that was overtaken between its check and its insert; DETAIL names the key."""
    key = _STREAM_KEY.search(error.detail or "")
    if key is None:
        return VersionConflict(stream="(one of this append)", expected=0)
    return VersionConflict(stream=key["stream"], expected=int(key["version"]) - 1)
