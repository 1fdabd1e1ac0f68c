"""Streams kept in memory are always the beginning of what the store holds."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shared.errors import Defect
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.reference import ReferenceRowRemoved
from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.port import RecordedEvent, StreamAppend
from shared.messaging.streams import LoadedStream, StreamMemory, empty

STREAM = "reference-gl_periods-2026-11"


class CountingStore(MemoryEventStore):
    """Notes from which version on it was read."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
        self.asked: list[Mapping[str, int]] = []

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        self.asked.append(dict(after))
        return await super().read_streams(after)

    async def add(self, stream: str, expected: int, *keys: str) -> tuple[RecordedEvent, ...]:
        events = tuple(encode(ReferenceRowRemoved(table="gl_periods", key=key)) for key in keys)
        return await self.append([StreamAppend(stream, expected, events)])


def joined(state: str, event: Event) -> str:
    assert isinstance(event, ReferenceRowRemoved)
    return state + event.key


async def test_a_kept_stream_is_read_on_from_where_it_ended() -> None:
    store, memory = CountingStore(), StreamMemory()
    await store.add(STREAM, 0, "a", "b")
    read = await memory.read(store, [STREAM], memory.present)
    memory.keep(read, await store.add(STREAM, 2, "c"))
    await store.add(STREAM, 3, "d")  # another process
    again = await memory.read(store, [STREAM], memory.present)
    assert store.asked == [{STREAM: 0}, {STREAM: 3}]
    assert again[STREAM] == empty(STREAM).followed_by(await store.read_stream(STREAM))
    assert again[STREAM].state("", joined) == "abcd"


async def test_a_stream_that_was_begun_is_kept_and_one_that_was_not_read_is_not() -> None:
    store, memory = CountingStore(), StreamMemory()
    memory.keep({}, await store.add("reference-x", 0, "a"))
    await store.add("reference-y", 0, "a")
    memory.keep({}, await store.add("reference-y", 1, "b"))
    await memory.read(store, ["reference-x", "reference-y"], memory.present)
    assert store.asked == [{"reference-x": 1, "reference-y": 0}]


async def test_what_a_transaction_read_is_forgotten_when_it_fails() -> None:
    store, memory = CountingStore(), StreamMemory()
    await store.add(STREAM, 0, "a")
    memory.keep(await memory.read(store, [STREAM], memory.present), ())
    read: dict[str, LoadedStream] = {}
    try:
        with memory.forgetting(read):
            read |= await memory.read(store, [STREAM], memory.present)
            raise Defect("the transaction fails")
    except Defect:
        await memory.read(store, [STREAM], memory.present)
    assert [asked[STREAM] for asked in store.asked] == [0, 1, 0]


async def test_an_older_reading_does_not_take_the_place_of_a_newer_one() -> None:
    store, memory = CountingStore(), StreamMemory()
    await store.add(STREAM, 0, "a")
    slow = await memory.read(store, [STREAM], memory.present)
    memory.keep(await memory.read(store, [STREAM], memory.present), await store.add(STREAM, 1, "b"))
    memory.keep(slow, ())
    await memory.read(store, [STREAM], memory.present)
    assert store.asked[-1] == {STREAM: 2}


async def test_the_least_recently_used_streams_make_room() -> None:
    store = CountingStore()
    size = sum(event.size for event in await store.add("reference-0", 0, "a"))
    memory = StreamMemory(bytes_max=2 * size)
    for number in (1, 2):
        await store.add(f"reference-{number}", 0, "a")
    for number in (0, 1, 0, 2):
        memory.keep(await memory.read(store, [f"reference-{number}"], memory.present), ())
    await memory.read(store, [f"reference-{number}" for number in range(3)], memory.present)
    assert store.asked[-1] == {"reference-0": 1, "reference-1": 0, "reference-2": 1}


async def test_a_state_follows_the_events_it_was_made_of() -> None:
    store, memory = CountingStore(), StreamMemory()
    await store.add(STREAM, 0, "a")
    loaded = (await memory.read(store, [STREAM], memory.present))[STREAM]
    assert loaded.state("", joined) == "a"
    one, other = (
        loaded.with_unwritten([encode(ReferenceRowRemoved(table="gl_periods", key=key))]) for key in ("x", "y")
    )
    assert (one.state("", joined), other.state("", joined), loaded.state("", joined)) == ("ax", "ay", "a")


async def test_a_transaction_that_began_before_sees_nothing_of_what_was_committed_since() -> None:
    store, memory = CountingStore(), StreamMemory()
    began = memory.present
    memory.keep({}, await store.add(STREAM, 0, "a"))
    await memory.read(store, [STREAM], began)
    await memory.read(store, [STREAM], memory.present)
    assert [asked[STREAM] for asked in store.asked] == [0, 1]


async def test_what_is_read_again_unchanged_stays_for_those_that_began_before() -> None:
    store, memory = CountingStore(), StreamMemory()
    memory.keep({}, await store.add(STREAM, 0, "a"))
    began = memory.present
    memory.keep(await memory.read(store, [STREAM], memory.present), ())
    await memory.read(store, [STREAM], began)
    assert [asked[STREAM] for asked in store.asked] == [1, 1]
