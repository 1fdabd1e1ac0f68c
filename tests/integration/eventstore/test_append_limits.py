"""What `es.append` makes and refuses by itself is what the Python side makes and refuses."""

import json
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.errors import HawkError
from shared.events.write_rights import rights
from shared.eventstore.appends import rows_of
from shared.eventstore.port import (
    APPEND_EVENTS_MAX,
    EVENT_BYTES_MAX,
    JSON_DEPTH_MAX,
    METADATA_BYTES_MAX,
    NUMBER_MAX,
    NUMBER_MIN,
    NewEvent,
    StreamAppend,
    event_id,
)
from tests.integration.eventstore.support import connected
from tests.support.stack import Databases, TestDatabase

pytestmark = pytest.mark.integration

APPEND = "SELECT es.append($1, $2, $3, $4, $5, $6, $7)"
CHARACTERS = "abcXYZ019-_/ :%'\"\\\n\tüß漢字😀\u0301\u200b\uffff\x7f"


@pytest.fixture
async def connection(module_database: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    async with connected(module_database.dsn("hawk_executor")) as [connected_]:
        yield connected_


async def test_the_store_and_python_give_every_event_the_same_id(connection: asyncpg.Connection) -> None:
    chance = random.Random(10)  # noqa: S311 - examples, no secret
    streams = [
        *("plan-1", "plan-11", "", "x" * 255, "ü" * 127, "漢字", "😀", "plan-\u0301", "a\x00b".replace("\x00", "\x01")),
        *("".join(chance.choices(CHARACTERS, k=chance.randint(1, 60))) for _ in range(2_000)),
    ]
    versions = [chance.choice([1, 2, 11, 255, 256, 2**31, 2**63 - 1, chance.randint(1, 2**63 - 1)]) for _ in streams]
    made = await connection.fetch(
        "SELECT es.event_id(stream, version) AS id FROM unnest($1::text[], $2::bigint[]) AS given(stream, version)",
        streams,
        versions,
    )
    told = [event_id(stream, version) for stream, version in zip(streams, versions, strict=True)]
    assert [row["id"] for row in made] == told
    assert {one.version for one in told} == {8}
    assert len(set(told)) == len(set(zip(streams, versions, strict=True)))


def test_no_two_streams_and_versions_share_the_bytes_that_are_hashed() -> None:
    assert event_id("plan-1", 11) != event_id("plan-11", 1)
    assert event_id("plan-1\x00", 1) != event_id("plan-1", 1)


async def test_the_stored_id_is_the_one_of_stream_and_version(connection: asyncpg.Connection) -> None:
    await connection.execute(APPEND, ["plan-ü"], [0], ["plan-ü"] * 2, ["Happened"] * 2, [1, 1], ["{}"] * 2, ["{}"] * 2)
    stored = await connection.fetch("SELECT version, event_id FROM es.events WHERE stream = 'plan-ü' ORDER BY version")
    assert [(row["version"], row["event_id"]) for row in stored] == [(n, event_id("plan-ü", n)) for n in (1, 2)]


async def test_the_rights_in_the_database_are_those_that_are_declared(databases: Databases) -> None:
    made = await databases.create()
    async with connected(made.admin_dsn) as [administrator]:
        rows = await administrator.fetch("SELECT role_name, prefix, type, schema_version FROM es.event_rights")
    await databases.drop(made.name)
    assert sorted(tuple(row) for row in rows) == rights()


NUMBERS = (
    *(
        "0",
        "7",
        "-7",
        str(NUMBER_MAX),
        str(NUMBER_MIN),
        "-0",
        "1.0",
        "-1.5",
        "0.0",
        "1e3",
        "1E3",
        "1e+3",
        "1e-3",
        "-0.0",
    ),
    *(str(NUMBER_MAX + 1), str(NUMBER_MIN - 1), "1" * 20, "9" * 400, "1e131071", "-1e9", "12345678901234567890"),
)
PLACES = (
    *('{"a":%s}', '{"a": %s}', '{"a" \t: %s}', '{"at":"10:20:30.5","a"\n:%s}', '{"a":\n\t %s}'),
    *('{"a":[%s]}', '{"a":[1,%s]}', '{"a":[{"b":[[ %s ]]}],"c":"d"}'),
)


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_number_is_taken_only_as_plain_digits_within_64_bits(
    connection: asyncpg.Connection, number: str
) -> None:
    plain = number.removeprefix("-").isdigit() and number != "-0" and NUMBER_MIN <= int(number) <= NUMBER_MAX
    for place in PLACES:
        odd = await connection.fetchval("SELECT es.holds_odd_number($1)", place % number)
        assert odd != plain, place % number
        quoted = place % json.dumps(f'x:{number},"[{number}\\')
        assert not await connection.fetchval("SELECT es.holds_odd_number($1)", quoted), quoted


async def test_what_one_side_refuses_the_other_refuses_too(connection: asyncpg.Connection) -> None:
    """Random objects around every limit: Python's encoder and the function agree on each."""
    chance = random.Random(11)  # noqa: S311 - examples, no secret

    def value(depth: int) -> object:
        kind = chance.randint(0, 9 if depth < 110 else 5)
        if kind <= 1:
            return chance.choice([0, -1, NUMBER_MAX, NUMBER_MIN, NUMBER_MAX + 1, NUMBER_MIN - 1, 10**25])
        if kind <= 5:
            return chance.choice(["", "1.0", ':1.5,[-0,"', "\\", 'ü"', "1e9", True, False, None])
        if kind == 6:
            return {
                chance.choice(["a", "1.5", "-0", '":1.5'])[:9]: value(depth + 1) for _ in range(chance.randint(0, 2))
            }
        if kind == 7:
            return nest(chance.randint(1, JSON_DEPTH_MAX + 2 - min(depth, JSON_DEPTH_MAX)))
        return [value(depth + 1) for _ in range(chance.randint(0, 3))]

    def nest(levels: int) -> object:
        inner: object = "x"
        for _ in range(levels):
            inner = [inner]
        return inner

    outcomes = set()
    for _ in range(3_000):
        data = {"a": value(1)}
        try:
            rows_of([StreamAppend("plan-1", 0, (NewEvent("Happened", 1, data),))])
            taken = True
        except HawkError:
            taken = False
        text = json.dumps(data, ensure_ascii=False)
        refused = await connection.fetchval(
            "SELECT es.event_fault($1, '{}') IS NOT NULL OR es.too_deep($1::jsonb)", text
        )
        assert refused != taken, text
        outcomes.add(taken)
    assert outcomes == {True, False}


@pytest.mark.parametrize(
    ("data", "metadata", "taken"),
    [
        ('{"x":"' + "y" * (EVENT_BYTES_MAX - 8) + '"}', "{}", True),
        ('{"x":"' + "y" * (EVENT_BYTES_MAX - 7) + '"}', "{}", False),
        ('{"x":"' + "ü" * (EVENT_BYTES_MAX // 2) + '"}', "{}", False),
        ("{}", '{"x":"' + "y" * (METADATA_BYTES_MAX - 8) + '"}', True),
        ("{}", '{"x":"' + "y" * (METADATA_BYTES_MAX - 7) + '"}', False),
        ("{}", '{"actor":"a","correlation_id":5}', False),
        ("{}", '{"actor":"a","correlation_id":["x"]}', False),
        ("{}", '{"actor":null}', False),
        ("{}", '{"actor":"a","actor":"b"}', False),
        ("{}", "[]", False),
        ('{"a":1,"a":2}', "{}", False),
        ('{"a":{"b":"x","b":"x"}}', "{}", False),
        ("[]", "{}", False),
        ("no json", "{}", False),
        ('{"a":"\\u0000"}', "{}", False),
        ('{"a":"\\ud800"}', "{}", False),
    ],
)
async def test_data_and_metadata_are_bounded_objects_that_name_each_key_once(
    connection: asyncpg.Connection, data: str, metadata: str, taken: bool
) -> None:
    fault = await connection.fetchval("SELECT es.event_fault($1, $2)", data, metadata)
    assert (fault is None) == taken, fault


async def test_an_append_takes_as_many_events_as_python_says_and_no_more(connection: asyncpg.Connection) -> None:
    for count, taken in ((APPEND_EVENTS_MAX, True), (APPEND_EVENTS_MAX + 1, False)):
        stream = f"plan-many-{count}"
        same = [["Happened"] * count, [1] * count, ["{}"] * count, ["{}"] * count]
        if taken:
            await connection.execute(APPEND, [stream], [0], [stream] * count, *same)
        else:
            with pytest.raises(asyncpg.PostgresError) as raised:
                await connection.execute(APPEND, [stream], [0], [stream] * count, *same)
            assert raised.value.sqlstate == "HK005"
