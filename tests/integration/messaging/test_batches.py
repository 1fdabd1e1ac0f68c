"""Several messages in one transaction: the same effect as one by one, on a real PostgreSQL and a real Kafka."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from types import SimpleNamespace

import asyncpg
import pytest

from shared.errors import InvalidInput
from shared.events.responses import ResponseRepeated
from shared.eventstore.port import RecordedEvent
from shared.messaging import batch
from shared.messaging.batch import BATCH_EVENTS_MAX, READ_AHEAD, Begin, Job, Part, run_batch, run_together
from shared.messaging.message import Message
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork, run_unit
from tests.support.bench import Bench, record_repeat, until
from tests.support.units import CAUSE, WHEN

pytestmark = pytest.mark.integration

LIMIT = 30.0


def repeated(name: str, repeats: int = 1) -> ResponseRepeated:
    return ResponseRepeated(response_id=name, content_sha256="0" * 64, repeats=repeats)


def part(message_id: str, act: Callable[[UnitOfWork], Awaitable[None]]) -> Part:
    """A message that is known by its id, and is the cause of what it appends."""

    async def work(begin: Begin) -> None:
        await act(begin(replace(CAUSE, causation_id=message_id)))

    return Part(InboxEntry("parser", "group", message_id), work)


def appending(name: str, times: int = 1) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Appends the next repeats of a response."""

    async def act(unit: UnitOfWork) -> None:
        stream = await unit.load(f"response-{name}")
        events = [repeated(name, stream.version + 1 + number) for number in range(times)]
        unit.append(stream.stream, stream.version, *events)

    return act


async def inbox(bench: Bench) -> list[str]:
    return [row["message_id"] for row in await bench.pool.fetch("SELECT message_id FROM parser.inbox ORDER BY 1")]


async def transactions(bench: Bench) -> int:
    return int(await bench.pool.fetchval("SELECT count(DISTINCT xid) FROM es.events"))


async def test_parts_follow_each_other_in_one_transaction_when_they_append_to_one_stream(bench: Bench) -> None:
    parts = [part("m1", appending("a")), part("m2", appending("b")), part("m3", appending("a", 2))]
    assert await run_batch(bench.pool, parts, projector=None) == 3
    rows = {(row["stream"], row["version"]): row for row in await bench.events()}
    assert {place: row["metadata"]["causation_id"] for place, row in rows.items()} == {
        ("response-a", 1): "m1",
        ("response-b", 1): "m2",
        ("response-a", 2): "m3",
        ("response-a", 3): "m3",
    }
    assert [rows["response-a", version]["data"]["repeats"] for version in (1, 2, 3)] == [1, 2, 3]
    assert await transactions(bench) == 1
    assert await inbox(bench) == ["m1", "m2", "m3"]


async def test_stream_of_a_batch_is_what_the_store_gives_later(bench: Bench) -> None:
    seen: list[tuple[RecordedEvent, ...]] = []

    async def look(unit: UnitOfWork) -> None:
        seen.append((await unit.load("response-a")).recorded)

    await run_batch(bench.pool, [part("m1", appending("a", 2)), part("m2", look)], projector=None)
    await run_batch(bench.pool, [part("m3", look)], projector=None)
    ahead, stored = ([replace(event, recorded_at=WHEN) for event in events] for events in seen)
    assert ahead == stored
    assert len(stored) == 2


async def test_message_counts_once_when_it_comes_twice_in_a_batch_and_again_later(bench: Bench) -> None:
    parts = [part("m1", appending("a")), part("m1", appending("a")), part("m2", appending("a"))]
    assert await run_batch(bench.pool, parts, projector=None) == 3
    assert await run_batch(bench.pool, [*parts, part("m3", appending("a"))], projector=None) == 4
    assert [row["metadata"]["causation_id"] for row in await bench.events()] == ["m1", "m2", "m3"]


async def test_batch_ends_before_a_part_that_reads_tables_when_something_is_collected(bench: Bench) -> None:
    counts: list[int] = []

    async def look(unit: UnitOfWork) -> None:
        counts.append(await unit.connection.fetchval("SELECT count(*) FROM es.events"))
        await appending("b")(unit)

    parts = [part("m1", look), part("m2", appending("a")), part("m3", look), part("m4", appending("a"))]
    assert await run_batch(bench.pool, parts, projector=None) == 2
    assert await run_batch(bench.pool, parts[2:], projector=None) == 2
    assert counts == [0, 2]
    assert [row["metadata"]["causation_id"] for row in await bench.events()] == ["m1", "m2", "m3", "m4"]


async def test_batch_ends_when_it_has_collected_for_long_enough_and_never_without_anything(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_SECONDS_MAX", 0.0)
    parts = [part(f"m{number}", appending("a")) for number in range(3)]
    assert [await run_batch(bench.pool, parts[done:], projector=None) for done in range(3)] == [1, 1, 1]
    assert await transactions(bench) == 3


async def test_batch_is_shorter_after_each_conflict(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()
    monkeypatch.setattr(batch, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    monkeypatch.setattr(batch, "BATCH_SECONDS_MAX", 8.0)
    collected: list[str] = []

    def slow(message_id: str) -> Part:
        async def act(unit: UnitOfWork) -> None:
            stream = await unit.load("response-a")
            if len(collected) in (0, 8):  # the first of each of two attempts: somebody else is faster
                await run_unit(bench.pool, CAUSE, appending("a"), projector=None)
            collected.append(message_id)
            unit.append(stream.stream, stream.version, repeated("a", stream.version + 1))

        return part(message_id, act)

    done = await run_batch(bench.pool, [slow(f"m{number}") for number in range(20)], projector=None)
    assert (len(collected), done) == (8 + 4 + 2, 2)


async def test_tables_are_read_when_nothing_was_collected_before(bench: Bench) -> None:
    async def look(unit: UnitOfWork) -> None:
        await unit.connection.fetchval("SELECT 1")

    wanted_nothing = Part(InboxEntry("parser", "group", "m2"), None)
    parts = [part("m1", look), wanted_nothing, part("m3", look)]
    assert await run_batch(bench.pool, parts, projector=None) == 3
    assert await inbox(bench) == ["m1", "m3"]


async def test_batch_ends_when_a_part_writes_a_table_that_the_next_one_reads(bench: Bench) -> None:
    async def write(unit: UnitOfWork) -> None:
        async def insert(connection: asyncpg.Connection) -> None:
            await connection.execute("INSERT INTO parser.inbox (consumer, message_id) VALUES ('other', 'x')")

        unit.also(insert)

    async def look(unit: UnitOfWork) -> None:
        assert await unit.connection.fetchval("SELECT count(*) FROM parser.inbox WHERE consumer = 'other'") == 1

    parts = [part("m1", write), part("m2", look)]
    assert await run_batch(bench.pool, parts, projector=None) == 1
    assert await run_batch(bench.pool, parts[1:], projector=None) == 1


async def test_batch_ends_when_a_part_appends_without_having_looked(bench: Bench) -> None:
    async def blind(unit: UnitOfWork) -> None:
        unit.append("response-a", 0, repeated("a"))

    parts = [part("m1", appending("a")), part("m2", blind)]
    assert await run_batch(bench.pool, parts, projector=None) == 1
    assert await inbox(bench) == ["m1"]


async def test_batch_ends_when_enough_is_collected(bench: Bench) -> None:
    parts = [part(f"m{number}", appending("a", BATCH_EVENTS_MAX // 2)) for number in range(3)]
    assert await run_batch(bench.pool, parts, projector=None) == 2


async def test_all_parts_are_decided_anew_when_another_writer_was_faster(bench: Bench) -> None:
    calls: list[str] = []

    async def overtaken(unit: UnitOfWork) -> None:
        await appending("a")(unit)
        calls.append(unit.cause.causation_id)
        if len(calls) == 1:
            await run_unit(bench.pool, CAUSE, appending("a"), projector=None)

    assert await run_batch(bench.pool, [part("m1", overtaken), part("m2", overtaken)], projector=None) == 2
    assert calls == ["m1", "m2", "m1", "m2"]
    assert [row["metadata"]["causation_id"] for row in await bench.events()] == [CAUSE.causation_id, "m1", "m2"]


async def test_nothing_stays_when_a_part_fails(bench: Bench) -> None:
    async def failing(_unit: UnitOfWork) -> None:
        raise InvalidInput(code="NO", reason="no")

    with pytest.raises(InvalidInput):
        await run_batch(bench.pool, [part("m1", appending("a")), part("m2", failing)], projector=None)
    assert await bench.events() == []
    assert await inbox(bench) == []


async def test_writes_keep_their_order_when_a_batch_is_written(bench: Bench) -> None:
    order: list[str] = []

    async def project(connection: asyncpg.Connection, recorded: Sequence[RecordedEvent]) -> None:
        stored = await connection.fetchval("SELECT count(*) FROM es.events")
        order.append(f"project {len(recorded)} of {stored}")

    async def act(unit: UnitOfWork) -> None:
        name = unit.cause.causation_id

        async def further(_connection: asyncpg.Connection) -> None:
            order.append(f"also {name}")

        unit.also(further)
        unit.after_commit(lambda: order.append(f"after commit {name}"))
        await appending("a")(unit)

    await run_batch(bench.pool, [part("m1", act), part("m2", act)], projector=project)
    assert order == ["project 2 of 2", "also m1", "also m2", "after commit m1", "after commit m2"]


@dataclass
class Watched:
    """The usual handler, refusing the responses it is told to."""

    bad: frozenset[str]
    calls: list[str] = field(default_factory=list)

    async def __call__(self, unit: UnitOfWork, message: Message[ResponseRepeated]) -> None:
        event = message.event
        self.calls.append(event.response_id)
        if event.response_id in self.bad:
            raise InvalidInput(code="BAD_RESPONSE", reason="A test refuses it.")
        await record_repeat(unit, message)


async def test_only_the_refused_one_is_set_aside_when_it_stands_among_others(bench: Bench) -> None:
    names = [f"n{number:02d}" for number in range(40)]
    await bench.publish(*names)
    handler = Watched(frozenset({"n17"}))
    bench.consumer(handler)

    async def done() -> bool:
        return await bench.committed() == len(names)

    await until(done, LIMIT)
    assert await bench.streams() == [name for name in names if name != "n17"]
    [letter] = await bench.events("deadletter-%")
    assert letter["data"]["code"] == "BAD_RESPONSE"
    assert len(await inbox(bench)) == len(names)


async def test_transactions_are_shared_when_many_messages_wait(bench: Bench) -> None:
    names = [f"n{number:03d}" for number in range(300)]
    await bench.publish(*names)
    handler = Watched(frozenset())
    bench.consumer(handler)

    async def done() -> bool:
        return await bench.committed() == len(names)

    await until(done, LIMIT)
    assert await bench.streams() == names
    assert handler.calls == names
    assert await transactions(bench) < len(names) / 4


async def test_part_sees_in_the_events_before_it_what_the_tables_do_not_show_yet(bench: Bench) -> None:
    seen: list[tuple[int, int, int]] = []

    async def look(unit: UnitOfWork) -> None:
        (row,) = await unit.ask("SELECT count(*) FROM es.events")
        last = unit.earlier.last("response-a")
        repeats = [event.repeats for event in unit.earlier.of(ResponseRepeated)]
        seen.append((row["count"], 0 if last is None else last.version, sum(repeats)))
        await appending("a")(unit)

    parts = [part("m1", look), part("m2", look), part("m3", look)]
    assert await run_batch(bench.pool, parts, projector=None) == 3
    assert seen == [(0, 0, 0), (0, 1, 1), (0, 2, 3)]


async def test_question_is_asked_once_in_a_transaction_and_again_in_the_next(bench: Bench) -> None:
    answers: list[str] = []

    async def look(unit: UnitOfWork) -> None:
        (row,) = await unit.ask("SELECT gen_random_uuid()::text AS drawn, $1::text[]", ["a", "b"])
        answers.append(row["drawn"])

    await run_batch(bench.pool, [part("m1", look), part("m2", look)], projector=None)
    await run_batch(bench.pool, [part("m3", look)], projector=None)
    assert answers[0] == answers[1] != answers[2]


async def test_batch_ends_before_a_part_that_relies_on_events_when_another_looked_into_the_tables(bench: Bench) -> None:
    async def alone(unit: UnitOfWork) -> None:
        await unit.connection.fetchval("SELECT 1")
        await appending("b")(unit)

    async def relying(unit: UnitOfWork) -> None:
        await unit.ask("SELECT 1")
        await appending("a")(unit)

    parts = [part("m1", alone), part("m2", appending("c")), part("m3", relying)]
    assert await run_batch(bench.pool, parts, projector=None) == 2
    assert await run_batch(bench.pool, parts[2:], projector=None) == 1


async def test_items_that_messages_gather_are_written_at_once(bench: Bench) -> None:
    written: list[list[str]] = []

    async def write(_: asyncpg.Connection, items: Sequence[str]) -> None:
        written.append(list(items))

    def gathering(item: str) -> Callable[[UnitOfWork], Awaitable[None]]:
        async def act(unit: UnitOfWork) -> None:
            unit.gather(write, item)

        return act

    parts = [part("m1", gathering("x")), part("m2", gathering("y")), part("m3", gathering("z"))]
    assert await run_batch(bench.pool, parts, projector=None) == 3
    assert written == [["x", "y", "z"]]


async def test_works_that_no_message_began_share_a_transaction_until_one_needs_the_tables(bench: Bench) -> None:
    async def look(unit: UnitOfWork) -> None:
        await unit.connection.fetchval("SELECT 1")

    works = [Job(CAUSE, work) for work in (appending("a"), appending("a", 2), look, appending("b"))]
    assert await run_together(bench.pool, works, projector=None) == 2
    assert [row["version"] for row in await bench.events()] == [1, 2, 3]
    assert await transactions(bench) == 1
    assert await run_together(bench.pool, works[2:], projector=None) == 2


async def test_streams_that_parts_name_are_read_at_once_and_seen_as_ever(bench: Bench) -> None:
    await run_batch(bench.pool, [part("m0", appending("r3", 2))], projector=None)
    names = [f"r{number}" for number in range(READ_AHEAD + 5)]
    parts = [
        replace(part(f"m{name}", appending(name)), streams=lambda name=name: [f"response-{name}", "response-r3"])  # type: ignore[misc]
        for name in [*names, "r3x"]
    ]
    assert await run_batch(bench.pool, parts, projector=None) == len(parts)
    versions = [row["version"] for row in await bench.events() if row["stream"] == "response-r3"]
    assert versions == [1, 2, 3]
    assert await transactions(bench) == 2
