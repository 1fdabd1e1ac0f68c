"""Rows of feeds that wait for people, on a real PostgreSQL: in batches and sets, by configured bounds, and verified."""

from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest

from services.executor.handlers.reference.holding import HELD_BYTES_MAX
from services.executor.handlers.table_writer import project
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from tests.support import hedges
from tests.support.held import HeldDesk, bootstrapped_database, held_desk
from tests.support.history import seal
from tests.support.reference import row_message, set_message, write_row
from tests.support.stack import Databases, TestDatabase
from tests.support.units import CAUSE
from tools.verification.verify import verify

pytestmark = pytest.mark.integration

AUD = Decimal("0.9500")


@pytest.fixture(scope="session")
async def bootstrapped(databases: Databases) -> AsyncIterator[TestDatabase]:
    async with bootstrapped_database(databases) as made:
        yield made


@pytest.fixture
async def desk(databases: Databases, bootstrapped: TestDatabase) -> AsyncIterator[HeldDesk]:
    """With the demo's rows in force."""
    async with held_desk(databases, bootstrapped) as made:
        yield made


def rate(value: str, pair: str = "AUD/SGD", **more: str) -> dict[str, str]:
    row = {"currency_pair": pair, "rate_type": "prevailing", "rate_value": value, "effective_date": "2026-11-23"}
    return {**row, **more}


async def test_rows_that_share_a_transaction_are_held_as_if_they_came_one_by_one(desk: HeldDesk) -> None:
    messages = [
        row_message("currency_rates", rate("0.9600")),
        row_message("currency_rates", rate("1350", "USD/SGD")),
        row_message("currency_rates", rate("2.0000")),
        row_message("currency_rates", rate("0.9700")),
    ]
    assert await desk.handling.handle_together(messages) == 4
    await desk.relay()
    assert (await desk.rate("AUD/SGD"), await desk.rate()) == (Decimal("0.9700"), Decimal("1.3500"))
    assert (await desk.one()).document["doubts"][0]["after"] == "1350"
    types = await desk.pool.fetch(
        "SELECT type FROM es.events WHERE stream = 'held-currency_rates-AUD/SGD:prevailing' ORDER BY version"
    )
    assert [row["type"] for row in types] == ["ReferenceHeld", "HeldReferenceDropped"]


async def test_an_implausible_row_that_is_said_again_waits_once(desk: HeldDesk) -> None:
    for _ in range(3):
        await desk.take(row_message("currency_rates", rate("2.0000")))
    assert await desk.count("ReferenceHeld") == 1
    assert await desk.refusals() == []
    held = await desk.one()
    assert await desk.decide(held, "olga", "REJECT") is None
    assert (await desk.ended(held.held_id)).reason.startswith("HELD_REJECTED: olga")
    await desk.take(row_message("currency_rates", rate("2.0000")))
    assert (await desk.one()).held_id != held.held_id, "after a rejection it may be asked again"


async def test_bounds_are_those_of_the_configuration_in_force(desk: HeldDesk) -> None:
    async def work(unit: UnitOfWork) -> None:
        row = hedges.row_of(hedges.demo_tables(), "system_configuration", config_key="feeds.rate_move_bp")
        await write_row(unit, "system_configuration", row | {"config_value": "2000"})

    await desk.take(row_message("currency_rates", rate("1.1000")))
    assert await desk.rate("AUD/SGD") == AUD
    await run_unit(desk.pool, CAUSE, work, projector=project)
    await desk.take(row_message("currency_rates", rate("1.1100")))
    assert await desk.rate("AUD/SGD") == Decimal("1.1100")


async def test_a_confirmed_row_that_cannot_stand_any_more_is_dropped_with_the_reason(desk: HeldDesk) -> None:
    taken = hedges.row_of(
        hedges.demo_tables(), "currency_rates", currency_pair="HKD/SGD", rate_type="prevailing", ledger="IFRS"
    )
    await desk.take(row_message("currency_rates", rate("2.0000", rate_id="RATE_X")))
    held = await desk.one()
    value = {**taken, "rate_id": "RATE_X", "rate_value": "0.1760", "effective_date": "2026-11-23"}
    await desk.take(row_message("currency_rates", value))
    assert await desk.decide(held, "olga") is None
    assert (await desk.ended(held.held_id)).reason.startswith("REFERENCE_CONFLICT")
    assert await desk.rate("AUD/SGD") == AUD


async def test_a_set_too_large_to_wait_is_refused_with_its_doubts(desk: HeldDesk) -> None:
    lints = [
        ("gl_rule_lints", {"lint_id": str(number), "rule_id": 10, "finding": "x" * 2_200, "severity": "LOW"})
        for number in range(1, 1_500)
    ]
    message = set_message([*lints, ("currency_rates", rate("2.0000"))], "large")
    assert len(message.value) > HELD_BYTES_MAX
    await desk.take(message)
    assert await desk.refusals() == ["FEED_IMPLAUSIBLE"]
    assert await desk.waiting() == []
    assert await desk.value("SELECT count(*) FROM gl_rule_lints") == 0


async def test_what_was_held_confirmed_and_dropped_verifies(desk: HeldDesk) -> None:
    await desk.take(row_message("currency_rates", rate("2.0000")))
    assert await desk.decide(await desk.one(), "olga") is None
    await desk.take(set_message([("currency_rates", rate("4.0000"))], "load-1"))
    assert await desk.decide(await desk.one(), "raj", "REJECT", role="RISK_MANAGER") is None
    holiday = {"calendar_code": "SGD", "holiday_date": "2026-12-25"}
    await desk.take(row_message("holiday_calendar", holiday, "DELETE"))
    assert await desk.decide(await desk.one(), "olga") is None
    assert await desk.value("SELECT count(*) FROM holiday_calendar WHERE holiday_date = '2026-12-25' AND"
                            " calendar_code = 'SGD'") == 0  # fmt: skip
    await desk.take(row_message("currency_rates", rate("9.0000")))
    admin = await asyncpg.connect(desk.database.admin_dsn)
    await seal(admin)
    await admin.close()
    document = (await verify(desk.database.dsn("hawk_reader"), None)).document()
    assert document["ok"], document["findings"]
    assert document["projections"]["tables"]["currency_rates"]["differences"] == 0
