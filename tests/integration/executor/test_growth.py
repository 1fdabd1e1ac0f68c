"""What a workflow costs does not grow with the workflows that there were: no statement reads a growing table whole."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
COPIES = 200
#: Seconds in which the executor's worker has looked for what is due.
WORKER_SECONDS = 0.2
#: Rows of a table that the same workflows may read more where the history is long: some that a day has.
MORE_ROWS_MAX = 200
#: Seconds in which the relay seals and publishes what a few workflows appended.
RELAY_SECONDS = 20.0
#: Seconds between two looks at whether it has: each reads rows of the tables that are counted.
LOOK_SECONDS = 0.5
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
    queue = TurnQueue(lambda: desk.pool, desk.take_turns, Health(), SLOTS)
    await queue.look()
    await AnswersReading(lambda: desk.pool, Health()).look()
    with suppress(TimeoutError):
        async with asyncio.timeout(WORKER_SECONDS):
            await Worker(lambda: desk.pool, _nothing, lambda: desk.now).run()


async def _nothing(workflow_ids: Sequence[str], _task: object) -> int:
    """Nothing is due that a test would want done."""
    return len(workflow_ids)


async def decide(approvals: Running, name: str) -> None:
    """Requests for approval: one approved and used, one rejected; and the card that people look at."""
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


async def follow(pool: asyncpg.Pool, name: str) -> None:
    """The monitor keeps what it is told, and shows it."""
    model = PostgresReadModel(lambda: pool)
    waits, done = Story(f"{name}-3").received().planned(), Story(f"{name}-4").received().planned().approved().executed()
    await keep(pool, [*waits.told, *done.told], 1)
    row = await model.workflow(waits.workflow_id)
    assert row is not None
    await model.others(row)
    await model.workflow(done.workflow_id)
    await model.response(done.response_id)
    await model.oldest("PLANNED")
    await keep(pool, waits.progress("REJECTED", final=True).told[-1:], 1)


async def publish(database: TestDatabase, outlet: RecordingOutlet) -> None:
    """The relay seals and publishes all there is."""
    reader = await asyncpg.connect(database.dsn("hawk_reader"))
    async with running(relay_over(database.dsn("hawk_relay"), outlet)):
        await eventually_async(
            lambda: reader.fetchval(ALL_PUBLISHED),
            RELAY_SECONDS,
            until=lambda done: done is True,
            every_seconds=LOOK_SECONDS,
        )
    await reader.close()


@dataclass
class Store:
    """A database and the services on it. Executor and monitor keep one connection, and its plans, all the time."""

    database: TestDatabase
    admin: asyncpg.Connection
    desk: Desk
    monitor: asyncpg.Pool
    approvals: Running
    outlet: RecordingOutlet = field(default_factory=RecordingOutlet)

    async def live(self, name: str) -> dict[str, int]:
        """Workflows of every kind, from their proposals to what is published; gives the rows read of each table."""
        before = await self.rows_read()
        await hedge(self.desk)
        await look_after(self.desk)
        await decide(self.approvals, name)
        await follow(self.monitor, name)
        await publish(self.database, self.outlet)
        after = await self.rows_read()
        return {table: rows - before[table] for table, rows in after.items()}

    async def rows_read(self) -> dict[str, int]:
        """How many rows were read of each table so far."""
        for pool in (self.desk.pool, self.monitor):
            await pool.execute("SELECT pg_stat_force_next_flush()")
        return await growth.rows_read(self.admin)


@pytest.fixture
async def store(
    desk_database: TestDatabase, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Store, growth.Sent]]:
    admin = await asyncpg.connect(desk_database.admin_dsn)
    with growth.listening(monkeypatch) as sent:
        pools = [
            await open_pool(desk_database.dsn(role), application="kept", min_size=1, max_size=1)
            for role in ("hawk_executor", "hawk_monitor")
        ]
        kept = Desk(pools[0], desk.keys, recorder=desk.recorder)
        yield Store(desk_database, admin, kept, pools[1], Running(tmp_path, desk_database)), sent
    for pool in pools:
        await pool.close()
    await admin.close()


async def test_a_long_history_costs_nothing(store: tuple[Store, growth.Sent]) -> None:
    living, sent = store
    await living.live("first")
    # As PostgreSQL does by itself within minutes; what is planned from here on is planned for a small store.
    await living.admin.execute("ANALYZE")
    young = await living.live("second")
    await growth.lengthen(living.admin, COPIES)
    old = await living.live("third")
    more = {table: (young[table], rows) for table, rows in old.items() if rows > 2 * young[table] + MORE_ROWS_MAX}
    assert more == {}, f"read, on a short history and a long one: {more}"
    await browse(living.approvals, living.database)
    await living.admin.execute("ANALYZE")
    growing = await growth.growing_tables(living.admin)
    await growth.open_explaining(living.admin)
    found = await refused(living.database, dict(sent.statements), growing)
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
