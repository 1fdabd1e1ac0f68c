"""The event store in memory keeps the promises of every event store."""

from collections.abc import Mapping

import pytest

from shared.eventstore.memory import MemoryEventStore
from shared.eventstore.port import FeedEvent, FeedPosition, RecordedEvent, StreamAppend
from tests.contract.event_store_contract import ALLOWED, TYPES, EventStoreContract


class _Store:
    def __init__(self) -> None:
        self._store = MemoryEventStore(prefixes=ALLOWED, types=TYPES)

    async def append(self, *appends: StreamAppend) -> tuple[RecordedEvent, ...]:
        return await self._store.append(appends)

    async def read_stream(self, stream: str, after_version: int = 0) -> tuple[RecordedEvent, ...]:
        return await self._store.read_stream(stream, after_version)

    async def read_streams(self, after: Mapping[str, int]) -> Mapping[str, tuple[RecordedEvent, ...]]:
        return await self._store.read_streams(after)

    async def read_feed(self, after: FeedPosition, limit: int) -> tuple[FeedEvent, ...]:
        return await self._store.read_feed(after, limit)


class TestMemoryEventStore(EventStoreContract):
    @pytest.fixture
    def store(self) -> _Store:
        return _Store()
