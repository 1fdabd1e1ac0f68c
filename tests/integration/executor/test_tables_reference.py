"""hawk.reference from message to row on a real PostgreSQL, and the capacity views over such rows."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any

import asyncpg
import pytest

from demo.reference.load import demo_rows
from services.executor.handlers.table_writer import apply
from services.executor.reference.opening import OPENING_HEDGES
from services.executor.reference.projection import reference_changes
from services.executor.reference.tables import REFERENCE, VERSION_COLUMN, WORKFLOW_COLUMN, ReferenceTable, TableKind
from services.executor.tables.changes import Add, Change, Update, Upsert
from services.executor.tables.table import ColumnType
from shared.errors import InvalidInput
from shared.events.catalogue import decode
from shared.events.reference import ReferenceRowRemoved, ReferenceRowSet
from shared.eventstore.port import RecordedEvent
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork, run_unit
from tests.support import hedges
from tests.support.reference import reference_handler, row_message, set_message, write_row
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

#: Seconds in which a bootstrap has to be loaded; measured at one to two on two shared cores.
BOOTSTRAP_SECONDS_MAX = 20


async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
    changes: list[Change] = []
    for each in recorded:
        event = decode(each)
        if isinstance(event, ReferenceRowSet | ReferenceRowRemoved):
            changes.extend(reference_changes(event, each))
    await apply(connection, changes)


class Topic:
    """Publishes to the handler as the consumer would, one transaction a message."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def publish(self, table: str, row: dict[str, Any], operation: str = "UPSERT") -> None:
        await self.take(row_message(table, row, operation))

    async def take(self, message: Message) -> None:
        handler = reference_handler()
        inbox = InboxEntry("executor", "test", message.place)
        await run_unit(self.pool, CAUSE, lambda unit: handler(unit, message), projector=project, inbox=inbox)

    async def write(self, table: str, row: dict[str, Any]) -> None:
        """A row of the configuration, or of any table, that is in force already."""

        async def work(unit: UnitOfWork) -> None:
            await write_row(unit, table, row)

        await run_unit(self.pool, CAUSE, work, projector=project)


@pytest.fixture
async def topic(database: TestDatabase) -> AsyncIterator[Topic]:
    pool = await open_pool(database.dsn("hawk_executor"), application="test", min_size=1, max_size=2)
    yield Topic(pool)
    await pool.close()


def full_row(table: ReferenceTable, mark: str = "1") -> dict[str, Any]:
    """A row with a value in every column a publisher may give."""
    samples: dict[ColumnType, Any] = {
        ColumnType.TEXT: f"text {mark}",
        ColumnType.NUMERIC: "12.345600",
        ColumnType.INTEGER: 3,
        ColumnType.BIGINT: 4,
        ColumnType.BOOLEAN: True,
        ColumnType.DATE: "2026-11-23",
        ColumnType.TIMESTAMPTZ: "2026-11-23T09:00:00+08:00",
        ColumnType.TIME: "15:00",
        ColumnType.JSONB: [{"amount": "1.50"}],
    }
    kept = {VERSION_COLUMN, WORKFLOW_COLUMN}
    row = {column: samples[kind] for column, kind in table.table.columns.items() if column not in kept}
    return row | {column: sorted(values)[0] for column, values in table.choices.items()}


@pytest.mark.parametrize("whole", [True, False], ids=["all columns", "required columns"])
async def test_every_reference_table_takes_a_row_and_gives_it_back(topic: Topic, whole: bool) -> None:
    for table in REFERENCE.values():
        row = full_row(table)
        if not whole:
            row = {column: row[column] for column in table.required}
        await topic.write(table.name, row)
        stored = await topic.pool.fetchrow(f"SELECT * FROM {table.name}")  # noqa: S608
        assert stored[VERSION_COLUMN] == 1, table.name
        for column in row:
            assert stored[column] is not None, f"{table.name}.{column}"
        if table.name == OPENING_HEDGES:
            with pytest.raises(InvalidInput, match="OPENING_HEDGE_KNOWN"):
                await topic.publish(table.name, row, "DELETE")
        elif table.kind is TableKind.FEED:
            await topic.publish(table.name, row, "DELETE")
            assert await topic.pool.fetchval(f"SELECT count(*) FROM {table.name}") == 0, table.name  # noqa: S608


async def test_a_repeated_row_appends_nothing_and_a_changed_one_replaces_it_whole(topic: Topic) -> None:
    row = {"period_id": "2026-11", "start_date": "2026-11-01", "end_date": "2026-11-30", "is_open": True}
    for _ in range(3):
        await topic.publish("gl_periods", row)
    await topic.publish("gl_periods", {**row, "is_open": False})
    assert await topic.pool.fetchval("SELECT count(*) FROM es.events") == 2
    stored = await topic.pool.fetchrow("SELECT is_open, reference_version FROM gl_periods")
    assert dict(stored) == {"is_open": False, "reference_version": 2}


def position(entity: str, amount: str, **columns: str) -> dict[str, Any]:
    day, kind = columns.get("as_of_date", "2026-11-20"), columns.get("position_type", "NET")
    return {
        "nav_id": f"PNM_{entity}_COI_{day}" + ("" if kind == "NET" else f"_{kind}"),
        "entity_id": entity,
        "currency_code": "HKD",
        "nav_type": "COI",
        "position_type": kind,
        "as_of_date": day,
        "current_position": amount,
        **columns,
    }


async def test_a_second_row_for_one_snapshot_is_refused_and_the_first_stays(topic: Topic) -> None:
    row = position("ENTITY0009", "250000000")
    await topic.write("entity_master", BRANCH)
    await topic.publish("position_nav_master", row)
    with pytest.raises(InvalidInput, match="REFERENCE_CONFLICT"):
        await topic.publish("position_nav_master", {**row, "nav_id": "another", "current_position": "1"})
    assert await topic.pool.fetchval("SELECT current_position FROM position_nav_master") == Decimal(250_000_000)


async def test_the_demo_is_loaded_within_seconds(topic: Topic) -> None:
    rows = [(each.table, each.row) for each in demo_rows(hedges.TODAY)]
    began = monotonic()
    await topic.take(set_message(rows, "demo"))
    assert await topic.pool.fetchval("SELECT count(*) FROM es.events WHERE type = 'ReferenceRowSet'") == len(rows)
    assert monotonic() - began < BOOTSTRAP_SECONDS_MAX


async def capacity(topic: Topic, entity: str) -> dict[str, Decimal]:
    row = await topic.pool.fetchrow(
        "SELECT sfx, car, buffer_amount, hedged, reserved, available_amount FROM v_entity_capacity_complete "
        "WHERE entity_id = $1",
        entity,
    )
    return {name: Decimal(value) for name, value in row.items()}


def amounts(**values: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in values.items()}


BRANCH = {
    "entity_id": "ENTITY0009", "entity_type": "Branch", "currency_code": "HKD", "car_exemption_flag": "N",
}  # fmt: skip


async def hong_kong(topic: Topic) -> None:
    """The worked example of domain facts 9.2: a branch with CAR and buffer, a subsidiary with a hedge."""
    subsidiary = {**BRANCH, "entity_id": "ENTITY0011", "entity_type": "Subsidiary", "car_exemption_flag": "Y"}
    rule = {"rule_priority": 1, "currency_code": "HKD"}
    rules = [
        {
            **rule,
            "buffer_rule_id": "BR",
            "buffer_percentage": "5",
            "entity_type": "Branch",
            "car_exemption_flag": "N",
        },
        {**rule, "buffer_rule_id": "SB", "buffer_percentage": "0", "entity_type": "Subsidiary"},
        {"buffer_rule_id": "ANY", "buffer_percentage": "20", "rule_priority": 100, "currency_code": "ALL"},
        {**rule, "buffer_rule_id": "OFF", "buffer_percentage": "50", "rule_priority": 0, "active_flag": "N"},
        {
            **rule,
            "buffer_rule_id": "OLD",
            "buffer_percentage": "50",
            "rule_priority": 0,
            "expiry_date": "2026-01-01",
        },
    ]
    for entity in (BRANCH, subsidiary):
        await topic.write("entity_master", entity)
    for each in rules:
        await topic.write("buffer_configuration", each)
    await topic.publish("position_nav_master", position("ENTITY0009", "1", as_of_date="2026-11-19"))
    await topic.publish("position_nav_master", position("ENTITY0009", "250000000", optimal_car_amount="50000000"))
    await topic.publish("position_nav_master", position("ENTITY0011", "180000000"))
    await topic.publish("position_nav_master", position("ENTITY0011", "25000000", position_type="HEDGED"))


async def test_capacity_is_the_worked_example_when_nothing_is_reserved(topic: Topic) -> None:
    await hong_kong(topic)
    assert await capacity(topic, "ENTITY0009") == amounts(
        sfx="250000000",
        car="50000000",
        buffer_amount="12500000",
        hedged="0",
        reserved="0",
        available_amount="187500000",
    )
    assert await capacity(topic, "ENTITY0011") == amounts(
        sfx="180000000",
        car="0",
        buffer_amount="0",
        hedged="25000000",
        reserved="0",
        available_amount="155000000",
    )


def booked(day: str) -> Add:
    return Add(
        "exposure_days",
        {"stream": "exposure-ENTITY0011-HKD-COI", "trade_date": date.fromisoformat(day)},
        {"hedged": Decimal(10_000_000), "hedged_usd": Decimal(1_296_296)},
    )


async def test_capacity_counts_own_hedges_once_and_reservations_always(topic: Topic) -> None:
    await hong_kong(topic)
    exposure = {"version": 3, "entity_id": "ENTITY0011", "currency_code": "HKD", "nav_type": "COI"}
    key = {"stream": "exposure-ENTITY0011-HKD-COI"}
    async with topic.pool.acquire() as connection:
        await apply(
            connection,
            [
                Upsert(
                    "exposure_capacity",
                    key,
                    {**exposure, "reserved": Decimal(7), "hedged": Decimal(20_000_000)},
                ),
                booked("2026-11-20"),  # the feed of that day has it already
                booked("2026-11-21"),
            ],
        )
        found = await capacity(topic, "ENTITY0011")
        assert (found["hedged"], found["reserved"]) == (Decimal(35_000_000), Decimal(7))
        assert found["available_amount"] == Decimal(144_999_993)
        await apply(connection, [Update("exposure_capacity", key, {"reserved": Decimal(999_000_000)})])
    assert (await capacity(topic, "ENTITY0011"))["available_amount"] == 0


async def test_usd_use_stands_against_limits_in_thousands(topic: Topic) -> None:
    await hong_kong(topic)
    await topic.write(
        "currency_configuration",
        {
            "currency_code": "HKD",
            "currency_type": "Matched",
            "base_currency": "SGD",
            "settlement_days": 2,
            "minimum_deal_size": "50000",
            "maximum_deal_size": "500000000",
            "rounding_precision": 2,
        },
    )
    for pair, value in (("HKD/SGD", "0.1750"), ("USD/SGD", "1.3500")):
        rate = {
            "currency_pair": pair,
            "rate_type": "prevailing",
            "rate_value": value,
            "effective_date": "2026-11-20",
        }
        await topic.publish("currency_rates", rate)
    await topic.write(
        "threshold_configuration",
        {
            "threshold_id": "THR_HKD_PB",
            "threshold_type": "USD_PB_DEPOSIT",
            "currency_code": "HKD",
            "warning_level": "130000",
            "critical_level": "140000",
            "maximum_limit": "150000",
            "unit_of_measure": "USD_THOUSANDS",
        },
    )
    async with topic.pool.acquire() as connection:
        use = {
            "version": 1,
            "currency_code": "HKD",
            "reserved_usd": Decimal(130_000_000),
            "hedged_usd": Decimal(0),
        }
        await apply(connection, [Upsert("usd_pb_usage", {"stream": "usdpb-HKD"}, use)])
    row = await topic.pool.fetchrow("SELECT * FROM v_usd_pb_capacity_check")
    assert row["current_hedge_exposure"] == Decimal("133240740.74")
    assert row["available_capacity"] == Decimal("16759259.26")
    assert row["breach_status"] == "WARN"
