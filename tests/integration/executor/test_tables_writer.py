"""The writer and the tables' constraints on a real PostgreSQL; each test is rolled back."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import asyncpg
import pytest

from services.executor.handlers.table_writer import RowRefused, RowsMissed, apply
from services.executor.tables.changes import Add, Change, Delete, Insert, Update, Upsert
from shared.messaging.database import prepare_connection
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

EVENT = "6c0f7a52-3a0e-5d5c-9a43-0f5f5e1c7d10"
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture(params=["plain", "with the JSON codecs of the services"])
async def executor(module_database: TestDatabase, request: pytest.FixtureRequest) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(module_database.dsn("hawk_executor"))
    if request.param != "plain":
        await prepare_connection(connection)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


def deal(number: int, event: str = "E1") -> Insert:
    return Insert(
        "deal_bookings",
        {
            "deal_booking_id": f"{event}-{number}",
            "event_id": event,
            "deal_sequence": number,
            "deal_type": "FX_SWAP",
            "deal_status": "Pending",
            "sell_amount": Decimal("25000000.00"),
            "currency_pair": {"base": "USD", "quote": "SGD", "note": "käse – 'quoted'"},
            "created_date": datetime(2026, 11, 23, 9, tzinfo=UTC),
            "workflow_id": "wf-1",
        },
    )


def period(is_open: bool, name: str = "2026-11") -> Upsert:
    return Upsert(
        "gl_periods",
        {"period_id": name},
        {"start_date": NOVEMBER[0], "end_date": NOVEMBER[1], "is_open": is_open, "reference_version": 1},
    )


def line(number: int = 1, **columns: object) -> Insert:
    return Insert(
        "gl_journal_lines",
        {
            "journal_id": "J1",
            "line_no": number,
            "ledger": "IFRS",
            "accounting_date": date(2026, 11, 23),
            "period_id": "2026-11",
            "account_code": "15001000",
            "dr_amt": Decimal("375000.00"),
            "cr_amt": Decimal(0),
            "source_refs": {"event_id": "E1"},
            "post_status": "POSTED",
            "export_status": "PENDING",
            "event_id": "E1",
            "workflow_id": "wf-1",
            **columns,
        },
    )


async def test_rows_hold_what_was_given_when_inserted_together(executor: asyncpg.Connection) -> None:
    await apply(executor, [deal(number) for number in range(1, 7)])
    row = await executor.fetchrow(
        "SELECT count(*) OVER () AS rows, deal_id, booking_status, sell_amount::text, created_by, effective, "
        "currency_pair ->> 'note' AS note, created_date FROM deal_bookings ORDER BY deal_sequence LIMIT 1"
    )
    assert dict(row) == {
        "rows": 6,
        "deal_id": "E1-1",
        "booking_status": "Pending",
        "sell_amount": "25000000.00",
        "created_by": "HAWK_AGENT",
        "effective": True,
        "note": "käse – 'quoted'",
        "created_date": datetime(2026, 11, 23, 9, tzinfo=UTC),
    }


async def test_each_row_gets_its_own_values_when_updated_together(executor: asyncpg.Connection) -> None:
    await apply(executor, [deal(1), deal(2)])
    await apply(
        executor,
        [
            Update("deal_bookings", {"deal_booking_id": f"E1-{number}"}, {"external_reference": f"MX{number}"})
            for number in (1, 2)
        ],
    )
    rows = await executor.fetch("SELECT deal_sequence, mx_deal_id FROM deal_bookings ORDER BY 1")
    assert [tuple(row) for row in rows] == [(1, "MX1"), (2, "MX2")]


async def test_a_reversed_row_stays_and_leaves_the_view_of_effective_rows(
    executor: asyncpg.Connection,
) -> None:
    await apply(executor, [deal(1), deal(2)])
    await apply(
        executor,
        [
            Update(
                "deal_bookings",
                {"deal_booking_id": "E1-1"},
                {"deal_status": "Cancelled", "reversed_by_event": EVENT},
            )
        ],
    )
    assert await executor.fetchval("SELECT count(*) FROM hawk.deal_bookings") == 2
    assert await executor.fetchval("SELECT array_agg(deal_sequence) FROM public.deal_bookings") == [2]


@pytest.mark.parametrize(
    "change",
    [
        Update("deal_bookings", {"deal_booking_id": "none"}, {"deal_status": "Sent"}),
        Update("deal_bookings", {"workflow_id": "wf-1"}, {"deal_status": "Sent"}, rows=3),
        Delete("gl_periods", {"period_id": "none"}),
    ],
)
async def test_a_change_is_a_defect_when_it_hits_another_number_of_rows(
    executor: asyncpg.Connection, change: Change
) -> None:
    await apply(executor, [deal(1), deal(2)])
    with pytest.raises(RowsMissed):
        await apply(executor, [change])


async def test_a_second_deal_of_a_sequence_is_refused(executor: asyncpg.Connection) -> None:
    twin = deal(1)
    with pytest.raises(RowRefused) as refused:
        await apply(executor, [twin, Insert("deal_bookings", {**twin.row, "deal_booking_id": "other"})])
    assert refused.value.constraint == "deal_bookings_one_per_sequence"


def instruction(name: str, **columns: object) -> Insert:
    row = {"instruction_id": name, "msg_uid": name, "instruction_type": "I", "instruction_status": "Received"}
    return Insert("hedge_instructions", {**row, "workflow_id": "wf-1", **columns})


async def test_a_message_uid_is_taken_until_its_row_is_reversed(executor: asyncpg.Connection) -> None:
    again = instruction("I2", msg_uid="M1")
    await apply(executor, [instruction("I1", msg_uid="M1")])
    with pytest.raises(RowRefused, match="hedge_instructions_msg_uid"):
        async with executor.transaction():
            await apply(executor, [again])
    await apply(executor, [Update("hedge_instructions", {"instruction_id": "I1"}, {"reversed_by_event": EVENT})])
    await apply(executor, [again])


async def test_a_sub_order_may_share_the_fingerprint_of_its_parent(executor: asyncpg.Connection) -> None:
    await apply(executor, [instruction("I1", instruction_fingerprint="f")])
    await apply(executor, [instruction("I1-1", instruction_fingerprint="f", parent_instruction_id="I1")])
    with pytest.raises(RowRefused, match="hedge_instructions_fingerprint"):
        await apply(executor, [instruction("I2", instruction_fingerprint="f")])


@pytest.mark.parametrize("sides", [("0", "0"), ("5", "5"), ("-5", "0"), ("0", "-5")])
async def test_a_journal_line_is_refused_when_it_has_not_exactly_one_side(
    executor: asyncpg.Connection, sides: tuple[str, str]
) -> None:
    await apply(executor, [period(True)])
    with pytest.raises(RowRefused, match="gl_journal_lines_one_side"):
        await apply(executor, [line(dr_amt=Decimal(sides[0]), cr_amt=Decimal(sides[1]))])


@pytest.mark.parametrize(
    ("open_period", "posted"),
    [
        (period(False), line()),
        (period(True, "2026-10"), line()),
        (period(True), line(accounting_date=date(2026, 12, 1))),
    ],
)
async def test_a_journal_line_is_refused_when_its_period_is_not_open(
    executor: asyncpg.Connection, open_period: Upsert, posted: Insert
) -> None:
    await apply(executor, [open_period])
    with pytest.raises(RowRefused) as refused:
        await apply(executor, [posted])
    assert refused.value.constraint == "gl_journal_lines_period_open"


async def test_a_journal_line_can_be_exported_but_not_changed_when_its_period_has_closed(
    executor: asyncpg.Connection,
) -> None:
    key = {"journal_id": "J1", "line_no": 1}
    await apply(executor, [period(True), line()])
    await apply(executor, [period(False)])
    await apply(executor, [Update("gl_journal_lines", key, {"export_status": "EXPORTED"})])
    with pytest.raises(RowRefused, match="period"):
        await apply(executor, [Update("gl_journal_lines", key, {"dr_amt": Decimal(1)})])


async def test_closing_a_period_waits_for_a_posting_that_is_under_way(module_database: TestDatabase) -> None:
    poster = await asyncpg.connect(module_database.dsn("hawk_executor"))
    closer = await asyncpg.connect(module_database.dsn("hawk_executor"))
    try:
        await apply(poster, [period(True)])
        posting = poster.transaction()
        await posting.start()
        await apply(poster, [line()])
        await closer.execute("SET lock_timeout = '50ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await apply(closer, [period(False)])
        await posting.rollback()
        await apply(closer, [period(False)])
    finally:
        await apply(closer, [Delete("gl_periods", {"period_id": "2026-11"})])
        await poster.close()
        await closer.close()


def _random_changes(seed: int) -> list[Change]:
    """Valid changes of a few rows of three tables, in an order that batching may not confuse."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable sequence, no secret
    changes: list[Change] = []
    periods: set[str] = set()
    deals = 0
    for _ in range(60):
        match chance.randrange(5):
            case 0:
                deals += 1
                changes.append(deal(deals, f"E{seed}"))
            case 1 if deals:
                key = {"deal_booking_id": f"E{seed}-{chance.randint(1, deals)}"}
                column = chance.choice(["counterparty", "booking_reference"])
                changes.append(Update("deal_bookings", key, {column: str(chance.random())}))
            case 2:
                name = f"P{chance.randint(1, 3)}"
                periods.add(name)
                changes.append(period(chance.choice([True, False]), name))
            case 3 if periods:
                name = periods.pop()
                changes.append(Delete("gl_periods", {"period_id": name}))
            case _:
                stream = f"exposure-{chance.randint(1, 3)}"
                exposure = {
                    "version": len(changes),
                    "entity_id": stream,
                    "currency_code": "USD",
                    "nav_type": "COI",
                }
                amount = Decimal(chance.randint(-500, 500)) / 100
                changes.append(Add("exposure_capacity", {"stream": stream}, {"reserved": amount}, exposure))
    return changes


async def _content(connection: asyncpg.Connection) -> list[list[str]]:
    tables = ("deal_bookings", "gl_periods", "exposure_capacity")
    return [
        [str(row[0]) for row in await connection.fetch(f"SELECT t::text FROM {name} t ORDER BY 1")]  # noqa: S608
        for name in tables
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_a_batch_has_the_result_of_its_changes_one_by_one(executor: asyncpg.Connection, seed: int) -> None:
    changes: Sequence[Change] = _random_changes(seed)
    outcomes = []
    for batches in ([changes], [[change] for change in changes]):
        transaction = executor.transaction()
        await transaction.start()
        for batch in batches:
            await apply(executor, batch)
        outcomes.append(await _content(executor))
        await transaction.rollback()
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0], f"seed {seed} wrote nothing"
