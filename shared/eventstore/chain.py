"""The hash chain over all events in their global order: each seal holds the SHA-256 of its event and of the
seal before.

A person who changes, removes, adds or moves an event would have to compute every later link again; the heads
published to
Kafka (`hawk.audit.heads`) and wherever else they were copied still tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

import asyncpg

from shared.eventstore.driver_errors import translated

#: What the first link follows.
GENESIS = bytes(32)

#: First field of every link: another rule for links would be another name.
LINK_RULE = b"hawk.seal.v1"

#: Bytes of the length before each field, big-endian. Lengths make fields unable to borrow from each other.
LENGTH_BYTES = 8

#: Rows fetched at once: a few megabytes.
VERIFY_BATCH = 5_000

#: A broken chain can be broken everywhere; after so many findings the rest says nothing new.
FINDINGS_MAX = 100


class Row(Protocol):
    """A row by column name."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class SealedFields:
    """Everything of an event that its link covers. `data` and `metadata` are jsonb as PostgreSQL prints
    it."""

    stream: str
    version: int
    event_id: str
    type: str
    schema_version: int
    data: str
    metadata: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """A chain head that was copied somewhere outside the database. `hash` is hexadecimal."""

    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """The result of a verification.

    `head` is the hash of the last seal in hexadecimal (`GENESIS` for an empty chain), `length` the number
    of seals, `unsealed` the events that wait for the relay. `findings` name position, stream and version;
    at most FINDINGS_MAX.
    """

    ok: bool
    length: int
    head: str
    unsealed: int
    findings: tuple[str, ...]


def link(previous: bytes, position: int, fields: SealedFields) -> bytes:
    """Return the link of an event at a position after the link before it: SHA-256 over length-prefixed fields.

    Times enter as UTC with microseconds, numbers as decimal text.
    """
    parts = (
        LINK_RULE,
        previous,
        str(position).encode(),
        fields.stream.encode(),
        str(fields.version).encode(),
        fields.event_id.encode(),
        fields.type.encode(),
        str(fields.schema_version).encode(),
        fields.data.encode(),
        fields.metadata.encode(),
        fields.recorded_at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
    )
    return sha256(b"".join([len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts])).digest()


def sealed_fields(record: Row) -> SealedFields:
    """Return the fields of a row that was read with `data` and `metadata` as text."""
    return SealedFields(
        stream=record["stream"],
        version=record["version"],
        event_id=str(record["event_id"]),
        type=record["type"],
        schema_version=record["schema_version"],
        data=record["data"],
        metadata=record["metadata"],
        recorded_at=record["recorded_at"],
    )


READ_CHAIN = """
SELECT seals.position, seals.hash, seals.event_id AS sealed_event_id, events.event_id,
       events.xid::text::bigint AS xid, events.id,
       events.stream, events.version, events.type, events.schema_version,
       events.data::text AS data, events.metadata::text AS metadata, events.recorded_at
FROM es.seals AS seals
LEFT JOIN es.events AS events ON events.event_id = seals.event_id
ORDER BY seals.position
"""

READ_UNSEALED = """
SELECT events.stream, events.version, events.xid::text::bigint AS xid, events.id
FROM es.events AS events
WHERE NOT EXISTS (SELECT 1 FROM es.seals AS seals WHERE seals.event_id = events.event_id)
ORDER BY events.xid, events.id
"""


async def verify_chain(connection: asyncpg.Connection, heads: Sequence[Head] = ()) -> ChainReport:
    """Compute the whole chain from the events and compare it with the seals and with copied heads.

    Reads in one snapshot, so it can run while events are appended and sealed.

    Args:
        connection: any role that may read `es`; not inside a transaction.
        heads: copies of heads, in any order.
    Raises:
        Transient: the database is away.
    """
    with translated(connection):
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            verifier = ChainVerifier(heads)
            cursor = await connection.cursor(READ_CHAIN, prefetch=None)
            while records := await cursor.fetch(VERIFY_BATCH):
                for record in records:
                    verifier.take_seal(record)
            verifier.end_of_chain()
            unsealed = await connection.cursor(READ_UNSEALED)
            while records := await unsealed.fetch(VERIFY_BATCH):
                for record in records:
                    verifier.take_unsealed(record)
    return verifier.report()


class ChainVerifier:
    """Folds seals in order of position, then unsealed events in feed order, into a report. Pure.

    Call `take_seal` for each row of READ_CHAIN, `end_of_chain`, `take_unsealed` for each row of
    READ_UNSEALED, `report`.
    """

    def __init__(self, heads: Sequence[Head]) -> None:
        self._heads: dict[int, set[str]] = {}
        for head in heads:
            self._heads.setdefault(head.position, set()).add(head.hash.lower())
        self._previous = GENESIS
        self._position = 0
        self._length = 0
        self._unsealed = 0
        self._horizon = (0, 0)
        self._findings: list[str] = []

    def take_seal(self, record: Row) -> None:
        """Check a row of READ_CHAIN against the seal before it and against the heads of its position."""
        position, stored = record["position"], record["hash"]
        self._length += 1
        if position != self._position + 1:
            self._find(f"Positions {self._position + 1} to {position - 1} are missing: their seals were removed.")
        if record["event_id"] is None:
            self._find(
                f"Position {position}: event {record['sealed_event_id']} is sealed but gone from es.events: "
                "it was deleted."
            )
        elif link(self._previous, position, sealed_fields(record)) != stored:
            self._find(
                f"Position {position}, stream {record['stream']} version {record['version']}: "
                "the event or its place in the order is not what was sealed."
            )
        if record["xid"] is not None:
            self._horizon = max(self._horizon, (record["xid"], record["id"]))
        self._compare_head(position, stored.hex())
        # Going on from the stored link finds the places that were touched instead of everything behind the
        # first.
        self._previous, self._position = stored, position

    def end_of_chain(self) -> None:
        """Report the published heads whose positions the chain does not have."""
        for position in sorted(self._heads):
            self._find(
                f"Position {position}: a head was published for it, but the chain ends at {self._position} "
                "or the seal is gone."
            )

    def take_unsealed(self, record: Row) -> None:
        """Count an event without a seal; report one that precedes a sealed event in feed order."""
        self._unsealed += 1
        if (record["xid"], record["id"]) < self._horizon:
            self._find(
                f"Stream {record['stream']} version {record['version']}: not sealed, but later events are. "
                "It was put in afterwards, or its seal was removed."
            )

    def report(self) -> ChainReport:
        """Sum up what was read; `ok` means that there is no finding."""
        return ChainReport(
            ok=not self._findings,
            length=self._length,
            head=self._previous.hex(),
            unsealed=self._unsealed,
            findings=tuple(self._findings),
        )

    def _compare_head(self, position: int, stored: str) -> None:
        for published in self._heads.pop(position, ()):
            if published != stored:
                self._find(
                    f"Position {position}: the published head is {published}, the seal holds {stored}: "
                    "the chain was computed again."
                )

    def _find(self, finding: str) -> None:
        if len(self._findings) < FINDINGS_MAX:
            self._findings.append(finding)
