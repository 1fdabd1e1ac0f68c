"""The capacity view shows what the planner computes: SQL and Python over the same demo rows, entity by entity."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from demo.reference.load import demo_rows
from services.executor.handlers.table_writer import project
from shared.hedging.facts import SINGAPORE, ExposureUse, Facts, UsdUse, facts_from_rows
from shared.hedging.order import NavType
from shared.hedging.planning.waterfall import assess
from shared.hedging.reference import SHAPES
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from tests.support.reference import write_row
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
OWN = {"stream": "exposure-ENTITY0010-HKD-COI", "entity": "ENTITY0010", "currency": "HKD"}


def rows() -> list[tuple[str, Mapping[str, Any]]]:
    return [(row.table, row.row) for row in demo_rows(NOW.astimezone(SINGAPORE).date())]


@pytest.fixture(scope="module")
async def loaded(module_database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(module_database.dsn("hawk_executor"), application="test", min_size=1, max_size=2)

    async def all_rows(unit: UnitOfWork) -> None:
        for table, row in rows():
            await write_row(unit, table, row)

    await run_unit(pool, CAUSE, all_rows, projector=project)
    await pool.execute(
        "INSERT INTO exposure_capacity (stream, version, entity_id, currency_code, nav_type, reserved, hedged) "
        "VALUES ($1, 2, $2, $3, 'COI', 7000000, 5000000)",
        *OWN.values(),
    )
    await pool.execute(
        "INSERT INTO exposure_days (stream, trade_date, hedged, hedged_usd) VALUES ($1, $2, 5000000, 648148.15)",
        OWN["stream"],
        NOW.astimezone(SINGAPORE).date(),
    )
    yield pool
    await pool.close()


async def facts(pool: asyncpg.Pool) -> Facts:
    rows = {table: [dict(row) for row in await pool.fetch(f"SELECT * FROM {table}")] for table in SHAPES}  # noqa: S608
    use = ExposureUse(
        OWN["stream"], 2, OWN["entity"], OWN["currency"], NavType.COI, Decimal(7_000_000), Decimal(5_000_000)
    )
    return facts_from_rows(rows, [use], UsdUse("usdpb-HKD", 0, "HKD", Decimal(0), Decimal(0)), NOW)


async def test_all_demo_rows_are_in_the_tables_and_readable_by_the_planner(loaded: asyncpg.Pool) -> None:
    assert await loaded.fetchval("SELECT count(*) FROM es.events") == len(rows())
    read = await facts(loaded)
    assert read.problems == ()
    assert len(read.versions) > 0


async def test_the_view_shows_the_capacity_the_planner_computes(loaded: asyncpg.Pool) -> None:
    read = await facts(loaded)
    expected = {}
    for currency in sorted({entity.currency for entity in read.entities}):
        entities = [entity for entity in read.entities if entity.currency == currency]
        for nav_type in NavType:
            for each in assess(read, entities, currency, nav_type).assessments:
                terms = (each.sfx_position, each.car_amount, each.buffer_amount, each.hedged, each.reserved)
                expected[each.entity_id, nav_type.value] = (*terms, each.available, each.buffer_rule_id)
    found = {(row["entity_id"], row["nav_type"]): tuple(row.values())[2:] for row in await _view(loaded)}
    assert found == expected
    assert found[OWN["entity"], "COI"][4] == Decimal(7_000_000)


async def _view(pool: asyncpg.Pool) -> Sequence[asyncpg.Record]:
    return await pool.fetch(
        "SELECT entity_id, nav_type, sfx, car, buffer_amount, hedged, reserved, available_amount, buffer_rule_id "
        "FROM v_entity_capacity_complete"
    )


async def test_every_currency_has_a_usd_rate_and_a_limit_that_ascends(loaded: asyncpg.Pool) -> None:
    missing = await loaded.fetch(
        "SELECT e.currency_code FROM (SELECT DISTINCT currency_code FROM entity_master) e "
        "LEFT JOIN v_ccy_to_usd r USING (currency_code) WHERE r.usd_per_unit IS NULL"
    )
    assert missing == []
    rows = await loaded.fetch("SELECT * FROM v_usd_pb_capacity_check")
    assert rows
    for row in rows:
        assert row["threshold_warning"] < row["threshold_critical"] < row["threshold_maximum"]
