"""Sends reference data to hawk.reference and waits until the executor has taken it in."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.events.topics import REFERENCE
from shared.localstack.errors import StackError

NAMESPACE = uuid.UUID("5b1f5f2c-0a4b-5d0e-9f53-1c7f5d2a9e61")
"""Of the message ids below; any fixed value does."""

TAKEN_IN_SECONDS_MAX = 120.0
"""A thousand rows take a few seconds; a loaded machine gets two minutes."""

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ReferenceChange:
    """One change of a reference table. `operation` is UPSERT or DELETE; `key` names the row within its
    table (see `shared.hedging.reference.key_of`); amounts and rates in `row` are strings."""

    table: str
    operation: str
    key: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReferenceMessage:
    """One message of hawk.reference (interfaces section 3). `id` goes out as `ce_id`."""

    id: str
    key: bytes
    value: bytes


class ReferenceRefused(StackError):
    """The executor refused rows; they are dead letters now, and the other rows are in."""

    def __init__(self, *, rows: Sequence[str]) -> None:
        self.rows = tuple(rows)
        shown = ", ".join(self.rows[:5]) + (" …" if len(self.rows) > 5 else "")
        super().__init__(
            f"The executor refused {len(self.rows)} reference rows: {shown}. "
            f"hawk.deadletters says why; correct them and publish them again."
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
    )


async def load_reference(
    kafka: Mapping[str, Any], admin_dsn: str, rows: Iterable[ReferenceChange], loaded_at: datetime
) -> int:
    """Publish rows in their order and wait until the executor has taken in every one; gives their number.

    Args:
        kafka: what aiokafka's clients share (`bootstrap_servers`, security).
        admin_dsn: reads the executor's inbox, which says what was taken in.
    Raises:
        ReferenceRefused: the executor refused some of them.
        StackError: not all were taken in within `TAKEN_IN_SECONDS_MAX`.
    """
    messages = [message_of(row, loaded_at) for row in rows]
    await publish(kafka, messages)
    await _wait_until_taken_in(admin_dsn, messages)
    return len(messages)


async def publish(kafka: Mapping[str, Any], messages: Sequence[ReferenceMessage]) -> None:
    """Send messages in their order, once each, acknowledged by the broker."""
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        sent = [
            await producer.send(REFERENCE, message.value, key=message.key, headers=[("ce_id", message.id.encode())])
            for message in messages
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def _wait_until_taken_in(admin_dsn: str, messages: Sequence[ReferenceMessage]) -> None:
    ids = [message.id for message in messages]
    connection = await asyncpg.connect(admin_dsn)
    try:
        taken_in = 0
        try:
            async with asyncio.timeout(TAKEN_IN_SECONDS_MAX):
                while taken_in < len(ids):
                    taken_in = await connection.fetchval(
                        "select count(distinct message_id) from executor.inbox where message_id = any($1::text[])",
                        ids,
                    )
                    await asyncio.sleep(POLL_SECONDS if taken_in < len(ids) else 0)
        except TimeoutError:
            raise StackError(
                f"The executor took in {taken_in} of {len(ids)} reference rows "
                f"within {TAKEN_IN_SECONDS_MAX:.0f} s. Its log says what keeps it."
            ) from None
        dead = {f"deadletter-executor-{hashlib.sha256(id_.encode()).hexdigest()[:32]}": id_ for id_ in ids}
        refused = await connection.fetch("select stream from es.events where stream = any($1::text[])", list(dead))
    finally:
        await connection.close()
    if refused:
        by_id = {message.id: message.key.decode() for message in messages}
        raise ReferenceRefused(rows=[by_id[dead[row["stream"]]] for row in refused])
