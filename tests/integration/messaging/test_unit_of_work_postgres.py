"""A unit of work on a real PostgreSQL: all or nothing, in the promised order, decided anew on a conflict."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import pytest

from shared.errors import Defect, Transient, VersionConflict
from shared.events.responses import ResponseRepeated
from shared.eventstore.port import RecordedEvent, event_id
from shared.messaging.faults import CommitOutcomeUnknown
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork, run_unit
from tests.support.bench import Bench
from tests.support.units import CAUSE

pytestmark = pytest.mark.integration

INBOX = InboxEntry("parser", "group", "message-1")


def repeated(name: str, repeats: int = 1) -> ResponseRepeated:
    return ResponseRepeated(response_id=name, content_sha256="0" * 64, repeats=repeats)


async def inbox_rows(bench: Bench) -> int:
    return int(await bench.pool.fetchval("SELECT count(*) FROM parser.inbox"))


async def append_next(unit: UnitOfWork, name: str = "a") -> int:
    stream = await unit.load(f"response-{name}")
    unit.append(stream.stream, stream.version, repeated(name, stream.version + 1))
    return stream.version + 1


async def test_events_carry_cause_and_derived_id_when_the_unit_commits(bench: Bench) -> None:
    async def work(unit: UnitOfWork) -> int:
        unit.append("response-b", 0, repeated("b"), correlation_id="wf-other")
        return await append_next(unit)

    assert await run_unit(bench.pool, CAUSE, work, projector=None) == 1
    second, first = await bench.events()
    assert (first["stream"], second["stream"]) == ("response-a", "response-b")
    assert first["metadata"] == CAUSE.metadata()
    assert second["metadata"] == CAUSE.metadata() | {"correlation_id": "wf-other"}
    ids = await bench.pool.fetch("SELECT event_id FROM es.events WHERE stream = 'response-a'")
    assert ids[0]["event_id"] == event_id("response-a", 1)


async def test_later_append_follows_the_first_when_one_unit_appends_twice(bench: Bench) -> None:
    async def work(unit: UnitOfWork) -> None:
        unit.append("response-a", 0, repeated("a", 1))
        unit.append("response-a", 1, repeated("a", 2), repeated("a", 3))

    await run_unit(bench.pool, CAUSE, work, projector=None)
    assert [row["version"] for row in await bench.events()] == [1, 2, 3]


async def test_writes_happen_in_the_promised_order_when_the_unit_commits(bench: Bench) -> None:
    seen: list[str] = []

    async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
        stored = await connection.fetchval("SELECT count(*) FROM es.events")
        seen.append(f"project {len(recorded)} of {stored}")

    async def further(connection: asyncpg.Connection) -> None:
        remembered = await connection.fetchval("SELECT count(*) FROM parser.inbox")
        seen.append(f"also, inbox {remembered}")

    async def work(unit: UnitOfWork) -> None:
        seen.append("work")
        unit.also(further)
        unit.after_commit(lambda: seen.append("after commit"))
        await append_next(unit)

    await run_unit(bench.pool, CAUSE, work, projector=project, inbox=INBOX)
    assert seen == ["work", "project 1 of 1", "also, inbox 0", "after commit"]
    assert await inbox_rows(bench) == 1


async def test_nothing_stays_when_the_last_write_fails(bench: Bench) -> None:
    acts: list[str] = []

    async def failing(_connection: asyncpg.Connection) -> None:
        raise Defect("the last write fails")

    async def work(unit: UnitOfWork) -> None:
        unit.also(failing)
        unit.after_commit(lambda: acts.append("never"))
        await append_next(unit)

    with pytest.raises(Defect, match="the last write fails"):
        await run_unit(bench.pool, CAUSE, work, projector=None, inbox=INBOX)
    assert await bench.events() == []
    assert await inbox_rows(bench) == 0
    assert acts == []


async def test_message_is_remembered_when_its_handler_appends_nothing(bench: Bench) -> None:
    calls: list[str] = []

    async def work(unit: UnitOfWork) -> None:
        calls.append("called")

    for _ in range(2):
        await run_unit(bench.pool, CAUSE, work, projector=None, inbox=INBOX)
    assert calls == ["called"]
    assert await inbox_rows(bench) == 1


async def test_all_writers_get_in_when_they_append_to_one_stream_at_once(bench: Bench) -> None:
    units = [run_unit(bench.pool, CAUSE, append_next, projector=None, attempts=200) for _ in range(12)]
    versions = await asyncio.gather(*units)
    assert sorted(versions) == list(range(1, 13))
    assert [row["version"] for row in await bench.events()] == list(range(1, 13))


async def test_message_is_handled_once_when_two_members_handle_it_at_the_same_time(bench: Bench) -> None:
    both_in = asyncio.Barrier(2)
    calls: list[str] = []

    async def work(unit: UnitOfWork) -> None:
        calls.append("called")
        if len(calls) <= 2:
            await both_in.wait()

    await asyncio.gather(*(run_unit(bench.pool, CAUSE, work, projector=None, inbox=INBOX) for _ in range(2)))
    assert await inbox_rows(bench) == 1
    assert len(calls) == 2


async def test_conflict_is_raised_when_others_are_always_faster(bench: Bench) -> None:
    calls: list[str] = []

    async def stale(unit: UnitOfWork) -> None:
        calls.append("called")
        unit.append("response-a", 7, repeated("a"))

    with pytest.raises(VersionConflict) as raised:
        await run_unit(bench.pool, CAUSE, stale, projector=None, attempts=3)
    assert (raised.value.stream, raised.value.expected, raised.value.actual) == ("response-a", 7, 0)
    assert len(calls) == 3


async def test_reads_see_one_state_when_another_transaction_commits_between_them(bench: Bench) -> None:
    counts: list[int] = []

    async def work(unit: UnitOfWork) -> None:
        counts.append(len((await unit.load("response-a")).events))
        await run_unit(bench.pool, CAUSE, append_next, projector=None)
        counts.append(len((await unit.load("response-a")).events))

    await run_unit(bench.pool, CAUSE, work, projector=None)
    assert counts == [0, 0]


async def test_database_away_is_said_when_the_session_is_ended_during_the_work(bench: Bench) -> None:
    async def work(unit: UnitOfWork) -> None:
        pid = await unit.connection.fetchval("SELECT pg_backend_pid()")
        await bench.pool.fetchval("SELECT pg_terminate_backend($1)", pid)
        await append_next(unit)

    with pytest.raises(Transient, match=r"away|does not answer"):
        await run_unit(bench.pool, CAUSE, work, projector=None)
    assert await bench.events() == []


async def test_outcome_is_unknown_when_the_connection_breaks_during_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: asyncpg.transaction.Transaction) -> None:
        raise ConnectionResetError("the connection broke")

    async def work(unit: UnitOfWork) -> None:
        await append_next(unit)
        monkeypatch.setattr(asyncpg.transaction.Transaction, "commit", broken)

    with pytest.raises(CommitOutcomeUnknown):
        await run_unit(bench.pool, CAUSE, work, projector=None)


async def test_json_columns_are_python_values_when_read_and_written(bench: Bench) -> None:
    value = {"amount": "1.10", "list": [1, True, None], "text": "é"}
    assert await bench.pool.fetchval("SELECT $1::jsonb", value) == value
    with pytest.raises(asyncpg.DataError, match="not an exact value"):
        await bench.pool.fetchval("SELECT $1::jsonb", {"amount": 1.1})
    with pytest.raises(ValueError, match="not an exact value"):
        await bench.pool.fetchval("""SELECT '{"amount": 1.1}'::jsonb""")


async def test_unit_is_free_of_the_connection_when_it_has_ended(bench: Bench) -> None:
    cause = replace(CAUSE, actor="person:trader")
    for _ in range(10):
        await run_unit(bench.pool, cause, append_next, projector=None)
    assert bench.pool.get_idle_size() == bench.pool.get_size()
