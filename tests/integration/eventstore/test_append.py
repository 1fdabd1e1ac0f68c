"""Append in PostgreSQL: the first write of its transaction, with the rights of its role, without a lock for
all."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from shared.errors import Transient, VersionConflict
from shared.eventstore.driver_errors import translated
from shared.eventstore.errors import AppendNotFirst, StreamForbidden
from shared.eventstore.port import StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from tests.integration.eventstore.support import append, connected, happened
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

PREFIXES_OF_ROLE = {
    "hawk_parser": ("response-", "deadletter-parser-"),
    "hawk_approval": ("approval-", "submission-", "policy", "rollout", "deadletter-approval-"),
    "hawk_executor": (
        *("plan-", "execution-", "progress-", "exposure-", "usdpb-", "reference-"),
        "deadletter-executor-",
    ),
    "hawk_monitor": ("deadletter-monitor-",),
}


async def _write_then_append(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("INSERT INTO executor.inbox VALUES ('c', 'm')")
        await PostgresEventStore(connection).append([StreamAppend("plan-1", 0, happened())])


async def _append_twice(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await PostgresEventStore(connection).append([StreamAppend("plan-1", 0, happened())])
        await PostgresEventStore(connection).append([StreamAppend("plan-1", 1, happened())])


@pytest.mark.parametrize("work", [_write_then_append, _append_twice])
async def test_append_is_refused_when_its_transaction_has_written_before(
    database: TestDatabase, work: Callable[[asyncpg.Connection], Awaitable[None]]
) -> None:
    async with connected(database.dsn("hawk_executor")) as [connection]:
        with pytest.raises(AppendNotFirst):
            await work(connection)
        assert await connection.fetchval("SELECT count(*) FROM executor.inbox") == 0
        assert await connection.fetchval("SELECT count(*) FROM es.events") == 0


async def test_append_goes_through_when_its_transaction_has_only_read(database: TestDatabase) -> None:
    async with connected(database.dsn("hawk_executor")) as [connection]:
        async with connection.transaction():
            await connection.fetch("SELECT * FROM executor.inbox")
            await PostgresEventStore(connection).append([StreamAppend("plan-1", 0, happened())])
            await connection.execute("INSERT INTO executor.inbox VALUES ('c', 'm')")
        assert await connection.fetchval("SELECT count(*) FROM es.events") == 1


@pytest.mark.parametrize("role", sorted(PREFIXES_OF_ROLE))
async def test_role_may_append_to_its_own_streams_only(module_database: TestDatabase, role: str) -> None:
    async with connected(module_database.dsn(role)) as [connection]:
        for owner, prefixes in PREFIXES_OF_ROLE.items():
            for prefix in prefixes:
                stream = f"{prefix}{role}"
                if owner == role:
                    [event] = await append(connection, stream, 0)
                    assert event.stream == stream
                else:
                    with pytest.raises(StreamForbidden):
                        await append(connection, stream, 0)


@pytest.mark.parametrize("role", ["hawk_relay", "hawk_reader"])
async def test_role_without_streams_may_not_call_append(module_database: TestDatabase, role: str) -> None:
    async with connected(module_database.dsn(role)) as [connection]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT es.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')")


async def test_rights_follow_the_session_when_a_role_is_set(module_database: TestDatabase) -> None:
    """SECURITY DEFINER and SET ROLE change current_user; only session_user says who logged in."""
    async with connected(module_database.admin_dsn) as [administrator]:
        await administrator.execute("SET ROLE hawk_executor")
        with pytest.raises(StreamForbidden):
            await append(administrator, "plan-set-role", 0)


async def test_append_waits_for_nobody_when_another_stream_is_being_appended(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn) as [first, second]:
        await second.execute("SET lock_timeout = '1s'")
        async with first.transaction():
            await PostgresEventStore(first).append([StreamAppend("plan-1", 0, happened())])
            await append(second, "plan-2", 0)
        assert await second.fetchval("SELECT count(*) FROM es.events") == 2


async def test_append_conflicts_when_another_transaction_commits_the_version_first(
    database: TestDatabase,
) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn) as [first, second]:
        transaction = first.transaction()
        await transaction.start()
        await PostgresEventStore(first).append([StreamAppend("plan-1", 0, happened(3))])
        # The second has passed the version check and waits for the unique index.
        racing = asyncio.create_task(append(second, "plan-1", 0))
        await _until_waiting_for_lock(first, second.get_server_pid())
        await transaction.commit()
        with pytest.raises(VersionConflict) as raised:
            await racing
    assert (raised.value.stream, raised.value.expected) == ("plan-1", 0)


async def test_append_goes_through_when_the_transaction_it_waited_for_rolls_back(
    database: TestDatabase,
) -> None:
    dsn = database.dsn("hawk_executor")
    async with connected(dsn, dsn) as [first, second]:
        transaction = first.transaction()
        await transaction.start()
        await PostgresEventStore(first).append([StreamAppend("plan-1", 0, happened())])
        racing = asyncio.create_task(append(second, "plan-1", 0))
        await _until_waiting_for_lock(first, second.get_server_pid())
        await transaction.rollback()
        assert [event.version for event in await racing] == [1]


async def test_append_is_transient_when_the_server_ends_the_session(database: TestDatabase) -> None:
    async with connected(database.dsn("hawk_executor"), database.admin_dsn) as [connection, administrator]:
        await administrator.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        with pytest.raises(Transient), translated(connection):
            await append(connection, "plan-1", 0)


async def test_arguments_that_contradict_each_other_are_refused_by_the_function_itself(
    database: TestDatabase,
) -> None:
    call = "SELECT es.append($1, $2, $3, $4, $5, $6, $7, $8)"
    uuid = "25a774aa-8df5-5105-9734-e047052e3036"
    good = [["plan-1"], [0], ["plan-1"], [uuid], ["A"], [1], ["{}"], ["{}"]]
    bad = [
        [["plan-1", "plan-1"], [0, 0], *good[2:]],
        [["plan-1", "plan-2"], [0, 0], *good[2:]],
        [["plan-1"], [0, 1], *good[2:]],
        [*good[:2], ["plan-2"], *good[3:]],
        [*good[:3], [uuid, uuid], *good[4:]],
    ]
    async with connected(database.dsn("hawk_executor")) as [connection]:
        for arguments in bad:
            with pytest.raises(asyncpg.PostgresError) as raised:
                await connection.execute(call, *arguments)
            assert raised.value.sqlstate == "HK005"
        await connection.execute(call, *good)


async def _until_waiting_for_lock(observer: asyncpg.Connection, pid: int) -> None:
    async with asyncio.timeout(10):
        while not await observer.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            pass
