"""`hawk report` over the rows of real runs, read as hawk_reader."""

from typing import Any

import pytest

from cli.report_documents import report
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
OLD = 0
"""Seconds: whatever waits at all is stuck."""


@pytest.fixture
def dsn(desk_database: TestDatabase) -> str:
    return desk_database.dsn("hawk_reader")


async def capacity_of(dsn: str, entity: str) -> tuple[str, str, str]:
    document = await report(dsn, "capacity", "USD")
    (found,) = [row for row in document["entities"] if (row["entity_id"], row["nav_type"]) == (entity, "COI")]
    return found["available_before"], found["used"], found["available_after"]


async def test_reports_follow_a_hedge_from_its_reservation_to_the_ledger(desk: Desk, dsn: str) -> None:
    assert await capacity_of(dsn, "ENTITY0037") == ("187500000.00", "0.00", "187500000.00")
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await desk.acknowledge(workflow_id, (1, 2))
    assert await capacity_of(dsn, "ENTITY0037") == ("187500000.00", "25000000.00", "162500000.00")
    (waiting,) = await report(dsn, "booking")
    assert (waiting["workflow_id"], waiting["model"], waiting["amount"]) == (workflow_id, "A-COI", "25000000.00")
    assert waiting["deals"] == {"expected": 6, "acked": 2, "declined": 0, "missing": 4}
    assert await report(dsn, "booking", "HKD") == []
    await desk.acknowledge(workflow_id, (3, 4, 5, 6))
    await desk.post(workflow_id)
    assert await report(dsn, "booking") == await report(dsn, "stuck", None, OLD) == []
    document = await report(dsn, "export")
    sums: dict[str, Any] = {"IFRS": {"dr": "375000.00", "cr": "375000.00"}}
    sums["LOCAL"] = sums["IFRS"]
    # The demo's day is fixed; on an earlier one the lines are still in the future.
    assert document["totals"] in ({}, sums)
    assert len(document["lines"]) in {0, 4}


async def test_a_declined_deal_is_stuck_at_once_and_silence_only_after_its_time(desk: Desk, dsn: str) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    since = desk.now.isoformat()
    (silent,) = await report(dsn, "stuck", None, OLD) or [None]
    if silent is not None:  # the demo's day has come
        assert (silent["kind"], silent["missing_deals"], silent["code"]) == ("BOOKING", 6, None)
        assert silent["since"] == since
    never = 10**9
    assert await report(dsn, "stuck", None, never) == []
    (sent, *_) = await desk.sent(workflow_id)
    await desk.answer(executions.answer_of(sent, "NOK"))
    (stuck,) = await report(dsn, "stuck", None, never)
    assert (stuck["kind"], stuck["code"], stuck["reason"]) == ("BOOKING", "MX_BOOKING_ERROR", "unknown portfolio")
    assert await report(dsn, "stuck", "HKD", never) == []


async def test_capacity_lists_every_exposure_and_every_limit(desk: Desk, dsn: str) -> None:
    document = await report(dsn, "capacity")
    assert len(document["entities"]) == 88
    assert {row["currency_code"] for row in document["entities"]} <= {
        row["currency_code"] for row in document["usd_limits"]
    }
    assert {row["status"] for row in document["usd_limits"]} <= {"WITHIN", "WARN", "CRITICAL", "BREACH"}
