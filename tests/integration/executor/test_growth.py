"""What a workflow costs does not grow with the workflows that there were: no statement reads a growing table whole."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from services.executor.execution.slots import SLOTS
from services.executor.handlers.caught_up import AnswersReading
from services.executor.handlers.timers import Worker
from services.executor.handlers.turn_queue import TurnQueue
from services.monitor.readmodel import PostgresReadModel
from shared.messaging.database import open_pool
from shared.telemetry.health import Health
from tests.integration.approval.test_approval_postgres import Running, approve, prepared, proven
from tests.integration.eventstore.support import RecordingOutlet, relay_over, running
from tests.integration.executor.test_closing_hedges import closing, hedge_of
from tests.integration.monitor.test_monitor_readmodel import keep
from tests.support import executions, growth
from tests.support.desk import Desk
from tests.support.eventually import eventually_async
from tests.support.hedges import order
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

#: So many times what the first workflows left: enough that PostgreSQL would rather look up than read.
COPIES = 60
#: Seconds in which the relay seals and publishes what a few workflows appended.
RELAY_SECONDS = 20.0
ALL_PUBLISHED = """
    SELECT (SELECT max(position) FROM es.seals) = (SELECT position FROM es.checkpoints WHERE name = 'publish')
       AND NOT EXISTS (SELECT FROM es.events WHERE NOT EXISTS (
           SELECT FROM es.seals WHERE seals.event_id = events.event_id))"""


async def hedge(desk: Desk) -> None:
    """Workflows of the executor that go every way there is."""
    hedged = await desk.run(order("USD", "5000000", entity_id="ENTITY0037", nav_type="COI"))
    await desk.run(order("HKD", "40000000", nav_type="COI"))
    await desk.propose(order("USD", "5000000", instruction_type="U"))
    await desk.propose(order("USD", None, instruction_type="Q"))
    await desk.run(closing("R", await hedge_of(desk, hedged), "5000000", tenor_or_maturity="3M"))
    declined = await desk.propose(order("USD", "1000000", entity_id="ENTITY0037"))
    await desk.grant(await desk.plan(declined))
    for deal in await desk.sent(declined):
        await desk.answer(executions.answer_of(deal, "NOK"))
    await desk.reverse(await desk.run(order("USD", "1000000", entity_id="ENTITY0037")))


async def look_after(desk: Desk) -> None:
    """The tasks of the executor that begin by themselves."""
    queue = TurnQueue(lambda: desk.pool, desk.take_turn, Health(), SLOTS)
    await queue.look()
    await AnswersReading(lambda: desk.pool, Health()).look()
    worker = asyncio.create_task(Worker(lambda: desk.pool, _nothing, lambda: desk.now).run())
    await asyncio.sleep(0.1)
    worker.cancel()


async def _nothing(_workflow_id: str, _task: object) -> None:
    """Nothing is due that a test would want done."""


async def decide(approvals: Running, name: str) -> None:
    """Requests for approval: one approved and used, one that waits; and what people look at."""
    await approvals.service.database.open()
    stories = [Story(f"{name}-{number}") for number in (1, 2)]
    plans = [proven(approvals, story) for story in stories]
    for plan in plans:
        await approvals.deliver(plan)
    headers = approvals.token("bob", "TRADER")
    async with approvals.client() as client:
        for query in ("tab=mine", "tab=decided", "tab=all", "tab=decided&currency=USD", "state=APPROVED"):
            assert (await client.get(f"/approvals?{query}", headers=headers)).status_code == 200
        assert (await client.get(f"/approvals/{plans[0].workflow_id}", headers=headers)).status_code == 200
        url = f"/approvals/{plans[0].workflow_id}/decisions"
        assert (await client.post(url, json=approve(plans[0]), headers=headers)).status_code == 201
    await approvals.deliver(prepared(plans[0]))
    for told in stories[0].approved().executed().told:
        if told.topic == "hawk.progress":
            await approvals.deliver(told.event)
    await approvals.desk.deadlines(100)
    await approvals.desk.latest_response("bob")
    await approvals.service.database.close(2)


async def follow(database: TestDatabase, name: str) -> None:
    """The monitor keeps what it is told, and shows it."""
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    model = PostgresReadModel(lambda: pool)
    waits, done = Story(f"{name}-3").received().planned(), Story(f"{name}-4").received().planned().approved().executed()
    await keep(pool, [*waits.told, *done.told])
    listed = await model.workflows(state=None, limit=20, before=None)
    await model.workflows(state=None, limit=20, before=listed[0].workflow_id)
    await model.others(next(row for row in listed if row.workflow_id == waits.workflow_id))
    await model.workflow(done.workflow_id)
    await model.response(done.response_id)
    await model.oldest("PLANNED")
    await pool.close()


async def publish(database: TestDatabase, admin: asyncpg.Connection) -> None:
    """The relay seals and publishes all there is."""
    async with running(relay_over(database.dsn("hawk_relay"), RecordingOutlet())):
        await eventually_async(lambda: admin.fetchval(ALL_PUBLISHED), RELAY_SECONDS, until=lambda done: done is True)


async def test_no_statement_reads_a_growing_table_whole(
    desk_database: TestDatabase, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await asyncpg.connect(desk_database.admin_dsn)
    approvals = Running(tmp_path, desk_database)
    with growth.listening(monkeypatch) as sent:
        pool = await open_pool(desk_database.dsn("hawk_executor"), application="test")
        mine = Desk(pool, desk.keys, recorder=desk.recorder)
        for name in ("first", "again"):
            await hedge(mine)
            await look_after(mine)
            await decide(approvals, name)
            await follow(desk_database, name)
            await publish(desk_database, admin)
            if name == "first":
                await growth.lengthen(admin, COPIES)
        await pool.close()
    growing = await growth.growing_tables(admin)
    await growth.open_explaining(admin)
    await admin.close()
    assert await refused(desk_database, sent.statements, growing) == []


async def refused(database: TestDatabase, statements: Mapping[str, set[str]], growing: list[str]) -> list[str]:
    """Each statement that reads a growing table whole, after the tables and the role that sends it."""
    found = []
    for role in ("hawk_executor", "hawk_approval", "hawk_monitor", "hawk_relay"):
        pool = await open_pool(database.dsn(role), application="test", min_size=1, max_size=1)
        for statement in (statement for statement, roles in statements.items() if role in roles):
            tables = await growth.whole_reads(pool, statement, growing)
            if tables:
                found.append(f"{', '.join(sorted(tables))} by {role}: {' '.join(statement.split())}")
        await pool.close()
    return sorted(found)
