"""No deal is silent while what Murex may have said lies unread: as told by rows that all executors share."""

from datetime import UTC, datetime, timedelta

import pytest

from services.executor.handlers.caught_up import (
    ANSWERS_PART,
    BEHIND_SECONDS,
    AnswersReading,
    AnswersWatermark,
    heard_until,
)
from shared.events import identity, topics
from shared.events.murex import DealStatusEnquired
from shared.messaging.offsets import Partition
from shared.telemetry.health import Health, State
from tests.support import hedges
from tests.support.desk import Desk

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")
#: Never, not on one of its partitions, or until before the answer was late.
UNREAD = ("", "(0, NULL)", "(0, 'infinity'), (1, NULL)", "(0, 'infinity'), (1, now() - interval '5 seconds')")


async def read(desk: Desk, rows: str) -> None:
    await desk.pool.execute("DELETE FROM executor.answers_watermark")
    if rows:
        await desk.pool.execute(f"INSERT INTO executor.answers_watermark VALUES {rows}")  # noqa: S608


async def enquiries(desk: Desk, workflow_id: str) -> int:
    events = await desk.events(identity.execution_stream(workflow_id))
    return sum(isinstance(event, DealStatusEnquired) for event in events)


@pytest.mark.parametrize("rows", UNREAD)
async def test_deals_are_asked_about_once_all_partitions_are_read(desk: Desk, rows: str) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await read(desk, rows)
    await desk.time_passes(workflow_id, 16)
    assert await enquiries(desk, workflow_id) == 0
    (row,) = await desk.rows("SELECT due_at FROM executor.todo WHERE workflow_id = $1", workflow_id)
    assert desk.now < row["due_at"] < desk.now + timedelta(seconds=5), "looked at again soon, and not at once"
    await desk.read_answers("infinity")
    await desk.time_passes(workflow_id, 16)
    assert await enquiries(desk, workflow_id) == 6


async def test_answers_read_late_complete_the_workflow_as_if_nothing_had_been(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    await read(desk, "(0, now() - interval '1 day')")
    for _ in range(20):
        await desk.time_passes(workflow_id, 16)
    await desk.acknowledge(workflow_id)
    assert await desk.state(workflow_id) == "COMPLETED"
    assert len(await desk.sent(workflow_id)) == 6
    assert await enquiries(desk, workflow_id) == 0


async def test_a_reply_that_never_comes_is_missed_on_time_on_a_topic_that_is_idle_for_an_hour(desk: Desk) -> None:
    workflow_id = await desk.propose(USD_25M)
    drawn = await desk.plan(workflow_id)
    desk.now += timedelta(hours=1)
    await desk.read_answers("now")
    await desk.grant(drawn)
    await desk.acknowledge(workflow_id, (1, 2, 3, 4, 5))
    since = desk.now
    for seconds, asked, sent in ((14, 0, 6), (2, 1, 6), (16, 1, 7)):
        desk.now += timedelta(seconds=seconds)
        await desk.read_answers("now")
        await desk.look(workflow_id, since)
        assert (await enquiries(desk, workflow_id), len(await desk.sent(workflow_id))) == (asked, sent)


async def test_the_rows_are_those_of_the_topic_and_never_go_back(desk: Desk) -> None:
    await read(desk, "")
    watermark = AnswersWatermark(lambda: desk.pool)
    now = await watermark.now()
    one, two = Partition(topics.MUREX_ANSWERS, 1), Partition(topics.MUREX_ANSWERS, 2)
    earlier = now - timedelta(seconds=7)

    async def rows() -> dict[int, datetime | None]:
        found = await desk.rows("SELECT partition, caught_up_at FROM executor.answers_watermark ORDER BY partition")
        return {row["partition"]: row["caught_up_at"] for row in found}

    await watermark.caught_up({one: now}, frozenset({1, 2, 5}))
    assert await rows() == {1: now, 2: None, 5: None}
    await watermark.caught_up({one: earlier, two: earlier}, frozenset({1, 2}))
    assert await rows() == {1: now, 2: earlier}
    await watermark.caught_up({}, frozenset({1, 2, 3}))
    assert await rows() == {1: now, 2: earlier, 3: None}
    await watermark.caught_up({}, frozenset())
    assert await rows() == {1: now, 2: earlier, 3: None}, "a client that does not know the topic yet says nothing"


async def test_how_long_ago_counts_whatever_the_clock_of_the_process_says(desk: Desk) -> None:
    await read(desk, "(0, now() - interval '100 seconds'), (1, now())")
    for clock in (datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)):
        async with desk.pool.acquire() as connection:
            until = await heard_until(connection, clock)
        assert until is not None
        assert timedelta(seconds=100) <= clock - until < timedelta(seconds=130)


async def test_health_names_the_partitions_that_are_behind(desk: Desk) -> None:
    health = Health()
    reading = AnswersReading(lambda: desk.pool, health)
    await read(desk, "(0, now()), (3, now() - interval '40 seconds'), (7, NULL)")
    await reading.look()
    part = health.part(ANSWERS_PART)
    assert part is not None
    assert part.state is State.WAITING
    assert "hawk.murex.answers:7 (never), hawk.murex.answers:3 (for 4" in part.detail
    assert "hawk.murex.answers:0" not in part.detail
    assert BEHIND_SECONDS._value.get() == -1
    await read(desk, "(0, now()), (3, now())")
    await reading.look()
    part = health.part(ANSWERS_PART)
    assert part is not None
    assert part.state is State.RUNNING
    assert 0 <= BEHIND_SECONDS._value.get() < 30
