"""Two yardsticks on the same database in the same run, for the same rows as HAWK wrote.

The plan's own design (plan 3.1): the 47 operations, one SQL statement each, in one transaction; no events, no audit
chain, no approval, no Kafka, no Murex, no journal. And raw COPY: how fast this server takes the rows at all.
"""

import asyncio
import time
from collections.abc import Sequence

import asyncpg

from benchmarks.figures import Figure, Section, milliseconds
from benchmarks.rows import KEYS, SCHEMA, Columns, Statement, WorkflowRows, read_rows, statements_of
from benchmarks.sizes import Sizes

Workflows = Sequence[list[Statement]]


async def measure_yardsticks(admin_dsn: str, workflow_ids: Sequence[str], sizes: Sizes) -> Section:
    """Write the rows of these workflows again, both ways, into tables of their own."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        columns, rows = await read_rows(connection, workflow_ids)
        await _make_tables(connection)
        workflows = [statements_of(each, columns) for each in rows]
        await _alone(connection, workflows)  # warms the statement cache
        seconds = [took for _ in range(sizes.yardstick_rounds) for took in await _alone(connection, workflows)]
        together = await _together(admin_dsn, connection, workflows, sizes)
        copied = await _copied(connection, columns, rows, sizes.yardstick_rounds)
        await connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    finally:
        await connection.close()
    count = sum(len(part) for part in rows[0].tables.values())
    plan, connections = f"{len(workflows)} × {sizes.yardstick_rounds} rounds", sizes.yardstick_connections
    whole = f"{count} rows a workflow, {len(rows)} a COPY"
    return Section(
        "Yardsticks: the same rows without HAWK",
        (
            Figure("plan_1_connection", "Plan's own design, 1 connection", len(seconds) / sum(seconds), "per s", plan),
            Figure("plan_n_connections", f"Plan's own design, {connections} connections", together, "per s", plan),
            *milliseconds("plan", "Plan's own design, 1 connection", seconds, plan),
            Figure("copy", "Raw COPY of the same rows", copied, "per s", whole),
        ),
    )


async def _make_tables(connection: asyncpg.Connection) -> None:
    await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
    for table in KEYS:
        await connection.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE hawk.{table} INCLUDING ALL)")


async def _empty(connection: asyncpg.Connection) -> None:
    await connection.execute(f"TRUNCATE {', '.join(f'{SCHEMA}.{table}' for table in KEYS)}")


async def _alone(connection: asyncpg.Connection, workflows: Workflows) -> list[float]:
    """Seconds of each workflow, one after the other."""
    await _empty(connection)
    return [await _write(connection, statements) for statements in workflows]


async def _write(connection: asyncpg.Connection, statements: Sequence[Statement]) -> float:
    began = time.perf_counter()
    async with connection.transaction():
        for sql, arguments in statements:
            await connection.fetch(sql, *arguments)
    return time.perf_counter() - began


async def _together(dsn: str, connection: asyncpg.Connection, workflows: Workflows, sizes: Sizes) -> float:
    """Workflows a second over several connections."""
    others = [await asyncpg.connect(dsn) for _ in range(sizes.yardstick_connections)]
    try:
        took = 0.0
        for number in range(sizes.yardstick_rounds + 1):
            await _empty(connection)
            waiting = list(reversed(workflows))
            began = time.perf_counter()
            await asyncio.gather(*(_work_off(other, waiting) for other in others))
            if number:  # the first round warms the statement caches
                took += time.perf_counter() - began
    finally:
        for other in others:
            await other.close()
    return sizes.yardstick_rounds * len(workflows) / took


async def _work_off(connection: asyncpg.Connection, waiting: list[list[Statement]]) -> None:
    while waiting:
        await _write(connection, waiting.pop())


async def _copied(connection: asyncpg.Connection, columns: Columns, rows: Sequence[WorkflowRows], rounds: int) -> float:
    """Workflows a second, all rows of a table in one COPY, all tables in one transaction."""
    names = columns.names
    records = {
        table: [tuple(row[name] for name in names[table]) for each in rows for row in each.tables[table]]
        for table in KEYS
    }
    took = 0.0
    for _ in range(rounds):
        await _empty(connection)
        began = time.perf_counter()
        async with connection.transaction():
            for table in KEYS:
                await connection.copy_records_to_table(
                    table, schema_name=SCHEMA, columns=list(names[table]), records=records[table]
                )
        took += time.perf_counter() - began
    return rounds * len(rows) / took
