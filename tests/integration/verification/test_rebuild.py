"""`hawk rebuild` on a real PostgreSQL: damaged tables come back, damaged events stop it, work goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.executor.handlers.table_writer import project
from shared.errors import InvalidInput
from shared.events.catalogue import encode
from shared.events.reference import ReferenceRowSet
from shared.eventstore.port import StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from tests.support.eventually import eventually_async
from tests.support.history import golden_transactions, plant
from tests.support.stack import TestDatabase
from tools.long_work import Step
from tools.verification import switch
from tools.verification.switch import HistoryDamaged, SwitchBlocked, rebuild
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

HISTORY = "a_coi.json"
LOCKS_WAITED_FOR = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'es.events'::regclass"


@pytest.fixture
async def planted(database: TestDatabase) -> TestDatabase:
    await plant(database.admin_dsn, golden_transactions(HISTORY))
    return database


@pytest.fixture
async def admin(planted: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(planted.admin_dsn)
    yield connection
    await connection.close()


async def damage(admin: asyncpg.Connection) -> None:
    await admin.execute("UPDATE hawk.deal_bookings SET notional_amount = 1 WHERE deal_sequence = 2")
    await admin.execute("DELETE FROM hawk.gl_journal_lines WHERE line_no = 2")
    await admin.execute("INSERT INTO hawk.transaction_log (transaction_id, status) VALUES ('invented', 'OK')")


async def differences(database: TestDatabase) -> dict[str, int]:
    report = await verify(database.dsn("hawk_reader"), None)
    return {table.table: table.differences for table in report.tables if table.differences}


async def test_rebuilding_reports_how_far_the_replay_is(planted: TestDatabase) -> None:
    told: list[Step] = []
    report = await rebuild(planted.admin_dsn, None, report=told.append)
    last = [each for each in told if each.unit == "events"][-1]
    assert last.done == last.total == report.events > 0


async def test_every_damaged_table_comes_back(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    await damage(admin)
    assert await differences(planted) == {"deal_bookings": 1, "gl_journal_lines": 1, "transaction_log": 1}
    report = await rebuild(planted.admin_dsn, None)
    assert {table.table: table.differences for table in report.tables if table.differences} == {
        "deal_bookings": 1,
        "gl_journal_lines": 1,
        "transaction_log": 1,
    }
    assert report.document()["tables"]["gl_journal_lines"] == {"rows": 4, "differences": 1, "switched": True}
    assert await differences(planted) == {}


async def test_only_the_named_table_is_switched(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    await damage(admin)
    report = await rebuild(planted.admin_dsn, None, "deal_bookings")
    assert [table.table for table in report.tables] == ["deal_bookings"]
    assert await differences(planted) == {"gl_journal_lines": 1, "transaction_log": 1}


async def test_rights_views_and_guards_are_as_before(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    await damage(admin)
    await rebuild(planted.admin_dsn, None)
    reader = await asyncpg.connect(planted.dsn("hawk_reader"))
    try:
        assert await reader.fetchval("SELECT count(*) FROM public.gl_journal_lines") == 4
    finally:
        await reader.close()
    await admin.execute("UPDATE hawk.gl_periods SET is_open = false")
    with pytest.raises(asyncpg.CheckViolationError, match="is not open"):
        await admin.execute("UPDATE hawk.gl_journal_lines SET dr_amt = 2 WHERE line_no = 1")


async def test_lines_of_a_period_that_has_been_closed_come_back_too(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute("DELETE FROM hawk.gl_journal_lines")
    await admin.execute("UPDATE hawk.gl_periods SET is_open = false")
    await rebuild(planted.admin_dsn, None, "gl_journal_lines")
    assert await differences(planted) == {"gl_periods": 1}


async def test_an_unknown_table_is_bad_input(planted: TestDatabase) -> None:
    with pytest.raises(InvalidInput) as refused:
        await rebuild(planted.admin_dsn, None, "users; DROP TABLE x")
    assert refused.value.code == "UNKNOWN_TABLE"


async def test_nothing_is_switched_when_an_event_was_changed(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    await damage(admin)
    await admin.execute("ALTER TABLE es.events DISABLE TRIGGER ALL")
    await admin.execute(
        "UPDATE es.events SET data = jsonb_set(data, '{amount}', '\"2.00\"') WHERE type = 'CapacityHedged'"
    )
    with pytest.raises(HistoryDamaged, match="Position"):
        await rebuild(planted.admin_dsn, None)
    assert {"deal_bookings", "gl_journal_lines", "transaction_log"} <= (await differences(planted)).keys()


async def test_what_is_appended_meanwhile_is_neither_lost_nor_doubled(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await damage(admin)
    stop, numbers = asyncio.Event(), 0

    async def work() -> None:
        nonlocal numbers
        connection = await asyncpg.connect(planted.dsn("hawk_executor"))
        while not stop.is_set():
            numbers += 1
            await append_alias(connection, numbers)
        await connection.close()

    writer = asyncio.create_task(work())
    try:
        await rebuild(planted.admin_dsn, None)
    finally:
        stop.set()
        await writer
    assert await admin.fetchval("SELECT count(*) FROM hawk.entity_alias") == numbers > 1
    assert await differences(planted) == {}


async def test_the_switch_waits_for_an_open_append_and_takes_it_in(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await damage(admin)
    connection = await asyncpg.connect(planted.dsn("hawk_executor"))
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    new = alias(1)
    recorded = await PostgresEventStore(connection).append([StreamAppend("reference-entity_alias-A1", 0, (new,))])
    rebuilding = asyncio.create_task(rebuild(planted.admin_dsn, None))
    await eventually_async(lambda: admin.fetchval(LOCKS_WAITED_FOR), 20, what="the switch waits")
    await project(connection, recorded)
    await transaction.commit()
    await connection.close()
    report = await rebuilding
    assert report.document()["tables"]["entity_alias"]["rows"] == 1
    assert await differences(planted) == {}


async def test_the_switch_gives_up_when_an_append_never_ends(
    planted: TestDatabase, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(switch, "LOCK_ATTEMPTS", 2)
    await damage(admin)
    async with admin.transaction():
        await admin.execute("LOCK TABLE es.events IN ROW EXCLUSIVE MODE")
        with pytest.raises(SwitchBlocked):
            await rebuild(planted.admin_dsn, None)
    assert "deal_bookings" in await differences(planted)


def alias(number: int):  # type: ignore[no-untyped-def]
    row = {"alias_id": f"A{number}", "entity_id": "ENTITY0037"}
    event = ReferenceRowSet(table="entity_alias", key=f"A{number}", row=row)
    return encode(event, {"actor": "test", "correlation_id": "c", "causation_id": "x", "traceparent": ""})


async def append_alias(connection: asyncpg.Connection, number: int) -> None:
    """As the executor does it: append, then project, in one transaction."""
    async with connection.transaction(isolation="repeatable_read"):
        stream = f"reference-entity_alias-A{number}"
        recorded = await PostgresEventStore(connection).append([StreamAppend(stream, 0, (alias(number),))])
        await project(connection, recorded)
