"""An open workflow says which other orders of its type and currency there are, as it is looked at."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.ports import ReadModel
from services.monitor.readmodel import PostgresReadModel
from services.monitor.views import workflow_view
from shared.events.base import Notice
from shared.events.progress import ProgressReported
from shared.hedging.planning.same_day import NAMED_MAX, SECOND_INSTRUCTION
from shared.messaging.database import open_pool
from tests.integration.monitor.test_monitor_readmodel import keep
from tests.support import story
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told

pytestmark = pytest.mark.integration


class Both:
    """The read model in PostgreSQL and the one in memory, told the same."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.stored = PostgresReadModel(lambda: pool)
        self.memory = MemoryReadModel()

    async def tell(self, *stories: Story) -> None:
        told = [each for one in stories for each in one.told]
        await keep(self.pool, told, 1)
        for each in told:
            self.memory.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)

    async def says(self, of: Story) -> list[str]:
        stored, memory = await _said(self.stored, of), await _said(self.memory, of)
        assert stored == memory
        return stored


async def _said(model: ReadModel, of: Story) -> list[str]:
    row = await model.workflow(of.workflow_id)
    assert row is not None
    view = workflow_view(row, await model.others(row))
    return [each["message"] for each in view["warnings"] if each["code"] == SECOND_INSTRUCTION]


@pytest.fixture
async def models(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    monkeypatch.setattr(story, "START", datetime.now(UTC) - timedelta(seconds=60))
    pool = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    yield Both(pool)
    await pool.close()


def waiting(response: str, currency: str = "USD") -> Story:
    entity = {"USD": "ENTITY0037", "HKD": "ENTITY0009"}[currency]
    return Story(response, currency=currency, amount="5000000", entity=entity).received().planned()


async def test_each_open_workflow_names_the_other_while_both_wait(models: Both) -> None:
    first, second = waiting("resp-1"), waiting("resp-2").progress("AWAITING_APPROVAL")
    await models.tell(first)
    assert await models.says(first) == []
    await models.tell(second, waiting("resp-3", "HKD"))
    for one, other in ((first, second), (second, first)):
        order_id = other.plan.order.order_id
        assert await models.says(one) == [
            f"Another I for USD waits to be applied: {order_id}. Check that both are meant."
        ]


async def test_what_is_over_is_named_no_more_and_says_nothing_new(models: Both) -> None:
    first, rejected = waiting("resp-1"), waiting("resp-2")
    applied, undone = waiting("resp-3").approved().executed(), waiting("resp-4").approved()
    rejected.progress("REJECTED", final=True)
    undone.progress("PREPARED").progress("COMPENSATING").progress("COMPENSATED", final=True)
    await models.tell(first, rejected, applied, undone)
    assert await models.says(first) == [
        f"Another I for USD was received today: {applied.plan.order.order_id}. Check that both are meant."
    ]
    assert [await models.says(each) for each in (rejected, applied, undone)] == [[], [], []]


async def test_a_burst_is_named_in_short(models: Both) -> None:
    burst = [waiting(f"resp-{number}") for number in range(NAMED_MAX + 2)]
    await models.tell(*burst)
    (message,) = await models.says(burst[-1])
    assert message.count("ORD-") == NAMED_MAX
    assert "and more" in message


async def test_what_was_applied_yesterday_does_not_count(models: Both) -> None:
    first = waiting("resp-1")
    await models.tell(first, waiting("resp-2").approved().executed())
    assert len(await models.says(first)) == 1
    await models.pool.execute(
        "UPDATE monitor.progress"
        " SET message = jsonb_set(message, '{at}', to_jsonb((now() - interval '24 hours')::text))"
        " WHERE message ->> 'state' = 'PREPARED'"
    )
    assert await _said(models.stored, first) == []


async def test_what_planning_said_at_apply_stays_with_the_workflow(models: Both) -> None:
    notice = Notice(code=SECOND_INSTRUCTION, message="Another I for USD was received today: ORD-1.", path="x")
    done = waiting("resp-1").approved().executed()

    def at_apply(each: Told) -> Told:
        event = each.event
        if isinstance(event, ProgressReported) and event.state == "PREPARED" and event.stage == "2":
            event = event.model_copy(update={"warnings": (notice,)})
        return Told(each.topic, each.stream, each.version, event, each.at)

    done.told = [at_apply(each) for each in done.told]
    await models.tell(done)
    assert await models.says(done) == [notice.message]


async def test_the_reversal_of_an_order_is_no_order(models: Both) -> None:
    first, second = waiting("resp-1"), waiting("resp-2")
    await models.tell(first, second)
    await models.pool.execute(
        "UPDATE monitor.workflow_facts SET document = document || $2 WHERE workflow_id = $1 AND kind = 'plan'",
        second.workflow_id,
        {"reverses": first.workflow_id},
    )
    assert await _said(models.stored, first) == await _said(models.stored, second) == []
