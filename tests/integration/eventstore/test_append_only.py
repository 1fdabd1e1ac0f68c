"""Nobody who logs in can change, remove or slip in an event or a seal; the owner's own statements are
refused too."""

import asyncpg
import pytest

from tests.integration.eventstore.support import append, connected, seal_all
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

ROLES = ("hawk_parser", "hawk_approval", "hawk_executor", "hawk_monitor", "hawk_relay", "hawk_reader")
INSERT_EVENT = (
    "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata) "
    "VALUES ('plan-2', 1, gen_random_uuid(), 'A', 1, '{}', '{}')"
)
INSERT_SEAL = (
    "INSERT INTO es.seals (position, event_id, hash) VALUES (99, gen_random_uuid(), decode(repeat('00', 32), 'hex'))"
)
CHANGES = (
    "UPDATE es.events SET data = '{}'",
    "UPDATE es.events SET data = '{}' WHERE false",
    "DELETE FROM es.events",
    "TRUNCATE es.events",
    "UPDATE es.seals SET position = position",
    "DELETE FROM es.seals",
    "TRUNCATE es.seals",
    "MERGE INTO es.events AS kept USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
)
FORBIDDEN_TO_SERVICES = (
    *CHANGES,
    INSERT_EVENT,
    "UPDATE es.checkpoints SET position = 0",
    "INSERT INTO es.event_rights VALUES (session_user, 'plan-', 'PlanDrawn', 1)",
    "UPDATE es.event_rights SET role_name = session_user",
    "DELETE FROM es.unpublishable",
    "UPDATE es.migrations SET sha256 = ''",
    "ALTER TABLE es.events DISABLE TRIGGER ALL",
    "DROP TABLE es.events",
    "CREATE TABLE es.mine ()",
    "SET session_replication_role = replica",
    "SET ROLE hawk_owner",
)


@pytest.fixture(scope="module")
async def filled(module_database: TestDatabase) -> TestDatabase:
    """Two sealed events; no test of this module may be able to change them, so all share them."""
    async with connected(module_database.dsn("hawk_executor")) as [connection]:
        await append(connection, "plan-1", 0, 2)
    await seal_all(module_database.dsn("hawk_relay"), 2)
    return module_database


async def _contents(connection: asyncpg.Connection) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    return await connection.fetch("SELECT * FROM es.events"), await connection.fetch("SELECT * FROM es.seals")


async def test_no_login_role_can_change_events_or_seals(filled: TestDatabase) -> None:
    async with connected(filled.admin_dsn) as [administrator]:
        before = await _contents(administrator)
        for role in ROLES:
            async with connected(filled.dsn(role)) as [connection]:
                for statement in FORBIDDEN_TO_SERVICES:
                    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                        await connection.execute(statement)
                if role != "hawk_relay":
                    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                        await connection.execute(INSERT_SEAL)
        assert await _contents(administrator) == before


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("setup", ["SET ROLE hawk_owner", "SET session_replication_role = replica"])
async def test_triggers_refuse_a_change_even_by_the_owner_or_a_superuser(
    filled: TestDatabase, setup: str, statement: str
) -> None:
    async with connected(filled.admin_dsn) as [administrator]:
        before = await _contents(administrator)
        await administrator.execute(setup)
        with pytest.raises(asyncpg.PostgresError) as raised:
            await administrator.execute(statement)
        assert raised.value.sqlstate == "HK004"
        assert await _contents(administrator) == before


async def test_nobody_can_log_in_as_the_owner(database: TestDatabase) -> None:
    async with connected(database.admin_dsn) as [administrator]:
        row = await administrator.fetchrow(
            "SELECT rolcanlogin, rolsuper, (SELECT count(*) FROM pg_auth_members "
            "WHERE roleid = roles.oid AND member IN (SELECT oid FROM pg_roles WHERE NOT rolsuper)) "
            "FROM pg_roles AS roles WHERE rolname = 'hawk_owner'"
        )
        assert tuple(row) == (False, False, 0)
        owners = await administrator.fetch(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN "
            "('es', 'hawk', 'parser', 'approval', 'executor', 'monitor')"
        )
        assert [record["tableowner"] for record in owners] == ["hawk_owner"]


async def test_reader_reads_everything_and_writes_nothing(filled: TestDatabase) -> None:
    async with connected(filled.dsn("hawk_reader")) as [reader]:
        assert await reader.fetchval("SELECT count(*) FROM es.events") == 2
        assert await reader.fetchval("SELECT count(*) FROM es.seals") == 2
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute("SET transaction_read_only = off; INSERT INTO executor.inbox VALUES ('c', 'm')")


async def test_service_reaches_its_own_schema_only(database: TestDatabase) -> None:
    services = ("parser", "approval", "executor", "monitor")
    for service in services:
        async with connected(database.dsn(f"hawk_{service}")) as [connection]:
            for other in services:
                insert = f"INSERT INTO {other}.inbox VALUES ('c', 'm')"  # noqa: S608 - names of this file
                if other == service:
                    await connection.execute(insert)
                else:
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(insert)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"DELETE FROM {service}.inbox")  # noqa: S608 - names of this file


async def test_checkpoint_moves_forwards_only_and_by_the_relay_only(database: TestDatabase) -> None:
    advance = "SELECT es.advance_checkpoint('publish', $1, $2)"
    async with connected(database.dsn("hawk_relay"), database.dsn("hawk_executor")) as [relay, executor]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await executor.fetchval(advance, 0, 5)
        assert await relay.fetchval(advance, 0, 5) is True
        assert await relay.fetchval(advance, 0, 6) is False
        assert await relay.fetchval(advance, 5, 5) is False
        assert await relay.fetchval(advance, 5, 4) is False
        assert await relay.fetchval("SELECT position FROM es.checkpoints WHERE name = 'publish'") == 5


@pytest.mark.parametrize("role", ROLES)
async def test_role_is_cut_off_when_it_goes_silent_inside_a_transaction(
    module_database: TestDatabase, role: str
) -> None:
    async with connected(module_database.dsn(role)) as [connection]:
        expected = "10min" if role == "hawk_reader" else "15s"
        assert await connection.fetchval("SHOW idle_in_transaction_session_timeout") == expected
