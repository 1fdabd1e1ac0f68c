"""A store with a long history, the statements that services send, and what reads more of it the longer it is.

A history is made of the rows that a few real workflows left: copied many times, under other ids and on earlier days.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from services.executor.reference.tables import REFERENCE
from tests.support.eventually import eventually_async

#: Tables that workflows may make as many as they like without one more row of, and why.
NOT_GROWING = {
    **{f"hawk.{name}": "reference data" for name in REFERENCE},
    "hawk.exposure_capacity": "one row an exposure",
    "hawk.exposure_days": "one row an exposure and day",
    "hawk.usd_pb_usage": "one row a currency",
    "executor.todo": "a row goes when its work is done",
    "executor.slots": "a row for each workflow in flight, at most as many as there are slots",
    "executor.rollout": "one row",
    "executor.policy": "one row",
    "executor.control_watermark": "one row",
    "executor.rollout_lock": "no row",
    "executor.answers_watermark": "one row a partition",
    "executor.reference_ids": "one row a message of hawk.reference",
    "approval.executor_control": "one row",
    "approval.progress_lock": "no row",
    "monitor.progress_lock": "no row",
    "approval.held": "one row an implausible row of a feed",
    "approval.set_aside": "one row a message that holds up its partition",
    "approval.sessions": "one row a person who is signed in",
    "approval.logout_tokens": "a row goes when it lapses",
    "monitor.sessions": "one row a person who is signed in",
    "monitor.logout_tokens": "a row goes when it lapses",
    "approval.stream_tickets": "a row goes after a minute",
    "approval.passkeys": "one row a person with a passkey",
    "approval.passkey_nonces": "a row goes after some minutes",
    "approval.notifications": "empty unless configured; a row goes after 60 days",
    "approval.previews": "a row goes when it lapses",
    "approval.preview_plans": "goes with its preview",
    "es.checkpoints": "one row a reader",
    "es.event_rights": "written by migrations",
    "es.migrations": "one row a migration",
    "es.unpublishable": "one row an event that cannot be published: each is a fault",
}
#: Without the parser's: it looks up an answer by what it says, which no copy would be true to.
SCHEMAS = ("hawk", "executor", "approval", "monitor", "es")

#: Seconds in which the sessions of a test end.
LIMIT_SECONDS = 10.0

#: Columns that hold an id, and yet the same one in many workflows.
_SHARED = frozenset({
    "entity_id", "entity_id_filter", "stage_id", "rule_id", "period_id", "user_id", "session_id", "portfolio_id",
    "framework_id",
})  # fmt: skip
#: Copies that are of one day: what a day may cost is what so many cost.
A_DAY = 20

#: What of the event store is copied: reference data stays what it is.
_OF_WORKFLOWS = {
    "es.events": "WHERE stream NOT LIKE 'reference-%'",
    "es.seals": "JOIN (SELECT event_id FROM es.events WHERE stream NOT LIKE 'reference-%') AS _ USING (event_id)",
}

#: Of the many events so many times fewer: they alone take long to copy.
EVENTS_SHARE = 6

_TABLES = """
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname = ANY($1::text[]) ORDER BY 1"""
_COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
                   AND a.attnum = ANY(i.indkey)) AS identifies
    FROM pg_attribute a
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' AND a.attidentity = '' AND a.attname <> 'xid'
    ORDER BY a.attnum"""


async def growing_tables(admin: asyncpg.Connection) -> list[str]:
    """All tables with a row or more for each workflow: every one that is not named above."""
    return [row["name"] for row in await admin.fetch(_TABLES, SCHEMAS) if row["name"] not in NOT_GROWING]


async def lengthen(admin: asyncpg.Connection, copies: int) -> None:
    """Copy all that the workflows so far have left so many times, into the past."""
    async with admin.transaction():
        # Triggers that guard what people and services write: of the journal's periods, of changes that streams follow.
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table in await growing_tables(admin):
            number = copies // EVENTS_SHARE if table.startswith("es.") else copies
            columns = [
                (f'"{each["name"]}"', _copied(table, *each.values())) for each in await admin.fetch(_COLUMNS, table)
            ]
            names, values = (", ".join(parts) for parts in zip(*columns, strict=True))
            # In the order in which they were written: the feed of the event store is read in it.
            rows = f"SELECT {table}.*, {table}.ctid AS _place FROM {table} {_OF_WORKFLOWS.get(table, '')}"  # noqa: S608
            await admin.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM generate_series(1, {number}) AS n,"  # noqa: S608
                f" ({rows}) AS t ORDER BY n, t._place"
            )
        await admin.execute("UPDATE es.checkpoints SET position = (SELECT max(position) FROM es.seals)")


def _copied(table: str, name: str, kind: str, identifies: bool) -> str:
    """The value of a column in copy number n."""
    if (table, name) == ("es.seals", "position"):
        return "t.position + n * 1000000"
    if kind == "uuid":
        return f'md5(t."{name}"::text || n)::uuid'
    if kind == "date":
        return f't."{name}" - (n / {A_DAY} + 1)'
    if kind == "timestamp with time zone":
        return f"t.\"{name}\" - (n / {A_DAY} + 1) * interval '1 day'"
    if kind == "text" and name not in _SHARED and (table, name) != ("hawk.exposure_movements", "stream"):
        if name.endswith(("_id", "_uid", "stream", "_fingerprint")) or name == "letter":
            return f"t.\"{name}\" || '-' || n"
        if identifies and name not in {"kind", "part", "consumer", "type", "ledger"}:
            return f"t.\"{name}\" || '-' || n"
    return f't."{name}"'


#: Rows and entries of indexes that were read of each table since the database began, by all sessions that have ended.
_ROWS_READ = """
    SELECT t.schemaname || '.' || t.relname AS name,
           t.seq_tup_read + coalesce(
               (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relid = t.relid), 0) AS rows
    FROM pg_stat_user_tables t"""
_OTHER_SESSIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name IN ('hawk-test', 'hawk-approval', 'hawk-relay')"""


async def rows_read(admin: asyncpg.Connection) -> dict[str, int]:
    """How many rows were read of each table so far: a session says so when it ends."""
    await eventually_async(lambda: admin.fetchval(_OTHER_SESSIONS), LIMIT_SECONDS, until=lambda number: number == 0)
    return {row["name"]: int(row["rows"]) for row in await admin.fetch(_ROWS_READ)}


@dataclass
class Sent:
    """What was sent to PostgreSQL: the roles that sent it, by statement."""

    statements: dict[str, set[str]] = field(default_factory=dict)

    def note(self, record: Any) -> None:
        """Keep a statement; a second time changes nothing."""
        self.statements.setdefault(record.query, set()).add(record.conn_params.user)


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Hear every statement of every connection that is opened meanwhile."""
    sent, made = Sent(), asyncpg.Connection.__init__

    def init(self: asyncpg.Connection, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self.add_query_logger(sent.note)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "__init__", init)
        yield sent


#: Statements that PostgreSQL plans.
_PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "(")
_PLAN_OF = """
    CREATE OR REPLACE FUNCTION public.plan_of(_statement text) RETURNS json LANGUAGE plpgsql AS $$
    DECLARE _plan json;
    BEGIN
        EXECUTE 'EXPLAIN (FORMAT JSON, VERBOSE, GENERIC_PLAN) ' || _statement INTO _plan;
        RETURN _plan;
    END $$"""


#: Indexes of some rows of their table only: those that still wait for something.
_PARTIAL = """
    SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indpred IS NOT NULL"""
_BY_INDEX = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
#: Steps of a plan that ask for no more rows than they are asked for.
_IN_ORDER = frozenset(
    {"Limit", "Incremental Sort", "Nested Loop", "Subquery Scan", "Result", "Append", "Merge Append", "LockRows"}
)


async def open_explaining(admin: asyncpg.Connection) -> None:
    """Let every role ask for the plan of a statement that has parameters."""
    await admin.execute(_PLAN_OF)


async def whole_reads(connection: asyncpg.Pool, statement: str, growing: Collection[str]) -> set[str]:
    """The growing tables that a statement reads from one end to the other, by the plan that serves all arguments."""
    statement = statement.strip()
    if not statement.upper().startswith(_PLANNED):
        return set()
    plan = await connection.fetchval("SELECT public.plan_of($1)::text", statement)
    partial = {row["name"] for row in await connection.fetch(_PARTIAL)}
    return set(_whole_reads(json.loads(plan)[0]["Plan"], partial, limited=False)) & set(growing)


def _whole_reads(node: dict[str, Any], partial: Collection[str], *, limited: bool) -> Iterator[str]:
    """An index read without a condition is a whole read too, but for an index of few rows, and but for the first so
    many rows in its order."""
    kind = node["Node Type"]
    looked = [node, *(part for part in node.get("Plans", ()) if part["Node Type"] == "Bitmap Index Scan")]
    whole = any("Index Cond" not in part and part.get("Index Name", "") not in partial for part in looked[-1:])
    if kind == "Seq Scan" or (kind in _BY_INDEX and whole and not limited):
        yield f"{node['Schema']}.{node['Relation Name']}"
    limited = kind == "Limit" or (limited and kind in _IN_ORDER)
    for part in node.get("Plans", ()):
        yield from _whole_reads(part, partial, limited=limited)
