"""A feed of progress over a log in memory."""

from collections.abc import AsyncIterator

import pytest

from shared.web.progress_feed import ProgressFeed
from tests.support.progress_logs import MemoryProgressLog


@pytest.fixture
async def log() -> MemoryProgressLog:
    return MemoryProgressLog()


@pytest.fixture
async def feed(log: MemoryProgressLog) -> AsyncIterator[ProgressFeed]:
    feed = ProgressFeed(log)
    yield feed
    await feed.close()
