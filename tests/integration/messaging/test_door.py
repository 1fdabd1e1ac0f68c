"""Every topic that the relay writes, every event of the catalogue, every way to be nearly true: a dead letter, nothing
else. The true message works afterwards.

The handlers stand for all handlers of all services: the door is before them, and knows none of them.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest

from shared.events import topics
from shared.events.catalogue import EVENTS
from shared.events.routing import WRITTEN_BY_RELAY, OutMessage, cloud_event_headers, key_of
from shared.events.streams import STREAMS
from shared.eventstore.port import RecordedEvent, event_id
from shared.messaging.database import open_pool
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message
from shared.messaging.partition import TOGETHER_MESSAGES_MAX
from shared.messaging.refusals import Refusals
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import UnitOfWork
from tests.support.recorded import delivered
from tests.support.stack import TestDatabase
from tests.support.units import CAUSE, WHEN

pytestmark = pytest.mark.integration

#: For each topic a stream prefix whose events go there. Requests to Murex are of executions.
PREFIXES = {kind.topic: kind.prefix for kind in STREAMS if kind.topic in WRITTEN_BY_RELAY} | {
    topics.MUREX_REQUESTS: "execution-"
}
#: Event types that a topic takes: all, but for the requests to Murex, which are three.
REQUESTS = ("DealSent", "DealStatusEnquired", "DealCancelSent")

Change = Callable[[OutMessage, RecordedEvent], OutMessage]


class Undecoded(Subscription):
    """Hands messages to their handler without decoding them: the events of this test have no data of their types."""

    async def handle(self, unit: UnitOfWork, message: Message) -> None:
        handler = self.handler_of(message)
        assert handler is not None
        await handler(unit, message)


@dataclass
class Walk:
    """One consumer group of all topics over one database."""

    pool: asyncpg.Pool
    admin: asyncpg.Connection
    handled: list[str] = field(default_factory=list)
    numbers: Iterable[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        async def handle(_unit: UnitOfWork, message: Message) -> None:
            self.handled.append(message.id)

        handlers = dict.fromkeys(EVENTS.values(), handle)
        self.handling = MessageHandling(
            service="parser",
            group="walk",
            subscriptions=[Undecoded(topic, "walk", handlers) for topic in PREFIXES],
            pool=lambda: self.pool,
            projector=None,
        )
        # Thousands are forged here, and each must be seen to be set aside.
        self.handling.refusals = Refusals(letters_at_once=100_000)

    async def keep(self, events: Sequence[RecordedEvent]) -> None:
        """Rows of the store, whoever would write them."""
        await self.admin.executemany(
            "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb, $8)",
            [
                (
                    each.stream, each.version, each.event_id, each.type, each.schema_version,
                    json.dumps(each.data), json.dumps(each.metadata), each.recorded_at,
                )
                for each in events
            ],
        )  # fmt: skip

    async def take(self, sent: Iterable[OutMessage], *, alone: bool = False) -> None:
        """Hand messages over, each at a place of its own; as the consumer does, many at a time, or one by one."""
        came = [delivered(each, offset) for each, offset in zip(sent, self.numbers, strict=False)]
        while came:
            if alone:
                await self.handling.handle(came.pop(0))
            else:
                done = await self.handling.handle_together(came[:TOGETHER_MESSAGES_MAX])
                came = came[done:]

    async def letters(self) -> list[dict[str, Any]]:
        rows = await self.admin.fetch(
            "SELECT data::text FROM es.events WHERE stream LIKE 'deadletter-parser-%' ORDER BY id"
        )
        return [json.loads(row["data"]) for row in rows]

    async def inbox(self) -> set[str]:
        return {row["message_id"] for row in await self.admin.fetch("SELECT message_id FROM parser.inbox")}


@pytest.fixture
async def walk(database: TestDatabase) -> AsyncIterator[Walk]:
    pool = await open_pool(database.dsn("hawk_parser"), application="walk", min_size=1, max_size=2)
    admin = await asyncpg.connect(database.admin_dsn)
    yield Walk(pool, admin)
    await admin.close()
    await pool.close()


def event(topic: str, type_: str, version: int = 1) -> RecordedEvent:
    stream = f"{PREFIXES[topic]}{topic}-{type_}"
    return RecordedEvent(
        stream=stream,
        version=version,
        event_id=event_id(stream, version),
        type=type_,
        schema_version=EVENTS[type_].SCHEMA_VERSION,
        data={
            "workflow_id": f"wf-{type_}",
            "text": "Stückzahl ü",
            "amount": "25000000.00",
            "number": 1,
            "list": [None],
        },
        metadata=CAUSE.metadata(),
        recorded_at=WHEN + timedelta(microseconds=123_456),
    )


def all_events(version: int = 1) -> list[tuple[str, RecordedEvent]]:
    """Each topic with each event type of the catalogue that the relay would publish there."""
    return [
        (topic, event(topic, type_, version))
        for topic in sorted(PREFIXES)
        for type_ in (REQUESTS if topic == topics.MUREX_REQUESTS else sorted(EVENTS))
    ]


def as_sent(told: RecordedEvent, topic: str) -> OutMessage:
    """An event as the relay sends it; of whatever type, its data are those of no type."""
    value = json.dumps(told.data, ensure_ascii=False, separators=(",", ":")).encode()
    return OutMessage(topic, key_of(told.stream, told.data), value, cloud_event_headers(told))


def header(sent: OutMessage, name: str, text: str) -> OutMessage:
    return replace(sent, headers=tuple((key, text.encode() if key == name else value) for key, value in sent.headers))


def data(sent: OutMessage, **changes: Any) -> OutMessage:
    return replace(sent, value=json.dumps(json.loads(sent.value) | changes).encode())


def _one_header(name: str) -> Change:
    """One byte of a header is another one, such that it is still well-formed where that is possible."""

    def change(sent: OutMessage, _event: RecordedEvent) -> OutMessage:
        text = dict(sent.headers)[name].decode()
        at = next(place for place in reversed(range(len(text))) if text[place].isalnum())
        other = "2" if text[at] == "1" else "1"
        return header(sent, name, text[:at] + other + text[at + 1 :])

    return change


def _other_topic(sent: OutMessage, _event: RecordedEvent) -> OutMessage:
    return replace(sent, topic=topics.PLANS if sent.topic != topics.PLANS else topics.APPROVALS)


def _nested(depth: int, inner: bytes = b"") -> bytes:
    return b"[" * depth + inner + b"]" * depth


HEADERS = (
    "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence", "ce_correlationid", "ce_causationid",
    "ce_traceparent", "content-type", "ce_specversion",
)  # fmt: skip

#: Ways to be nearly true.
CHANGES: dict[str, Change] = {
    "one byte of the data": lambda sent, _: replace(sent, value=sent.value.replace(b"25000000.00", b"45000000.00")),
    "a letter in another normal form": lambda sent, _: replace(
        sent, value=sent.value.replace("ü".encode(), "u\u0308".encode())
    ),
    "a number for a text": lambda sent, _: data(sent, amount=25000000),
    "a text for a number": lambda sent, _: data(sent, number="1"),
    "a field more": lambda sent, _: data(sent, more=None),
    "a field twice": lambda sent, _: replace(sent, value=b'{"number":1,' + sent.value[1:]),
    "a number with a fraction": lambda sent, _: replace(sent, value=sent.value.replace(b'"number":1', b'"number":1.0')),
    "nested as deeply as can be read": lambda sent, _: replace(sent, value=sent.value.replace(b"null", _nested(900))),
    "the same with an escape": lambda sent, _: replace(
        sent, value=sent.value.replace(b"null", _nested(987, b'"\\u00e9"'))
    ),
    "a NUL": lambda sent, _: replace(sent, value=sent.value.replace(b"25000000.00", b"25000000.00\\u0000")),
    "half a surrogate": lambda sent, _: replace(sent, value=sent.value.replace(b"25000000.00", b"\\ud800")),
    "a number of 5,000 digits": lambda sent, _: replace(sent, value=sent.value.replace(b"null", b"9" * 5_000)),
    "a number of 4,000 digits": lambda sent, _: replace(sent, value=sent.value.replace(b"null", b"9" * 4_000)),
    "the first moment": lambda sent, _: header(sent, "ce_time", "0001-01-01T00:00:00+14:00"),
    "the last moment": lambda sent, _: header(sent, "ce_time", "9999-12-31T23:59:59-14:00"),
    "the first moment of UTC": lambda sent, _: header(sent, "ce_time", "0001-01-01T00:00:00+00:00"),
    "a version of twenty nines": lambda sent, _: header(sent, "ce_sequence", "9" * 20),
    "the last version there is": lambda sent, _: header(sent, "ce_sequence", f"{2**63 - 1:020d}"),
    "a stream of 100,000 characters": lambda sent, told: header(sent, "ce_subject", told.stream + "x" * 100_000),
    "no data": lambda sent, _: replace(sent, value=b""),
    "another key": lambda sent, _: replace(sent, key="wf-other"),
    "no key": lambda sent, _: replace(sent, key=None),
    "the right event on the wrong topic": _other_topic,
    "an event of another stream": lambda sent, told: header(sent, "ce_subject", f"{told.stream}-other"),
    "an id in capitals": lambda sent, told: header(sent, "ce_id", str(told.event_id).upper().replace("-", "")),
} | {f"one byte of {name}": _one_header(name) for name in HEADERS}

#: Those that every event type of every topic goes through; the others are for one type of each topic.
OF_EVERY_TYPE = (
    "one byte of the data", "another key", "the right event on the wrong topic", "an event of another stream",
    "one byte of ce_type", "one byte of ce_correlationid",
)  # fmt: skip


async def test_whatever_is_not_recorded_is_a_dead_letter_and_the_true_message_still_works(walk: Walk) -> None:
    true = all_events()
    await walk.keep([told for _, told in true])
    future = all_events(version=2)
    forged = [as_sent(told, topic) for topic, told in future]
    forged += [CHANGES[name](as_sent(told, topic), told) for topic, told in true for name in OF_EVERY_TYPE]
    before = await walk.admin.fetchval("SELECT count(*) FROM es.events")

    await walk.take(forged)

    assert walk.handled == []
    letters = await walk.letters()
    assert len(letters) == len(forged) == await walk.admin.fetchval("SELECT count(*) FROM es.events") - before
    assert {letter["code"] for letter in letters} == {"NOT_RECORDED"}
    assert [letter["message_id"].partition("@")[0] for letter in letters] == [
        f"{sent.topic}:0:{offset}" for offset, sent in enumerate(forged)
    ]
    assert await walk.inbox() == {letter["message_id"] for letter in letters}

    await walk.keep([told for _, told in future])
    await walk.take(as_sent(told, topic) for topic, told in (*true, *future))
    assert walk.handled == [str(told.event_id) for _, told in (*true, *future)]
    assert len(await walk.letters()) == len(letters)


@pytest.mark.parametrize("topic", sorted(PREFIXES))
async def test_the_same_holds_for_messages_that_are_handled_alone(walk: Walk, topic: str) -> None:
    told = event(topic, "DealSent")
    await walk.keep([told])
    sent = as_sent(told, topic)
    forged = [change(sent, told) for change in CHANGES.values()]
    await walk.take([as_sent(event(topic, "DealSent", 2), topic), *forged], alone=True)
    assert walk.handled == []
    letters = await walk.letters()
    assert len(letters) == 1 + len(forged)
    assert {letter["code"] for letter in letters} == {
        "NOT_RECORDED", "NOT_A_CLOUDEVENT", "MALFORMED_JSON", "TEXT_NOT_STORABLE",
    }  # fmt: skip
    await walk.take([sent, sent], alone=True)
    assert walk.handled == [str(told.event_id)], "the second delivery is a repeat"


async def test_a_forged_copy_of_what_was_handled_before_is_a_dead_letter_too(walk: Walk) -> None:
    told = event(topics.PLANS, "PlanDrawn")
    await walk.keep([told])
    sent = as_sent(told, topics.PLANS)
    await walk.take([sent])
    await walk.take([data(sent, amount="49000000.00"), sent])
    assert [letter["code"] for letter in await walk.letters()] == ["NOT_RECORDED"]
    assert len(walk.handled) == 1


async def test_a_forged_message_that_comes_twice_from_one_place_is_one_dead_letter(walk: Walk) -> None:
    forged = delivered(as_sent(event(topics.PLANS, "PlanDrawn"), topics.PLANS))
    for _ in range(2):
        await walk.handling.handle(forged)
        await walk.handling.handle_together([forged, forged])
    assert len(await walk.letters()) == 1


async def test_another_writing_of_the_same_values_is_true(walk: Walk) -> None:
    told = replace(event(topics.PLANS, "PlanDrawn"), data={"workflow_id": "wf", "b": "ü\u2028", "a": [1, {"x": -0}]})
    await walk.keep([told])
    sent = replace(as_sent(told, topics.PLANS), value=json.dumps(told.data, indent=2, sort_keys=True).encode())
    earlier = header(sent, "ce_sequence", "1")
    local = (told.recorded_at + timedelta(hours=0)).astimezone().isoformat()
    await walk.take([header(earlier, "ce_time", local)])
    assert walk.handled == [str(told.event_id)]


@pytest.mark.parametrize("type_", ["ResponseRepeated", "NobodyKnowsThis"])
async def test_what_a_subscription_does_not_want_is_asked_about_too(walk: Walk, type_: str) -> None:
    handling = MessageHandling(
        service="parser",
        group="walk",
        subscriptions=[Subscription(topics.PLANS, "walk", {})],
        pool=lambda: walk.pool,
        projector=None,
    )
    told = replace(event(topics.PLANS, "ResponseRepeated"), type=type_)
    sent = delivered(as_sent(told, topics.PLANS))
    await handling.handle(sent)
    await handling.handle_together([replace(sent, offset=1)])
    assert [letter["code"] for letter in await walk.letters()] == ["NOT_RECORDED"] * 2
    await walk.keep([told])
    await handling.handle(replace(sent, offset=2))
    codes = [letter["code"] for letter in await walk.letters()][2:]
    assert codes == ([] if type_ in EVENTS else ["EVENT_TYPE_UNKNOWN"])


async def test_a_dead_letter_of_what_was_not_recorded_takes_over_nothing_that_was_said(walk: Walk) -> None:
    forged = as_sent(event(topics.PLANS, "PlanDrawn"), topics.PLANS)
    await walk.take([header(forged, "ce_correlationid", "somebody-elses-workflow")])
    row = await walk.admin.fetchrow("SELECT metadata FROM es.events WHERE stream LIKE 'deadletter-%'")
    metadata = json.loads(row["metadata"])
    assert (metadata["correlation_id"], metadata["causation_id"]) == ("hawk.plans:0:0", "hawk.plans:0:0")


async def test_the_store_says_nothing_but_yes_or_no_and_only_to_those_who_hold_the_event(
    walk: Walk, database: TestDatabase
) -> None:
    told = event(topics.PLANS, "PlanDrawn")
    await walk.keep([told])
    sent = as_sent(told, topics.PLANS)
    ask = "SELECT es.recorded($1::text::jsonb, $2::text::jsonb)"
    metadata = ("correlation_id", "causation_id", "traceparent")
    held = {
        "event_id": str(told.event_id),
        "stream": told.stream,
        "version": told.version,
        "type": told.type,
        "schema_version": told.schema_version,
        "recorded_at": told.recorded_at.isoformat(),
    } | {name: told.metadata[name] for name in metadata}
    data = json.loads(sent.value)
    for role in ("hawk_parser", "hawk_approval", "hawk_executor", "hawk_monitor", "hawk_reader"):
        connection = await asyncpg.connect(database.dsn(role))
        assert await connection.fetchval(ask, json.dumps([held] * 3), json.dumps([data, {}, data])) == [
            *(True, False, True)
        ]
        assert await connection.fetchval(ask, "[]", "[]") == []
        for name in held:
            without = {other: value for other, value in held.items() if other != name}
            unknown = json.dumps([held, held | {name: None}, without, {}])
            assert await connection.fetchval(ask, unknown, json.dumps([data] * 4)) == [True, False, False, False], name
        for no_arrays in ((None, "[]"), ("null", "[]"), ("[]", "{}"), ("[]", "[1]"), ("[{}]", "[]"), ("1", "1")):
            with pytest.raises(asyncpg.PostgresError, match="takes two arrays"):
                await connection.fetchval(ask, *no_arrays)
        await connection.close()
