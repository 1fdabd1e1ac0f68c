"""A thousand requests that wait and a long history: pages come from indexes, and the history costs nothing.

Set HAWK_QUEUE_DECIDED to measure with another number of decided requests than the 20,000 of the test.
"""

import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.approval.console.queue import store
from services.approval.console.queue.rows import Listed
from services.approval.console.queue.wanted import DECIDED_MAX
from tests.integration.approval.test_approval_postgres import Running
from tests.support.cards import card
from tests.support.executions import drawn
from tests.support.stack import TestDatabase
from tests.support.stored_queue import keep

pytestmark = pytest.mark.integration

WAITING = 1_000
DECIDED = int(os.environ.get("HAWK_QUEUE_DECIDED", "20000"))
#: Seconds for one answer, on a machine that is busy with other tests: many times what it takes.
ANSWER_SECONDS_MAX = 5.0

_COPIES = """
    INSERT INTO approval.queue (workflow_id, response_id, status, maker_keys, requested_at, due_at, request, decided_at,
        once_a_day)
    SELECT $2 || n, $2 || n, $3, maker_keys, now() - n * interval '1 second',
        CASE WHEN $3 = 'AWAITING_APPROVAL' THEN now() + interval '1 day' - n * interval '1 second' END,
        request || jsonb_build_object('workflow_id', $2 || n, 'requested_at', now() - n * interval '1 second',
            'expires_at', now() + interval '1 day' - n * interval '1 second'),
        CASE WHEN $3 <> 'AWAITING_APPROVAL' THEN now() - n * interval '1 second' END, once_a_day
    FROM approval.queue, generate_series(1, $1) AS n WHERE workflow_id = 'template'"""
_PLANS = """
    INSERT INTO approval.plans (workflow_id, plan, detail)
    SELECT $2 || n, plan || jsonb_build_object('order_id', 'ORD-' || $2 || n), '{}'
    FROM approval.plans, generate_series(1, $1) AS n WHERE workflow_id = 'template'"""


async def fill(pool: asyncpg.Pool, waiting: int, decided: int) -> None:
    await keep(pool, [Listed(card(drawn("HKD", "400000000"), "template"))])
    for number, prefix, status in ((waiting, "wait-", "AWAITING_APPROVAL"), (decided, "done-", "REJECTED")):
        await pool.execute(_COPIES, number, prefix, status)
        await pool.execute(_PLANS, number, prefix)
    await pool.execute("DELETE FROM approval.queue WHERE workflow_id = 'template'")


@pytest.fixture
async def running(tmp_path: Path, database: TestDatabase) -> AsyncIterator[Running]:
    made = Running(tmp_path, database)
    await made.service.database.open()
    yield made
    await made.service.database.close(2)


async def timed(running: Running, query: str) -> tuple[dict[str, Any], float]:
    """The answer, and the median of the seconds that it took."""
    seconds = []
    async with running.client() as client:
        for _ in range(5):
            begun = time.perf_counter()
            answer = await client.get(f"/approvals?{query}", headers=running.token("sara", "SENIOR_TRADER"))
            seconds.append(time.perf_counter() - begun)
            assert answer.status_code == 200
    return answer.json(), sorted(seconds)[2]


async def test_thousand_that_wait_beside_a_long_history(running: Running, record_property: Any, capsys: Any) -> None:
    pool = running.service.database.pool
    await fill(pool, WAITING, DECIDED)
    await pool.execute("SELECT count(*) FROM approval.queue")
    listed, seconds = {}, {}
    for query in ("tab=mine", "tab=mine&page=20", "tab=others", "tab=decided", "tab=decided&page=200", "tab=all",
                  "tab=decided&q=ord-done-777", "tab=decided&currency=USD", "tab=mine&q=ord-wait-77"):  # fmt: skip
        listed[query], seconds[query] = await timed(running, query)
        record_property(f"seconds of {query}", f"{seconds[query]:.3f}")
    with capsys.disabled():
        sys.stdout.write("".join(f"\n  {query}: {1000 * each:.0f} ms" for query, each in seconds.items()) + "\n")
    assert listed["tab=mine"]["counts"] == {
        "mine": WAITING,
        "others": 0,
        "decided": min(DECIDED, DECIDED_MAX),
        "all": WAITING + min(DECIDED, DECIDED_MAX),
    }
    assert listed["tab=mine"]["decided_more"] is (DECIDED > DECIDED_MAX)
    assert len(listed["tab=mine&page=20"]["approvals"]) == 50
    assert listed["tab=decided&currency=USD"]["matching"] == 0
    assert listed["tab=mine&q=ord-wait-77"]["matching"] == 11
    assert max(seconds.values()) < ANSWER_SECONDS_MAX


async def blocks(superuser: asyncpg.Connection, statement: str, *values: Any) -> tuple[int, str]:
    """How many blocks a statement touches, and its plan."""
    found = await superuser.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
    plan = json.loads(found)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], str(plan)


async def test_history_ten_times_as_long_costs_what_waits_nothing(running: Running, database: TestDatabase) -> None:
    pool = running.service.database.pool
    await fill(pool, 100, 3_000)
    statements = (
        (store._WAITING, ()),
        (store._NAMED, ([f"wait-{number}" for number in range(1, 101)],)),
        (store._PAGE, (0, 50)),
    )
    touched = []
    superuser = await asyncpg.connect(database.admin_dsn)
    try:
        for further in (27_000, 0):
            await superuser.execute("VACUUM (ANALYZE) approval.queue")
            await superuser.execute("VACUUM (ANALYZE) approval.plans")
            plans = [await blocks(superuser, statement, *values) for statement, values in statements]
            touched.append([number for number, _ in plans])
            if further:
                for copies in (_COPIES, _PLANS):
                    named = copies.replace("'template'", "'done-1'")
                    values = (further, "more-", "REJECTED") if copies is _COPIES else (further, "more-")
                    await pool.execute(named, *values)
    finally:
        await superuser.close()
    for (_, plan), before, after in zip(plans, *touched, strict=True):
        assert "Seq Scan" not in plan
        assert after < 2 * before, touched
