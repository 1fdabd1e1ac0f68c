"""Dead letters in PostgreSQL: kept as they come, in any order; the latest refusal first; bounded."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import asyncpg
import pytest

from services.approval.letters.letter import Letter
from services.approval.letters.store import PostgresLetters, keep_answer, keep_asked, keep_refusal
from shared.errors import InvalidInput
from shared.events.base import Event
from shared.events.deadletters import MessageRefused, MessageReplayed, ReplayDeclined, ReplayRequested
from shared.messaging.database import open_pool
from shared.messaging.deadletters import message_refused
from shared.messaging.message import Message
from shared.messaging.replays import decide_replay
from shared.messaging.unit_of_work import InboxEntry
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

LETTER = "executor-" + "0" * 32
ENTRY = InboxEntry("executor", "hawk-executor-murex", "m-1")
ASKED_AT = WHEN + timedelta(seconds=90)


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("hawk_approval"), application="test", min_size=1, max_size=2)
    yield pool
    await pool.close()


def refused(code: str = "EVENT_MALFORMED", value: bytes = b"{}", reason: str = "It is wrong.") -> MessageRefused:
    made = Message("hawk.murex.answers", 1, 7, "wf", value, {"ce_id": "m-1"}, WHEN)
    return message_refused(ENTRY, made, InvalidInput(code=code, reason=reason))


def request(letter: str = LETTER) -> ReplayRequested:
    return ReplayRequested(
        letter=letter, service="executor", requested_by="olga", role="OPERATIONS", reason="fixed", requested_at=ASKED_AT
    )


async def keep(pool: asyncpg.Pool, version: int, event: Event, letter: str = LETTER) -> None:
    at = WHEN + timedelta(minutes=version)
    async with pool.acquire() as connection, connection.transaction():
        if isinstance(event, MessageRefused):
            await keep_refusal(connection, letter, version, at, event)
        elif isinstance(event, MessageReplayed | ReplayDeclined):
            await keep_answer(connection, letter, version, at, event)


async def kept(pool: asyncpg.Pool, before: str | None = None, limit: int = 10) -> list[Letter]:
    return list(await PostgresLetters(lambda: pool).page(before, limit))


async def test_history_of_a_letter_gives_the_same_row_in_any_order(pool: asyncpg.Pool) -> None:
    first = refused()
    replay = decide_replay([first], request())
    again = refused(code="MALFORMED_JSON", reason="Still wrong.")
    rows: list[Any] = []
    for order in permutations([(1, first), (2, replay), (3, again)]):
        await pool.execute("DELETE FROM approval.letters")
        for version, event in order:
            await keep(pool, version, event)
        (letter,) = await kept(pool)
        rows.append(letter)
    assert all(letter == rows[0] for letter in rows)
    assert (rows[0].code, rows[0].reason, rows[0].refused, rows[0].answered) == ("MALFORMED_JSON", "Still wrong.", 3, 2)
    assert (rows[0].refusals, rows[0].state, rows[0].refused_at) == (2, "REFUSED", WHEN + timedelta(minutes=3))


async def test_a_request_is_kept_until_it_is_answered(pool: asyncpg.Pool) -> None:
    await keep(pool, 1, refused())
    async with pool.acquire() as connection:
        await keep_asked(connection, request())
    (letter,) = await kept(pool)
    assert (letter.state, letter.asked and letter.asked["by"]) == ("ASKED", "olga")
    await keep(pool, 2, decide_replay([refused()], request()))
    assert [each.state for each in await kept(pool)] == ["REPLAYED"]


async def test_pages_follow_each_other_and_the_latest_refusal_comes_first(pool: asyncpg.Pool) -> None:
    names = [f"executor-{number:032x}" for number in range(5)]
    for number, name in enumerate(names, start=1):
        await keep(pool, number, refused(), name)
    first = await kept(pool, limit=3)
    rest = await kept(pool, first[-1].letter, limit=3)
    assert [each.letter for each in (*first, *rest)] == list(reversed(names))
    assert await kept(pool, "executor-" + "f" * 32) == []
    letters = PostgresLetters(lambda: pool)
    assert (await letters.known(names[0]), await letters.known("executor-" + "f" * 32)) == (True, False)


async def test_the_longest_texts_fit_and_what_cannot_be_replayed_says_why(pool: asyncpg.Pool) -> None:
    event = refused(value=b"x" * 100_000, reason="漢" * 9_000)
    await keep(pool, 1, event.model_copy(update={"group": "g" * 900, "topic": "t" * 900, "code": "C" * 900}))
    (letter,) = await kept(pool)
    assert letter.missing is not None
    assert (letter.missing[0], len(letter.reason), len(letter.code)) == ("VALUE_TRUNCATED", 4_096, 100)
    declined = ReplayDeclined(
        letter=LETTER, service="executor", code="VALUE_TRUNCATED", reason="漢" * 9_000, requested_by="漢" * 9_000,
        declined_at=ASKED_AT,
    )  # fmt: skip
    await keep(pool, 2, declined)
    assert [each.state for each in await kept(pool)] == ["REFUSED"]
