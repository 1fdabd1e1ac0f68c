"""A database restored from a server that had counted further is refused, and the documented cure brings it
up."""

import asyncpg
import pytest

from shared.eventstore.port import FEED_START
from shared.eventstore.postgres import PostgresEventStore
from shared.relay.transaction_ids import (
    TransactionIdsBehind,
    catch_up,
    check_transaction_ids,
    main,
    read_transaction_ids,
)
from tests.integration.eventstore.support import (
    LIMIT_SECONDS,
    RecordingOutlet,
    append,
    connected,
    relay_over,
    running,
)
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

#: Ids that the new server lacks: enough to need several transactions, few enough for a test.
AHEAD = 3_000


async def _restore(superuser: asyncpg.Connection) -> None:
    """What a restore leaves behind: rows with the transaction ids of the server they come from."""
    await superuser.execute(
        "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, xid) "
        "SELECT 'plan-old', n, gen_random_uuid(), 'Happened', 1, '{}', '{}', "
        "(pg_snapshot_xmax(pg_current_snapshot())::text::bigint + $1 + n)::text::xid8 "
        "FROM generate_series(1, 3) AS n",
        AHEAD,
    )


async def test_relay_refuses_when_the_server_is_behind_the_events(database: TestDatabase) -> None:
    async with connected(database.admin_dsn, database.dsn("hawk_relay")) as [superuser, connection]:
        await check_transaction_ids(connection)
        await _restore(superuser)
        relay = relay_over(database.dsn("hawk_relay"), RecordingOutlet())
        for attempt in (relay.check, relay.run):
            with pytest.raises(TransactionIdsBehind, match=r"docs/operations/after-restore\.md"):
                await attempt()
        assert await connection.fetchval("SELECT count(*) FROM es.seals") == 0


async def test_relay_works_when_the_cure_was_applied(database: TestDatabase) -> None:
    outlet = RecordingOutlet()
    async with connected(database.admin_dsn, database.dsn("hawk_executor")) as [superuser, executor]:
        await _restore(superuser)
        assert await PostgresEventStore(executor).read_feed(FEED_START, 10) == ()
        assert await catch_up(superuser) > 0
        assert (await read_transaction_ids(superuser)).missing == 0
        assert await catch_up(superuser) == 0

        async with running(relay_over(database.dsn("hawk_relay"), outlet)):
            await append(executor, "plan-new", 0)
            await eventually_async(
                lambda: executor.fetchval("SELECT position FROM es.checkpoints"),
                LIMIT_SECONDS,
                until=lambda n: n == 4,
            )
    assert outlet.bodies == ["plan-old:1", "plan-old:2", "plan-old:3", "plan-new:1"]


async def test_command_reports_and_cures(database: TestDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    arguments = ["--dsn", database.admin_dsn]
    assert await asyncio.to_thread(main, arguments) == 0
    async with connected(database.admin_dsn) as [superuser]:
        await _restore(superuser)
    assert await asyncio.to_thread(main, arguments) == 1
    assert "missing transaction ids: " in capsys.readouterr().out
    assert await asyncio.to_thread(main, [*arguments, "--catch-up"]) == 0
    assert await asyncio.to_thread(main, arguments) == 0
    assert capsys.readouterr().out.endswith("missing transaction ids: 0\n")
