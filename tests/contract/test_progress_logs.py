"""The progress logs, in memory and in PostgreSQL: number messages so that a reader who goes on misses nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg
import pytest

from services.executor.progress.reporting import Progress
from shared.events.progress import ProgressReported
from shared.messaging.database import open_pool
from shared.web.progress_log import FeedMessage, PostgresProgressLog, ProgressLog, Scope, keep_messages, message_of
from tests.support.progress_logs import MemoryProgressLog
from tests.support.stack import TestDatabase
from tests.support.units import WHEN

EVERYTHING = Scope()
LIMIT = 100
LAST = 9


@dataclass
class LogUnderTest:
    """A log, and how a message gets into it."""

    log: ProgressLog
    keep: Callable[[ProgressReported], Awaitable[None]]

    async def kept(self, *messages: tuple[str, int]) -> None:
        for workflow_id, sequence in messages:
            await self.keep(reported(workflow_id, sequence))


def reported(workflow_id: str, sequence: int, status: str = "Starting Stage 1A") -> ProgressReported:
    progress = Progress(workflow_id, f"response-of-{workflow_id}", version=sequence - 1)
    (report,) = progress.report(status, WHEN, state="BOOKING", final=sequence == LAST).reports
    return report


def places(messages: Sequence[FeedMessage]) -> list[tuple[str, int]]:
    return [(each.workflow_id, each.sequence) for each in messages]


class ProgressLogContract:
    """An adapter's test is a subclass with the fixture `under_test`."""

    async def test_empty_log_has_nothing(self, under_test: LogUnderTest) -> None:
        assert await under_test.log.head() == 0
        assert list(await under_test.log.read(EVERYTHING, 0, LIMIT)) == []
        assert await under_test.log.feed_id_at("a", 5) == 0

    async def test_messages_of_all_workflows_are_in_one_order(self, under_test: LogUnderTest) -> None:
        await under_test.kept(("a", 1), ("b", 1), ("a", 2))
        messages = list(await under_test.log.read(EVERYTHING, 0, LIMIT))
        assert places(messages) == [("a", 1), ("b", 1), ("a", 2)]
        assert sorted({each.feed_id for each in messages}) == [each.feed_id for each in messages]
        assert await under_test.log.head() == messages[-1].feed_id
        assert messages[0].message == reported("a", 1).model_dump(mode="json")

    async def test_scope_and_limit_hold(self, under_test: LogUnderTest) -> None:
        await under_test.kept(("a", 1), ("b", 1), ("a", 2), ("a", 3))
        of_a = list(await under_test.log.read(Scope(workflow_id="a"), 0, 2))
        assert places(of_a) == [("a", 1), ("a", 2)]
        after = list(await under_test.log.read(Scope(workflow_id="a"), of_a[-1].feed_id, LIMIT))
        assert places(after) == [("a", 3)]
        assert places(await under_test.log.read(Scope(response_id="response-of-b"), 0, LIMIT)) == [("b", 1)]
        neither = Scope(workflow_id="a", response_id="response-of-b")
        assert list(await under_test.log.read(neither, 0, LIMIT)) == []

    async def test_repeat_changes_nothing(self, under_test: LogUnderTest) -> None:
        await under_test.kept(("a", 1), ("a", 2))
        before = list(await under_test.log.read(EVERYTHING, 0, LIMIT))
        await under_test.keep(reported("a", 1, "Said again, in other words"))
        assert list(await under_test.log.read(EVERYTHING, 0, LIMIT)) == before

    async def test_message_that_came_early_is_sent_again_after_the_one_it_overtook(
        self, under_test: LogUnderTest
    ) -> None:
        await under_test.kept(("a", 1), ("a", 3), ("a", 4))
        seen = await under_test.log.head()
        await under_test.kept(("a", 2))
        assert places(await under_test.log.read(EVERYTHING, seen, LIMIT)) == [("a", 2), ("a", 3), ("a", 4)]
        assert places(await under_test.log.read(EVERYTHING, 0, LIMIT)) == [("a", n) for n in (1, 2, 3, 4)]

    async def test_place_of_a_sequence_is_that_of_the_last_message_up_to_it(self, under_test: LogUnderTest) -> None:
        await under_test.kept(("a", 1), ("b", 1), ("a", 3))
        numbers = {
            (each.workflow_id, each.sequence): each.feed_id for each in await under_test.log.read(EVERYTHING, 0, LIMIT)
        }
        assert await under_test.log.feed_id_at("a", 2) == numbers["a", 1]
        assert await under_test.log.feed_id_at("a", 7) == numbers["a", 3]
        assert await under_test.log.feed_id_at("c", 7) == 0

    async def test_final_message_says_so(self, under_test: LogUnderTest) -> None:
        await under_test.kept(("a", LAST - 1), ("a", LAST))
        assert [each.final for each in await under_test.log.read(EVERYTHING, 0, LIMIT)] == [False, True]


class TestMemoryProgressLog(ProgressLogContract):
    @pytest.fixture
    async def under_test(self) -> LogUnderTest:
        log = MemoryProgressLog()

        async def keep(event: ProgressReported) -> None:
            log.add(event)

        return LogUnderTest(log, keep)


@pytest.mark.integration
class TestPostgresProgressLog(ProgressLogContract):
    @pytest.fixture(params=["approval", "monitor"])
    async def under_test(self, database: TestDatabase, request: pytest.FixtureRequest) -> AsyncIterator[LogUnderTest]:
        schema = request.param
        pool: asyncpg.Pool = await open_pool(database.dsn(f"hawk_{schema}"), application="test", min_size=1, max_size=1)

        async def keep(event: ProgressReported) -> None:
            async with pool.acquire() as connection, connection.transaction():
                await keep_messages(connection, schema, [message_of(event)])

        try:
            yield LogUnderTest(PostgresProgressLog(lambda: pool, schema), keep)
        finally:
            await pool.close()
