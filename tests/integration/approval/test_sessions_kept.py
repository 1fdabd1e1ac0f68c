"""Sessions as they are kept: in memory, as the other tests have them, and in PostgreSQL by the service's own role."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from shared.messaging.database import open_pool
from shared.security.tokens import Authentication, Person
from shared.web.sign_in.sessions import CLEANED_MAX, Order, Session, Sessions, key_of
from shared.web.sign_in.store import PostgresSessions, clean_forever
from tests.support.browsing import MemorySessions
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ANNA = Person(
    "Anna Müller <7f0c>", ("TRADER", "SENIOR_TRADER"), Authentication(WHEN, WHEN - HOUR, "phr", ("pwd", "otp"))
)


def session(name: str, **changes: Any) -> Session:
    made = Session(
        key=key_of(name), person=ANNA, seen_at=WHEN, expires_at=WHEN + 10 * HOUR, issuer="https://login.example",
        subject="7f0c", provider_session=f"sid-{name}", login=key_of(f"state-{name}"),
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("hawk_approval"), application="test", min_size=1, max_size=4)
    yield pool
    await pool.close()


@pytest.fixture(params=["memory", "postgres"])
def sessions(request: pytest.FixtureRequest, pool: asyncpg.Pool) -> Sessions:
    return MemorySessions() if request.param == "memory" else PostgresSessions(lambda: pool, "approval")


async def keep(sessions: Sessions, *kept: Session, replaces: bytes = b"", sessions_max: int = 20) -> None:
    for each in kept:
        assert await sessions.keep(each, replaces, sessions_max)


async def left(sessions: Sessions, *names: str) -> list[str]:
    return [name for name in names if await sessions.find(key_of(name)) is not None]


async def test_session_is_found_as_it_was_kept(sessions: Sessions) -> None:
    demo = session("b", person=Person("tom", ()), issuer="", subject="", provider_session="", login=b"")
    await keep(sessions, session("a"), demo)
    for kept in (session("a"), demo):
        found = await sessions.find(kept.key)
        assert found == kept
        assert found is not None
        assert found.person.authentication == kept.person.authentication
    assert await sessions.find(key_of("c")) is None


async def test_sign_in_makes_one_session(sessions: Sessions) -> None:
    await keep(sessions, session("a"))
    assert await sessions.keep(session("b", login=key_of("state-a")), key_of("a"), 20) is False
    assert await left(sessions, "a", "b") == ["a"]


async def test_two_sign_ins_of_the_demo_are_two_sessions(sessions: Sessions) -> None:
    await keep(sessions, session("a", login=b""), session("b", login=b""))
    assert await left(sessions, "a", "b") == ["a", "b"]


async def test_new_session_takes_the_place_of_the_one_it_replaces(sessions: Sessions) -> None:
    await keep(sessions, session("a"), session("b"))
    await keep(sessions, session("c"), replaces=key_of("a"))
    assert await left(sessions, "a", "b", "c") == ["b", "c"]


async def test_person_has_so_many_sessions_and_the_oldest_makes_room(sessions: Sessions) -> None:
    others = session("x", person=Person("tom", ()), seen_at=WHEN - HOUR)
    await keep(
        sessions, others, *(session(name, seen_at=WHEN + n * MINUTE) for n, name in enumerate("bacd")), sessions_max=3
    )
    assert await left(sessions, *"xabcd") == ["x", "a", "c", "d"]


async def test_use_is_noted_and_never_taken_back(sessions: Sessions) -> None:
    await keep(sessions, session("a"))
    await sessions.seen(key_of("a"), WHEN + MINUTE)
    found = await sessions.find(key_of("a"))
    assert found is not None
    assert found.seen_at == WHEN + MINUTE


@pytest.mark.parametrize(
    ("issuer", "subject", "provider_session", "ended"),
    [
        ("https://login.example", "7f0c", "", "ab"),
        ("https://login.example", "", "sid-b", "b"),
        ("https://login.example", "7f0c", "sid-a", "a"),
        ("https://login.example", "9ab1", "sid-a", ""),
        ("https://other.example", "7f0c", "", ""),
        ("https://login.example", "", "", ""),
        ("", "7f0c", "", ""),
    ],
)
async def test_provider_ends_the_sessions_it_means(
    sessions: Sessions, issuer: str, subject: str, provider_session: str, ended: str
) -> None:
    await keep(sessions, session("a"), session("b"), session("c", subject="other"))
    order = Order(key_of("jti"), WHEN, issuer, subject, provider_session)
    assert await sessions.end_by(order) == len(ended)
    assert await left(sessions, *"abc") == [name for name in "abc" if name not in ended]


def order(name: str, until: datetime = WHEN) -> Order:
    return Order(key_of(name), until, "https://login.example", "7f0c", "")


async def test_order_counts_once_also_where_it_comes_twice_at_once(sessions: Sessions) -> None:
    await keep(sessions, session("a"))
    found = await asyncio.gather(*(sessions.end_by(order("jti", WHEN + n * MINUTE)) for n in range(5)))
    assert sorted(found, key=str) == [1, None, None, None, None]


async def test_order_that_failed_counts_when_it_comes_again(pool: asyncpg.Pool) -> None:
    kept = PostgresSessions(lambda: pool, "approval")
    await keep(kept, session("a"))
    with pytest.raises(asyncpg.DataError):
        await kept.end_by(replace(order("jti"), subject="nul\x00"))
    assert await kept.end_by(order("jti")) == 1


async def test_ended_sessions_are_removed_so_many_at_a_time(sessions: Sessions) -> None:
    await keep(
        sessions, session("a", expires_at=WHEN), session("b", seen_at=WHEN - HOUR), session("c", seen_at=WHEN - HOUR),
        session("d"),
    )  # fmt: skip
    assert await sessions.clean(WHEN, HOUR, 2) == 2
    assert len(await left(sessions, *"abcd")) == 2
    assert await sessions.clean(WHEN, HOUR, 2) == 1
    assert await left(sessions, *"abcd") == ["d"]


async def test_noted_tokens_are_removed_when_they_cannot_come_again(pool: asyncpg.Pool) -> None:
    kept = PostgresSessions(lambda: pool, "approval")
    await kept.end_by(order("old"))
    await kept.end_by(order("young", WHEN + MINUTE))
    assert await kept.clean(WHEN, HOUR, 10) == 1
    assert [row["token"] for row in await pool.fetch("SELECT token FROM approval.logout_tokens")] == [key_of("young")]


async def test_nobody_else_reads_or_ends_a_session(database: TestDatabase, pool: asyncpg.Pool) -> None:
    for role in ("hawk_monitor", "hawk_executor", "hawk_reader"):
        connection = await asyncpg.connect(database.dsn(role))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT key FROM approval.sessions")
        finally:
            await connection.close()


async def test_cleaning_goes_on_at_once_while_a_round_is_full() -> None:
    rounds = iter([CLEANED_MAX, CLEANED_MAX, 3])
    done = asyncio.Event()

    async def clean() -> int:
        found = next(rounds)
        if found < CLEANED_MAX:
            done.set()
        return found

    task = asyncio.create_task(clean_forever(clean))
    try:
        async with asyncio.timeout(5):
            await done.wait()
    finally:
        task.cancel()
