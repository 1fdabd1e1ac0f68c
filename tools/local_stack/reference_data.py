"""Sends reference data to hawk.reference, signed, and waits until the executor has taken it in."""

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
from tools.reference_files import ReferenceChange

NAMESPACE = uuid.UUID("5b1f5f2c-0a4b-5d0e-9f53-1c7f5d2a9e61")
"""Of the message ids below; any fixed value does."""

TAKEN_IN_SECONDS_MAX = 120.0
"""A thousand rows take a few seconds; a loaded machine gets two minutes."""

POLL_SECONDS = 0.1

TAKEN_IN = """
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
"""What waits for people under these keys."""


@dataclass(frozen=True, slots=True)
class ReferenceMessage:
    """One message of hawk.reference (interfaces section 3). `id` goes out as `ce_id`; `held` is where it would wait."""

    id: str
    key: bytes
    value: bytes
    held: str


class ReferenceRowsHeld(StackError):
    """Rows are not plausible and wait for people; the other rows are in."""

    def __init__(self, held: Sequence[tuple[str, str]]) -> None:
        self.held = tuple(held)
        told = "".join(f"\n  {held_id}: {why}" for held_id, why in self.held[:5])
        super().__init__(
            f"{len(self.held)} reference rows are not plausible and wait for people; what was in force stays. "
            f"Look: hawk reference held. Decide: hawk reference confirm ID, or hawk reference reject ID.{told}"
        )


class ReferenceRefused(StackError):
    """The executor refused rows; they are dead letters now, and the other rows are in."""

    def __init__(self, *, rows: Sequence[str], first_reason: str) -> None:
        self.rows = tuple(rows)
        shown = ", ".join(self.rows[:5]) + (" …" if len(self.rows) > 5 else "")
        super().__init__(
            f"The executor refused {len(self.rows)} reference rows: {shown}. The first: {first_reason} "
            f"Correct them and publish them again."
        )


def message_of(row: ReferenceChange, loaded_at: datetime) -> ReferenceMessage:
    """The message of a row. Its id is a UUIDv5 of content and load time: sending a load again changes
    nothing, while a later load of the same content counts anew."""
    document = {"table": row.table, "operation": row.operation, "row": dict(row.row)}
    value = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return ReferenceMessage(
        id=str(uuid.uuid5(NAMESPACE, f"{loaded_at.isoformat()}\n{row.table}:{row.key}\n{value}")),
        key=f"{row.table}:{row.key}".encode(),
        value=value.encode(),
        held=held_stream(f"{row.table}-{row.key}"),
    )


async def load_reference(
    kafka: Mapping[str, Any], admin_dsn: str, rows: Iterable[ReferenceChange], loaded_at: datetime, feed_pem: str
) -> int:
    """Publish rows in their order and wait until the executor has taken in every one; gives their number.

    Args:
        kafka: what aiokafka's clients share (`bootstrap_servers`, security).
        admin_dsn: reads the executor's inbox, which says what was taken in.
        feed_pem: the private key of the feed.
    Raises:
        ReferenceRefused: the executor refused some of them.
        ReferenceRowsHeld: some are not plausible and wait for people.
        StackError: not all were taken in within `TAKEN_IN_SECONDS_MAX`.
    """
    messages = [message_of(row, loaded_at) for row in rows]
    places = await publish(kafka, messages, feed_pem)
    connection = await asyncpg.connect(admin_dsn)
    try:
        await _wait_until_taken_in(connection, places)
        await _check_refusals(connection, places)
        held = await connection.fetch(HELD, [message.held for message in messages])
        if held:
            raise ReferenceRowsHeld([(row["held_id"], row["why"]) for row in held])
    finally:
        await connection.close()
    return len(messages)


def signed(feed_pem: str, key: bytes, headers: Sequence[tuple[str, bytes]], value: bytes) -> list[tuple[str, bytes]]:
    """The headers of a message of hawk.reference, with the signature of its feed."""
    return [*headers, signature_header(feed_pem, topic=REFERENCE, key=key, headers=headers, value=value)]


async def publish(
    kafka: Mapping[str, Any], messages: Sequence[ReferenceMessage], feed_pem: str
) -> dict[str, ReferenceMessage]:
    """Send messages in their order, acknowledged by the broker; gives each by its place,
    `topic:partition:offset`."""
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


async def _wait_until_taken_in(connection: asyncpg.Connection, places: Mapping[str, ReferenceMessage]) -> None:
    """The inbox knows a message by its id and content (`id#digest`), or by its place and time (`place@time`)."""
    ids = [message.id for message in places.values()]
    taken_in = 0
    try:
        async with asyncio.timeout(TAKEN_IN_SECONDS_MAX):
            taken_in = await connection.fetchval(TAKEN_IN, ids, list(places))
            while taken_in < len(places):
                await asyncio.sleep(POLL_SECONDS)
                taken_in = await connection.fetchval(TAKEN_IN, ids, list(places))
    except TimeoutError:
        raise StackError(
            f"The executor took in {taken_in} of {len(places)} reference rows "
            f"within {TAKEN_IN_SECONDS_MAX:.0f} s. Its log says what keeps it."
        ) from None


async def _check_refusals(connection: asyncpg.Connection, places: Mapping[str, ReferenceMessage]) -> None:
    refused = await connection.fetch(REFUSED, REFERENCE, list(places))
    if refused:
        rows = [places[row["place"]].key.decode() for row in refused]
        raise ReferenceRefused(rows=rows, first_reason=str(refused[0]["reason"]))
