"""Migrations run once each, in order, and refuse when database and files contradict each other."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.migrations import COMPONENTS, ROOT, MigrationRefused, migrate, migrations_of
from tests.integration.eventstore.support import connected
from tests.support.stack import on_database

pytestmark = pytest.mark.integration


@pytest.fixture
async def empty_dsn(postgres_admin_dsn: str) -> AsyncIterator[str]:
    """An administrator's DSN of a database without any schema of HAWK."""
    name = f"hawk_migrations_{uuid4().hex}"
    async with connected(postgres_admin_dsn) as [administrator]:
        await administrator.execute(f'CREATE DATABASE "{name}"')
        try:
            yield on_database(postgres_admin_dsn, name)
        finally:
            await administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the event store's migrations, to be changed."""
    folder = tmp_path / COMPONENTS[0]
    shutil.copytree(ROOT / COMPONENTS[0], folder)
    return tmp_path


async def test_migrate_applies_every_file_once_in_order(empty_dsn: str) -> None:
    expected = [migration.label for component in COMPONENTS for migration in migrations_of(component)]
    assert await migrate(empty_dsn) == expected
    assert await migrate(empty_dsn) == []
    assert expected[0] == "shared/eventstore/migrations/0001_roles.sql"
    for service in ("parser", "approval", "executor", "monitor"):
        assert any(label.startswith(f"services/{service}/migrations/0001_") for label in expected)


async def test_migrate_applies_each_file_once_when_run_twice_at_once(empty_dsn: str, tree: Path) -> None:
    first, second = await asyncio.gather(migrate(empty_dsn, tree), migrate(empty_dsn, tree))
    assert sorted(first + second) == [migration.label for migration in migrations_of(COMPONENTS[0], tree)]


async def test_migrate_applies_what_was_added_later(empty_dsn: str, tree: Path) -> None:
    await migrate(empty_dsn, tree)
    (tree / COMPONENTS[0] / "0099_more.sql").write_text("CREATE TABLE es.more ();")
    assert await migrate(empty_dsn, tree) == [f"{COMPONENTS[0]}/0099_more.sql"]
    async with connected(empty_dsn) as [connection]:
        owner = await connection.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'more'")
    assert owner == "hawk_owner"


async def test_migrate_refuses_when_an_applied_file_has_changed(empty_dsn: str, tree: Path) -> None:
    await migrate(empty_dsn, tree)
    with (tree / COMPONENTS[0] / "0002_events.sql").open("a") as file:
        file.write("-- changed")
    with pytest.raises(MigrationRefused, match="put the change into a new one"):
        await migrate(empty_dsn, tree)


async def test_migrate_refuses_when_an_applied_file_is_gone(empty_dsn: str, tree: Path) -> None:
    await migrate(empty_dsn, tree)
    (tree / COMPONENTS[0] / "0004_seals.sql").unlink()
    with pytest.raises(MigrationRefused, match="Run the newer code"):
        await migrate(empty_dsn, tree)


async def test_file_has_no_effect_when_one_of_its_statements_fails(empty_dsn: str, tree: Path) -> None:
    (tree / COMPONENTS[0] / "0099_bad.sql").write_text("CREATE TABLE es.half (); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn, tree)
    async with connected(empty_dsn) as [connection]:
        assert await connection.fetchval("SELECT to_regclass('es.half')") is None
        applied = await connection.fetch("SELECT name FROM es.migrations ORDER BY name")
    files = sorted(file.name for file in (tree / COMPONENTS[0]).glob("*.sql"))
    assert [record["name"] for record in applied] == files[:-1]


def test_migrations_are_refused_when_their_names_do_not_order_them(tree: Path) -> None:
    (tree / COMPONENTS[0] / "0002_again.sql").write_text("")
    with pytest.raises(MigrationRefused, match="has the same number"):
        migrations_of(COMPONENTS[0], tree)
    (tree / COMPONENTS[0] / "0002_again.sql").rename(tree / COMPONENTS[0] / "5_short.sql")
    with pytest.raises(MigrationRefused, match="0001_name"):
        migrations_of(COMPONENTS[0], tree)


async def test_databases_of_one_server_are_migrated_when_both_are_at_once(postgres_admin_dsn: str) -> None:
    """Roles belong to the server: two runs on two databases touch the same ones."""
    names = [f"hawk_migrations_{uuid4().hex}" for _ in range(3)]
    async with connected(postgres_admin_dsn) as [administrator]:
        try:
            for name in names:
                await administrator.execute(f'CREATE DATABASE "{name}"')
            applied = await asyncio.gather(*(migrate(on_database(postgres_admin_dsn, name)) for name in names))
            assert applied[0] == applied[1] == applied[2] != []
        finally:
            for name in names:
                await administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def test_command_names_what_it_applied(empty_dsn: str) -> None:
    command = [sys.executable, "-m", "shared.migrations", "--dsn", empty_dsn]
    first = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert first.stdout.splitlines()[0] == "shared/eventstore/migrations/0001_roles.sql"
    again = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert again.stdout == ""
