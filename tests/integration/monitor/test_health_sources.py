"""What the health page asks, of a real Kafka and a real PostgreSQL, by the monitor's own role."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from services.monitor.deadletters import LetterEvent
from services.monitor.health.attention import of_consumers, of_store, reading
from services.monitor.health.broker import Broker
from services.monitor.health.found import BrokerFound, Reading
from services.monitor.health.kept import Kept
from services.monitor.health.rollout import rollout_of
from services.monitor.health.store import (
    _DECISIONS,
    _DOCUMENTS,
    _FOLLOWED,
    _LETTERS,
    _RECENT,
    _RELAY,
    _URGENT,
    PostgresHealth,
)
from services.monitor.letters import keep_letter_event
from shared.events.approvals import Approver
from shared.events.deadletters import MessageRefused, MessageReplayed
from shared.events.decisions import name_of
from shared.events.identity import EXECUTOR_CONTROL_STREAM, ROLLOUT_STREAM
from shared.events.rollout import ExecutionStopped, RolloutOpened, RolloutTakenIn, RolloutTerms
from shared.messaging.database import open_pool
from shared.messaging.kafka import KafkaConnection
from shared.messaging.records import AIOKafkaConsumer
from tests.integration.monitor.test_monitor_readmodel import keep
from tests.support.eventually import eventually_async
from tests.support.pills import Draft
from tests.support.raw_kafka import raw_producer, send_drafts
from tests.support.recorded import record
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.units import WHEN

pytestmark = pytest.mark.integration

LIMIT_SECONDS = 60.0
PARTITION = 1
#: A group that nobody ever joined.
OTHER = "hawk-nobody-reads"


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn("hawk_monitor"), application="health", min_size=1, max_size=2)
    yield opened
    await opened.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> PostgresHealth:
    return PostgresHealth(lambda: pool)


class Looking:
    """A group of its own on a topic of its own, and a clock that the test moves."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self.now = datetime.now(UTC)
        self.broker = Broker(KafkaConnection(bootstrap), lambda: self.now, {group: (topic,), OTHER: (topic,)})

    async def look(self) -> BrokerFound:
        return await self.broker.look()


async def new_topic(bootstrap: str) -> str:
    name = f"test.health.{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 2, 1)])
    finally:
        await admin.close()
    return name


async def test_a_group_that_lags_stands_still_and_goes_away_is_told_from_one_that_keeps_up(
    kafka_bootstrap: str,
) -> None:
    topic, group = await new_topic(kafka_bootstrap), f"hawk-test-{uuid.uuid4().hex[:8]}"
    looking = Looking(kafka_bootstrap, group, topic)
    sent_at = looking.now - timedelta(seconds=120)
    async with raw_producer(kafka_bootstrap) as producer:
        drafts = [Draft({}, [], timestamp_ms=int(sent_at.timestamp() * 1000) + n) for n in range(3)]
        await send_drafts(producer, topic, drafts, PARTITION)
    partition = TopicPartition(topic, PARTITION)
    member = AIOKafkaConsumer(topic, group_id=group, bootstrap_servers=kafka_bootstrap, enable_auto_commit=False)
    await member.start()

    async def looked() -> BrokerFound | None:
        try:
            return await looking.look()
        except KafkaError:  # the broker may still be electing the coordinator
            return None

    try:
        await eventually_async(lambda: _held(member), LIMIT_SECONDS, until=lambda held: len(held) == 2)
        await member.commit({partition: 1})
        found = await eventually_async(looked, LIMIT_SECONDS)
        assert found is not None
        consumer, other = found.consumers
        assert (other.members, [each.waiting for each in other.backlogs]) == (0, [0, 3])
        assert (consumer.members, [each.waiting for each in consumer.backlogs]) == (1, [0, 2])
        oldest = consumer.backlogs[PARTITION].oldest_at
        assert oldest is not None
        assert oldest - sent_at < timedelta(milliseconds=2)
        # What is seen for the first time may move; what has not moved since stands.
        assert reading(consumer, looking.now)[0] is Reading.BEHIND
        looking.now += timedelta(seconds=16)
        look, nobody = of_consumers(await looking.look(), looking.now)
        assert (nobody.code, nobody.subject) == ("NOBODY", "nobody")
        assert (look.code, look.subject) == ("STALLED", f"test on {topic}, partition {PARTITION}")
        assert look.sentence.startswith("2 messages wait, none is handled.")
        await member.commit({partition: 3})
        assert [each.subject for each in of_consumers(await looking.look(), looking.now)] == ["nobody"]
    finally:
        await member.stop()
    async with raw_producer(kafka_bootstrap) as producer:
        await send_drafts(producer, topic, [Draft({}, [])], PARTITION)
    look, _ = of_consumers(await looking.look(), looking.now)
    assert (look.code, look.subject, look.runbook) == ("NOBODY", "test", "consumer")
    assert look.sentence == "No process of it reads anything; 1 message waits."


async def _held(member: AIOKafkaConsumer) -> set[TopicPartition]:
    return set(member.assignment())


async def test_a_broker_that_is_away_is_named_with_the_time_and_comes_back(kafka_bootstrap: str) -> None:
    topic, group, now = await new_topic(kafka_bootstrap), f"hawk-test-{uuid.uuid4().hex[:8]}", datetime.now(UTC)
    there, nowhere = (
        Broker(KafkaConnection(at), lambda: now, {group: (topic,)}) for at in (kafka_bootstrap, "127.0.0.1:9")
    )
    place = [nowhere]

    async def look() -> BrokerFound:
        return await place[0].look()

    kept = Kept("Kafka", look, lambda: now, seconds=0, patience=20)
    known = await kept.get()
    assert (known.value, known.away_since, bool(known.reason)) == (None, now, True)
    place[0] = there
    known = await eventually_async(kept.get, LIMIT_SECONDS, until=lambda each: each.value is not None)
    assert (known.away_since, known.reason) == (None, "")


async def test_events_that_wait_for_the_relay_and_the_session_that_holds_them_up(
    database: TestDatabase, store: PostgresHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await store.look()).relay.unsealed == 0
    holder = await asyncpg.connect(database.dsn("hawk_approval"), server_settings={"application_name": "holds-up"})
    try:
        await holder.execute("BEGIN")
        await holder.execute("SELECT pg_current_xact_id()")
        story = Story(f"resp-{uuid.uuid4()}").received()
        await record(database, story.told[0].stream, *(told.event for told in story.told))
        monkeypatch.setattr("services.monitor.health.store.STALLED_SECONDS", 0.0)
        relay = (await store.look()).relay
        assert (relay.unsealed, relay.unpublished) == (2, 0)
        assert relay.stalled_seconds > 0
        assert relay.holder is not None
        assert (relay.holder.role, relay.holder.application) == ("hawk_approval", "holds-up")
        await holder.execute("ROLLBACK")
        free = (await store.look()).relay
        assert (free.unsealed, free.stalled_seconds, free.holder) == (2, 0, None)
        assert free.seal_seconds > 0
    finally:
        await holder.close()


async def test_the_monitor_is_told_of_no_more_than_who_holds_the_feed_up(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.dsn("hawk_monitor"))
    try:
        for refused in (
            "SELECT * FROM executor.todo",
            "SELECT * FROM hawk.position_nav_master",
            "SELECT es.end_stalling(1)",
            "UPDATE executor.control_watermark SET caught_up_at = now()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(refused)
    finally:
        await connection.close()
    other = await asyncpg.connect(database.dsn("hawk_approval"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.execute("SELECT * FROM es.feed_holder()")
    finally:
        await other.close()


def refused(code: str, place: int = 1) -> MessageRefused:
    head = "{}"
    return MessageRefused(
        service="executor", group="hawk-executor-reference", topic="hawk.reference", partition=0, offset=place,
        last_offset=place, count=1, key=None, message_id=f"m-{place}", code=code, reason="The column rate is unknown.",
        sha256=sha256(head.encode()).hexdigest(), size_bytes=len(head), head=head, headers={}, headers_kept=True,
        error=None,
    )  # fmt: skip


async def test_dead_letters_that_wait_are_shown_with_their_cure(pool: asyncpg.Pool, store: PostgresHealth) -> None:
    now = datetime.now(UTC)
    replayed = MessageReplayed.model_construct(letter="executor-3")
    told = (
        ("executor-1", 1, refused("REFERENCE_COLUMN_UNKNOWN"), now - timedelta(hours=2)),
        ("executor-2", 1, refused("REFERENCE_OUTDATED", 2), now - timedelta(hours=1)),
        ("executor-3", 1, refused("REFERENCE_COLUMN_UNKNOWN", 3), now - timedelta(hours=3)),
        ("executor-3", 2, replayed, now - timedelta(minutes=3)),
        ("executor-4", 1, refused("MALFORMED_JSON", 4), now - timedelta(days=2)),
        ("executor-5", 1, refused("MALFORMED_JSON", 5), now - timedelta(days=20)),
    )
    for letter, version, event, at in told:
        document = event.model_dump(mode="json") if isinstance(event, MessageRefused) else {}
        async with pool.acquire() as connection:
            await keep_letter_event(connection, letter, LetterEvent(version, type(event).__name__, at, document))
    found = await store.look()
    assert [each.letter for each in found.letters.shown] == ["executor-2", "executor-1", "executor-4"]
    assert (found.letters.waiting, found.letters.urgent) == (3, 1)
    assert found.letters.urgent_since == now - timedelta(hours=2)
    outdated, unknown, _ = found.letters.shown
    assert outdated.cure.startswith("Nothing. ")
    assert unknown.cure == (
        "Nothing was changed. Have the corrected row published, or correct the rows it depends on. "
        "After the fix: `hawk deadletters replay`."
    )
    (look,) = of_store(found)
    assert (look.code, look.sentence) == ("LETTERS", "1 message was refused in the last day.")


async def test_a_stop_is_shown_at_once_with_who_and_why_and_whether_the_executor_follows(
    database: TestDatabase, store: PostgresHealth
) -> None:
    terms = RolloutTerms(mode="FULL")
    (opened,) = await record(database, ROLLOUT_STREAM, RolloutOpened(terms=terms, opened_at=WHEN))
    first = name_of(1, opened.type, opened.schema_version, opened.data)
    note = RolloutTakenIn(decision=first, terms=terms, stopped=False, reason="", doubted=None, taken_in_at=WHEN)
    await record(database, EXECUTOR_CONTROL_STREAM, note)
    rollout = rollout_of((await store.look()).control)
    assert (rollout.mode, rollout.stopped, rollout.version, rollout.followed) == ("FULL", False, 1, 1)
    stop = ExecutionStopped(
        follows=first, terms=terms, reason="price feed looks wrong",
        stopped_by=Approver(person="olga <o-1>", role="OPERATIONS", at=WHEN),
    )  # fmt: skip
    await record(database, ROLLOUT_STREAM, stop)
    rollout = rollout_of((await store.look()).control)
    assert (rollout.stopped, rollout.stopped_by, rollout.reason) == (True, "olga", "price feed looks wrong")
    assert (rollout.version, rollout.followed, rollout.caught_up_at) == (2, 1, None)


async def test_answers_of_murex_and_workflows_that_need_somebody(pool: asyncpg.Pool, store: PostgresHealth) -> None:
    silent = Story("resp-1").received().planned().approved().progress("PREPARED", stage="2")
    silent.progress("BOOKING", stage="2", status="Deal 1 booked in Murex as MX1 (1 of 6)")
    stuck = Story("resp-2").received().planned().approved()
    stuck.progress("NEEDS_INTERVENTION", final=True, reason="MX_CONTRADICTION: Murex says two things.")
    await keep(pool, [*silent.told, *stuck.told], together=100)
    found = await store.look()
    looks = {each.code: each for each in of_store(found)}
    assert looks["PERSON"].sentence == "1 workflow needs a person."
    assert looks["SILENCE"].sentence.startswith("5 deals are not answered.")
    # The story's clock is days ago, so its answers say nothing of how Murex is now.
    assert found.answer_ms == ()


async def test_limits_and_capacities_are_those_of_the_views(database: TestDatabase, store: PostgresHealth) -> None:
    owner = await asyncpg.connect(database.admin_dsn)
    try:
        await owner.execute(
            "INSERT INTO hawk.threshold_configuration (threshold_id, threshold_type, currency_code, warning_level,"
            " critical_level, maximum_limit, unit_of_measure, reference_version)"
            " VALUES ('T1', 'USD_PB_DEPOSIT', 'CNY', 80000, 90000, 100000, 'USD_THOUSANDS', 1)"
        )
        await owner.execute(
            "INSERT INTO hawk.usd_pb_usage (stream, version, currency_code, reserved_usd)"
            " VALUES ('usdpb-CNY', 1, 'CNY', 84400000.5)"
        )
    finally:
        await owner.close()
    (limit,) = (await store.limits()).limits
    assert (limit.name, limit.used, limit.whole, limit.state) == ("CNY", "84400000.50", "100000000.00", "WARN")
    assert (limit.warning, limit.critical) == ("80000000.00", "90000000.00")


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        (_URGENT, (10,)),
        (_RECENT, (10,)),
        (_LETTERS, (WHEN, 10)),
        (_DOCUMENTS, (["x"], [1])),
        (_DECISIONS, ("rollout", 10)),
        (_FOLLOWED, ("control-executor",)),
        (_RELAY, (10,)),
    ],
)
async def test_each_question_is_answered_by_an_index(
    pool: asyncpg.Pool, statement: str, arguments: tuple[object, ...]
) -> None:
    async with pool.acquire() as connection:
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *arguments))
    assert re.findall(r"Seq Scan on (\w+)", plan) == [], plan
    assert "Index" in plan
