"""What a database superuser does who knows HAWK's code: history made anew, with every hash that follows from it."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

import asyncpg

from services.executor.handlers.table_writer import project
from services.executor.tables.catalogue import TABLES
from shared.eventstore.port import RecordedEvent
from shared.eventstore.postgres import recorded_event
from shared.security.signing import sign
from tests.support.history import seal, tamper

READ = """
SELECT stream, version, event_id, type, schema_version, data::text AS data, metadata::text AS metadata, recorded_at
FROM es.events ORDER BY xid, id
"""

LAST = "SELECT event_id FROM es.seals ORDER BY position DESC LIMIT"


async def rewrite(dsn: str, change: Callable[[RecordedEvent, dict[str, Any]], dict[str, Any]]) -> None:
    """Change the events, compute the chain anew, and derive the read tables from what stands there now.

    `change` is given each event and a copy of what it says, `{"data", "metadata"}`; it gives what is to stand there.
    """
    connection = await asyncpg.connect(dsn)
    try:
        events = [recorded_event(row) for row in await connection.fetch(READ)]
        await tamper(connection)
        await connection.execute("ALTER TABLE es.events DISABLE TRIGGER ALL")
        for event in events:
            before = {"data": dict(event.data), "metadata": dict(event.metadata)}
            after = change(event, json.loads(json.dumps(before)))
            if after != before:
                await connection.execute(
                    "UPDATE es.events SET data = $3::text::jsonb, metadata = $4::text::jsonb"
                    " WHERE stream = $1 AND version = $2",
                    event.stream, event.version, json.dumps(after["data"]), json.dumps(after["metadata"]),
                )  # fmt: skip
        await chain_anew(connection)
        await tables_anew(connection)
    finally:
        await connection.close()


async def cut(dsn: str, count: int) -> None:
    """Take the last events away with their seals, move the relay's checkpoint back and derive the tables anew."""
    connection = await asyncpg.connect(dsn)
    try:
        await tamper(connection, f"CREATE TEMP TABLE cut AS {LAST} {count}")
        await connection.execute("ALTER TABLE es.events DISABLE TRIGGER ALL")
        await connection.execute("ALTER TABLE es.seals DISABLE TRIGGER ALL")
        await connection.execute("DELETE FROM es.seals WHERE event_id IN (SELECT event_id FROM cut)")
        await connection.execute("DELETE FROM es.events WHERE event_id IN (SELECT event_id FROM cut)")
        await connection.execute("UPDATE es.checkpoints SET position = (SELECT count(*) FROM es.seals)")
        await tables_anew(connection)
    finally:
        await connection.close()


async def chain_anew(connection: asyncpg.Connection) -> None:
    """Every seal anew, as the relay would have made it."""
    await connection.execute("ALTER TABLE es.seals DISABLE TRIGGER ALL")
    await connection.execute("DELETE FROM es.seals")
    await seal(connection)


async def tables_anew(connection: asyncpg.Connection) -> None:
    """The read tables as the events give them now."""
    tables = ", ".join(f'hawk."{name}"' for name in TABLES)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(f"TRUNCATE {tables} CASCADE")
    for row in await connection.fetch(READ):
        await project(connection, [recorded_event(row)])
    await connection.execute("SET session_replication_role = origin")


def approver_replaced(before: str, after: str) -> Callable[[RecordedEvent, dict[str, Any]], dict[str, Any]]:
    """Another person approved: in the decision, in the grant and its signed text, in whatever names who approved."""

    def change(event: RecordedEvent, said: dict[str, Any]) -> dict[str, Any]:
        data = said["data"]
        if event.type == "DecisionRecorded":
            data["person"] = after
        grant = data.get("grant")
        used = grant["approvers"] if isinstance(grant, dict) else ()
        for approver in (*data.get("approvers", ()), *used):
            approver["person"] = after
        if event.type == "GrantIssued":
            data["grant"] = claiming(data["grant"], approvers=data["approvers"])
        if event.type == "ProgressReported":
            data["status"] = data["status"].replace(before, after)
        said["metadata"]["actor"] = said["metadata"]["actor"].replace(f"person:{before}", f"person:{after}")
        return said

    return change


def resigning(private_pem: str) -> Callable[[RecordedEvent, dict[str, Any]], dict[str, Any]]:
    """Every grant signed anew, with this key."""

    def change(event: RecordedEvent, said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "data": dict(_signed(event, private_pem).data)}

    return change


def claiming(grant: str, **claims: Any) -> str:
    """The signed text with other claims under its old signature."""
    head, payload, signature = grant.split(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | claims
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip('=')}.{signature}"


def signed_anew(transactions: Iterable[list[RecordedEvent]], private_pem: str) -> list[list[RecordedEvent]]:
    """A recorded history as if this key had signed its grants: the keys of its own day are not kept."""
    return [[_signed(event, private_pem) for event in events] for events in transactions]


def _signed(event: RecordedEvent, private_pem: str) -> RecordedEvent:
    if event.type != "GrantIssued":
        return event
    payload = event.data["grant"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    data = {**event.data, "grant": sign(claims, typ="hawk-grant+jws", private_pem=private_pem)}
    return RecordedEvent(
        event.stream, event.version, event.event_id, event.type, event.schema_version, data, event.metadata,
        event.recorded_at,
    )  # fmt: skip
