"""Publishes reference data on hawk.reference as one set, and waits for the executor's outcome."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.errors import InvalidInput
from shared.events.identity import REFERENCE_BOOTSTRAP_STREAM, reference_load_stream
from shared.events.topics import MESSAGE_BYTES_MAX, REFERENCE
from shared.exact_json import parse_stored
from tools.local_stack.errors import StackError
from tools.local_stack.reference_data import APPLIED_SECONDS_MAX, POLL_SECONDS, REFUSED, document_of_row, signed
from tools.long_work import Report, Step, unreported
from tools.reference_files import ReferenceChange

LOAD_HEADER = "hawkload"
ROOM_BYTES = 64 * 1024
"""Space in a message for its headers and Kafka's own."""
SHOWN_MAX = 20
"""Findings in the sentence of an error; a command shows them all."""

FEED_IMPLAUSIBLE = "FEED_IMPLAUSIBLE"
"""Code of a set that waits for people."""

BOOTSTRAPPED = "select exists (select from es.events where stream = $1)"
OUTCOME = "select type, data from es.events where stream = $1 order by version desc limit 1"


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """The outcome of a set. `changed` counts the changed rows by table; `findings` (table, key, column and message) say
    why the set is refused, or why it waits for people as `held_id`."""

    load_id: str
    rows: int
    code: str | None
    changed: Mapping[str, int]
    findings: Sequence[Mapping[str, str]]
    held_id: str = ""

    @property
    def loaded(self) -> bool:
        """True if the set is in force, even if no row changed."""
        return self.code is None

    def document(self) -> dict[str, Any]:
        """Return the JSON document that the command line prints."""
        return {
            "load_id": self.load_id,
            "outcome": "LOADED" if self.loaded else "HELD" if self.code == FEED_IMPLAUSIBLE else "REFUSED",
            "code": self.code,
            "rows": self.rows,
            "changed": dict(self.changed),
            "findings": [dict(finding) for finding in self.findings],
            "held_id": self.held_id,
        }


class ReferenceSetNotLoaded(StackError):
    """A set that the executor refused, or that waits for people; the rows in force do not change."""

    def __init__(self, outcome: SetOutcome) -> None:
        self.outcome = outcome
        found = outcome.findings
        shown = "".join(f"\n  {each['table']} {each['key']}: {each['message']}" for each in found[:SHOWN_MAX])
        more = len(found) - SHOWN_MAX
        verb = f"holds the reference data as {outcome.held_id}" if outcome.held_id else "refused the reference data"
        super().__init__(
            f"The executor {verb} ({outcome.code}); the rows in force do not change. Correct the rows and load them "
            f"again. {len(found)} findings:{shown}" + (f"\n  and {more} more" if more > 0 else "")
        )


def document_of(rows: Sequence[ReferenceChange]) -> dict[str, Any]:
    """Return the document of a set."""
    return {"rows": [document_of_row(row) for row in rows]}


def set_value(rows: Sequence[ReferenceChange]) -> bytes:
    """Return the value of the message of a set.

    Raises:
        InvalidInput: TOO_LARGE, no message can hold it.
    """
    value = json.dumps(document_of(rows), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(value) > MESSAGE_BYTES_MAX - ROOM_BYTES:
        raise InvalidInput(
            code="TOO_LARGE",
            reason=f"{len(rows)} rows make {len(value)} bytes, too many for a message. Load positions and calendars "
            "separately.",
        )
    return value


async def load_set(
    kafka: Mapping[str, Any],
    dsn: str,
    rows: Sequence[ReferenceChange],
    load_id: str,
    feed_pem: str,
    *,
    report: Report = unreported,
) -> SetOutcome:
    """Publish rows as one set, wait until it is in force, refused or held, and return the outcome of this load.

    Args:
        kafka: settings of an aiokafka client (`bootstrap_servers`, security).
        dsn: of any role that reads the events.
        feed_pem: the private key of the feed.
        report: is told that it still waits; the executor applies a set as a whole.
    Raises:
        InvalidInput: TOO_LARGE; or the executor's code for a message that is not a set.
        StackError: no outcome within `APPLIED_SECONDS_MAX`.
    """
    place = await _publish(kafka, load_id, set_value(rows), feed_pem)
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(APPLIED_SECONDS_MAX):
            while True:
                # In this order: an outcome is committed with the dead letter, so it is found once the letter is.
                refused = await connection.fetchrow(REFUSED, REFERENCE, [place])
                outcome = await _outcome(connection, load_id, len(rows))
                if outcome is not None:
                    return outcome
                if refused is not None:
                    raise InvalidInput(code=str(refused["code"]), reason=str(refused["reason"]))
                report(Step(f"The executor checks {len(rows)} rows as a set", 0, None, "rows"))
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StackError(
            f"The executor has not applied load {load_id} within {APPLIED_SECONDS_MAX:.0f} s. Look for the cause in "
            "its log; the load is in the topic and will be applied."
        ) from None
    finally:
        await connection.close()


async def is_bootstrapped(dsn: str) -> bool:
    """Return True if a configuration is loaded already, so that no other one can be loaded."""
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval(BOOTSTRAPPED, REFERENCE_BOOTSTRAP_STREAM))
    finally:
        await connection.close()


async def _publish(kafka: Mapping[str, Any], load_id: str, value: bytes, feed_pem: str) -> str:
    """Send the set, acknowledged by the broker, and return its place, `topic:partition:offset`."""
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True, acks="all", max_request_size=MESSAGE_BYTES_MAX)
    await producer.start()
    try:
        key = f"load:{load_id}".encode()
        headers = signed(feed_pem, key, [(LOAD_HEADER, load_id.encode()), ("ce_id", load_id.encode())], value)
        kept = await producer.send_and_wait(REFERENCE, value, key=key, headers=headers)
    finally:
        await producer.stop()
    return f"{kept.topic}:{kept.partition}:{kept.offset}"


async def _outcome(connection: asyncpg.Connection, load_id: str, rows: int) -> SetOutcome | None:
    found = await connection.fetchrow(OUTCOME, reference_load_stream(load_id))
    if found is None:
        return None
    data = parse_stored(found["data"])
    code = FEED_IMPLAUSIBLE if found["type"] == "ReferenceSetHeld" else data.get("code")
    return SetOutcome(load_id, rows, code, data.get("changed", {}), data.get("findings", []), data.get("held_id", ""))
