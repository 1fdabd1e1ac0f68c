"""What the executor really writes verifies: completed, on its way, undone, spread over entities, refused."""

from datetime import timedelta

import asyncpg
import pytest

from shared.events import identity
from shared.migrations import migrations_of
from tests.support import executions, hedges
from tests.support.desk import Desk
from tests.support.history import seal
from tests.support.stack import TestDatabase
from tools.verification.verify import VerifyReport, verify

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
HKD_400M = hedges.order("HKD", "400000000", nav_type="COI")


async def verified(database: TestDatabase) -> VerifyReport:
    admin = await asyncpg.connect(database.admin_dsn)
    try:
        await seal(admin)
    finally:
        await admin.close()
    return await verify(database.dsn("hawk_reader"), None)


async def test_workflows_of_every_ending_verify_together(desk: Desk, desk_database: TestDatabase) -> None:
    await desk.run(USD_25M)
    await desk.run(HKD_400M)
    on_its_way = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(on_its_way))
    await desk.acknowledge(on_its_way, sequences=(1, 2))
    waiting = await desk.propose(USD_25M)
    report = await verified(desk_database)
    assert report.ok, report.findings
    document = report.document()
    assert document["unsealed"] == 0
    assert {one["workflow_id"]: one["state"] for one in document["unfinished"]} == {
        on_its_way: "BOOKING",
        waiting: "PLANNED",
    }
    assert document["ledgers"]["IFRS"]["dr"] == document["ledgers"]["IFRS"]["cr"] != "0.00"


async def test_sums_by_day_are_the_same_from_the_events_and_from_an_older_store(
    desk: Desk, desk_database: TestDatabase
) -> None:
    await desk.run(USD_25M)
    await desk.reverse(await desk.run(HKD_400M))
    desk.now += timedelta(days=1)
    await desk.run(HKD_400M)
    derived = await desk.rows("SELECT * FROM hawk.exposure_days ORDER BY stream, trade_date")
    assert len({row["trade_date"] for row in derived}) == 2
    (migration,) = [each for each in migrations_of("services/executor/migrations") if "exposure_days" in each.name]
    (filled,) = [part for part in migration.sql.split(";") if part.strip().startswith("INSERT")]
    admin = await asyncpg.connect(desk_database.admin_dsn)
    await admin.execute("TRUNCATE hawk.exposure_days")
    await admin.execute(filled)
    await admin.close()
    assert await desk.rows("SELECT * FROM hawk.exposure_days ORDER BY stream, trade_date") == derived
    report = await verified(desk_database)
    assert report.ok, report.findings


async def test_an_undone_workflow_verifies_and_counts_in_no_ledger(desk: Desk, desk_database: TestDatabase) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    sent = await desk.sent(workflow_id)
    await desk.acknowledge(workflow_id, sequences=(1, 2))
    await desk.answer(executions.answer_of(sent[2], "NOK"))
    half_undone = await verified(desk_database)
    assert half_undone.ok, half_undone.findings
    assert [one.state for one in half_undone.unfinished] == ["COMPENSATING"]
    for event in await desk.events(identity.execution_stream(workflow_id)):
        if type(event).__name__ == "DealCancelSent":
            await desk.answer(executions.cancelled(event))
    report = await verified(desk_database)
    assert report.ok, report.findings
    assert report.unfinished == ()
    assert report.document()["ledgers"]["IFRS"] == {"dr": "0.00", "cr": "0.00"}
    assert await desk.rows("SELECT FROM hawk.exposure_capacity WHERE reserved <> 0 OR hedged <> 0") == []
