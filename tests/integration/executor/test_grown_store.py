"""A history made for the benchmark is one of HAWK: executed by its handlers, and `hawk verify` agrees."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from benchmarks.grown.days import first_rows, market_rows
from benchmarks.grown.house import House
from benchmarks.orders import Answers
from cli.output import RunningHawk
from murex.simulator.book import read_book
from shared.security.keys import read_pem
from tests.support import hedges
from tests.support.desk import Desk
from tests.support.stack import TestDatabase
from tools.local_stack.paths import DataDir
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

ORDERS = 3
_ENDED = """
    SELECT (SELECT count(*) FROM es.events WHERE type = 'JournalPosted') AS posted,
           (SELECT count(DISTINCT trade_date) FROM hawk.exposure_days) AS days,
           (SELECT count(*) FROM monitor.workflows WHERE state = 'POSTED') AS shown,
           (SELECT count(*) FROM es.events)
               - (SELECT position FROM es.checkpoints WHERE name = 'publish') AS unpublished"""


async def test_days_of_a_history_are_executed_and_verified(
    desk: Desk, desk_database: TestDatabase, tmp_path: Path
) -> None:
    data = DataDir.at(tmp_path / "hawk")
    data.create()
    dsn = {"dsn": desk_database.admin_dsn, "dsn_by_role": dict(desk_database.dsn_by_role)}
    answers, now = Answers(1), [hedges.NOW]
    async with House(RunningHawk(data, {"postgres": dsn}), slots=ORDERS, clock=lambda: now[0]) as house:
        await house.load(first_rows(hedges.TODAY, hedges.TODAY), "first")
        for number in range(2):
            asked = await house.ask(answers.take(ORDERS))
            assert len(asked) == ORDERS
            await house.approve(asked)
            now[0] += timedelta(days=1)
            await house.load(market_rows(hedges.TODAY + timedelta(days=1)), f"day-{number}")
    admin = await asyncpg.connect(desk_database.admin_dsn)
    (ended,) = await admin.fetch(_ENDED)
    await admin.close()
    assert dict(ended) == {"posted": 2 * ORDERS, "days": 2, "shown": 2 * ORDERS, "unpublished": 0}
    report = await verify(
        desk_database.dsn("hawk_reader"),
        None,
        grant_keys=[read_pem(data.keys / "grant_public.pem")],
        read_book=lambda: [asdict(row) for row in read_book(data.murex_book)],
        quiet=True,
    )
    assert report.ok, report.findings
