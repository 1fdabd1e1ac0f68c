"""An event that can never be published is listed and passed over; two persons publish it once it can be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.approval.publication.decider import Confirm, Listed, Propose, Publication
from services.approval.publication.handlers import act
from services.approval.requests.decider import Refused
from services.approval.two_persons import Actor
from shared.errors import Defect
from shared.events.publication import Cause, Unpublishable
from shared.events.routing import OutMessage
from shared.eventstore.chain import verify_chain
from shared.eventstore.driver_errors import translated
from shared.eventstore.errors import AppendInvalid
from shared.eventstore.port import RecordedEvent
from shared.messaging.cause import request_cause
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import run_unit
from shared.relay.outlet import KafkaOutlet, MessageTooLarge
from shared.relay.passed_over import Order, PassedOver
from shared.relay.publisher import Publisher
from shared.relay.relay import Relay, RelaySettings
from shared.relay.watch import measure
from tests.integration.eventstore.support import (
    LIMIT_SECONDS,
    RecordingOutlet,
    append,
    connected,
    one_message,
    relay_over,
    running,
    seal_all,
)
from tests.support.eventually import eventually_async
from tests.support.signing import signer
from tests.support.stack import TestDatabase
from tools.verification.checks.unpublished import unpublished_findings

pytestmark = pytest.mark.integration

LISTED = "SELECT position, cause, tried_version, published_at IS NOT NULL AS published FROM es.unpublishable"


async def _reached(connection: asyncpg.Connection, position: int) -> None:
    async def checkpoint() -> int:
        return int(await connection.fetchval("SELECT position FROM es.checkpoints WHERE name = 'publish'"))

    await eventually_async(checkpoint, LIMIT_SECONDS, until=lambda now: now >= position, what="passed")


async def _order(
    database: TestDatabase, position: int, *persons: str, roles: Sequence[str] = ("OPERATIONS",)
) -> tuple[Listed, Publication] | Refused:
    """Propose as the first person, confirm as the second."""
    pool = await open_pool(database.dsn("hawk_approval"), application="test")
    now = datetime.now(UTC)
    cause = request_cause("person:test", request_id=str(uuid4()), correlation_id="publication")
    try:
        outcome: tuple[Listed, Publication] | Refused | None = None
        for person in persons:
            actor = Actor(person, tuple(roles), now)
            pending = outcome[1].proposal if isinstance(outcome, tuple) else None
            command = Propose(actor, "fixed", timedelta(hours=1)) if pending is None else Confirm(actor, pending.digest)
            outcome = await run_unit(pool, cause, lambda unit, c=command: act(unit, position, c), projector=None)
        assert outcome is not None
        return outcome
    finally:
        await pool.close()


async def test_an_unpublishable_event_is_passed_over_and_published_when_two_persons_say_so(
    database: TestDatabase,
) -> None:
    broken = True

    def routes(event: RecordedEvent) -> tuple[OutMessage, ...]:
        if event.stream == "plan-1" and event.version == 2 and broken:
            raise Unpublishable(Cause.NO_ROUTE, "Nobody knows it.")
        return () if event.stream.startswith("publication-") else one_message(event)

    outlet = RecordingOutlet()
    relay = Relay(RelaySettings(database.dsn("hawk_relay"), routes, outlet.open, outlet.read_heads))
    async with connected(database.dsn("hawk_executor"), database.dsn("hawk_relay")) as [executor, watching]:
        async with running(relay):
            await append(executor, "plan-1", 0, 4)
            await append(executor, "plan-2", 0, 1)
            await _reached(executor, 5)
            assert outlet.bodies == ["plan-1:1", "plan-1:3", "plan-1:4", "plan-2:1"]
            assert [tuple(row) for row in await executor.fetch(LISTED)] == [(2, "NO_ROUTE", 0, False)]
            [finding] = await unpublished_findings(executor)
            assert "Position 2" in finding
            assert "NO_ROUTE" in finding
            assert (await measure(watching)).unpublishable == 1

            assert isinstance(await _order(database, 2, "ops.01", "OPS.01"), Refused), "one person is not two"
            await _order(database, 2, "ops.01", "ops.02")
            await eventually_async(
                lambda: executor.fetchval("SELECT tried_version FROM es.unpublishable"), LIMIT_SECONDS,
                until=lambda version: version > 0, what="the order was tried",
            )  # fmt: skip
            assert [tuple(row)[1::2] for row in await executor.fetch(LISTED)] == [("NO_ROUTE", False)]
            assert "plan-1:2" not in outlet.bodies

            broken = False
            await _order(database, 2, "ops.01", "ops.02")
            await eventually_async(
                lambda: unpublished_findings(executor), LIMIT_SECONDS, until=lambda found: not found, what="published"
            )
            assert outlet.bodies[-1] == "plan-1:2"
        assert (await verify_chain(executor)).ok
        outcome = await _order(database, 2, "ops.01")
        assert isinstance(outcome, Refused)
        assert outcome.code == "ALREADY_PUBLISHED"


async def test_a_wave_ends_before_what_cannot_be_published_and_loses_nothing(database: TestDatabase) -> None:
    """Every second event: none of the others is lost, doubled or overtaken."""

    def routes(event: RecordedEvent) -> tuple[OutMessage, ...]:
        if event.version % 2:
            raise Unpublishable(Cause.DATA_MALFORMED, "x" * 5_000 + "\0")
        return one_message(event)

    outlet = RecordingOutlet()
    async with (
        connected(database.dsn("hawk_executor")) as [executor],
        running(Relay(RelaySettings(database.dsn("hawk_relay"), routes, outlet.open, outlet.read_heads))),
    ):
        await append(executor, "plan-1", 0, 40)
        await _reached(executor, 40)
        assert await executor.fetchval("SELECT count(*) FROM es.unpublishable") == 20
    assert outlet.bodies == [f"plan-1:{version}" for version in range(2, 41, 2)]


async def test_events_that_are_too_large_together_go_alone_and_only_the_large_one_is_passed_over(
    database: TestDatabase,
) -> None:
    dsn = database.dsn("hawk_relay")
    outlet = RecordingOutlet()

    async def narrow(messages: Sequence[OutMessage]) -> None:
        if len(messages) > 2 or any(message.value == b"plan-1:4" for message in messages):
            raise MessageTooLarge("The topic takes no more.")

    outlet.fail = narrow
    async with connected(database.dsn("hawk_executor"), dsn) as [executor, reading]:
        await append(executor, "plan-1", 0, 6)
        await seal_all(dsn, 6)
        publisher = Publisher(reading, one_message, outlet.open)
        counts = []
        while count := await publisher.publish():
            counts.append(count)
        assert counts == [1] * 6
        assert [tuple(row)[:2] for row in await executor.fetch(LISTED)] == [(4, "TOO_LARGE")]
        await append(executor, "plan-2", 0, 2)
        await seal_all(dsn, 8)
        assert await publisher.publish() == 2, "those behind go together again"
    assert outlet.bodies == [f"plan-1:{version}" for version in (1, 2, 3, 5, 6)] + ["plan-2:1", "plan-2:2"]


class _WithoutHeads:
    """Kafka, on a broker without HAWK's own topics."""

    def __init__(self, outlet: KafkaOutlet) -> None:
        self._outlet = outlet
        self.close = outlet.close

    async def send(self, messages: Sequence[OutMessage]) -> None:
        await self._outlet.send([message for message in messages if message.key != "head"])


async def test_an_event_above_the_limit_of_its_topic_waits_until_the_limit_is_raised(
    database: TestDatabase, kafka_bootstrap: str
) -> None:
    topic = f"narrow-{uuid4().hex}"

    def routes(event: RecordedEvent) -> tuple[OutMessage, ...]:
        if event.stream.startswith("publication-"):
            return ()
        size = 200_000 if event.version == 2 else 40_000
        return (OutMessage(topic, event.stream, b"x" * size, ()),)

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()

    async def open_outlet() -> _WithoutHeads:
        options = {"bootstrap_servers": kafka_bootstrap}
        return _WithoutHeads(await KafkaOutlet.open(options, signer("relay").private))

    heads = RecordingOutlet()
    relay = Relay(RelaySettings(database.dsn("hawk_relay"), routes, open_outlet, heads.read_heads))
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "100000"})])
        async with connected(database.dsn("hawk_executor")) as [executor], running(relay):
            await append(executor, "plan-1", 0, 6)
            await _reached(executor, 6)
            assert [tuple(row)[:2] for row in await executor.fetch(LISTED)] == [(2, "TOO_LARGE")]
            resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "1000000"})
            await admin.alter_configs([resource])

            async def published() -> bool:
                # A limit that is altered reaches the broker at a time of its own; an order before that is used up.
                await _order(database, 2, "ops.01", "ops.02")
                await eventually_async(
                    lambda: executor.fetchval(
                        "SELECT published_at IS NOT NULL OR tried_version = (SELECT max(version) FROM es.events"
                        " WHERE stream = 'publication-2' AND type = 'PublicationConfirmed') FROM es.unpublishable"
                    ),
                    LIMIT_SECONDS,
                )
                return not await unpublished_findings(executor)

            await eventually_async(published, LIMIT_SECONDS, what="published after all")
    finally:
        await admin.delete_topics([topic])
        await admin.close()


async def test_the_list_takes_sealed_events_and_orders_of_two_persons_only(database: TestDatabase) -> None:
    dsn = database.dsn("hawk_relay")
    forged = '{"event_id": "%s", "proposed_by": {"person": "ops.01"}, "confirmed_by": {"person": "OPS.01"}}'
    call = "SELECT es.append(ARRAY[$1], ARRAY[0], ARRAY[$1], ARRAY[$2], ARRAY[1], ARRAY[$3], ARRAY['{}'])"
    async with connected(database.dsn("hawk_executor"), dsn, database.dsn("hawk_approval"), database.admin_dsn) as [
        executor,
        relay,
        approval,
        superuser,
    ]:
        await append(executor, "plan-1", 0, 1)
        await seal_all(dsn, 1)
        for position in (0, 2, 99):
            with pytest.raises(AppendInvalid), translated(relay):
                await relay.execute("SELECT es.pass_over($1, 'NO_ROUTE', 'x')", position)
        with pytest.raises(Defect), translated(relay):
            await relay.execute("SELECT es.pass_over(1, 'BECAUSE', 'x')")
        await relay.execute("SELECT es.pass_over(1, 'NO_ROUTE', 'x')")
        await relay.execute("SELECT es.pass_over(1, 'TOO_LARGE', 'again')")
        assert await relay.fetchval("SELECT cause FROM es.unpublishable") == "NO_ROUTE"
        note = "SELECT es.note_publication(1, $1, NULL, NULL)"
        assert not await relay.fetchval(note, 1), "nobody has ordered it"
        event = await relay.fetchval("SELECT event_id FROM es.seals")
        await approval.execute(call, "publication-1", "PublicationConfirmed", forged % event)
        assert not await relay.fetchval(note, 1), "one person has ordered it"
        assert await PassedOver(relay).orders() == (), "and the relay does not publish it for that"
        # Nor does it for one whose second spelling SQL does not see through: a Cyrillic letter.
        lookalike = forged.replace("OPS", "\u041ePS") % event
        later = call.replace("ARRAY[0]", "ARRAY[1]")
        await approval.execute(later, "publication-1", "PublicationConfirmed", lookalike)
        assert await PassedOver(relay).orders() == ()
        assert not await relay.fetchval("SELECT es.note_publication(1, 9, NULL, NULL)")
        # Namesakes whom the issuer tells by subjects are two.
        two = forged.replace("ops.01", "Anna Lee <7f0c>").replace("OPS.01", "Anna Lee <7F0C>") % event
        await approval.execute(call.replace("ARRAY[0]", "ARRAY[2]"), "publication-1", "PublicationConfirmed", two)
        assert await PassedOver(relay).orders() == (Order(1, 3),)
        assert await relay.fetchval(note, 3)
        for statement in ("DELETE FROM es.unpublishable", "TRUNCATE es.unpublishable"):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await superuser.execute(statement)
        for role in (executor, approval, relay):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await role.execute("UPDATE es.unpublishable SET published_at = now()")
        for role in (executor, approval):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await role.execute("SELECT es.pass_over(1, 'NO_ROUTE', 'x')")


async def test_a_read_of_many_large_events_ends_early_and_misses_none(database: TestDatabase) -> None:
    """A thousand of the largest events at once would not fit into memory; the sealer takes them some at a time."""
    large = '{"x":"' + "y" * 100_000 + '"}'
    call = "SELECT es.append(ARRAY['plan-1'], ARRAY[0], $1, $2, $3, $4, $5)"
    outlet = RecordingOutlet()
    async with connected(database.dsn("hawk_executor")) as [executor]:
        await executor.execute(call, ["plan-1"] * 100, ["Happened"] * 100, [1] * 100, [large, "{}"] * 50, ["{}"] * 100)
        async with running(relay_over(database.dsn("hawk_relay"), outlet)):
            await _reached(executor, 100)
        assert (await verify_chain(executor)).ok
    assert outlet.bodies == [f"plan-1:{version}" for version in range(1, 101)]
