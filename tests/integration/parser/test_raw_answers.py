"""The bytes of answers in a real database: what came is there for good, under its digest, for a reader to see."""

import hashlib

import asyncpg
import pytest

from cli.raw_responses import BytesNotKept, raw_response
from services.parser.handlers import Parser
from services.parser.reading import HEAD_BYTES_MAX, RESPONSE_BYTES_MAX
from shared.messaging.database import open_pool
from shared.messaging.message import Message
from shared.messaging.unit_of_work import UnitOfWork, run_unit
from tests.support.parser_answers import instruction, plan_text
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE, WHEN

pytestmark = pytest.mark.integration

PLAN = plan_text(instruction()).encode()


async def take(database: TestDatabase, *values: bytes, **headers: str) -> None:
    """Let the parser handle values as messages of its topic."""
    pool = await open_pool(database.dsn("hawk_parser"), application="test", min_size=1, max_size=2)
    try:
        for offset, value in enumerate(values):
            message = Message("hawk.ai.responses", 0, offset, None, value, headers, WHEN)

            async def handle(unit: UnitOfWork, message: Message = message) -> None:
                await Parser(None).on_response_published(unit, message)

            await run_unit(pool, CAUSE, handle, projector=None)
    finally:
        await pool.close()


@pytest.mark.parametrize(
    "value",
    [PLAN, b"", b"\xff\xfe \x00 noise", "\ufeff{}".encode(), b"{not json\r\n", b"x" * RESPONSE_BYTES_MAX],
    ids=["plan", "empty", "no text", "byte order mark", "malformed", "1 MiB"],
)
async def test_reader_gets_the_very_bytes_when_the_parser_took_them(database: TestDatabase, value: bytes) -> None:
    await take(database, value)
    digest = hashlib.sha256(value).hexdigest()
    found = await raw_response(database.dsn("hawk_reader"), digest)
    assert found is not None
    assert (found.kept, found.sha256, found.size_bytes) == (value, digest, len(value))
    assert found.whole
    assert found.authentic


async def test_repeated_answer_is_kept_once_and_a_contradicting_one_beside_it(database: TestDatabase) -> None:
    other = b"something else"
    await take(database, PLAN, PLAN, other, other, PLAN, ce_id="r-1")
    found = await raw_response(database.dsn("hawk_reader"), "r-1")
    assert found is not None
    assert (found.kept, found.others) == (PLAN, (hashlib.sha256(other).hexdigest(),))
    evidence = await raw_response(database.dsn("hawk_reader"), found.others[0])
    assert evidence is not None
    assert (evidence.kept, evidence.others) == (other, ())
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        assert await connection.fetchval("SELECT count(*) FROM parser.answers") == 2
    finally:
        await connection.close()


async def test_head_is_kept_with_digest_and_size_of_all_when_an_answer_is_too_large(database: TestDatabase) -> None:
    value = b"z" * (RESPONSE_BYTES_MAX + 1)
    await take(database, value, ce_id="large")
    found = await raw_response(database.dsn("hawk_reader"), "large")
    assert found is not None
    assert (found.whole, found.kept, found.size_bytes) == (False, value[:HEAD_BYTES_MAX], len(value))
    assert found.sha256 == hashlib.sha256(value).hexdigest()


async def test_unknown_name_gives_nothing_and_an_answer_of_earlier_days_says_so(database: TestDatabase) -> None:
    reader = database.dsn("hawk_reader")
    await take(database, PLAN, ce_id="r-1")
    assert await raw_response(reader, "r-2") is None
    assert await raw_response(reader, "0" * 64) is None
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        await connection.execute("ALTER TABLE parser.answers DISABLE TRIGGER ALL; DELETE FROM parser.answers")
    finally:
        await connection.close()
    with pytest.raises(BytesNotKept, match="content"):
        await raw_response(reader, "r-1")


@pytest.mark.parametrize("role", ["hawk_parser", "hawk_reader", "hawk_executor", "hawk_monitor"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE parser.answers SET bytes = ''",
        "DELETE FROM parser.answers",
        "TRUNCATE parser.answers",
        "ALTER TABLE parser.answers DISABLE TRIGGER ALL",
        "INSERT INTO parser.answers (sha256, size_bytes, bytes) VALUES (repeat('0', 64), 1, 'x')",
    ],
)
async def test_no_role_changes_or_forges_an_answer(module_database: TestDatabase, role: str, change: str) -> None:
    connection = await asyncpg.connect(module_database.dsn(role))
    try:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.PostgresError)) as refused:
            await connection.execute(change)
        assert refused.value.sqlstate in {"42501", "25006", "HK004", "23514"}
    finally:
        await connection.close()


async def test_owner_cannot_change_an_answer_either(module_database: TestDatabase) -> None:
    connection = await asyncpg.connect(module_database.admin_dsn)
    try:
        await connection.execute("SET ROLE hawk_owner")
        for change in ("UPDATE parser.answers SET bytes = ''", "DELETE FROM parser.answers", "TRUNCATE parser.answers"):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await connection.execute(change)
    finally:
        await connection.close()
