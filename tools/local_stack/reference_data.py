"""Publishes signed reference data on hawk.reference, row by row, and waits until the executor has applied it."""

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.events.identity import held_stream
from shared.events.topics import REFERENCE
from shared.security.message_signing import signature_header
from tools.local_stack.errors import StackError
from tools.long_work import Report, Step, unreported
from tools.reference_files import ReferenceChange

NAMESPACE = uuid.UUID("5b1f5f2c-0a4b-5d0e-9f53-1c7f5d2a9e61")
"""The namespace of the message ids below; any fixed value does."""

APPLIED_SECONDS_MAX = 120.0
"""A thousand rows take a few seconds; a loaded machine gets two minutes."""

POLL_SECONDS = 0.1

APPLIED = """
    select count(distinct message_id) from executor.inbox
    where split_part(message_id, '#', 1) = any($1::text[]) or split_part(message_id, '@', 1) = any($2::text[])
"""

REFUSED = """
    select place, code, reason from (
        select concat_ws(':', data ->> 'topic', data ->> 'partition', data ->> 'offset') as place,
               data ->> 'code' as code, data ->> 'reason' as reason
        from es.events
        where type = 'MessageRefused' and data ->> 'topic' = $1 and stream like 'deadletter-executor-%'
    ) as refusals
    where place = any($2::text[])
"""


HELD = """
    select data ->> 'held_id' as held_id, data -> 'doubts' -> 0 ->> 'message' as why from (
        select distinct on (stream) type, data from es.events
        where stream = any($1::text[]) order by stream, version desc
    ) as last
    where type = 'ReferenceHeld'
"""
"""The rows that wait for people under these keys."""


@dataclass(frozen=True, slots=True)
class ReferenceMessage:
    """A message of hawk.reference (interfaces section 3): `id` is its `ce_id`, `held` the stream where it can wait."""

    id: str
    key: bytes
    value: bytes
    held: str


class ReferenceRowsHeld(StackError):
    """Implausible rows that wait for people; the other rows are in force."""

    def __init__(self, held: Sequence[tuple[str, str]]) -> None:
        self.held = tuple(held)
        shown = "".join(f"\n  {held_id}: {why}" for held_id, why in self.held[:5])
        super().__init__(
            f"{len(self.held)} reference rows are implausible and wait for people; the rows in force do not change. "
            f"List them with `hawk reference held`, then use `hawk reference confirm ID` or `reject ID`.{shown}"
        )


class ReferenceRefused(StackError):
    """Rows that the executor refused, now dead letters; the other rows are in force."""

    def __init__(self, *, rows: Sequence[str], first_reason: str) -> None:
        self.rows = tuple(rows)
        shown = ", ".join(self.rows[:5]) + (" …" if len(self.rows) > 5 else "")
        super().__init__(
            f"The executor refused {len(self.rows)} reference rows: {shown}. The first: {first_reason} "
            f"Correct them and publish them again."
        )


def document_of_row(row: ReferenceChange) -> dict[str, Any]:
    """Return the document of a row on hawk.reference."""
    return {"table": row.table, "operation": row.operation, "row": dict(row.row)}


def message_of(row: ReferenceChange, loaded_at: datetime) -> ReferenceMessage:
    """Return the message of a row. Its id is a UUIDv5 of content and load time, so that sending a load again changes
    nothing, while a later load of equal content counts."""
    value = json.dumps(document_of_row(row), sort_keys=True, separators=(",", ":"))
    return ReferenceMessage(
        id=str(uuid.uuid5(NAMESPACE, f"{loaded_at.isoformat()}\n{row.table}:{row.key}\n{value}")),
        key=f"{row.table}:{row.key}".encode(),
        value=value.encode(),
        held=held_stream(f"{row.table}-{row.key}"),
    )


async def load_reference(
    kafka: Mapping[str, Any],
    admin_dsn: str,
    rows: Iterable[ReferenceChange],
    loaded_at: datetime,
    feed_pem: str,
    *,
    report: Report = unreported,
) -> int:
    """Publish rows in order, wait until the executor has applied every one, and return their number.

    Args:
        kafka: settings of an aiokafka client (`bootstrap_servers`, security).
        admin_dsn: reads the executor's inbox.
        feed_pem: the private key of the feed.
        report: gets how many rows are applied.
    Raises:
        ReferenceRefused: the executor refused some of them.
        ReferenceRowsHeld: some are implausible and wait for people.
        StackError: not all were applied within `APPLIED_SECONDS_MAX`.
    """
    messages = [message_of(row, loaded_at) for row in rows]
    places = await publish(kafka, messages, feed_pem)
    connection = await asyncpg.connect(admin_dsn)
    try:
        await _wait_until_applied(connection, places, report)
        await _check_refusals(connection, places)
        held = await connection.fetch(HELD, [message.held for message in messages])
        if held:
            raise ReferenceRowsHeld([(row["held_id"], row["why"]) for row in held])
    finally:
        await connection.close()
    return len(messages)


def signed(feed_pem: str, key: bytes, headers: Sequence[tuple[str, bytes]], value: bytes) -> list[tuple[str, bytes]]:
    """Return the headers of a message of hawk.reference, with the signature of its feed."""
    return [*headers, signature_header(feed_pem, topic=REFERENCE, key=key, headers=headers, value=value)]


async def publish(
    kafka: Mapping[str, Any], messages: Sequence[ReferenceMessage], feed_pem: str
) -> dict[str, ReferenceMessage]:
    """Send messages in order, acknowledged by the broker, and return each by its place, `topic:partition:offset`."""
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        sent = [
            await producer.send(
                REFERENCE,
                message.value,
                key=message.key,
                headers=signed(feed_pem, message.key, [("ce_id", message.id.encode())], message.value),
            )
            for message in messages
        ]
        kept = await asyncio.gather(*sent)
    finally:
        await producer.stop()
    places = [f"{record.topic}:{record.partition}:{record.offset}" for record in kept]
    return dict(zip(places, messages, strict=True))


async def _wait_until_applied(
    connection: asyncpg.Connection, places: Mapping[str, ReferenceMessage], report: Report
) -> None:
    """Wait for the inbox to hold each message, by id and content (`id#digest`) or by place and time (`place@time`)."""
    ids = [message.id for message in places.values()]
    applied = 0
    try:
        async with asyncio.timeout(APPLIED_SECONDS_MAX):
            while True:
                applied = await connection.fetchval(APPLIED, ids, list(places))
                report(Step("Applying rows", applied, len(places), "rows"))
                if applied >= len(places):
                    return
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StackError(
            f"The executor applied {applied} of {len(places)} reference rows within {APPLIED_SECONDS_MAX:.0f} s. "
            "Look for the cause in its log."
        ) from None


async def _check_refusals(connection: asyncpg.Connection, places: Mapping[str, ReferenceMessage]) -> None:
    refused = await connection.fetch(REFUSED, REFERENCE, list(places))
    if refused:
        rows = [places[row["place"]].key.decode() for row in refused]
        raise ReferenceRefused(rows=rows, first_reason=str(refused[0]["reason"]))
