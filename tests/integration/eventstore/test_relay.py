"""The relay loses nothing and keeps the order of each stream, wherever it is interrupted."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from shared.errors import Transient
from shared.events.routing import OutMessage
from shared.eventstore.chain import verify_chain
from shared.eventstore.port import NewEvent, RecordedEvent, StreamAppend
from shared.eventstore.postgres import PostgresEventStore
from shared.relay.outlet import PublishFailed
from shared.relay.publisher import WAVE_BYTES_MAX, CheckpointMoved, Publisher
from shared.relay.relay import Relay, RelaySettings
from shared.relay.sealer import SealedEventMissing, Sealer
from tests.integration.eventstore.support import (
    LIMIT_SECONDS,
    RecordingOutlet,
    append,
    connected,
    in_stream_order,
    kafka_is_away,
    one_message,
    relay_over,
    running,
    seal_all,
)
from tests.support.eventually import eventually_async
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration


async def _checkpoint(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT position FROM es.checkpoints WHERE name = 'publish'"))


async def _published(connection: asyncpg.Connection, count: int) -> None:
    await eventually_async(
        lambda: _checkpoint(connection),
        LIMIT_SECONDS,
        until=lambda position: position == count,
        what="published",
    )


async def test_relay_publishes_what_is_appended_in_the_order_it_was_sealed(database: TestDatabase) -> None:
    outlet = RecordingOutlet()
    dsn = database.dsn("hawk_executor")
    async with connected(dsn) as [executor], running(relay_over(database.dsn("hawk_relay"), outlet)):
        for version in range(10):
            await append(executor, "plan-1", version)
            await append(executor, "plan-2", version, 1)
        await _published(executor, 20)
        sealed = await executor.fetch(
            "SELECT stream || ':' || version AS body FROM es.seals JOIN es.events USING (event_id) ORDER BY position"
        )
        report = await verify_chain(executor)
    assert outlet.bodies == [record["body"] for record in sealed]
    assert in_stream_order(outlet.bodies)
    assert (report.ok, report.length, report.unsealed) == (True, 20, 0)


async def test_sealing_goes_on_while_kafka_is_away_and_nothing_is_lost(database: TestDatabase) -> None:
    outlet = RecordingOutlet(fail=kafka_is_away)
    async with (
        connected(database.dsn("hawk_executor")) as [executor],
        running(relay_over(database.dsn("hawk_relay"), outlet)),
    ):
        await append(executor, "plan-1", 0, 5)
        await eventually_async(
            lambda: executor.fetchval("SELECT count(*) FROM es.seals"),
            LIMIT_SECONDS,
            until=lambda n: n == 5,
        )
        await eventually_async(lambda: _value(outlet.opened >= 2), LIMIT_SECONDS, what="a second attempt")
        assert await _checkpoint(executor) == 0
        assert outlet.arrived == []
        outlet.fail = None
        await _published(executor, 5)
    assert outlet.bodies == [f"plan-1:{version}" for version in range(1, 6)]
    assert outlet.closed >= 1, "the producer of a failed wave must be thrown away"


async def _value(value: bool) -> bool:
    return value


async def test_events_are_published_when_the_relay_died_between_seal_and_publish(
    database: TestDatabase,
) -> None:
    async with connected(database.dsn("hawk_executor")) as [executor]:
        await append(executor, "plan-1", 0, 3)
        await seal_all(database.dsn("hawk_relay"), 3)  # and here it dies
        outlet = RecordingOutlet()
        async with running(relay_over(database.dsn("hawk_relay"), outlet)):
            await append(executor, "plan-1", 3)
            await _published(executor, 4)
        assert outlet.bodies == ["plan-1:1", "plan-1:2", "plan-1:3", "plan-1:4"]


async def test_events_come_again_as_duplicates_only_when_the_relay_died_between_publish_and_checkpoint(
    database: TestDatabase,
) -> None:
    outlet = RecordingOutlet()
    dsn = database.dsn("hawk_relay")
    async with connected(database.dsn("hawk_executor"), dsn) as [executor, reading]:
        await append(executor, "plan-1", 0, 3)
        await seal_all(dsn, 3)

        async def die_after_arrival(messages: Sequence[OutMessage]) -> None:
            outlet.arrived.extend(messages)
            raise ConnectionResetError("the process died")

        outlet.fail = die_after_arrival
        with pytest.raises(ConnectionResetError):
            await Publisher(reading, one_message, outlet.open).publish()
        assert await _checkpoint(executor) == 0
        outlet.fail = None
        async with running(relay_over(dsn, outlet)):
            await _published(executor, 3)
    assert outlet.bodies == ["plan-1:1", "plan-1:2", "plan-1:3"] * 2
    assert in_stream_order(outlet.bodies)


async def test_order_of_each_stream_holds_when_waves_fail_at_random_places(database: TestDatabase) -> None:
    """Every third wave fails, half of these after part of it arrived: what came first must still be in
    order."""
    calls = 0
    outlet = RecordingOutlet()

    async def fail_sometimes(messages: Sequence[OutMessage]) -> None:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            kept = messages[: len(messages) // 2] if calls % 2 else messages
            outlet.arrived.extend(message for message in kept if message.key != "head")
            raise PublishFailed("injected")

    outlet.fail = fail_sometimes
    async with (
        connected(database.dsn("hawk_executor")) as [executor],
        running(relay_over(database.dsn("hawk_relay"), outlet)),
    ):
        for version in range(40):
            await append(executor, f"plan-{version % 4}", version // 4)
            if version % 8 == 7:
                await _published(executor, version + 1)
    assert calls >= 3
    assert in_stream_order(outlet.bodies)
    assert len(set(outlet.bodies)) == 40


async def test_standby_takes_over_when_the_active_relay_loses_its_connection(database: TestDatabase) -> None:
    outlet = RecordingOutlet()
    relays = [relay_over(database.dsn("hawk_relay"), outlet) for _ in range(2)]
    async with connected(database.dsn("hawk_executor"), database.admin_dsn) as [executor, administrator]:
        async with running(*relays):
            await append(executor, "plan-1", 0)
            await _published(executor, 1)
            assert sorted(relay.active for relay in relays) == [False, True]
            before = await _lock_holder(administrator)
            assert await administrator.fetchval("SELECT pg_terminate_backend($1)", before)
            await append(executor, "plan-1", 1, 3)
            await _published(executor, 4)
            after = await eventually_async(lambda: _lock_holder(administrator), LIMIT_SECONDS)
            assert after != before
            assert sorted(relay.active for relay in relays) == [False, True]
        assert (await verify_chain(administrator)).ok
    assert in_stream_order(outlet.bodies)
    assert set(outlet.bodies) == {f"plan-1:{version}" for version in range(1, 5)}


async def _lock_holder(administrator: asyncpg.Connection) -> int:
    pid = await administrator.fetchval(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return int(pid or 0)


async def test_relay_goes_on_when_all_its_sessions_were_ended(database: TestDatabase) -> None:
    outlet = RecordingOutlet()
    async with (
        connected(database.dsn("hawk_executor"), database.admin_dsn) as [executor, administrator],
        running(relay_over(database.dsn("hawk_relay"), outlet)) as [task],
    ):
        for version in range(3):
            await append(executor, "plan-1", version)
            await _published(executor, version + 1)
            await administrator.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'hawk_relay' AND datname = current_database()"
            )
        await append(executor, "plan-1", 3)
        await _published(executor, 4)
        assert not task.done()
    assert in_stream_order(outlet.bodies)


async def test_publisher_stops_when_another_one_has_moved_the_checkpoint(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_relay")
    async with connected(database.dsn("hawk_executor"), dsn, dsn) as [executor, reading, other]:
        await append(executor, "plan-1", 0, 2)
        await seal_all(dsn, 2)
        outlet = RecordingOutlet()

        async def overtake(messages: Sequence[OutMessage]) -> None:
            assert await other.fetchval("SELECT es.advance_checkpoint('publish', 0, 1)")

        outlet.fail = overtake
        publisher = Publisher(reading, one_message, outlet.open)
        with pytest.raises(CheckpointMoved):
            await publisher.publish()
        outlet.fail = None
        assert await publisher.publish() == 1, "it must begin anew from what the database says"
        assert await _checkpoint(executor) == 2


async def test_wave_is_cut_when_events_are_large(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_relay")
    waves: list[int] = []
    outlet = RecordingOutlet()

    async def count_wave(messages: Sequence[OutMessage]) -> None:
        waves.append(len(messages))

    def large(event: RecordedEvent) -> tuple[OutMessage, ...]:
        size = int(event.data["size"])
        return (OutMessage("test", "k", b"x" * size, ()),) if size else ()

    outlet.fail = count_wave
    sizes = (10, WAVE_BYTES_MAX - 10, 1, 0, 3 * WAVE_BYTES_MAX, 5)
    events = tuple(NewEvent("Sized", 1, {"size": size}) for size in sizes)
    async with connected(database.dsn("hawk_executor"), dsn) as [executor, reading]:
        async with executor.transaction():
            await PostgresEventStore(executor).append([StreamAppend("plan-1", 0, events)])
        await seal_all(dsn, len(sizes))
        publisher = Publisher(reading, large, outlet.open)
        steps = [await publisher.publish() for _ in range(4)]
        assert await publisher.publish() == 0
    assert steps == [2, 2, 1, 1]
    assert waves == [2, 1, 1, 1]


async def test_event_that_cannot_be_routed_is_never_skipped(database: TestDatabase) -> None:
    def refuse_second(event: RecordedEvent) -> tuple[OutMessage, ...]:
        if event.version == 2 and broken:
            raise KeyError("workflow_id")
        return one_message(event)

    broken = True
    outlet = RecordingOutlet()
    relay = Relay(RelaySettings(database.dsn("hawk_relay"), refuse_second, outlet.open, outlet.read_heads))
    async with connected(database.dsn("hawk_executor")) as [executor], running(relay):
        await append(executor, "plan-1", 0)
        await _published(executor, 1)
        await append(executor, "plan-1", 1, 2)
        await eventually_async(
            lambda: executor.fetchval("SELECT count(*) FROM es.seals"), LIMIT_SECONDS, until=lambda n: n == 3
        )
        assert await _checkpoint(executor) == 1
        broken = False
        await _published(executor, 3)
    assert outlet.bodies == ["plan-1:1", "plan-1:2", "plan-1:3"]


async def test_sealing_and_publishing_stop_when_a_sealed_event_was_deleted(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_relay")
    async with connected(database.dsn("hawk_executor"), database.admin_dsn, dsn) as [
        executor,
        superuser,
        relay,
    ]:
        await append(executor, "plan-1", 0, 3)
        await seal_all(dsn, 3)
        await superuser.execute("ALTER TABLE es.events DISABLE TRIGGER events_append_only")
        await superuser.execute("DELETE FROM es.events WHERE version IN (2, 3)")
        with pytest.raises(SealedEventMissing) as raised:
            await Sealer(relay).seal()
        assert raised.value.position == 3
        publisher = Publisher(relay, one_message, RecordingOutlet().open)
        assert await publisher.publish() == 1
        await superuser.execute(
            "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata) "
            "SELECT 'plan-1', 3, event_id, 'Happened', 1, '{}', '{}' FROM es.seals WHERE position = 3"
        )
        with pytest.raises(PublishFailed, match="Position 2 cannot be read, the next is 3"):
            await publisher.publish()


async def test_two_sealers_cannot_give_one_position_twice(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_relay")
    async with connected(database.dsn("hawk_executor"), dsn, dsn) as [executor, one, other]:
        await append(executor, "plan-1", 0)
        await seal_all(dsn, 1)
        slow = Sealer(other)
        await slow.load()
        await append(executor, "plan-1", 1)
        await seal_all(dsn, 2)
        with pytest.raises(Exception, match="seals_pkey"):
            await slow.seal()
        assert (await verify_chain(one)).ok


async def test_head_is_published_when_it_has_changed(database: TestDatabase) -> None:
    outlet = RecordingOutlet()
    async with (
        connected(database.dsn("hawk_executor")) as [executor],
        running(relay_over(database.dsn("hawk_relay"), outlet)),
    ):
        await append(executor, "plan-1", 0, 2)
        await eventually_async(
            lambda: _value(bool(outlet.heads) and b'"position": 2' in outlet.heads[-1].value),
            LIMIT_SECONDS,
        )
        head = await executor.fetchval("SELECT encode(hash, 'hex') FROM es.seals WHERE position = 2")
    assert {message.topic for message in outlet.heads} == {"hawk.audit.heads"}
    assert head in outlet.heads[-1].value.decode()
    positions = [message.value for message in outlet.heads]
    assert len(positions) == len(set(positions)), "an unchanged head must not be published again"


async def test_relay_waits_when_the_database_is_away() -> None:
    relay = relay_over("postgresql://hawk_relay@127.0.0.1:1/none", RecordingOutlet())
    with pytest.raises(Transient):
        await relay.check()
    async with running(relay) as [task]:
        _, pending = await asyncio.wait([task], timeout=1.0)
        assert pending == {task}
