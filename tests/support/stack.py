"""Where the tests find a Kafka and a PostgreSQL: named by the environment, else Docker, else the local
stack."""

import contextlib
import itertools
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.migrations import migrate
from tests.support.scratch import scratch_folder
from tools.local_stack.control import command
from tools.local_stack.paths import DataDir
from tools.local_stack.ports import free_port
from tools.local_stack.servers import ALL_ROLES, OwnServers, dsn_by_role, set_passwords
from tools.local_stack.stack import LocalStack

KAFKA_IMAGE = "apache/kafka:4.2.1"
POSTGRES_IMAGE = "postgres:18"

ENGINE_SECONDS_MAX = 2
"""A Docker engine answers a ping at once; one that does not is none."""

CONTAINER_SECONDS_MAX = 60.0

ROLE_PASSWORD = "hawk-test"  # noqa: S105 - of throw-away databases


@dataclass(frozen=True, slots=True)
class Servers:
    """`dsn` is an administrator's; its database is only a place to log in to. `source` is for the test
    report. `data`: where both can be stopped and started; None when they are not this run's own."""

    bootstrap: str
    dsn: str
    source: str
    data: DataDir | None = None

    def command(self, verb: str, name: str) -> None:
        """Stop, start or restart one server.

        Raises:
            LookupError: they are not this run's own.
        """
        if self.data is None:
            raise LookupError(f"{self.source}: these servers are not ours to {verb}.")
        command(self.data, verb, name)


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A database of its own, migrated."""

    __test__ = False

    name: str
    admin_dsn: str
    dsn_by_role: Mapping[str, str]

    def dsn(self, role: str) -> str:
        """Connection string of `hawk_parser`, `hawk_approval`, `hawk_executor`, `hawk_monitor`,
        `hawk_relay` or `hawk_reader`."""
        return self.dsn_by_role[role]


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Both servers for one test run, and their end."""
    own = OwnServers.from_environment()
    if own.bootstrap and own.dsn:
        yield Servers(own.bootstrap, own.dsn, "HAWK_KAFKA_BOOTSTRAP and HAWK_POSTGRES_DSN")
        return
    with contextlib.ExitStack() as stack:
        found = _containers(stack) if docker_answers() else None
        if found is None:
            folder = stack.enter_context(scratch_folder())
            found = _of(stack.enter_context(LocalStack(folder)))
        yield found


@contextlib.contextmanager
def restartable(found: Servers) -> Iterator[Servers]:
    """Give servers that a test may stop and start: those of the run where it started them, else a pair for the test."""
    if found.data is not None:
        yield found
        return
    with scratch_folder() as folder, LocalStack(folder) as local:
        yield _of(local)


def _of(local: LocalStack) -> Servers:
    return Servers(local.bootstrap, local.dsn, f"local stack in {local.data.root}", local.data)


def docker_answers() -> bool:
    """Whether a Docker engine answers within `ENGINE_SECONDS_MAX`."""
    if not os.environ.get("DOCKER_HOST") and not Path("/var/run/docker.sock").exists():
        return False
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=ENGINE_SECONDS_MAX)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, OSError):
        return False


def _containers(stack: contextlib.ExitStack) -> Servers | None:
    """Both servers as containers; None when their images cannot be had (an engine without a way to a
    registry)."""
    from docker.errors import DockerException
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.waiting_utils import wait_for_logs

    port = free_port()
    kafka = (
        DockerContainer(KAFKA_IMAGE)
        .with_bind_ports(port, port)
        .with_env("KAFKA_NODE_ID", "1")
        .with_env("KAFKA_PROCESS_ROLES", "broker,controller")
        .with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        .with_env("KAFKA_LISTENERS", f"PLAINTEXT://:{port},CONTROLLER://:9093")
        .with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://127.0.0.1:{port}")
        .with_env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT")
        .with_env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .with_env("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
        .with_env("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
        .with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        .with_env("KAFKA_MESSAGE_MAX_BYTES", str(8 * 1024 * 1024 + 64 * 1024))
    )
    postgres = (
        DockerContainer(POSTGRES_IMAGE)
        .with_exposed_ports(5432)
        .with_env("POSTGRES_PASSWORD", ROLE_PASSWORD)
        .with_env("POSTGRES_DB", "hawk")
        .with_command("-c max_connections=200")
    )
    try:
        stack.enter_context(kafka)
        stack.enter_context(postgres)
    except DockerException:
        stack.close()
        return None
    wait_for_logs(kafka, "Kafka Server started", timeout=CONTAINER_SECONDS_MAX)
    wait_for_logs(postgres, "PostgreSQL init process complete", timeout=CONTAINER_SECONDS_MAX)
    wait_for_logs(postgres, "listening on IPv4 address", timeout=CONTAINER_SECONDS_MAX)
    host, exposed = postgres.get_container_host_ip(), postgres.get_exposed_port(5432)
    dsn = f"postgresql://postgres:{ROLE_PASSWORD}@{host}:{exposed}/hawk"
    return Servers(f"127.0.0.1:{port}", dsn, "Docker")


class Databases:
    """Makes databases from one migrated template: a copy takes a tenth of a second, a migration a second."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin_dsn = admin_dsn
        self._prefix = f"hawk_test_{os.getpid()}_{time.time_ns() % 1_000_000}"
        self._numbers = itertools.count(1)
        self._template: str | None = None

    async def create(self, like: TestDatabase | None = None) -> TestDatabase:
        """A fresh database with all migrations, or a copy of one that nobody is connected to."""
        template = like.name if like is not None else await self._migrated_template()
        name = f"{self._prefix}_{next(self._numbers)}"
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            # Half the time of a copy through the log, where the files lie in memory (see `scratch_folder`).
            await connection.execute(f'create database "{name}" template "{template}" strategy file_copy')
            await _copy_settings(connection, template, name)
        finally:
            await connection.close()
        admin = on_database(self._admin_dsn, name)
        return TestDatabase(name, admin, dsn_by_role(admin, dict.fromkeys(ALL_ROLES, ROLE_PASSWORD)))

    async def drop(self, name: str) -> None:
        """Remove a database, also when somebody is still connected to it."""
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            await connection.execute(f'drop database if exists "{name}" with (force)')
        finally:
            await connection.close()

    async def close(self) -> None:
        """Remove the template."""
        if self._template is not None:
            await self.drop(self._template)

    async def _migrated_template(self) -> str:
        if self._template is None:
            name = f"{self._prefix}_template"
            connection = await asyncpg.connect(self._admin_dsn)
            try:
                await connection.execute(f'create database "{name}"')
            finally:
                await connection.close()
            await migrate(on_database(self._admin_dsn, name))
            await set_passwords(self._admin_dsn, dict.fromkeys(ALL_ROLES, ROLE_PASSWORD))
            self._template = name
        return self._template


def on_database(dsn: str, name: str) -> str:
    """The same connection string for another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def _copy_settings(connection: asyncpg.Connection, template: str, name: str) -> None:
    """CREATE DATABASE … TEMPLATE leaves out what ALTER DATABASE … SET and GRANT … ON DATABASE said: copy it
    too."""
    async with connection.transaction():
        await connection.execute("set local allow_system_table_mods = on")
        await connection.execute(
            "insert into pg_db_role_setting select copy.oid, setrole, setconfig from pg_db_role_setting, "
            "pg_database origin, pg_database copy "
            "where setdatabase = origin.oid and origin.datname = $1 and copy.datname = $2",
            template,
            name,
        )
        await connection.execute(
            "update pg_database set datacl = (select datacl from pg_database where datname = $1) where datname = $2",
            template,
            name,
        )
