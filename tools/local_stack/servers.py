"""The Kafka and PostgreSQL servers: our own ones on this machine, or those the user names."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from tools.local_stack.files import write_private
from tools.local_stack.services import READER_ROLE, ROLES

ALL_ROLES = (*ROLES.values(), READER_ROLE)

PASSWORD_BYTES = 24
"""192 random bits."""


@dataclass(frozen=True, slots=True)
class OwnServers:
    """Servers of the user's own; None where HAWK brings its own."""

    bootstrap: str | None = None
    dsn: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "OwnServers":
        """Return the servers of `HAWK_KAFKA_BOOTSTRAP` and `HAWK_POSTGRES_DSN` (an administrator's)."""
        return cls(
            bootstrap=environment.get("HAWK_KAFKA_BOOTSTRAP") or None,
            dsn=environment.get("HAWK_POSTGRES_DSN") or None,
        )

    @property
    def all_local(self) -> bool:
        """True when HAWK brings both Kafka and PostgreSQL itself."""
        return self.bootstrap is None and self.dsn is None


def dsn_for(admin_dsn: str, role: str, password: str | None = None) -> str:
    """Return the connection string of another role for a database."""
    parts = urlsplit(admin_dsn)
    place = parts.netloc.rpartition("@")[2]
    secret = "" if password is None else f":{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{role}{secret}@{place}"))


def dsn_by_role(admin_dsn: str, passwords: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the connection strings of all login roles, without a password where none is known here."""
    return {role: dsn_for(admin_dsn, role, (passwords or {}).get(role)) for role in ALL_ROLES}


def keep_passwords(file: Path, names: Iterable[str] = ALL_ROLES) -> dict[str, str]:
    """Return a random password for each role, made once and kept in a file that only its owner can read."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    passwords = {name: str(kept.get(name) or secrets.token_urlsafe(PASSWORD_BYTES)) for name in names}
    if not passwords.items() <= kept.items():
        write_private(file, json.dumps(kept | passwords, indent=2) + "\n")
    return passwords


async def set_passwords(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Set these passwords of the login roles on a server that asks for them."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        for role, password in passwords.items():
            statement = await connection.fetchval(
                "select format('alter role %I password %L', $1::text, $2::text)", role, password
            )
            await connection.execute(statement)
    finally:
        await connection.close()


async def ensure_database(maintenance_dsn: str, name: str) -> None:
    """Create a database unless it exists. `maintenance_dsn`: an administrator's, of another database."""
    connection = await asyncpg.connect(maintenance_dsn)
    try:
        if not await connection.fetchval("select exists (select from pg_database where datname = $1)", name):
            await connection.execute(await connection.fetchval("select format('create database %I', $1::text)", name))
    except asyncpg.DuplicateDatabaseError:
        return
    finally:
        await connection.close()
