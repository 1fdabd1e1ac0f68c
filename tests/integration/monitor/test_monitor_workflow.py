"""One workflow's history in PostgreSQL: that of the plain one, by the index of streams, of this workflow alone."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.monitor.workflow import http
from services.monitor.workflow.document import sought
from services.monitor.workflow.history import Kept, Sought, whole
from services.monitor.workflow.store import EVENT, EVENTS, PostgresHistories
from shared.events.identity import execution_stream
from shared.eventstore.port import FEED_START
from shared.messaging.database import open_pool
from shared.web.problems import install_problems
from tests.support.executions import NOW, WORKFLOW
from tests.support.recorded import record
from tests.support.reversing import REVERSAL
from tests.support.stack import TestDatabase
from tests.support.story import Story
from tests.support.workflow_lives import CONSOLE, Life

pytestmark = pytest.mark.integration


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    yield opened
    await opened.close()


async def recorded(database: TestDatabase, life: Life, *others: Story) -> None:
    """Append what was told, in its order, as the services that own the streams."""
    told = (*(told for story in others for told in story.told), *life.told)
    for stream, following in groupby(told, key=lambda each: each.stream):
        await record(database, stream, *(each.event for each in following))


def what(history: Sequence[Kept]) -> list[tuple[str, int, Any]]:
    return [(each.recorded.stream, each.recorded.version, each.recorded.data) for each in history]


@pytest.fixture
async def life(database: TestDatabase) -> Life:
    """A posted hedge and its reversal, among others of the same answer."""
    made = Life().prepared().all_booked().after(700).posted().reversed()
    answer = Story(made.subject.response_id).received().repeated(3)
    await recorded(database, made, answer, Story("resp-other").received().planned().approved())
    return made


async def test_history_is_that_of_the_plain_one_for_a_workflow_and_for_its_reversal(
    pool: asyncpg.Pool, life: Life
) -> None:
    histories = PostgresHistories(lambda: pool)
    for workflow in (WORKFLOW, REVERSAL):
        row = await life.model.workflow(workflow)
        assert row is not None
        of = sought(row)
        found, plain = await histories.events(of), await life.histories.events(of)
        own = [each for each in found if each.recorded.stream != of.answer]
        assert what(own) == what(plain)
        assert {each.number for each in found} == {None}, "nothing is sealed here"
    assert of.reverses == WORKFLOW


async def test_of_its_answer_a_workflow_has_what_names_it_without_the_text(pool: asyncpg.Pool, life: Life) -> None:
    story = Story(life.subject.response_id).received()
    of = Sought(story.workflow_id, story.response_id)
    found = await PostgresHistories(lambda: pool).events(of)
    assert [each.recorded.type for each in found] == ["ResponseReceived", "ProposalMade"]
    assert "content" not in found[0].recorded.data
    other = await PostgresHistories(lambda: pool).events(Sought("nobody", story.response_id))
    assert [each.recorded.type for each in other] == ["ResponseReceived"]


async def test_portions_go_on_after_the_last_event_and_lose_none(pool: asyncpg.Pool, life: Life) -> None:
    histories, of = PostgresHistories(lambda: pool), Sought(REVERSAL, None, WORKFLOW)
    together = await histories.events(of)
    found: list[Kept] = []
    after = FEED_START
    while portion := await histories.events(of, after, 7):
        found += portion
        after = portion[-1].place
    assert what(found) == what(together)
    assert len(found) == len(await life.histories.events(of))


async def test_an_event_is_given_to_its_own_workflow_alone(pool: asyncpg.Pool, life: Life) -> None:
    histories = PostgresHistories(lambda: pool)
    own, reversal = Sought(WORKFLOW), Sought(REVERSAL, None, WORKFLOW)
    first, *_, last = [
        each for each in await histories.events(own) if each.recorded.stream == execution_stream(WORKFLOW)
    ]
    for each in (first, last):
        found = await histories.event(own, each.recorded.event_id)
        assert found is not None
        assert whole(found) == whole(each)
    # The reversal has of the workflow that it reverses what came since it began.
    assert await histories.event(reversal, last.recorded.event_id) is not None
    assert await histories.event(reversal, first.recorded.event_id) is None
    assert await histories.event(Sought("nobody"), last.recorded.event_id) is None
    assert await histories.event(own, UUID(int=1)) is None


async def test_histories_are_read_by_indexes_whatever_there_is_besides(
    pool: asyncpg.Pool, database: TestDatabase, life: Life
) -> None:
    owner = await asyncpg.connect(database.admin_dsn)
    await owner.execute("ANALYZE es.events, es.seals")
    await owner.close()
    of = Sought(REVERSAL, life.subject.response_id, WORKFLOW)
    streams = (list(of.streams), of.answer, of.reversed, of.workflow_id)
    for query, arguments in ((EVENTS, (*streams, 0, 0, 2_000)), (EVENT, (UUID(int=1), *streams))):
        lines = [line for (line,) in await pool.fetch(f"EXPLAIN {query}", *arguments)]
        plan = "\n".join(lines)
        assert "Seq Scan" not in plan, plan
        used = set(re.findall(r"(?:using|on) (\w+_(?:key|pkey|idx))", plan))
        assert used <= {"events_stream_version_key", "events_event_id_key", "seals_event_id_key"}, plan
        # No walk through all events, in whatever order.
        assert "events_feed_idx" not in plan


async def test_whoever_asks_gets_page_event_and_download(
    pool: asyncpg.Pool, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PORTION", 10)
    app, histories = FastAPI(), PostgresHistories(lambda: pool)
    install_problems(app)
    app.include_router(http.workflow_routes(life.model, life.lines, histories, lambda: NOW, CONSOLE))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor.example") as client:
        page = (await client.get(f"/workflows/{WORKFLOW}/execution")).json()
        answer = await client.get(f"/workflows/{WORKFLOW}/history")
        assert answer.headers["content-disposition"] == f'attachment; filename="hawk-workflow-{WORKFLOW}.json"'
        history = json.loads(answer.text)
        assert [each["event_id"] for each in history["events"]] == [each["event_id"] for each in page["events"]]
        (granted,) = [each for each in history["events"] if each["type"] == "GrantIssued"]
        assert (granted["withheld"], granted["data"]["jti"]) == (["grant"], "5f0d71a2-grant")
        assert "secret" not in answer.text
        one = (await client.get(f"/workflows/{WORKFLOW}/history/{granted['event_id']}")).json()
        assert one == granted
        unknown = await client.get(f"/workflows/{WORKFLOW}/history/{UUID(int=1)}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "EVENT_UNKNOWN")
        nobody = await client.get("/workflows/nobody/history")
        assert (nobody.status_code, nobody.json()["code"]) == (404, "WORKFLOW_UNKNOWN")
