"""The writer's catalogue and the closed list of reference tables against the migrated database."""

from collections import defaultdict
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.executor.reference.tables import REFERENCE, VERSION_COLUMN
from services.executor.tables.catalogue import FILE, TABLES
from tests.support.stack import TestDatabase
from tools.verification.write_columns import read_columns

pytestmark = pytest.mark.integration

TYPES = {
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}


@pytest.fixture(scope="module")
async def admin(module_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(module_database.admin_dsn)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def columns(admin: asyncpg.Connection) -> dict[str, dict[str, asyncpg.Record]]:
    rows = await admin.fetch(
        "SELECT c.* FROM information_schema.columns c "
        "JOIN information_schema.tables t USING (table_schema, table_name) "
        "WHERE table_schema = 'hawk' AND table_type = 'BASE TABLE'"
    )
    found: dict[str, dict[str, asyncpg.Record]] = defaultdict(dict)
    for row in rows:
        found[row["table_name"]][row["column_name"]] = row
    return found


#: Tables that neither a workflow's operations nor feeds write: sums, their movements, and what planning keeps.
OF_HAWK = frozenset({"exposure_capacity", "exposure_days", "exposure_movements", "usd_pb_usage", "planned_orders"})


async def test_the_file_of_columns_is_what_the_migrations_give(admin: asyncpg.Connection) -> None:
    assert FILE.read_text(encoding="utf-8") == await read_columns(admin), "run tools.verification.write_columns"


async def test_the_catalogue_has_the_same_tables_and_columns_as_the_database(
    columns: dict[str, dict[str, asyncpg.Record]],
) -> None:
    database = {
        name: {
            column: TYPES.get(row["data_type"], row["data_type"])
            for column, row in of_table.items()
            if row["is_generated"] == "NEVER"
        }
        for name, of_table in columns.items()
    }
    known = {name: {column: str(kind) for column, kind in table.columns.items()} for name, table in TABLES.items()}
    assert known == database


async def test_the_catalogue_knows_the_columns_the_database_computes(
    columns: dict[str, dict[str, asyncpg.Record]],
) -> None:
    database = {
        name: {column for column, row in of_table.items() if row["is_generated"] == "ALWAYS"}
        for name, of_table in columns.items()
    }
    assert {name: set(table.generated) for name, table in TABLES.items()} == database


async def test_the_catalogue_has_the_primary_keys_of_the_database(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        "SELECT c.relname AS name, array_agg(a.attname::text ORDER BY k.place) AS key FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'hawk' "
        "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place) "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE i.indisprimary GROUP BY 1"
    )
    assert {name: table.key for name, table in TABLES.items()} == {row["name"]: tuple(row["key"]) for row in rows}


async def test_every_table_a_workflow_writes_says_which_and_what_took_it_back() -> None:
    for table in (table for name, table in TABLES.items() if name not in REFERENCE.keys() | OF_HAWK):
        assert {"workflow_id", "reversed_by_event", "created_by"} <= table.columns.keys(), table.name
        assert "effective" in table.generated, table.name


async def test_a_reference_row_needs_what_the_database_does_not_fill_in(
    columns: dict[str, dict[str, asyncpg.Record]],
) -> None:
    derived = {"currency_rates": {"rate_id"}, "system_configuration": {"config_id"}}
    for name, table in REFERENCE.items():
        obligatory = {
            column
            for column, row in columns[name].items()
            if row["is_nullable"] == "NO" and column != VERSION_COLUMN and column not in table.defaults
        }
        assert set(table.required) == obligatory - derived.get(name, set()), name


async def test_a_reference_row_gets_the_defaults_of_the_database(
    columns: dict[str, dict[str, asyncpg.Record]],
) -> None:
    spelled = {
        True: "true",
        False: "false",
        "Y": "'Y'::text",
        "IFRS": "'IFRS'::text",
        "Active": "'Active'::text",
    }
    for name, table in REFERENCE.items():
        database = {
            column: row["column_default"]
            for column, row in columns[name].items()
            if row["column_default"] is not None and row["is_generated"] == "NEVER"
        }
        assert {column: spelled.get(value, str(value)) for column, value in table.defaults.items()} == database, name


async def test_a_reference_flag_is_restricted_where_the_database_restricts_it(
    admin: asyncpg.Connection,
) -> None:
    rows = await admin.fetch(
        "SELECT c.relname AS name, pg_get_constraintdef(k.oid) AS rule FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'hawk' AND k.contype = 'c' AND k.conname = c.relname || '_flags'"
    )
    rules = {row["name"]: row["rule"] for row in rows}
    for name, table in REFERENCE.items():
        for column, values in table.choices.items():
            if values == {"Y", "N"}:
                assert column in rules[name]
        assert rules.get(name, "").count("ANY") == sum(values == {"Y", "N"} for values in table.choices.values()), name


async def test_the_search_path_names_the_read_tables_first(admin: asyncpg.Connection) -> None:
    assert await admin.fetchval("SHOW search_path") == "hawk, public"


@pytest.mark.parametrize("role", ["hawk_reader", "hawk_executor"])
async def test_every_table_and_view_can_be_read(module_database: TestDatabase, role: str) -> None:
    connection = await asyncpg.connect(module_database.dsn(role))
    try:
        names = await connection.fetch(
            "SELECT table_schema AS schema, table_name AS name FROM information_schema.tables "
            "WHERE table_schema IN ('hawk', 'public')"
        )
        assert {row["name"] for row in names if row["schema"] == "public"} > TABLES.keys()
        for row in names:
            await connection.fetch(f'SELECT * FROM {row["schema"]}."{row["name"]}"')  # noqa: S608
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["hawk_reader", "hawk_monitor", "hawk_approval", "hawk_parser"])
async def test_no_other_role_can_write_a_read_table(admin: asyncpg.Connection, role: str) -> None:
    for name in TABLES:
        allowed = await admin.fetchval(
            "SELECT has_table_privilege($1, $2, 'INSERT, UPDATE, DELETE, TRUNCATE')", role, f"hawk.{name}"
        )
        assert not allowed, name
