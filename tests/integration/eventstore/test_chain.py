"""Verification finds any single change of events and seals, names the place, and is fast."""
# ruff: noqa: S608 - the statements are put together from names and numbers of this file

import time
from collections.abc import AsyncIterator
from typing import cast

import asyncpg
import pytest

from shared.eventstore.chain import GENESIS, ChainReport, Head, verify_chain
from tests.integration.eventstore.support import append, connected, seal_all
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

EVENTS = 12

#: Whoever can do this is a superuser who first takes the guards away.
UNGUARDED = """
ALTER TABLE es.events DISABLE TRIGGER events_append_only;
ALTER TABLE es.seals DISABLE TRIGGER seals_append_only;
"""


@pytest.fixture(scope="module")
async def sealed(module_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to EVENTS sealed events in three streams."""
    async with connected(module_database.dsn("hawk_executor"), module_database.admin_dsn) as [
        executor,
        superuser,
    ]:
        for version in range(EVENTS // 3):
            for stream in ("plan-1", "plan-2", "execution-1"):
                await append(executor, stream, version)
        await seal_all(module_database.dsn("hawk_relay"), EVENTS)
        await superuser.execute(UNGUARDED)
        yield superuser


async def verify_after(superuser: asyncpg.Connection, *statements: str, heads: tuple[Head, ...] = ()) -> ChainReport:
    """Verify what the statements leave behind, then take them back."""
    changing = superuser.transaction()
    await changing.start()
    try:
        for statement in statements:
            await superuser.execute(statement)
        return await verify_chain(cast(asyncpg.Connection, _InTransaction(superuser)), heads)
    finally:
        await changing.rollback()


class _InTransaction:
    """The connection, whose `transaction()` is a savepoint without isolation: only so can a change be taken
    back."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def transaction(self, **_options: object) -> object:
        return self._connection.transaction()

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


async def test_chain_is_ok_when_nothing_was_touched(sealed: asyncpg.Connection) -> None:
    head = await sealed.fetchval("SELECT encode(hash, 'hex') FROM es.seals ORDER BY position DESC LIMIT 1")
    report = await verify_chain(sealed, [Head(EVENTS, head)])
    assert report == ChainReport(ok=True, length=EVENTS, head=head, unsealed=0, findings=())


async def test_chain_is_ok_and_empty_when_there_are_no_events(database: TestDatabase) -> None:
    async with connected(database.dsn("hawk_reader")) as [reader]:
        assert await verify_chain(reader) == ChainReport(True, 0, GENESIS.hex(), 0, ())


async def test_chain_counts_events_that_wait_for_the_relay(database: TestDatabase) -> None:
    async with connected(database.dsn("hawk_executor"), database.dsn("hawk_reader")) as [executor, reader]:
        await append(executor, "plan-1", 0, 2)
        await seal_all(database.dsn("hawk_relay"), 2)
        await append(executor, "plan-1", 2, 3)
        report = await verify_chain(reader)
    assert (report.ok, report.length, report.unsealed) == (True, 2, 3)


CHANGED_FIELDS = {
    "stream": "'plan-9'",
    "version": "version + 100",
    "type": "'Other'",
    "schema_version": "schema_version + 1",
    "data": """data || '{"number": 77}'""",
    "metadata": """metadata || '{"actor": "somebody"}'""",
    "recorded_at": "recorded_at + interval '1 microsecond'",
}


@pytest.mark.parametrize("position", range(1, EVENTS + 1))
async def test_changed_event_is_found_at_its_position_whatever_the_field(
    sealed: asyncpg.Connection, position: int
) -> None:
    for column, value in CHANGED_FIELDS.items():
        report = await verify_after(
            sealed,
            f"UPDATE es.events SET {column} = {value} "
            f"WHERE event_id = (SELECT event_id FROM es.seals WHERE position = {position})",
        )
        assert not report.ok
        [finding] = report.findings
        assert finding.startswith(f"Position {position}, stream "), (column, finding)


@pytest.mark.parametrize("position", [1, 6, EVENTS])
async def test_deleted_event_is_found(sealed: asyncpg.Connection, position: int) -> None:
    report = await verify_after(
        sealed,
        f"DELETE FROM es.events WHERE event_id = (SELECT event_id FROM es.seals WHERE position = {position})",
    )
    [finding] = report.findings
    assert finding.startswith(f"Position {position}: event ")
    assert "deleted" in finding


async def test_removed_seal_is_found_as_a_missing_position_and_an_unsealed_event(
    sealed: asyncpg.Connection,
) -> None:
    report = await verify_after(sealed, "DELETE FROM es.seals WHERE position = 5")
    assert report.findings[0].startswith("Positions 5 to 5 are missing")
    assert any("not sealed, but later events are" in finding for finding in report.findings)


async def test_event_and_seal_removed_together_are_found(sealed: asyncpg.Connection) -> None:
    report = await verify_after(
        sealed,
        "DELETE FROM es.events WHERE event_id = (SELECT event_id FROM es.seals WHERE position = 5)",
        "DELETE FROM es.seals WHERE position = 5",
    )
    assert not report.ok


async def test_swapped_events_are_found_when_seals_keep_their_hashes(sealed: asyncpg.Connection) -> None:
    report = await verify_after(
        sealed,
        "CREATE TEMP TABLE pair ON COMMIT DROP AS SELECT * FROM es.seals WHERE position IN (4, 5)",
        "DELETE FROM es.seals WHERE position IN (4, 5)",
        "INSERT INTO es.seals SELECT 9 - position, event_id, "
        "(SELECT hash FROM pair AS other WHERE other.position = 9 - pair.position), sealed_at FROM pair",
    )
    assert [finding.split(",")[0] for finding in report.findings] == ["Position 4", "Position 5"]


async def test_swapped_seals_are_found_when_hashes_move_with_them(sealed: asyncpg.Connection) -> None:
    report = await verify_after(
        sealed,
        "CREATE TEMP TABLE pair ON COMMIT DROP AS SELECT * FROM es.seals WHERE position IN (4, 5)",
        "DELETE FROM es.seals WHERE position IN (4, 5)",
        "INSERT INTO es.seals SELECT 9 - position, event_id, hash, sealed_at FROM pair",
    )
    assert not report.ok
    assert report.findings[0].startswith("Position 4, ")


async def test_event_slipped_in_before_the_horizon_is_found(sealed: asyncpg.Connection) -> None:
    report = await verify_after(
        sealed,
        "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, xid) "
        "SELECT 'plan-7', 1, gen_random_uuid(), 'A', 1, '{}', '{}', min(xid::text::bigint)::text::xid8 "
        "FROM es.events",
    )
    [finding] = report.findings
    assert finding.startswith("Stream plan-7 version 1: not sealed")


async def test_changed_hash_is_found_at_its_place_and_behind_it(sealed: asyncpg.Connection) -> None:
    report = await verify_after(sealed, "UPDATE es.seals SET hash = decode(repeat('ab', 32), 'hex') WHERE position = 7")
    assert [finding.split(",")[0] for finding in report.findings] == ["Position 7", "Position 8"]


@pytest.mark.parametrize("position", [3, EVENTS])
async def test_head_that_was_published_is_compared(sealed: asyncpg.Connection, position: int) -> None:
    report = await verify_chain(sealed, [Head(position, "ab" * 32)])
    [finding] = report.findings
    assert finding.startswith(f"Position {position}: the published head is abab")


async def test_shortened_chain_is_found_by_a_head_beyond_its_end(sealed: asyncpg.Connection) -> None:
    last = await sealed.fetchval("SELECT encode(hash, 'hex') FROM es.seals WHERE position = $1", EVENTS)
    report = await verify_after(
        sealed,
        f"DELETE FROM es.events WHERE event_id = (SELECT event_id FROM es.seals WHERE position = {EVENTS})",
        f"DELETE FROM es.seals WHERE position = {EVENTS}",
        heads=(Head(EVENTS, last),),
    )
    [finding] = report.findings
    assert f"the chain ends at {EVENTS - 1}" in finding


async def test_verification_covers_tens_of_thousands_of_events_a_second(database: TestDatabase) -> None:
    count = 20_000
    async with connected(database.admin_dsn, database.dsn("hawk_reader")) as [superuser, reader]:
        await superuser.execute(
            "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata) "
            "SELECT 'plan-' || n / 50, n % 50 + 1, gen_random_uuid(), 'Happened', 1, "
            """'{"amount": "25000000.00", "currency": "USD"}', '{"actor": "test"}' """
            "FROM generate_series(0, $1::int - 1) AS n",
            count,
        )
        began = time.perf_counter()
        await seal_all(database.dsn("hawk_relay"), count)
        sealing = time.perf_counter() - began
        began = time.perf_counter()
        report = await verify_chain(reader)
        verifying = time.perf_counter() - began
    assert (report.ok, report.length) == (True, count)
    # A tenth of what an idle machine does, so that a busy one does not fail the test but a quadratic plan
    # does.
    assert count / verifying > 2_000, f"{count / verifying:.0f} events/s verified"
    assert count / sealing > 2_000, f"{count / sealing:.0f} events/s sealed"
