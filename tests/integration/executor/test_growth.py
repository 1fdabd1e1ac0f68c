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
from tests.support.hedges import demo_tables, order, row_of
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

#: So many times what the first workflows left: enough that PostgreSQL would rather look up than read.
COPIES = 300
#: Rows of a table that the same workflows may read more where the history is long: some that a day has.
MORE_ROWS_MAX = 200
#: Seconds in which the relay seals and publishes what a few workflows appended.
RELAY_SECONDS = 20.0
#: The last event of the feed is sealed, and the last seal is published.
ALL_PUBLISHED = """
    SELECT (SELECT event_id FROM es.seals ORDER BY position DESC LIMIT 1)
         = (SELECT event_id FROM es.events ORDER BY xid DESC, id DESC LIMIT 1)
       AND (SELECT position FROM es.seals ORDER BY position DESC LIMIT 1)
         = (SELECT position FROM es.checkpoints WHERE name = 'publish')"""


async def hedge(desk: Desk) -> None:
    """Workflows of the executor that go every way there is."""
    hedged = await desk.run(order("USD", "5000000", entity_id="ENTITY0037", nav_type="COI"))
    await desk.run(order("HKD", "40000000", nav_type="COI"))
    await desk.propose(order("USD", "5000000", instruction_type="U"))
    (first,) = await desk.rows(
        "SELECT order_id FROM hawk.hedge_instructions WHERE workflow_id = $1 AND parent_instruction_id IS NULL", hedged
    )
    await desk.propose(order("USD", None, instruction_type="Q", order_id=first["order_id"]))
    await desk.run(closing("R", await hedge_of(desk, hedged), "5000000", tenor_or_maturity="3M"))
    declined = await desk.propose(order("USD", "1000000", entity_id="ENTITY0037"))
    await desk.grant(await desk.plan(declined))
    for deal in await desk.sent(declined):
        await desk.answer(executions.answer_of(deal, "NOK"))
    period = row_of(demo_tables(), "gl_periods", period_id="2026-11")
    await desk.set_row("gl_periods", period | {"is_open": False})
    deferred = await desk.run(order("USD", "1000000", entity_id="ENTITY0037"))
    await desk.set_row("gl_periods", period | {"is_open": True})
    await desk.post(deferred)
    await desk.reverse(deferred)


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
        assert (await client.get(f"/approvals/{plans[0].workflow_id}", headers=headers)).status_code == 200
        url = f"/approvals/{plans[0].workflow_id}/decisions"
        assert (await client.post(url, json=approve(plans[0]), headers=headers)).status_code == 201
        url, rejection = f"/approvals/{plans[1].workflow_id}/decisions", approve(plans[1]) | {"decision": "REJECT"}
        answer = await client.post(url, json=rejection | {"comment": "twice"}, headers=headers)
        assert answer.status_code == 201
    await approvals.deliver(prepared(plans[0]))
    for told in stories[0].approved().executed().told:
        if told.topic == "hawk.progress":
            await approvals.deliver(told.event)
    await approvals.desk.deadlines(100)
    await approvals.desk.latest_response("bob")
    await approvals.service.database.close(2)


async def browse(approvals: Running, database: TestDatabase) -> None:
    """What people page through: as many rows as a page has, of a search as many as its own limit."""
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    model = PostgresReadModel(lambda: pool)
    listed = await model.workflows(state=None, limit=20, before=None)
    await model.workflows(state=None, limit=20, before=listed[0].workflow_id)
    await pool.close()
    await approvals.service.database.open()
    async with approvals.client() as client:
        for query in ("tab=mine", "tab=decided", "tab=all", "state=APPROVED", "state=AWAITING_APPROVAL", "limit=5"):
            answer = await client.get(f"/approvals?{query}", headers=approvals.token("bob", "TRADER"))
            assert answer.status_code == 200
    await approvals.service.database.close(2)


async def follow(database: TestDatabase, name: str) -> None:
    """The monitor keeps what it is told, and shows it."""
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    model = PostgresReadModel(lambda: pool)
    waits, done = Story(f"{name}-3").received().planned(), Story(f"{name}-4").received().planned().approved().executed()
    await keep(pool, [*waits.told, *done.told])
    row = await model.workflow(waits.workflow_id)
    assert row is not None
    await model.others(row)
    await model.workflow(done.workflow_id)
    await model.response(done.response_id)
    await model.oldest("PLANNED")
    await keep(pool, waits.progress("REJECTED", final=True).told[-1:])
    await pool.close()


async def publish(database: TestDatabase, outlet: RecordingOutlet) -> None:
    """The relay seals and publishes all there is."""
    reader = await asyncpg.connect(database.dsn("hawk_reader"))
    async with running(relay_over(database.dsn("hawk_relay"), outlet)):
        await eventually_async(lambda: reader.fetchval(ALL_PUBLISHED), RELAY_SECONDS, until=lambda done: done is True)
    await reader.close()


async def everything(
    desk: Desk, approvals: Running, database: TestDatabase, outlet: RecordingOutlet, name: str
) -> None:
    """All of it once, on connections of its own."""
    pool = await open_pool(database.dsn("hawk_executor"), application="test")
    mine = Desk(pool, desk.keys, recorder=desk.recorder)
    await hedge(mine)
    await look_after(mine)
    await decide(approvals, name)
    await follow(database, name)
    await publish(database, outlet)
    await pool.close()


async def test_no_statement_reads_a_growing_table_whole(
    desk_database: TestDatabase, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await asyncpg.connect(desk_database.admin_dsn)
    approvals, outlet = Running(tmp_path, desk_database), RecordingOutlet()
    with growth.listening(monkeypatch) as sent:
        await everything(desk, approvals, desk_database, outlet, "first")
        before = await growth.rows_read(admin)
        await everything(desk, approvals, desk_database, outlet, "second")
        young = growth.difference(before, await growth.rows_read(admin))
        await growth.lengthen(admin, COPIES)
        before = await growth.rows_read(admin)
        await everything(desk, approvals, desk_database, outlet, "third")
        old = growth.difference(before, await growth.rows_read(admin))
        await browse(approvals, desk_database)
    growing = await growth.growing_tables(admin)
    await growth.open_explaining(admin)
    await admin.close()
    more = {
        table: (young.get(table, 0), rows)
        for table, rows in old.items()
        if rows > 2 * young.get(table, 0) + MORE_ROWS_MAX
    }
    assert more == {}, f"read, on a short history and a long one: {more}"
    found = await refused(desk_database, sent.statements, growing)
    assert not found, "\n".join(found)


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
