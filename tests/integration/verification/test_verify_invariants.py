"""`hawk verify` on a real PostgreSQL: the invariants by name, Murex's book, and what is asked for once all is quiet."""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.history import golden_grant_key, golden_transactions, plant, seal, tamper
from tests.support.stack import TestDatabase
from tools.verification.checks.invariants import SAYS
from tools.verification.verify import VerifyReport, verify

pytestmark = pytest.mark.integration


@pytest.fixture
async def planted(database: TestDatabase) -> TestDatabase:
    await plant(database.admin_dsn, golden_transactions("a_coi.json"))
    return database


@pytest.fixture
async def admin(planted: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(planted.admin_dsn)
    yield connection
    await connection.close()


async def verified(database: TestDatabase) -> VerifyReport:
    """As the outside auditor."""
    return await verify(database.dsn("hawk_reader"), None, grant_keys=[golden_grant_key()])


async def test_recorded_history_keeps_every_invariant_and_says_so_by_name(planted: TestDatabase) -> None:
    document = (await verified(planted)).document()
    told = {"ok": True, "findings": 0}
    assert document["invariants"] == {"ok": True, **dict.fromkeys(SAYS, told)}
    assert (document["murex"], document["quiet"]) == (None, None)


async def test_a_changed_byte_of_a_kept_answer_is_found_by_its_response(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute("ALTER TABLE parser.answers DISABLE TRIGGER ALL")
    await admin.execute("ALTER TABLE parser.answers DROP CONSTRAINT answers_addressed")
    await admin.execute("UPDATE parser.answers SET bytes = set_byte(bytes, 0, get_byte(bytes, 0) # 1)")
    response = await admin.fetchval("SELECT data->>'response_id' FROM es.events WHERE type = 'ResponseReceived'")
    report = await verified(planted)
    (finding,) = report.invariants["answers"]
    assert f"response {response} " in finding
    assert report.document()["invariants"]["answers"] == {"ok": False, "findings": 1}
    assert report.findings == (finding,)


async def test_an_event_that_was_passed_over_turns_verify_red_until_it_is_published(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "INSERT INTO es.unpublishable (position, event_id, cause, reason)"
        " SELECT position, event_id, 'TOO_LARGE', 'x' FROM es.seals WHERE position = 3"
    )
    report = await verified(planted)
    (finding,) = report.findings
    assert "Position 3" in finding
    assert report.document()["invariants"]["published"] == {"ok": False, "findings": 1}
    await admin.execute("UPDATE es.unpublishable SET published_at = now()")
    assert (await verified(planted)).ok


async def test_a_chain_computed_anew_without_the_grant_still_breaks_an_invariant(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await tamper(
        admin,
        "UPDATE es.events SET data = jsonb_set(data, '{grant,tier}', '\"AUTO\"') WHERE type = 'ExecutionPrepared'",
        "ALTER TABLE es.seals DISABLE TRIGGER ALL",
        "DELETE FROM es.seals",
    )
    await seal(admin)
    report = await verified(planted)
    assert report.chain.ok
    assert any("under tier AUTO; the plan needs tier TRADER" in one for one in report.invariants["grants"])


async def test_a_plan_changed_under_its_digest_is_found_when_the_chain_agrees(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    await tamper(
        admin,
        "UPDATE es.events SET data = jsonb_set(data, '{plan,dates,value_date}', '\"2027-01-04\"') "
        "WHERE type = 'PlanDrawn'",
        "ALTER TABLE es.seals DISABLE TRIGGER ALL",
        "DELETE FROM es.seals",
    )
    await seal(admin)
    report = await verified(planted)
    assert report.chain.ok
    plan, effects = report.invariants["digests"]
    assert "the plan of workflow" in plan
    assert "the effects of workflow" in effects


async def test_deal_that_only_one_side_has_is_found_when_the_book_is_there(
    planted: TestDatabase, admin: asyncpg.Connection
) -> None:
    rows = await admin.fetch("SELECT * FROM hawk.deal_bookings ORDER BY deal_sequence")
    booked = await admin.fetchval("SELECT data->>'deals' FROM es.events WHERE type = 'DealsBooked'")
    contracts = {deal["deal_booking_id"]: deal["contract_id"] for deal in json.loads(booked)}
    book = [
        {
            "workflow_id": row["workflow_id"],
            "event_id": row["event_id"],
            "deal_booking_id": row["deal_booking_id"],
            "deal_sequence": row["deal_sequence"],
            "contract_id": contracts[row["deal_booking_id"]],
            "status": "BOOKED",
        }
        for row in rows
    ]

    async def compared(*books: list[dict[str, object]]) -> tuple[str, ...] | None:
        told = iter(books)
        report = await verify(planted.dsn("hawk_reader"), None, read_book=lambda: next(told))
        return report.murex

    assert await compared(book, book) == ()
    (finding,) = await compared(book[1:], book[1:]) or ()
    assert finding.endswith("Murex holds it not at all.")
    # Booked between the two looks, so on its way when the events were read.
    assert await compared(book[1:], book) == ()


async def test_quiet_asks_for_what_is_left(planted: TestDatabase, admin: asyncpg.Connection) -> None:
    async def quiet() -> tuple[str, ...] | None:
        return (await verify(planted.dsn("hawk_reader"), None, quiet=True)).quiet

    events = await admin.fetchval("SELECT count(*) FROM es.events")
    assert await quiet() == (f"{events} events are not published: the broker or the relay is down or behind.",)
    await admin.execute(
        "INSERT INTO es.checkpoints (name, position) VALUES ('publish', $1)"
        " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
        events,
    )
    assert await quiet() == ()
    await admin.execute(
        "INSERT INTO executor.todo (workflow_id, task, due_at) VALUES ('w', 'POST', now() - interval '1 minute')"
    )
    (finding,) = await quiet() or ()
    assert finding.startswith("Workflow w: POST was due at ")
