"""The store is asked by a digest first. What it says to that is what it says of the values, and values decide a no."""

import json
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from shared.events import topics
from shared.events.publication import Unpublishable
from shared.events.routing import OutMessage, cloud_event_headers, messages
from shared.eventstore import codec
from shared.eventstore.port import NUMBER_MAX, NUMBER_MIN, RecordedEvent, event_id
from shared.eventstore.postgres import PostgresEventStore
from shared.messaging.database import open_pool
from shared.messaging.door import Presented, are_recorded, presented
from tests.support.examples import examples
from tests.support.recorded import delivered, published, record
from tests.support.stack import TestDatabase
from tests.support.story import Story

pytestmark = pytest.mark.integration

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(NUMBER_MIN, NUMBER_MAX) | TEXTS,
    lambda each: st.lists(each, max_size=4) | st.dictionaries(TEXTS, each, max_size=4),
    max_leaves=12,
)
IDS = st.none() | st.just("") | TEXTS | st.integers(-1, 1) | st.booleans() | st.just([])
DATA = st.builds(
    lambda some, ids: some | ids,
    st.dictionaries(TEXTS, VALUES, max_size=5),
    st.dictionaries(st.sampled_from(["workflow_id", "response_id"]), IDS, max_size=2),
)
#: Headers that a CloudEvent must have are never empty.
ATTRIBUTES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
METADATA = st.fixed_dictionaries(
    {"correlation_id": ATTRIBUTES, "causation_id": ATTRIBUTES}, optional={"traceparent": TEXTS, "actor": TEXTS}
)
#: Microseconds since 1970: to 2099, and some of whole seconds, which are written without a fraction.
MICROSECONDS = st.integers(0, 4_100_000_000_000_000) | st.integers(0, 4_100_000_000).map(lambda each: each * 1_000_000)
TIMES = MICROSECONDS.map(lambda each: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=each))
#: They fill some hundred blocks; a look-up reads a handful.
EVENTS_OF_AN_OLD_STORE = 10_000


@dataclass
class Kept:
    """Events of a workflow that the store holds, and a way to ask about them as the approval service."""

    events: tuple[RecordedEvent, ...]
    pool: asyncpg.Pool
    admin: asyncpg.Connection

    def sent(self) -> list[OutMessage]:
        return [published(event, topics.PLANS) for event in self.events]


@pytest.fixture
async def kept(database: TestDatabase) -> AsyncIterator[Kept]:
    story = Story(f"resp-{uuid.uuid4()}").planned()
    drawn = next(told for told in story.told if told.topic == topics.PLANS)
    await record(database, drawn.stream, drawn.event)
    pool = await open_pool(database.dsn("hawk_approval"), application="digest", min_size=1, max_size=1)
    admin = await asyncpg.connect(database.admin_dsn)
    yield Kept(tuple(await PostgresEventStore(admin).read_stream(drawn.stream)), pool, admin)
    await admin.close()
    await pool.close()


async def test_what_the_relay_publishes_is_true_unread(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(self: Presented) -> str:
        raise AssertionError("values are read where the digest has said yes")

    rows = await kept.admin.fetch("SELECT data::text AS printed FROM es.events WHERE stream LIKE 'plan-%' ORDER BY id")
    assert [sent.value.decode() for sent in kept.sent()] == [row["printed"] for row in rows]
    monkeypatch.setattr(Presented, "values", unread)
    assert await are_recorded(kept.pool, [delivered(sent) for sent in kept.sent()]) == [True] * len(kept.sent())


@pytest.mark.parametrize("separators", [(",", ":"), (" ,", " : ")])
async def test_the_same_values_in_other_bytes_are_true(kept: Kept, separators: tuple[str, str]) -> None:
    for sent in kept.sent():
        data = json.loads(sent.value)
        other = json.dumps(dict(reversed(data.items())), separators=separators).encode()
        assert other != sent.value
        assert await are_recorded(kept.pool, [delivered(replace(sent, value=other))]) == [True]


async def test_other_values_another_key_or_two_readings_are_not(kept: Kept) -> None:
    (sent,) = kept.sent()
    twice = sent.value[:-1] + b', "workflow_id": ' + json.dumps(sent.key).encode() + b"}"
    assert json.loads(twice) == json.loads(sent.value)
    forged = (
        replace(sent, value=twice),
        replace(sent, value=sent.value.replace(b"25000000", b"25000001", 1)),
        replace(sent, value=sent.value[:-1]),
        replace(sent, key="another"),
        replace(sent, key=None),
        replace(sent, key=f"{sent.key}\0"),
    )
    answers = await are_recorded(kept.pool, [*map(delivered, forged), delivered(sent), delivered(forged[0])])
    assert answers == [*(False for _ in forged), True, False]


async def test_plan_made_in_a_young_store_is_still_a_look_up_in_an_old_one(kept: Kept) -> None:
    ask = "EXPLAIN (ANALYZE, BUFFERS) SELECT es.recorded($1::uuid[], $2::bytea)"
    asked = [presented(delivered(sent)) for sent in kept.sent()]
    ids, digest = [each.event.id for each in asked if each], b"".join(each.digest for each in asked if each)
    await kept.pool.fetch(ask, ids, digest)
    await kept.admin.execute(
        "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata)"
        " SELECT 'plan-' || number, 1, gen_random_uuid(), 'PlanDrawn', 1, '{}', '{}'"
        " FROM generate_series(1, $1::integer) AS number",
        EVENTS_OF_AN_OLD_STORE,
    )
    explained = "\n".join(row[0] for row in await kept.pool.fetch(ask, ids, digest))
    looked_at = sum(int(blocks) for blocks in re.findall(r"(?:hit|read)=([0-9]+)", explained.split("Planning")[0]))
    assert 0 < looked_at < EVENTS_OF_AN_OLD_STORE // 100


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=DATA, metadata=METADATA, when=TIMES)
async def test_digest_is_that_of_the_message_that_is_published(
    kept: Kept, data: dict[str, Any], metadata: dict[str, str], when: datetime
) -> None:
    like, stream = kept.events[0], f"plan-{uuid.uuid4()}"
    printed = await kept.admin.fetchval(
        "INSERT INTO es.events (stream, version, event_id, type, schema_version, data, metadata, recorded_at)"
        " VALUES ($1, 1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, $7) RETURNING data::text",
        *(stream, event_id(stream, 1), like.type, like.schema_version, codec.encode(data)),
        *(codec.encode(metadata), when),
    )
    stored = replace(
        like, stream=stream, event_id=event_id(stream, 1), data=json.loads(printed), metadata=metadata, recorded_at=when
    )
    ids = [stored.data.get(name) for name in ("workflow_id", "response_id")]
    try:
        (sent, *_) = messages(stored)
    except Unpublishable:
        key = str(next(each for each in ids if each))
        sent = replace(kept.sent()[0], key=key, value=printed.encode(), headers=cloud_event_headers(stored))
    assert sent.value.decode() == printed
    asked = presented(delivered(sent))
    assert asked is not None
    found = await kept.pool.fetchval("SELECT es.recorded($1::uuid[], $2::bytea)", [asked.event.id], asked.digest)
    assert found == [all(each is None or isinstance(each, str) for each in ids)]
