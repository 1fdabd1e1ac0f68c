"""What every event store promises (`shared/eventstore/port.py`), run against each adapter.

An adapter's test is a subclass of `EventStoreContract` with the fixture `store`, a `StoreUnderTest`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, Protocol

import pytest

from shared.errors import InvalidInput, VersionConflict
from shared.eventstore.errors import AppendInvalid, EventNotEncodable, ReadInvalid, StreamForbidden, TypeForbidden
from shared.eventstore.port import (
    APPEND_EVENTS_MAX,
    EVENT_BYTES_MAX,
    FEED_START,
    JSON_DEPTH_MAX,
    METADATA_BYTES_MAX,
    NO_STREAM,
    NUMBER_MAX,
    NUMBER_MIN,
    FeedEvent,
    FeedPosition,
    NewEvent,
    RecordedEvent,
    StreamAppend,
    event_id,
)

#: A role of the PostgreSQL adapter may append to these; the memory adapter is told the same.
ALLOWED = ("plan-", "execution-", "exposure-")

#: Types of events it may append there, in their first version.
TYPES = frozenset({"Happened", "Drawn", *"ABCDE", *(f"By{racer}" for racer in range(8))})


class StoreUnderTest(Protocol):
    """An adapter with one committed transaction per append; allowed to append to `ALLOWED` only."""

    async def append(self, *appends: StreamAppend) -> tuple[RecordedEvent, ...]: ...

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]: ...

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]: ...

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]: ...


def events(*names: str) -> tuple[NewEvent, ...]:
    return tuple(NewEvent(name, 1, {"name": name}, {"actor": "service:test"}) for name in names)


def one(stream: str, expected: int, *names: str) -> StreamAppend:
    return StreamAppend(stream, expected, events(*(names or ("Happened",))))


def nested(levels: int) -> dict[str, Any]:
    """Lists within lists: so many levels below the object."""
    inner: list[Any] = []
    for _ in range(levels - 1):
        inner = [inner]
    return {"deep": inner}


class EventStoreContract:
    async def test_append_returns_what_every_read_gives_when_committed(self, store: StoreUnderTest) -> None:
        data = {
            "amount": "25000000.00",
            "count": 3,
            "big": NUMBER_MAX,
            "small": NUMBER_MIN,
            "nothing": None,
            "yes": True,
        }
        data |= {
            "list": [1, "two", {"three": []}],
            "text": 'ü "quoted" \\ \n 漢 😀',
            "order": {"b": 1, "a": 2},
        }
        appended = await store.append(StreamAppend("plan-1", NO_STREAM, (NewEvent("Drawn", 1, data, {"actor": "a"}),)))

        read = await store.read_stream("plan-1")
        fed = await store.read_feed(FEED_START, 10)

        assert appended == read == tuple(entry.event for entry in fed)
        [event] = read
        assert (event.stream, event.version, event.type, event.schema_version) == ("plan-1", 1, "Drawn", 1)
        assert event.data == data
        assert event.metadata == {"actor": "a"}
        assert event.event_id == event_id("plan-1", 1)
        assert event.recorded_at.tzinfo is not None
        assert event.recorded_at.astimezone(UTC).utcoffset() is not None

    async def test_append_numbers_versions_densely_when_a_stream_grows(self, store: StoreUnderTest) -> None:
        await store.append(one("plan-1", 0, "A", "B"))
        await store.append(one("plan-1", 2, "C"))
        second = await store.append(one("plan-1", 3, "D", "E"))

        assert [event.version for event in await store.read_stream("plan-1")] == [1, 2, 3, 4, 5]
        assert [event.type for event in await store.read_stream("plan-1")] == ["A", "B", "C", "D", "E"]
        assert [event.version for event in second] == [4, 5]

    async def test_append_gives_events_in_the_order_given_when_there_are_many_streams(
        self, store: StoreUnderTest
    ) -> None:
        appended = await store.append(one("plan-b", 0, "A", "B"), one("plan-a", 0, "C"), one("exposure-c", 0, "D"))

        assert [(event.stream, event.type) for event in appended] == [
            ("plan-b", "A"),
            ("plan-b", "B"),
            ("plan-a", "C"),
            ("exposure-c", "D"),
        ]
        assert [entry.event for entry in await store.read_feed(FEED_START, 10)] == list(appended)

    @pytest.mark.parametrize(("expected", "actual"), [(0, 2), (1, 2), (3, 2), (99, 2)])
    async def test_append_conflicts_with_its_facts_when_the_version_differs(
        self, store: StoreUnderTest, expected: int, actual: int
    ) -> None:
        await store.append(one("plan-1", 0, "A", "B"))

        with pytest.raises(VersionConflict) as raised:
            await store.append(one("plan-1", expected))

        assert (raised.value.stream, raised.value.expected, raised.value.actual) == (
            "plan-1",
            expected,
            actual,
        )
        assert len(await store.read_stream("plan-1")) == 2

    async def test_append_conflicts_when_a_stream_is_expected_that_does_not_exist(self, store: StoreUnderTest) -> None:
        with pytest.raises(VersionConflict) as raised:
            await store.append(one("plan-1", 1))
        assert raised.value.actual == 0

    async def test_append_writes_nothing_when_one_of_its_streams_conflicts(self, store: StoreUnderTest) -> None:
        await store.append(one("exposure-9", 0))

        with pytest.raises(VersionConflict) as raised:
            await store.append(one("plan-1", 0), one("exposure-9", 0), one("plan-2", 0))

        assert raised.value.stream == "exposure-9"
        assert await store.read_stream("plan-1") == ()
        assert await store.read_stream("plan-2") == ()
        assert len(await store.read_feed(FEED_START, 10)) == 1

    async def test_append_lets_one_in_when_many_race_for_a_version(self, store: StoreUnderTest) -> None:
        outcomes = await asyncio.gather(
            *(store.append(one("plan-race", 0, f"By{racer}")) for racer in range(8)), return_exceptions=True
        )

        won = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert len(won) == 1
        assert {type(error) for error in lost} == {VersionConflict}
        assert {error.stream for error in lost if isinstance(error, VersionConflict)} == {"plan-race"}
        assert {error.expected for error in lost if isinstance(error, VersionConflict)} == {0}
        assert [event.type for event in await store.read_stream("plan-race")] == [won[0][0].type]

    async def test_read_stream_is_empty_when_the_stream_does_not_exist(self, store: StoreUnderTest) -> None:
        assert await store.read_stream("plan-none") == ()

    async def test_read_stream_gives_the_rest_when_asked_after_a_version(self, store: StoreUnderTest) -> None:
        await store.append(one("plan-1", 0, "A", "B", "C"))
        assert [event.type for event in await store.read_stream("plan-1", 1)] == ["B", "C"]
        assert await store.read_stream("plan-1", 3) == ()
        assert await store.read_stream("plan-1", 7) == ()

    @pytest.mark.parametrize("stream", ["response-1", "lan-1", "xplan-1", "PLAN-1"])
    async def test_append_is_forbidden_when_the_prefix_is_not_granted(self, store: StoreUnderTest, stream: str) -> None:
        with pytest.raises(StreamForbidden) as raised:
            await store.append(one("plan-1", 0), one(stream, 0))

        assert raised.value.stream == stream
        assert await store.read_stream("plan-1") == ()
        assert await store.read_stream(stream) == ()

    @pytest.mark.parametrize(
        ("appends", "said"),
        [
            ((), "no streams"),
            ((StreamAppend("plan-1", 0, ()),), "no events"),
            ((one("plan-1", 0), one("plan-1", 1)), "named twice"),
            ((one("plan-1", -1),), "below zero"),
            ((one("", 0),), "empty"),
            ((one("plan-" + "x" * 251, 0),), "above 255 bytes"),
            ((StreamAppend("plan-1", 0, (NewEvent("", 1, {}),)),), "without type"),
            ((StreamAppend("plan-1", 0, (NewEvent("A", 0, {}),)),), "without type or schema version"),
            (
                (StreamAppend("plan-1", 0, events("A") * (APPEND_EVENTS_MAX + 1)),),
                f"at most {APPEND_EVENTS_MAX}",
            ),
            ((StreamAppend("plan-1", 0, (NewEvent("A", 1, {"x": "ü" * (EVENT_BYTES_MAX // 2)}),)),), "bytes"),
            ((StreamAppend("plan-1", 0, (NewEvent("A", 1, {}, {"x": "ü" * (METADATA_BYTES_MAX // 2)}),)),), "metadata"),
            ((StreamAppend("plan-1", 0, (NewEvent("A", 1, {}, {"x": 5}),)),), "metadata"),  # type: ignore[dict-item]
        ],
    )
    async def test_append_is_refused_when_a_limit_is_broken(
        self, store: StoreUnderTest, appends: Sequence[StreamAppend], said: str
    ) -> None:
        with pytest.raises(AppendInvalid, match=said):
            await store.append(*appends)
        assert await store.read_feed(FEED_START, 10) == ()

    async def test_append_takes_as_many_events_as_the_limit_says(self, store: StoreUnderTest) -> None:
        appended = await store.append(StreamAppend("plan-1", 0, events("A") * APPEND_EVENTS_MAX))
        assert [event.version for event in appended] == list(range(1, APPEND_EVENTS_MAX + 1))

    @pytest.mark.parametrize(
        ("data", "path"),
        [
            ({"rate": 1.35}, "data.rate"),
            ({"deals": [{"rate": float("nan")}]}, "data.deals[0].rate"),
            ({"amount": Decimal("1.00")}, "data.amount"),
            ({"raw": b"bytes"}, "data.raw"),
            ({"set": {1}}, "data.set"),
            ({1: "key"}, "data"),
        ],
    )
    async def test_append_is_refused_when_a_value_is_no_json_of_ours(
        self, store: StoreUnderTest, data: dict[Any, Any], path: str
    ) -> None:
        with pytest.raises(EventNotEncodable) as raised:
            await store.append(StreamAppend("plan-1", 0, (NewEvent("A", 1, data),)))
        assert raised.value.path == path
        assert await store.read_stream("plan-1") == ()

    @pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfffy"])
    async def test_append_is_invalid_input_when_a_text_cannot_be_stored(self, store: StoreUnderTest, text: str) -> None:
        for data in ({"words": text}, {text: 1}, {"deep": [{"words": text}]}):
            with pytest.raises(InvalidInput) as raised:
                await store.append(StreamAppend("plan-1", 0, (NewEvent("A", 1, data),)))
            assert raised.value.code == "TEXT_NOT_STORABLE"
        assert await store.read_stream("plan-1") == ()

    async def test_append_is_forbidden_when_the_type_is_not_granted(self, store: StoreUnderTest) -> None:
        with pytest.raises(TypeForbidden) as raised:
            await store.append(one("plan-1", 0, "A"), one("plan-2", 0, "A", "GrantIssued"))
        assert (raised.value.stream, raised.value.type) == ("plan-2", "GrantIssued")
        assert await store.read_stream("plan-1") == ()

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ({"count": NUMBER_MAX + 1}, "NUMBER_NOT_STORABLE"),
            ({"deep": [{"count": NUMBER_MIN - 1}]}, "NUMBER_NOT_STORABLE"),
            (nested(JSON_DEPTH_MAX + 1), "NESTED_TOO_DEEP"),
        ],
    )
    async def test_append_is_invalid_input_when_no_reader_could_take_it(
        self, store: StoreUnderTest, data: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(InvalidInput) as raised:
            await store.append(StreamAppend("plan-1", 0, (NewEvent("A", 1, data),)))
        assert raised.value.code == code
        assert await store.read_stream("plan-1") == ()

    async def test_append_takes_as_many_levels_and_bytes_as_the_limits_say(self, store: StoreUnderTest) -> None:
        largest = {"x": "y" * (EVENT_BYTES_MAX - len('{"x":""}'))}
        told = {"x": "y" * (METADATA_BYTES_MAX - len('{"x":""}'))}
        events_at_the_limit = (NewEvent("A", 1, nested(JSON_DEPTH_MAX)), NewEvent("A", 1, largest, told))
        await store.append(StreamAppend("plan-1", 0, events_at_the_limit))
        assert [event.data for event in await store.read_stream("plan-1")] == [nested(JSON_DEPTH_MAX), largest]

    async def test_streams_read_at_once_are_what_each_gives_alone(self, store: StoreUnderTest) -> None:
        await store.append(one("plan-1", 0, "A"), one("plan-2", 0, "B"))
        await store.append(one("plan-1", 1, "C"))
        after = {"plan-2": 0, "plan-1": 1, "plan-none": 0}
        assert await store.read_streams(after) == {
            name: await store.read_stream(name, version) for name, version in after.items()
        }
        assert await store.read_streams({}) == {}

    async def test_feed_gives_each_event_once_in_stream_order_when_read_in_steps(self, store: StoreUnderTest) -> None:
        for version in range(5):
            await store.append(one("plan-1", version, "A"), one("plan-2", version, "B"))

        place, seen = FEED_START, []
        while step := await store.read_feed(place, 3):
            assert len(step) <= 3
            assert all(entry.position > place for entry in step)
            seen += [(entry.event.stream, entry.event.version) for entry in step]
            place = step[-1].position

        assert len(seen) == len(set(seen)) == 10
        for stream in ("plan-1", "plan-2"):
            assert [version for name, version in seen if name == stream] == [1, 2, 3, 4, 5]

    @pytest.mark.parametrize("limit", [0, -1, 10_001])
    async def test_feed_refuses_when_the_limit_is_not_sensible(self, store: StoreUnderTest, limit: int) -> None:
        with pytest.raises(ReadInvalid):
            await store.read_feed(FEED_START, limit)
