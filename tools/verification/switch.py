"""`hawk rebuild`: derive the read tables from the events, compare them with the live tables, and switch.

The switch is one transaction. It holds back appends, so no projection moves either (every append comes before its
projection, in one transaction), folds what was appended meanwhile, and puts right the rows that differ. Readers go on
reading; rows that are as the events give them stay where they are; grants, views and triggers are not touched.
"""

# ruff: noqa: S608 - table and column names come from the catalogue.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from services.executor.tables.catalogue import TABLES
from services.executor.tables.table import Table
from shared.errors import HawkError, InvalidInput, Transient
from shared.relay.anchors import Anchors
from tools.long_work import Report, Step, unreported
from tools.verification.checks.chain import ChainFold
from tools.verification.checks.heads import published_heads
from tools.verification.checks.history import Findings, moment_of, read_history, read_since, sealed_events
from tools.verification.replay import Replay
from tools.verification.scratch import make_scratch
from tools.verification.session import session

LIVE_SCHEMA: Final = "hawk"
OWNER: Final = "hawk_owner"

#: How long the switch waits for transactions that are appending. New ones queue behind it, so it gives up soon.
LOCK_MILLISECONDS: Final = 3_000
#: Attempts. A transaction that appends for longer is ended by its own time-outs.
LOCK_ATTEMPTS: Final = 10

TRIGGERS = """
SELECT owner.relname AS owner, t.tgname AS name FROM pg_trigger t
JOIN pg_class owner ON owner.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = owner.relnamespace AND n.nspname = $1
WHERE NOT t.tgisinternal AND t.tgenabled = 'O'
ORDER BY 1, 2
"""


class HistoryDamaged(HawkError):
    """The events themselves are not in order: tables made from them would only hide it. Nothing was switched."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0] if self.findings else ""
        super().__init__(
            f"The history cannot be verified ({len(self.findings)} findings; the first: {first}) "
            "Nothing was switched. Restore the events first; `hawk verify` lists all findings."
        )


class SwitchBlocked(Transient):
    """Other transactions kept appending through every attempt to switch. Nothing was switched."""

    def __init__(self) -> None:
        super().__init__(
            f"Appending transactions did not pause within {LOCK_ATTEMPTS} attempts of {LOCK_MILLISECONDS} ms. "
            "Nothing was switched; try again, or stop the services for a moment."
        )


@dataclass(frozen=True, slots=True)
class TableRebuilt:
    """One rebuilt table: its rows now, and how many of them had been missing, too many or different before."""

    table: str
    rows: int
    differences: int

    def document(self) -> dict[str, Any]:
        """Return the JSON object of the table in `hawk rebuild --json`; `switched` is always true."""
        return {"rows": self.rows, "differences": self.differences, "switched": True}


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """The tables rebuilt, up to and including every event committed before the switch (`events` of them)."""

    events: int
    tables: tuple[TableRebuilt, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON object that `hawk rebuild --json` prints."""
        return {
            "ok": True,
            "events": self.events,
            "tables": {table.table: table.document() for table in self.tables},
        }


def chosen_tables(name: str | None) -> tuple[Table, ...]:
    """Return the tables to switch: the given one, or all.

    Raises:
        InvalidInput: UNKNOWN_TABLE.
    """
    if name is None:
        return tuple(TABLES.values())
    if name not in TABLES:
        raise InvalidInput(
            code="UNKNOWN_TABLE",
            reason=f"{name!r} is not a read table. Use one of {', '.join(sorted(TABLES))}.",
        )
    return (TABLES[name],)


async def rebuild(
    admin_dsn: str, anchors: Anchors | None, table: str | None = None, *, report: Report = unreported
) -> RebuildReport:
    """Rebuild one read table or all of them from the events.

    Args:
        admin_dsn: of an administrator who may act as the owner of the tables.
        anchors: where the relay's heads are; None leaves them out, and then a recomputed chain passes.
        report: gets how far it is.
    Raises:
        InvalidInput: there is no such table.
        HistoryDamaged: heads, chain or replay found the events not in order; nothing was switched.
        SwitchBlocked: no pause in which to switch; nothing was switched.
        Transient: the database is away; nothing was switched.
    """
    chosen = chosen_tables(table)
    findings = Findings()
    async with session(admin_dsn) as scratch, session(admin_dsn) as reader:
        await scratch.execute(f"SET ROLE {OWNER}")
        published = await published_heads(reader, anchors)
        await make_scratch(scratch, LIVE_SCHEMA)
        replay = Replay(scratch, findings, report=report, total=await sealed_events(reader))
        async with reader.transaction(isolation="repeatable_read", readonly=True):
            moment, fold = await moment_of(reader), ChainFold(published.signed)
            await replay.whole(read_history(reader, findings, fold))
            chain, heads = await fold.report(reader), await published.compared(reader)
        if heads.findings or not chain.ok:
            raise HistoryDamaged((*heads.findings, *chain.findings))
        _require_sound(findings)
        report(Step("Switching", 0, len(chosen), "tables"))
        switched = await _switch(scratch, chosen, replay, moment.snapshot, findings)
        return RebuildReport(replay.events, switched)


async def _switch(
    scratch: asyncpg.Connection, chosen: Sequence[Table], replay: Replay, snapshot: str, findings: Findings
) -> tuple[TableRebuilt, ...]:
    for _ in range(LOCK_ATTEMPTS):
        try:
            async with scratch.transaction():
                await scratch.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                # Waits for every transaction that has appended and holds back those that would: none is between
                # its append and its projection then. Readers, the relay among them, are not concerned.
                await scratch.execute("LOCK TABLE es.events IN SHARE MODE")
                await replay.take(await read_since(scratch, snapshot, findings))
                _require_sound(findings)
                return tuple([await _put_right(scratch, table) for table in chosen])
        except asyncpg.LockNotAvailableError:
            continue
        except asyncpg.IntegrityConstraintViolationError as error:
            raise HistoryDamaged([f"The rows that the events give break a rule of their table: {error}"]) from error
    raise SwitchBlocked


async def _put_right(scratch: asyncpg.Connection, table: Table) -> TableRebuilt:
    live, derived = f'{LIVE_SCHEMA}."{table.name}"', f'pg_temp."{table.name}"'
    same = " AND ".join(f'l."{column}" = d."{column}"' for column in table.key)
    differences = await scratch.fetchval(
        f"SELECT count(*) FROM {live} AS l FULL JOIN {derived} AS d ON {same} WHERE l::text IS DISTINCT FROM d::text"
    )
    if differences:
        triggers = await _own_triggers(scratch, table)
        for trigger in triggers:
            await scratch.execute(f'ALTER TABLE {live} DISABLE TRIGGER "{trigger}"')
        await scratch.execute(
            f"DELETE FROM {live} AS l WHERE NOT EXISTS (SELECT FROM {derived} AS d WHERE {same} AND l::text = d::text)"
        )
        columns = ", ".join(f'"{column}"' for column in table.columns)
        await scratch.execute(
            f"INSERT INTO {live} ({columns}) SELECT {columns} FROM {derived} AS d "
            f"WHERE NOT EXISTS (SELECT FROM {live} AS l WHERE {same})"
        )
        for trigger in triggers:
            await scratch.execute(f'ALTER TABLE {live} ENABLE TRIGGER "{trigger}"')
    rows = await scratch.fetchval(f"SELECT count(*) FROM {live}")
    return TableRebuilt(table.name, int(rows), int(differences))


async def _own_triggers(scratch: asyncpg.Connection, table: Table) -> list[str]:
    """Return the names of the table's guards of new rows: the rows here were checked when they were written."""
    rows = await scratch.fetch(TRIGGERS, LIVE_SCHEMA)
    return [row["name"] for row in rows if row["owner"] == table.name]


def _require_sound(findings: Findings) -> None:
    if findings:
        raise HistoryDamaged(findings.sentences)
