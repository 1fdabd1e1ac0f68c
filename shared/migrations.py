"""Brings a database to the schema of this code: the SQL files of each component, in order, each once.

Run: `python -m shared.migrations --dsn ADMIN_DSN`. The administrator must be a superuser, or able to create
roles and own the database. A file runs as `hawk_owner`, who then owns what it makes, unless its first line
says `-- run as: administrator`.
"""

import argparse
import asyncio
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.errors import Defect

ROOT = Path(__file__).resolve().parent.parent

#: In this order: the services' migrations use the roles and grants that the event store's make.
COMPONENTS = (
    "shared/eventstore/migrations",
    "services/parser/migrations",
    "services/approval/migrations",
    "services/executor/migrations",
    "services/monitor/migrations",
)

RUN_AS_ADMINISTRATOR = "-- run as: administrator"

#: Any number will do that nothing else in the database uses as an advisory lock.
LOCK_KEY = 0x4841574B_00000001

#: Roles belong to the whole server: two runs on two databases may touch the same one at once.
ATTEMPTS_MAX = 5
RETRY_DELAY_SECONDS = 0.2

BOOTSTRAP = """
CREATE SCHEMA IF NOT EXISTS es;
CREATE TABLE IF NOT EXISTS es.migrations (
    component  text        NOT NULL,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT migrations_pkey PRIMARY KEY (component, name)
);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file of a component."""

    component: str
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the SQL in hexadecimal; it shows whether the file was edited after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def label(self) -> str:
        """The name for people, `component/name`."""
        return f"{self.component}/{self.name}"


class MigrationRefused(Defect):
    """The database and the migration files contradict each other; nothing was changed."""

    def __init__(self, *, label: str, reason: str) -> None:
        self.label = label
        self.reason = reason
        super().__init__(f"Migration {label}: {reason}")


def migrations_of(component: str, root: Path = ROOT) -> list[Migration]:
    """List the migrations of one component in the order of their names; none if the folder does not exist.

    Raises:
        MigrationRefused: a file name does not begin as in 0001_name.sql, or two have one number.
    """
    found = [
        Migration(component, file.name, file.read_text(encoding="utf-8"))
        for file in sorted((root / component).glob("*.sql"))
    ]
    numbers: dict[str, str] = {}
    for migration in found:
        number = migration.name.partition("_")[0]
        if not (len(number) == 4 and number.isdigit()):
            raise MigrationRefused(label=migration.label, reason="its name must begin as in 0001_name.sql.")
        if number in numbers:
            raise MigrationRefused(label=migration.label, reason=f"{numbers[number]} has the same number.")
        numbers[number] = migration.name
    return found


async def migrate(dsn: str, root: Path = ROOT) -> list[str]:
    """Apply what is missing, each file in a transaction of its own.

    Args:
        dsn: an administrator's.
        root: the folder the components lie in.
    Returns:
        The labels (`component/name`) applied now, in order; empty when nothing was missing.
    Raises:
        MigrationRefused: a file that was applied has changed or is gone, or two files have one number.
        asyncpg.PostgresError: a statement failed; its file had no effect, the ones before it stay.
    """
    for attempt in range(1, ATTEMPTS_MAX):
        try:
            return await _migrate_once(dsn, root)
        except asyncpg.InternalServerError:
            # "tuple concurrently updated": a run on another database touched the same role.
            await asyncio.sleep(RETRY_DELAY_SECONDS * attempt)
    return await _migrate_once(dsn, root)


async def _migrate_once(dsn: str, root: Path) -> list[str]:
    wanted = [migration for component in COMPONENTS for migration in migrations_of(component, root)]
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        await connection.execute(BOOTSTRAP)
        missing = await _missing(connection, wanted)
        for migration in missing:
            await _apply(connection, migration)
    finally:
        await connection.close()
    return [migration.label for migration in missing]


async def _missing(connection: asyncpg.Connection, wanted: list[Migration]) -> list[Migration]:
    rows = await connection.fetch("SELECT component, name, sha256 FROM es.migrations")
    applied = {(row["component"], row["name"]): row["sha256"] for row in rows}
    known = {(migration.component, migration.name): migration for migration in wanted}
    for key, sha256 in applied.items():
        label = "/".join(key)
        if key not in known:
            raise MigrationRefused(
                label=label, reason="it was applied, but this code does not have it. Run the newer code."
            )
        if known[key].sha256 != sha256:
            raise MigrationRefused(
                label=label,
                reason=f"it was applied with SHA-256 {sha256} and now has {known[key].sha256}. "
                "Restore the file and put the change into a new one.",
            )
    return [migration for key, migration in known.items() if key not in applied]


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        if not migration.sql.startswith(RUN_AS_ADMINISTRATOR):
            await connection.execute("SET LOCAL ROLE hawk_owner")
        await connection.execute(migration.sql)
        await connection.execute("RESET ROLE")
        await connection.execute(
            "INSERT INTO es.migrations (component, name, sha256) VALUES ($1, $2, $3)",
            migration.component,
            migration.name,
            migration.sha256,
        )


def main(arguments: list[str] | None = None) -> int:
    """Apply what is missing and name it, one label a line."""
    parser = argparse.ArgumentParser(prog="python -m shared.migrations", description=__doc__)
    parser.add_argument("--dsn", required=True, help="DSN of an administrator of the database")
    applied = asyncio.run(migrate(parser.parse_args(arguments).dsn))
    sys.stdout.writelines(f"{label}\n" for label in applied)
    return 0


if __name__ == "__main__":
    sys.exit(main())
