"""Dead letters in the service's own table: kept as hawk.deadletters reports them, and read in pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from services.approval.letters.letter import Letter
from shared.events.deadletters import MessageRefused, MessageReplayed, ReplayDeclined, ReplayRequested
from shared.messaging.replays import what_is_missing

#: Characters kept of what a person or a service wrote to a replay: a comment is never longer.
WORDS_CHARACTERS_MAX: Final = 2_000
#: Characters kept of a name that Kafka or a service gave; the table takes no more.
NAME_CHARACTERS_MAX: Final = 249
SERVICE_CHARACTERS_MAX: Final = 40
CODE_CHARACTERS_MAX: Final = 100
REASON_CHARACTERS_MAX: Final = 4_096
MISSING_CHARACTERS_MAX: Final = 1_000

_COLUMNS: Final = (
    "letter, refused_at, service, consumer_group, topic, place, first_offset, last_offset, messages, size_bytes, code,"
    " reason, missing_code, missing, refusals, refused, answered, answer, asked"
)
# Refusals of one letter may come in any order: the latest one is shown, each is counted.
_REFUSED: Final = """
    INSERT INTO approval.letters AS known
        (letter, refused_at, refused, service, consumer_group, topic, place, first_offset, last_offset, messages,
         size_bytes, code, reason, missing_code, missing)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (letter) DO UPDATE SET
        refusals = known.refusals + (known.refused > 0)::integer,
        (refused_at, refused, service, consumer_group, topic, place, first_offset, last_offset, messages, size_bytes,
         code, reason, missing_code, missing) = (
            SELECT * FROM (VALUES
                (excluded.refused_at, excluded.refused, excluded.service, excluded.consumer_group, excluded.topic,
                 excluded.place, excluded.first_offset, excluded.last_offset, excluded.messages, excluded.size_bytes,
                 excluded.code, excluded.reason, excluded.missing_code, excluded.missing),
                (known.refused_at, known.refused, known.service, known.consumer_group, known.topic, known.place,
                 known.first_offset, known.last_offset, known.messages, known.size_bytes, known.code, known.reason,
                 known.missing_code, known.missing)) AS either (at, refused)
            ORDER BY refused DESC LIMIT 1)"""
# An answer that comes before its refusal makes the row, which the refusal then fills.
_ANSWERED: Final = """
    INSERT INTO approval.letters AS known (letter, refused_at, answered, answer) VALUES ($1, $2, $3, $4)
    ON CONFLICT (letter) DO UPDATE SET answered = excluded.answered, answer = excluded.answer
    WHERE known.answered < excluded.answered"""
_ASKED: Final = "UPDATE approval.letters SET asked = $2 WHERE letter = $1"
_PAGE: Final = f"""
    SELECT {_COLUMNS} FROM approval.letters
    WHERE $1::text IS NULL OR (refused_at, letter) < (SELECT refused_at, letter FROM approval.letters WHERE letter = $1)
    ORDER BY refused_at DESC, letter DESC LIMIT $2"""  # noqa: S608
_KNOWN: Final = "SELECT EXISTS (SELECT FROM approval.letters WHERE letter = $1)"


async def keep_refusal(
    connection: asyncpg.Connection, letter: str, version: int, at: datetime, event: MessageRefused
) -> None:
    """Keep what is shown of a refusal; `version` is that of the event in the stream of the letter."""
    missing = what_is_missing(event)
    await connection.execute(
        _REFUSED,
        letter,
        at,
        version,
        event.service[:SERVICE_CHARACTERS_MAX],
        event.group[:NAME_CHARACTERS_MAX],
        event.topic[:NAME_CHARACTERS_MAX],
        event.partition,
        event.offset,
        event.last_offset,
        event.count,
        event.size_bytes,
        event.code[:CODE_CHARACTERS_MAX],
        event.reason[:REASON_CHARACTERS_MAX],
        None if missing is None else missing[0][:CODE_CHARACTERS_MAX],
        None if missing is None else missing[1][:MISSING_CHARACTERS_MAX],
    )


async def keep_answer(
    connection: asyncpg.Connection, letter: str, version: int, at: datetime, event: MessageReplayed | ReplayDeclined
) -> None:
    """Keep what the service answered to a person who wants a message published again. `code` is empty for "done"."""
    answer = {
        "at": at.isoformat(),
        "by": event.requested_by[:WORDS_CHARACTERS_MAX],
        "code": event.code[:CODE_CHARACTERS_MAX] if isinstance(event, ReplayDeclined) else "",
        "reason": event.reason[:WORDS_CHARACTERS_MAX],
        "asked_at": (event.declined_at if isinstance(event, ReplayDeclined) else event.replayed_at).isoformat(),
    }
    await connection.execute(_ANSWERED, letter, at, version, answer)


async def keep_asked(connection: asyncpg.Connection, event: ReplayRequested) -> None:
    """Note that a person wants a dead letter published again."""
    asked = {
        "at": event.requested_at.isoformat(),
        "by": event.requested_by[:WORDS_CHARACTERS_MAX],
        "role": event.role[:CODE_CHARACTERS_MAX],
        "reason": event.reason[:WORDS_CHARACTERS_MAX],
    }
    await connection.execute(_ASKED, event.letter, asked)


class PostgresLetters:
    """The dead letters of the service's own table. `pool` is asked on each call: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def page(self, before: str | None, limit: int) -> Sequence[Letter]:
        """Return dead letters, the latest refusal first; those after the letter `before` in that order."""
        return [_letter(row) for row in await self._pool().fetch(_PAGE, before, limit)]

    async def known(self, letter: str) -> bool:
        """Return whether there is such a dead letter."""
        return bool(await self._pool().fetchval(_KNOWN, letter))


def _letter(row: Any) -> Letter:
    return Letter(
        letter=row["letter"],
        refused_at=row["refused_at"],
        service=row["service"],
        group=row["consumer_group"],
        topic=row["topic"],
        partition=row["place"],
        offset=row["first_offset"],
        last_offset=row["last_offset"],
        messages=row["messages"],
        size_bytes=row["size_bytes"],
        code=row["code"],
        reason=row["reason"],
        missing=None if row["missing_code"] is None else (row["missing_code"], row["missing"]),
        refusals=row["refusals"],
        refused=row["refused"],
        answered=row["answered"],
        answer=row["answer"],
        asked=row["asked"],
    )
