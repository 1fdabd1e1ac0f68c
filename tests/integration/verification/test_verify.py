"""`hawk verify` on a real PostgreSQL with a recorded history: clean, tampered with, in the middle of work."""

# ruff: noqa: S608 - statements of the test itself

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.executor.handlers.table_writer import project
from shared.errors import Transient
from shared.events.catalogue import encode
from shared.events.reference import ReferenceRowSet
from shared.eventstore.port import RecordedEvent, StreamAppend, event_id
from shared.eventstore.postgres import PostgresEventStore
from tests.support.history import golden_grant_key, golden_transactions, plant, seal, tamper
from tests.support.stack import TestDatabase
from tools.long_work import Step
from tools.verification.verify import VerifyReport, verify

pytestmark = pytest.mark.integration

HISTORY = "a_coi.json"
CAPACITY = "exposure-ENTITY0037-USD-COI"


@pytest.fixture
async def planted(database: TestDatabase) -> TestDatabase:
    await plant(database.admin_dsn, golden_transactions(HISTORY))
    return database


@pytest.fixture
async def admin(planted: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(planted.admin_dsn)
    yield connection
    await connection.close()


async def verified(database: TestDatabase) -> VerifyReport:
    """As the outside auditor."""
    return await verify(database.dsn("hawk_reader"), None, grant_keys=[golden_grant_key()])


async def position_of(admin: asyncpg.Connection, stream: str, version: int) -> int:
    position = await admin.fetchval(
        "SELECT position FROM es.seals JOIN es.events USING (event_id) WHERE stream = $1 AND version = $2",
        stream,
        version,
    )
    assert isinstance(position, int)
    return position


async def test_verification_reports_how_far_it_is_from_the_first_event_to_the_last_table(planted: TestDatabase) -> None:
    told: list[Step] = []
    report = await verify(planted.dsn("hawk_reader"), None, report=told.append)
    replayed = [each for each in told if each.unit == "events"]
    assert (replayed[-1].done, replayed[-1].total) == (report.events, report.chain.length)
    compared = [(each.done, each.total) for each in told if each.unit == "tables"]
    assert compared == [(number, len(report.tables)) for number in range(len(report.tables))]


async def test_a_history_verifies_and_says_what_it_holds(planted: TestDatabase) -> None:
    document = (await verified(planted)).document()
    assert document["ok"], document["findings"]
    assert list(document)[:7] == ["ok", "events", "chain", "projections", "ledgers", "capacity", "unfinished"]
    assert document["events"] == document["chain"]["length"] > 80
    assert document["projections"]["tables"]["deal_bookings"] == {"rows": 6, "differences": 0}
    assert document["ledgers"]["IFRS"] == {"dr": "375000.00", "cr": "375000.00"}
    assert document["ledgers"]["LOCAL"] == {"dr": "375000.00", "cr": "375000.00"}
    assert (document["unfinished"], document["unsealed"]) == ([], 0)


async def test_verify_needs_no_right_but_to_read_and_leaves_nothing_behind(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r'"
    before = await admin.fetchval(tables)
    await verified(planted)
    assert await admin.fetchval(tables) == before


async def test_a_changed_amount_is_found_at_its_position(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    await tamper(
        admin,
        "UPDATE es.events SET data = jsonb_set(data, '{amount}', '\"2.00\"') "
        f"WHERE stream = '{CAPACITY}' AND version = 2",
    )
    report = await verified(planted)
    position = await position_of(admin, CAPACITY, 2)
    assert not report.ok
    assert not report.chain.ok
    assert any(f"Position {position}, stream {CAPACITY} version 2" in finding for finding in report.chain.findings)
    assert any("amount" in finding and "exposure_movements" in finding for finding in report.findings)
    assert not report.document()["capacity"]["ok"]


async def test_a_deleted_event_is_found_at_its_position(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    position = await position_of(admin, CAPACITY, 2)
    await tamper(admin, f"DELETE FROM es.events WHERE stream = '{CAPACITY}' AND version = 2")
    report = await verified(planted)
    assert any(finding.startswith(f"Position {position}: ") for finding in report.chain.findings)
    assert any("exposure_capacity" in finding and "version" in finding for finding in report.findings)


async def test_an_event_deleted_from_the_middle_of_a_stream_is_found_as_a_gap(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    stream = await admin.fetchval("SELECT stream FROM es.events WHERE type = 'HedgeEventCreated'")
    await tamper(admin, "DELETE FROM es.events WHERE type = 'HedgeEventCreated'")
    report = await verified(planted)
    assert any(finding.startswith(f"Stream {stream}: ") for finding in report.history)
    assert any("does not fit what came before" in finding for finding in report.history)
    assert any("Table hedge_business_events: row event_id=" in finding for finding in report.findings)


async def test_two_swapped_events_are_found_at_both_positions(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    first, second = [
        row["version"]
        for row in await admin.fetch(
            "SELECT version FROM es.events WHERE type = 'DealPlanned' ORDER BY version LIMIT 2"
        )
    ]
    stream = await admin.fetchval("SELECT stream FROM es.events WHERE type = 'DealPlanned' LIMIT 1")
    await tamper(
        admin,
        "UPDATE es.events AS one SET data = other.data FROM es.events AS other "
        f"WHERE one.stream = '{stream}' AND other.stream = '{stream}' "
        f"AND (one.version, other.version) IN (({first}, {second}), ({second}, {first}))",
    )
    report = await verified(planted)
    for version in (first, second):
        assert any(f"stream {stream} version {version}:" in finding for finding in report.chain.findings)


async def test_an_event_that_cannot_be_read_is_a_finding_and_the_rest_is_verified(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await tamper(
        admin,
        "UPDATE es.events SET data = jsonb_set(data, '{amount}', '25000000') "
        f"WHERE stream = '{CAPACITY}' AND version = 1",
        "UPDATE es.events SET data = jsonb_set(data, '{progress}', '0.5') "
        "WHERE type = 'ProgressReported' AND version = 1",
    )
    report = await verified(planted)
    assert any(f"stream {CAPACITY} version 1: CapacityReserved cannot be folded" in one for one in report.history)
    assert any("version 1: cannot be read" in finding for finding in report.history)
    tables = report.document()["projections"]["tables"]
    assert tables["deal_bookings"] == {"rows": 6, "differences": 0}


async def test_a_chain_computed_anew_over_another_amount_still_fails_in_the_ledger(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await tamper(
        admin,
        "UPDATE es.events SET data = jsonb_set(data, '{postings,0,lines,0,dr_amt}', '\"1.00\"') "
        "WHERE type = 'JournalPosted'",
        "ALTER TABLE es.seals DISABLE TRIGGER ALL",
        "DELETE FROM es.seals",
    )
    await seal(admin)
    report = await verified(planted)
    assert report.chain.ok
    assert any("is out of balance: debit 1.00, credit 375000.00" in finding for finding in report.ledger_findings)
    assert report.document()["ledgers"]["ok"] is False


@pytest.mark.parametrize(
    ("statement", "table", "told"),
    [
        (
            "UPDATE hawk.gl_entries SET amount_sgd = amount_sgd + 1 WHERE entry_sequence = 1",
            "gl_entries",
            "column amount_sgd: the events give 375000.00, the table has 375001.00",
        ),
        ("DELETE FROM hawk.deal_bookings WHERE deal_sequence = 3", "deal_bookings", "but is not in the table"),
        (
            "INSERT INTO hawk.transaction_log (transaction_id, status) VALUES ('invented', 'OK')",
            "transaction_log",
            "row transaction_id=invented is in the table, but no event wrote it",
        ),
        (
            "UPDATE hawk.allocation_engine SET reversed_by_event = gen_random_uuid()",
            "allocation_engine",
            "column effective: the events give true, the table has false",
        ),
        (
            "UPDATE hawk.gl_periods SET is_open = NOT is_open",
            "gl_periods",
            "column is_open",
        ),
    ],
)
async def test_a_changed_projection_row_is_found_by_table_key_and_column(
    planted: TestDatabase, admin: asyncpg.Connection, statement: str, table: str, told: str
) -> None:
    await admin.execute(statement)
    report = await verified(planted)
    assert report.chain.ok
    assert {one.table for one in report.tables if one.differences} == {table}
    assert any(finding.startswith(f"Table {table}: ") and told in finding for finding in report.findings)


async def test_a_changed_total_of_capacity_is_found_as_capacity_too(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute("UPDATE hawk.exposure_capacity SET hedged = 0")
    report = await verified(planted)
    assert any(
        finding == f"Capacity of {CAPACITY}: the events give reserved 0.00 and hedged 25000000.00, "
        "the table has 0.00 and 0."
        for finding in report.capacity_findings
    )


async def test_every_difference_is_counted_but_not_every_one_told(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "INSERT INTO hawk.transaction_log (transaction_id, status) SELECT 'x' || n, 'OK' FROM generate_series(1, 50) n"
    )
    report = await verified(planted)
    assert report.document()["projections"]["tables"]["transaction_log"] == {"rows": 50, "differences": 50}
    assert report.findings[-1] == "Table transaction_log: 30 more rows differ."


async def test_a_period_closed_after_the_posting_changes_nothing(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    row = await admin.fetchrow(
        "SELECT stream, version, data->>'key' AS key FROM es.events WHERE stream LIKE 'reference-gl_periods-%'"
    )
    closed = ReferenceRowSet(table="gl_periods", key=row["key"], row={**(await period_row(admin)), "is_open": False})
    await append(planted, row["stream"], row["version"], closed)
    assert await admin.fetchval("SELECT is_open FROM hawk.gl_periods") is False
    await seal(admin)
    report = await verified(planted)
    assert report.ok, report.findings


async def test_a_workflow_on_its_way_is_listed_and_is_no_difference(database: TestDatabase) -> None:
    history = golden_transactions(HISTORY)
    completed = next(
        place for place, group in enumerate(history) if any(event.type == "ExecutionCompleted" for event in group)
    )
    await plant(database.admin_dsn, history[:completed])
    report = await verified(database)
    assert report.ok, report.findings
    (one,) = report.document()["unfinished"]
    assert one["state"] == "BOOKING"
    assert isinstance(one["age_seconds"], int)
    assert one["age_seconds"] >= 0


async def test_events_nobody_folds_and_events_not_yet_sealed_are_no_difference(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    stream = "deadletter-executor-0123456789abcdef0123456789abcdef"
    data = (
        '{"service": "executor", "topic": "hawk.proposals", "partition": 0, "offset": 1, "key": null, '
        '"message_id": "m", "code": "NOT_A_CLOUDEVENT", "reason": "r", "sha256": "0", "size_bytes": 1, '
        '"head": "x", "headers": {}}'
    )
    await admin.execute(
        "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata) "
        "VALUES ($1, 1, $2, 'MessageRefused', 1, $3::text::jsonb, '{\"causation_id\": \"gone\"}')",
        stream,
        event_id(stream, 1),
        data,
    )
    report = await verified(planted)
    assert report.ok, report.findings
    assert report.chain.unsealed == 1


async def test_verify_holds_while_events_are_appended(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    stop = asyncio.Event()
    period = await period_row(admin)

    async def work() -> int:
        number = 0
        while not stop.is_set():
            number += 1
            row = {**period, "period_id": f"test-{number}"}
            event = ReferenceRowSet(table="gl_periods", key=f"test-{number}", row=row)
            await append(planted, f"reference-gl_periods-test-{number}", 0, event)
        return number

    writer = asyncio.create_task(work())
    try:
        reports = [await verified(planted) for _ in range(2)]
    finally:
        stop.set()
        appended = await writer
    assert appended > 1
    for report in reports:
        assert report.ok, report.findings


async def test_a_database_that_is_away_is_a_passing_fault() -> None:
    with pytest.raises(Transient):
        await verify("postgresql://hawk_reader@127.0.0.1:1/hawk", None)


async def period_row(admin: asyncpg.Connection) -> dict[str, object]:
    """The row of the one period in the history."""
    row: dict[str, object] = json.loads(
        await admin.fetchval("SELECT (data->'row')::text FROM es.events WHERE stream LIKE 'reference-gl_periods-%'")
    )
    return row


async def append(database: TestDatabase, stream: str, expected: int, event: ReferenceRowSet) -> list[RecordedEvent]:
    """As the executor does it: append, then project, in one transaction."""
    connection = await asyncpg.connect(database.dsn("hawk_executor"))
    try:
        async with connection.transaction(isolation="repeatable_read"):
            new = encode(event, {"actor": "test", "correlation_id": "c", "causation_id": "x", "traceparent": ""})
            recorded = await PostgresEventStore(connection).append([StreamAppend(stream, expected, (new,))])
            await project(connection, recorded)
        return list(recorded)
    finally:
        await connection.close()
