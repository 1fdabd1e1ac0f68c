"""Planning looks the newest snapshot of each exposure up: those of earlier days are not read, however many."""

from datetime import date, timedelta

import asyncpg
import pytest

from services.executor.handlers.hedge.facts import select_of
from shared.hedging.reference import REFERENCE_TABLES_READ, read_parameters
from tests.support import hedges
from tests.support.explained import rows_read
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

DAYS = 200
#: A row is looked up for each exposure, and one is looked for behind the last.
READ_MAX = 2
_EARLIER = """
    INSERT INTO hawk.position_nav_master
    SELECT (json_populate_record(p, json_build_object('nav_id', nav_id || '-' || n, 'as_of_date', as_of_date - n))).*
    FROM hawk.position_nav_master AS p, generate_series(1, $1::integer) AS n"""
_ALL = """
    SELECT DISTINCT ON (currency_code, entity_id, nav_type, position_type) * FROM hawk.position_nav_master
    WHERE currency_code = $1 AND as_of_date <= $2
    ORDER BY currency_code, entity_id, nav_type, position_type, as_of_date DESC"""


@pytest.mark.parametrize("day", [hedges.TODAY, hedges.TODAY - timedelta(days=40), date(2020, 1, 1)])
async def test_the_newest_of_each_exposure_are_found_and_no_others_read(desk_database: TestDatabase, day: date) -> None:
    (read,) = [each for each in REFERENCE_TABLES_READ if each.table == "position_nav_master"]
    statement, arguments = select_of(read, read_parameters("USD", "ENTITY0037"), day)
    admin = await asyncpg.connect(desk_database.admin_dsn)
    try:
        if await admin.fetchval("SELECT count(DISTINCT as_of_date) FROM hawk.position_nav_master") < DAYS:
            await admin.execute(_EARLIER, DAYS)
            await admin.execute("ANALYZE hawk.position_nav_master")
        await admin.execute("SET enable_seqscan = off")
        found = [dict(row) for row in await admin.fetch(statement, *arguments)]
        assert found == [dict(row) for row in await admin.fetch(_ALL, "USD", day)]
        assert bool(found) == (day.year > 2020)
        read_rows = await rows_read(admin, statement, *arguments)
    finally:
        await admin.close()
    assert read_rows <= READ_MAX * max(1, len(found))
