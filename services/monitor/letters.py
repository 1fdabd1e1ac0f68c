"""Dead letters: kept in PostgreSQL, and served as a list and one by one."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Protocol

import asyncpg
from fastapi import APIRouter, Query

from services.monitor.deadletters import LetterEvent, LetterFilter, LetterState, letter_document, letter_summary
from services.monitor.http import PROBLEMS
from shared.web.description import link, linked
from shared.web.problems import Problem

#: Dead letters of one page: each line holds a reason of at most 4 KiB.
PAGE_LETTERS_MAX = 500
PAGE_LETTERS_DEFAULT = 100
#: Characters of a filter or an id.
FILTER_CHARACTERS_MAX = 200

_LINKS: Final = {
    "letter": link("GET", "/deadletters/{letter}", letter="/deadletters/0/id"),
    "older": link("GET", "/deadletters", before="/next"),
}

Letter = tuple[str, tuple[LetterEvent, ...]]

_PAGE = """
    SELECT first.letter FROM monitor.dead_letters first
    CROSS JOIN LATERAL (
        SELECT version, document FROM monitor.dead_letters
        WHERE letter = first.letter AND type = 'MessageRefused' ORDER BY version DESC LIMIT 1
    ) refused
    CROSS JOIN LATERAL (
        SELECT coalesce(max(version), 0) AS version FROM monitor.dead_letters
        WHERE letter = first.letter AND type = 'MessageReplayed'
    ) replayed
    WHERE first.version = 1
      AND ($1::text IS NULL OR refused.document ->> 'service' = $1)
      AND ($2::text IS NULL OR refused.document ->> 'topic' = $2)
      AND ($3::text IS NULL OR refused.document ->> 'code' = $3)
      AND ($4::text IS NULL OR $4 = CASE WHEN replayed.version > refused.version THEN 'REPLAYED' ELSE 'REFUSED' END)
      AND ($5::text IS NULL OR (first.at, first.letter)
            < (SELECT at, letter FROM monitor.dead_letters WHERE letter = $5 AND version = 1))
    ORDER BY first.at DESC, first.letter DESC
    LIMIT $6"""


class DeadLetters(Protocol):
    """The read side of the dead letters."""

    async def page(self, wanted: LetterFilter, limit: int, before: str | None) -> Sequence[Letter]:
        """Return the latest first, those after letter `before` in that order."""

    async def letter(self, letter: str) -> Letter | None:
        """Return one dead letter; None if there is none of that id."""


async def keep_letter_event(connection: asyncpg.Connection, letter: str, event: LetterEvent) -> None:
    """Keep an event of a dead letter, inside the caller's transaction; in any order, once each."""
    await connection.execute(
        "INSERT INTO monitor.dead_letters (letter, version, type, at, document) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        letter, event.version, event.type, event.at, event.document,
    )  # fmt: skip


class PostgresDeadLetters:
    """The dead letters that `keep_letter_event` keeps. `pool` is called each time: it may not be open yet."""

    def __init__(self, pool: Callable[[], asyncpg.Pool]) -> None:
        self._pool = pool

    async def page(self, wanted: LetterFilter, limit: int, before: str | None) -> Sequence[Letter]:
        """See `DeadLetters.page`."""
        async with self._pool().acquire() as connection:
            rows = await connection.fetch(_PAGE, wanted.service, wanted.topic, wanted.code, wanted.state, before, limit)
            return await _events_of(connection, [row["letter"] for row in rows])

    async def letter(self, letter: str) -> Letter | None:
        """See `DeadLetters.letter`."""
        async with self._pool().acquire() as connection:
            found = await _events_of(connection, [letter])
        return found[0] if found and found[0][1] else None


async def _events_of(connection: Any, letters: Sequence[str]) -> list[Letter]:
    events: defaultdict[str, list[LetterEvent]] = defaultdict(list)
    for row in await connection.fetch(
        "SELECT letter, version, type, at, document FROM monitor.dead_letters WHERE letter = ANY($1)"
        " ORDER BY letter, version",
        list(letters),
    ):
        events[row["letter"]].append(LetterEvent(row["version"], row["type"], row["at"], row["document"]))
    return [(letter, tuple(events[letter])) for letter in letters]


def letter_routes(letters: DeadLetters) -> APIRouter:
    """Build the routes of `/deadletters`.

    Raises:
        Problem: 404 for an unknown dead letter; raised when a request is served, not while the routes are built.
    """
    routes = APIRouter(tags=["dead letters"], responses=PROBLEMS)
    text = Query(max_length=FILTER_CHARACTERS_MAX)

    @routes.get("/deadletters", responses=linked(200, **_LINKS))
    async def list_dead_letters(
        service: Annotated[str | None, text] = None,
        topic: Annotated[str | None, text] = None,
        code: Annotated[str | None, text] = None,
        state: LetterState | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_LETTERS_MAX)] = PAGE_LETTERS_DEFAULT,
        before: Annotated[str | None, text] = None,
    ) -> dict[str, Any]:
        """List the latest first. `next` is the next page's `before`, null at the end."""
        found = await letters.page(LetterFilter(service, topic, code, state), limit + 1, before)
        page = [letter_summary(letter, events) for letter, events in found[:limit]]
        return {"deadletters": page, "next": page[-1]["id"] if len(found) > limit else None}

    @routes.get("/deadletters/{letter}")
    async def show_dead_letter(letter: str) -> dict[str, Any]:
        """Return one dead letter, with what was kept of the message and what happened to it since."""
        found = await letters.letter(letter)
        if found is None:
            raise Problem(
                404,
                "DEAD_LETTER_UNKNOWN",
                f"No dead letter {letter[:FILTER_CHARACTERS_MAX]!r} is known. `hawk deadletters` lists them.",
            )
        return letter_document(*found)

    return routes
