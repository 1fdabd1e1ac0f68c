"""The simulator's book, one SQLite file that survives a kill: deals, and the replies still to be sent."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from murex.simulator.replies import BookedDeal, BookStatus, DealRequest, OutgoingReply, decide
from murex.simulator.script import Rule
from shared.errors import InvalidInput

#: Milliseconds a reader or the single writer waits for the other.
BUSY_TIMEOUT_MS = 5_000
#: Replies taken out at once for sending; as many as one Kafka round trip carries well.
SEND_BATCH_MAX = 1_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deals (
    deal_booking_id TEXT PRIMARY KEY,
    workflow_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    deal_sequence INTEGER NOT NULL,
    entity_id TEXT NOT NULL,
    exposure_currency TEXT NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    contract_id TEXT UNIQUE,
    trade_ids TEXT NOT NULL,
    booking_reference TEXT,
    level TEXT NOT NULL,
    reason TEXT,
    decided_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS taken (
    message_id TEXT PRIMARY KEY
) STRICT;
CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    causation_id TEXT NOT NULL,
    event TEXT NOT NULL,
    data TEXT NOT NULL,
    due TEXT NOT NULL,
    traceparent TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due, place);
"""

_DEALS = (
    "SELECT deal_booking_id, workflow_id, event_id, deal_sequence, entity_id, exposure_currency, digest,"
    " status, contract_id, trade_ids, booking_reference, level, reason, decided_at FROM deals"
)
_UPSERT_DEAL = (
    "INSERT INTO deals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (deal_booking_id) DO UPDATE SET status = excluded.status, decided_at = excluded.decided_at"
)
_TAKE = "INSERT INTO taken VALUES (?) ON CONFLICT (message_id) DO NOTHING"
_INSERT_REPLY = (
    "INSERT INTO outbox (message_id, causation_id, event, data, due, traceparent) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (message_id) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class BookRow:
    """A deal as Murex holds it: what `hawk murex book` prints."""

    contract_id: str | None
    deal_booking_id: str
    workflow_id: str
    event_id: str
    deal_sequence: int
    status: str
    trade_ids: tuple[str, ...]
    booking_reference: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class OutboxReply:
    """A reply of the outbox with its place and the trace it belongs to."""

    place: int
    reply: OutgoingReply
    traceparent: str


class Book:
    """The one writer of the file. Everything a batch of requests leads to is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        # The book must not forget a contract it has promised, not even when the machine goes down.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; what was recorded stays."""
        self._connection.close()

    def record(self, requests: Sequence[tuple[DealRequest, str]], rules: Sequence[Rule], now: datetime) -> None:
        """Decide requests in order and keep rows and replies, in one transaction.

        A message that was decided before is not decided again, however often it is delivered: its replies are sent, or
        wait here. Else a copy of an old request could book what HAWK has given up since.

        Args:
            requests: each with the traceparent its replies continue.
        """
        with _Transaction(self._connection):
            known = self._entries({request.deal_booking_id for request, _ in requests})
            changed: dict[str, BookedDeal] = {}
            replies: list[tuple[str, ...]] = []
            for request, traceparent in requests:
                if not self._connection.execute(_TAKE, (request.message_id,)).rowcount:
                    continue
                decision = decide(request, rules, known.get(request.deal_booking_id), now)
                if decision.entry is not None:
                    known[request.deal_booking_id] = changed[request.deal_booking_id] = decision.entry
                replies += [_outgoing(reply, traceparent) for reply in decision.replies]
            self._connection.executemany(_UPSERT_DEAL, [_values(entry) for entry in changed.values()])
            self._connection.executemany(_INSERT_REPLY, replies)

    def due(self, now: datetime, limit: int = SEND_BATCH_MAX) -> tuple[OutboxReply, ...]:
        """Return replies that may leave, earliest first, in the order they were decided."""
        rows = self._connection.execute(
            "SELECT place, message_id, causation_id, event, data, due, traceparent FROM outbox"
            " WHERE due <= ? ORDER BY due, place LIMIT ?",
            (_text(now), limit),
        )
        return tuple(_waiting(row) for row in rows)

    def next_due(self) -> datetime | None:
        """Return when the earliest waiting reply leaves; None when none waits."""
        (due,) = self._connection.execute("SELECT min(due) FROM outbox").fetchone()
        return None if due is None else _time(due)

    def sent(self, waiting: Iterable[OutboxReply]) -> None:
        """Take out what Kafka has acknowledged. A kill before this sends it again under the same id."""
        with _Transaction(self._connection):
            self._connection.executemany("DELETE FROM outbox WHERE place = ?", [(reply.place,) for reply in waiting])

    def _entries(self, ids: set[str]) -> dict[str, BookedDeal]:
        found: dict[str, BookedDeal] = {}
        for deal_booking_id in ids:
            row = self._connection.execute(f"{_DEALS} WHERE deal_booking_id = ?", (deal_booking_id,)).fetchone()
            if row is not None:
                found[deal_booking_id] = _entry(row)
        return found


def read_book(path: Path, now: datetime | None = None) -> list[BookRow]:
    """Return the deals Murex holds, all at once. See `each_row`, also for what it raises."""
    return list(each_row(path, now))


def each_row(path: Path, now: datetime | None = None) -> Iterator[BookRow]:
    """Yield the deals Murex holds, by workflow, event and sequence; none when there is no book yet.

    Reads beside a running simulator. `status` is RECEIVED, BOOKED, DECLINED or CANCELLED as of `now`.

    Raises:
        InvalidInput: MUREX_BOOK_UNREADABLE, when the file is not a book.
    """
    if not path.exists():
        return
    at = now or datetime.now(UTC)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            for row in connection.execute(f"{_DEALS} ORDER BY workflow_id, event_id, deal_sequence, deal_booking_id"):
                yield _book_row(_entry(row), at)
    except sqlite3.Error as error:
        raise InvalidInput(
            code="MUREX_BOOK_UNREADABLE",
            reason=f"{path} cannot be read as the book of the Murex simulator ({error}). Name another file.",
        ) from error


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _book_row(entry: BookedDeal, now: datetime) -> BookRow:
    return BookRow(
        contract_id=entry.contract_id,
        deal_booking_id=entry.deal_booking_id,
        workflow_id=entry.workflow_id,
        event_id=entry.event_id,
        deal_sequence=entry.deal_sequence,
        status=entry.status_at(now).value,
        trade_ids=entry.trade_ids,
        booking_reference=entry.booking_reference,
        reason=entry.reason,
    )


def _values(entry: BookedDeal) -> tuple[object, ...]:
    """Return a row of the table, in the order of its columns."""
    return (
        entry.deal_booking_id,
        entry.workflow_id,
        entry.event_id,
        entry.deal_sequence,
        entry.entity_id,
        entry.exposure_currency,
        entry.digest,
        entry.status.value,
        entry.contract_id,
        json.dumps(entry.trade_ids),
        entry.booking_reference,
        entry.level,
        entry.reason,
        _text(entry.decided_at),
    )


def _entry(row: Sequence[Any]) -> BookedDeal:
    """Return a row of `_DEALS`, whose columns are in the order of the fields."""
    deal, workflow, event, sequence, entity, currency, digest = row[:7]
    return BookedDeal(
        deal_booking_id=deal,
        workflow_id=workflow,
        event_id=event,
        deal_sequence=sequence,
        entity_id=entity,
        exposure_currency=currency,
        digest=digest,
        status=BookStatus(row[7]),
        contract_id=row[8],
        trade_ids=tuple(json.loads(row[9])),
        booking_reference=row[10],
        level=row[11],
        reason=row[12],
        decided_at=_time(row[13]),
    )


def _outgoing(reply: OutgoingReply, traceparent: str) -> tuple[str, ...]:
    """Return a row of the outbox, in the order of `_INSERT_REPLY`."""
    data = json.dumps(reply.data)
    return (reply.message_id, reply.causation_id, reply.event, data, _text(reply.due), traceparent)


def _waiting(row: Sequence[Any]) -> OutboxReply:
    place, message_id, causation_id, event, data, due, traceparent = row
    return OutboxReply(place, OutgoingReply(message_id, causation_id, event, json.loads(data), _time(due)), traceparent)


def _text(time: datetime) -> str:
    """Return a time in UTC with microseconds, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
