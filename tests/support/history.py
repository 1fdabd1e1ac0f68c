"""A recorded history: read from `tests/golden`, folded in memory, or planted in a database as if HAWK had run there."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from services.executor.handlers.table_writer import project
from services.executor.projections.folding import changes_of
from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Add, Change, Delete, Insert, Update, Upsert
from shared.eventstore.port import RecordedEvent
from shared.relay.sealer import Sealer

GOLDEN = Path(__file__).parent.parent / "golden"

Row = dict[str, Any]
Tables = dict[str, dict[tuple[str, ...], Row]]

INSERT_EVENT = """
INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb, $8)
"""


RECEIVED = "ResponseReceived"
KEEP_ANSWER = """
INSERT INTO parser.answers (sha256, size_bytes, bytes) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING
"""


def golden_transactions(name: str) -> list[list[RecordedEvent]]:
    """The events of a golden file, one list for each transaction that appended them."""
    document = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return [[_recorded(event) for event in transaction] for transaction in document["transactions"]]


def golden_events(name: str) -> list[RecordedEvent]:
    return [event for transaction in golden_transactions(name) for event in transaction]


def _recorded(event: Mapping[str, Any]) -> RecordedEvent:
    return RecordedEvent(
        stream=event["stream"], version=event["version"], event_id=UUID(event["event_id"]), type=event["type"],
        schema_version=event["schema_version"], data=event["data"], metadata=event["metadata"],
        recorded_at=datetime.fromisoformat(event["recorded_at"]),
    )  # fmt: skip


def golden_grant_key() -> str:
    """The public key that the grants of the recorded workflow are signed with."""
    return (GOLDEN / "a_coi.grant_public.pem").read_text(encoding="ascii")


class DoesNotFit(Exception):
    """A change asks for something that is not in the tables."""


def fold(events: Iterable[RecordedEvent]) -> Tables:
    """The rows after these events, in memory: the same changes, another writer.

    Raises:
        DoesNotFit: a row is inserted twice, or one to be changed is not there.
    """
    tables: Tables = {}
    for event in events:
        for change in changes_of(event):
            _carry_out(tables.setdefault(change.table, {}), change)
    return tables


def _carry_out(rows: dict[tuple[str, ...], Row], change: Change) -> None:
    match change:
        case Insert(row=row):
            key = _key(change.table, row)
            if key in rows:
                raise DoesNotFit(f"{change.table} {key} is there already")
            rows[key] = dict(row)
        case Update():
            hit = [row for row in rows.values() if all(_shown(row.get(k)) == _shown(v) for k, v in change.key.items())]
            if change.rows is not None and len(hit) != change.rows:
                raise DoesNotFit(f"{change.table}: {len(hit)} rows with {change.key}, expected {change.rows}")
            for row in hit:
                row.update(change.changes)
        case Upsert():
            rows.setdefault(_key(change.table, change.key), {}).update({**change.key, **change.row})
        case Delete():
            if rows.pop(_key(change.table, change.key), None) is None:
                raise DoesNotFit(f"{change.table}: no row {change.key} to delete")
        case Add():
            row = rows.setdefault(_key(change.table, change.key), dict(change.key))
            row.update(change.row)
            for column, amount in change.amounts.items():
                row[column] = row.get(column, Decimal(0)) + amount


def _key(table: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(_shown(row[column])) for column in table_named(table).key)


def rendered(tables: Tables) -> dict[str, list[Row]]:
    """The rows as JSON values, tables and rows in a stable order; columns without a value are left out."""
    return {
        name: [
            {column: _shown(value) for column, value in sorted(rows[key].items()) if value is not None}
            for key in sorted(rows)
        ]
        for name, rows in sorted(tables.items())
        if rows
    }


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


async def plant(admin_dsn: str, transactions: Iterable[list[RecordedEvent]]) -> None:
    """Put a history into an empty database: appended, projected and sealed, transaction by transaction."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        for events in transactions:
            async with connection.transaction():
                await connection.executemany(INSERT_EVENT, [_values(event) for event in events])
                await connection.executemany(KEEP_ANSWER, [_kept(event) for event in events if event.type == RECEIVED])
                await project(connection, events)
        await seal(connection)
    finally:
        await connection.close()


async def tamper(admin: asyncpg.Connection, *statements: str) -> None:
    """As the superuser, with the guard of the events switched off."""
    await admin.execute("ALTER TABLE es.events DISABLE TRIGGER ALL")
    for statement in statements:
        await admin.execute(statement)
    await admin.execute("ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_append_only")
    await admin.execute("ALTER TABLE es.events ENABLE ALWAYS TRIGGER events_no_truncate")


async def seal(connection: asyncpg.Connection) -> None:
    """Seal what is not sealed yet, as the relay would."""
    sealer = Sealer(connection)
    while await sealer.seal():
        pass


def _kept(event: RecordedEvent) -> tuple[Any, ...]:
    return event.data["content_sha256"], event.data["size_bytes"], event.data["content"].encode()


def _values(event: RecordedEvent) -> tuple[Any, ...]:
    return (
        event.stream, event.version, event.event_id, event.type, event.schema_version,
        json.dumps(event.data), json.dumps(event.metadata), event.recorded_at,
    )  # fmt: skip


def without(transactions: Iterable[list[RecordedEvent]], event_type: str) -> Iterator[list[RecordedEvent]]:
    """The history with every event of a type left out."""
    for events in transactions:
        kept = [event for event in events if event.type != event_type]
        if kept:
            yield kept
