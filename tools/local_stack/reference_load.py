"""Sends reference data to hawk.reference as one set and waits for what the executor says of it."""

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
from tools.local_stack.reference_data import POLL_SECONDS, REFUSED, TAKEN_IN_SECONDS_MAX, signed
from tools.reference_files import ReferenceChange

LOAD_HEADER = "hawkload"
ROOM_BYTES = 64 * 1024
"""Left in a message for its headers and Kafka's own."""
SHOWN_MAX = 20
"""Findings in the sentence of an error; a command shows them all."""

FEED_IMPLAUSIBLE = "FEED_IMPLAUSIBLE"
"""Code of a set that waits for people."""

ANSWER = "select type, data from es.events where stream = $1 order by version desc limit 1"


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """What became of a set. `changed` counts by table what was not so before; `findings` are those of a refusal, or say
    why it waits for people as `held_id`; each has table, key, column and message."""

    load_id: str
    rows: int
    code: str | None
    changed: Mapping[str, int]
    findings: Sequence[Mapping[str, str]]
    held_id: str = ""

    @property
    def loaded(self) -> bool:
        """True when the set is in force, even if no row changed."""
        return self.code is None

    def document(self) -> dict[str, Any]:
        """As the command line prints it."""
        return {
            "load_id": self.load_id,
            "outcome": "LOADED" if self.loaded else "HELD" if self.code == FEED_IMPLAUSIBLE else "REFUSED",
            "code": self.code,
            "rows": self.rows,
            "changed": dict(self.changed),
            "findings": [dict(finding) for finding in self.findings],
            "held_id": self.held_id,
        }


class ReferenceSetNotTaken(StackError):
    """The executor refused the set, or it waits for people; what was in force stays."""

    def __init__(self, answer: SetAnswer) -> None:
        self.answer = answer
        shown = "".join(f"\n  {each['table']} {each['key']}: {each['message']}" for each in answer.findings[:SHOWN_MAX])
        more = len(answer.findings) - SHOWN_MAX
        verb = f"holds the reference data as {answer.held_id}" if answer.held_id else "refused the reference data"
        super().__init__(
            f"The executor {verb} ({answer.code}); what was in force stays. "
            f"{len(answer.findings)} findings:{shown}" + (f"\n  and {more} more" if more > 0 else "")
        )


def set_value(rows: Sequence[ReferenceChange]) -> bytes:
    """The value of the one message of a set.

    Raises:
        InvalidInput: TOO_LARGE, no message can hold it.
    """
    document = {"rows": [{"table": row.table, "operation": row.operation, "row": dict(row.row)} for row in rows]}
    value = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(value) > MESSAGE_BYTES_MAX - ROOM_BYTES:
        raise InvalidInput(
            code="TOO_LARGE", reason=f"{len(rows)} rows make {len(value)} bytes. Load positions and calendars apart."
        )
    return value


async def load_set(
    kafka: Mapping[str, Any], dsn: str, rows: Sequence[ReferenceChange], load_id: str, feed_pem: str
) -> SetAnswer:
    """Publish rows as one set and wait until it is in force, refused or held. The same load again: the same answer.

    Args:
        kafka: what aiokafka's clients share (`bootstrap_servers`, security).
        dsn: of any role that reads the events.
        feed_pem: the private key of the feed.
    Raises:
        InvalidInput: TOO_LARGE; or the code under which the executor set the message aside, it being no set at all.
        StackError: no answer within `TAKEN_IN_SECONDS_MAX`.
    """
    place = await _publish(kafka, load_id, set_value(rows), feed_pem)
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(TAKEN_IN_SECONDS_MAX):
            while True:
                # In this order: what the executor said of the set was committed with the dead letter, so whoever sees
                # the letter finds the answer as well, if there is one.
                refused = await connection.fetchrow(REFUSED, REFERENCE, [place])
                answer = await _answer(connection, load_id, len(rows))
                if answer is not None:
                    return answer
                if refused is not None:
                    raise InvalidInput(code=str(refused["code"]), reason=str(refused["reason"]))
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StackError(
            f"The executor has not answered load {load_id} within {TAKEN_IN_SECONDS_MAX:.0f} s. "
            "Its log says what keeps it; the load stays in the topic and will be taken in."
        ) from None
    finally:
        await connection.close()


async def is_bootstrapped(dsn: str) -> bool:
    """Whether a configuration is in already, so that no other one can be loaded."""
    connection = await asyncpg.connect(dsn)
    try:
        query = "select exists (select from es.events where stream = $1)"
        return bool(await connection.fetchval(query, REFERENCE_BOOTSTRAP_STREAM))
    finally:
        await connection.close()


async def _publish(kafka: Mapping[str, Any], load_id: str, value: bytes, feed_pem: str) -> str:
    """Send the set, acknowledged by the broker; gives its place, `topic:partition:offset`."""
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True, acks="all", max_request_size=MESSAGE_BYTES_MAX)
    await producer.start()
    try:
        key = f"load:{load_id}".encode()
        headers = signed(feed_pem, key, [(LOAD_HEADER, load_id.encode()), ("ce_id", load_id.encode())], value)
        kept = await producer.send_and_wait(REFERENCE, value, key=key, headers=headers)
    finally:
        await producer.stop()
    return f"{kept.topic}:{kept.partition}:{kept.offset}"


async def _answer(connection: asyncpg.Connection, load_id: str, rows: int) -> SetAnswer | None:
    found = await connection.fetchrow(ANSWER, reference_load_stream(load_id))
    if found is None:
        return None
    data = parse_stored(found["data"])
    code = FEED_IMPLAUSIBLE if found["type"] == "ReferenceSetHeld" else data.get("code")
    return SetAnswer(load_id, rows, code, data.get("changed", {}), data.get("findings", []), data.get("held_id", ""))
