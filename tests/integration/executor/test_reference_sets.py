"""Sets of reference rows on a real PostgreSQL: in force whole or refused whole, the bootstrap once, ids once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from services.executor.handlers.table_writer import project
from shared.events.topics import REFERENCE
from shared.messaging.database import open_pool
from shared.messaging.handling import MessageHandling
from shared.messaging.message import Message
from shared.messaging.subscription import Subscription
from tests.support import hedges
from tests.support.held import HeldDesk
from tests.support.reference import reference_handler, row_message, set_message
from tests.support.stack import TestDatabase

pytestmark = pytest.mark.integration

GROUP = "hawk-executor-reference"
THRESHOLD = {"threshold_id": "THR_HKD_PB"}
LATER = hedges.NOW + timedelta(hours=1)


class Topic:
    """hawk.reference as the executor consumes it, and what came of it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.handling = MessageHandling(
            service="executor",
            group=GROUP,
            subscriptions=[Subscription(REFERENCE, GROUP, reference_handler(), by_id=True)],
            pool=lambda: pool,
            projector=project,
        )

    async def take(self, *messages: Message) -> None:
        for message in messages:
            await self.handling.handle(message)

    async def load(self, tables: hedges.Rows, load_id: str) -> dict[str, Any]:
        """What became of a set of all these rows."""
        await self.take(set_message([(table, row) for table, rows in tables.items() for row in rows], load_id))
        found = await self.pool.fetchrow(
            "SELECT type, data FROM es.events WHERE stream = $1", f"reference-load-{load_id}"
        )
        return {"type": found["type"], **found["data"]}

    async def refusals(self) -> list[str]:
        """Codes of the dead letters, in their order."""
        rows = await self.pool.fetch(
            "SELECT data ->> 'code' AS code FROM es.events WHERE type = 'MessageRefused' ORDER BY id"
        )
        return [row["code"] for row in rows]

    async def count(self, event: str) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM es.events WHERE type = $1", event))

    async def rate(self, pair: str) -> Decimal:
        query = (
            "SELECT rate_value FROM currency_rates"
            " WHERE currency_pair = $1 AND rate_type = 'prevailing' AND ledger = 'IFRS'"
        )
        return Decimal(await self.pool.fetchval(query, pair))


@pytest.fixture
async def topic(database: TestDatabase) -> AsyncIterator[Topic]:
    pool = await open_pool(database.dsn("hawk_executor"), application="test", min_size=1, max_size=2)
    yield Topic(pool)
    await pool.close()


@pytest.fixture
async def loaded(topic: Topic) -> Topic:
    """With the demo's rows in force."""
    assert (await topic.load(hedges.demo_tables(), "first"))["type"] == "ReferenceSetLoaded"
    return topic


def rate(value: str, pair: str = "AUD/SGD", day: str = "2026-11-23") -> dict[str, str]:
    return {"currency_pair": pair, "rate_type": "prevailing", "rate_value": value, "effective_date": day}


def bad_tables() -> hedges.Rows:
    """The demo with the five faults of the acceptance: each has to be found."""
    tables = hedges.demo_tables()
    hedges.row_of(tables, "threshold_configuration", **THRESHOLD).update(warning_level="150000", maximum_limit="130000")
    rule = hedges.row_of(tables, "gl_rules", rule_id=10)
    rule["lines"] = [dict(line) for line in rule["lines"][:3]]
    rule["lines"][0]["account"] = "99999999"
    hedges.row_of(tables, "instruction_event_config", booking_model="B-COI")["deal_count"] = 9
    tables["currency_rates"].remove(
        hedges.row_of(tables, "currency_rates", currency_pair="AUD/SGD", rate_type="historical")
    )
    return tables


FAULTS = {
    ("threshold_configuration", "THR_HKD_PB", "warning_level"),
    ("gl_rules", "10", "lines"),
    ("instruction_event_config", "IEC_B_COI", "deal_count"),
    ("currency_rates", "AUD/SGD:historical", "rate_value"),
}


def places(answer: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(each["table"], each["key"], each["column"]) for each in answer["findings"]}


async def test_a_bad_set_is_refused_with_all_findings_and_nothing_is_in_force(topic: Topic) -> None:
    answer = await topic.load(bad_tables(), "bad")
    assert (answer["type"], answer["code"]) == ("ReferenceSetRefused", "REFERENCE_SET_INVALID")
    assert places(answer) >= FAULTS
    assert any("99999999" in each["message"] for each in answer["findings"])
    assert await topic.refusals() == ["REFERENCE_SET_INVALID"]
    assert await topic.count("ReferenceRowSet") == await topic.count("ConfigurationBootstrapped") == 0
    assert (await topic.load(hedges.demo_tables(), "good"))["type"] == "ReferenceSetLoaded"


async def test_the_old_data_stay_when_a_later_set_is_bad(loaded: Topic) -> None:
    tables = bad_tables()
    hedges.row_of(tables, "currency_rates", currency_pair="HKD/SGD", rate_type="prevailing", ledger="IFRS")[
        "rate_value"
    ] = "-1"
    before = await loaded.count("ReferenceRowSet")
    answer = await loaded.load(tables, "bad")
    assert answer["code"] == "CONFIGURATION_CLOSED"
    assert places(answer) >= FAULTS | {("currency_rates", "HKD/SGD:prevailing", "rate_value")}
    assert await loaded.count("ReferenceRowSet") == before
    assert await loaded.rate("HKD/SGD") == Decimal("0.1750")


async def test_a_set_is_one_transaction_and_a_repeat_changes_nothing(loaded: Topic) -> None:
    rows = await loaded.count("ReferenceRowSet")
    assert rows == sum(len(each) for each in hedges.demo_tables().values())
    assert await loaded.pool.fetchval("SELECT count(DISTINCT xid) FROM es.events") == 1
    again = await loaded.load(hedges.demo_tables(), "second")
    assert (again["type"], again["changed"]) == ("ReferenceSetLoaded", {})
    await loaded.take(set_message([("currency_rates", rate("0.9600"))], "third"))
    assert await loaded.rate("AUD/SGD") == Decimal("0.9600")
    assert await loaded.count("ReferenceRowSet") == rows + 1
    assert await loaded.count("ConfigurationBootstrapped") == 1


async def test_configuration_is_closed_to_rows_and_sets_after_the_bootstrap_and_feeds_go_on(loaded: Topic) -> None:
    buffer = {**hedges.row_of(hedges.demo_tables(), "buffer_configuration", buffer_rule_id="BUF_HKD_001")}
    await loaded.take(row_message("buffer_configuration", buffer))
    assert await loaded.refusals() == []
    buffer["buffer_percentage"] = "7"
    await loaded.take(row_message("buffer_configuration", buffer))
    await loaded.take(set_message([("buffer_configuration", buffer)], "later"))
    assert await loaded.refusals() == ["CONFIGURATION_CLOSED", "CONFIGURATION_CLOSED"]
    await loaded.take(row_message("currency_rates", rate("0.9700")))
    assert await loaded.rate("AUD/SGD") == Decimal("0.9700")
    query = "SELECT buffer_percentage FROM buffer_configuration WHERE buffer_rule_id = 'BUF_HKD_001'"
    assert await loaded.pool.fetchval(query) == 5


async def test_configuration_comes_as_a_set_before_the_bootstrap(topic: Topic) -> None:
    row = hedges.row_of(hedges.demo_tables(), "entity_master", entity_id="ENTITY0001")
    await topic.take(row_message("entity_master", row))
    assert await topic.refusals() == ["CONFIGURATION_COMES_WHOLE"]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("currency_rates", rate("-0.9500")),
        ("currency_rates", rate("0")),
        (
            "gl_periods",
            {"period_id": "2026-11b", "start_date": "2026-11-15", "end_date": "2026-12-15", "is_open": True},
        ),
        ("entity_alias", {"alias_id": "ENTITY001", "entity_id": "ENTITY9999"}),
    ],
    ids=["negative rate", "rate of zero", "overlapping period", "alias of nobody"],
)
async def test_a_row_that_makes_it_worse_is_refused_and_the_old_row_stays(
    loaded: Topic, table: str, row: dict[str, Any]
) -> None:
    before = await loaded.count("ReferenceRowSet")
    await loaded.take(row_message(table, row))
    assert await loaded.refusals() == ["REFERENCE_ROW_INVALID"]
    assert await loaded.count("ReferenceRowSet") == before


async def test_a_position_of_an_unknown_entity_is_refused_and_of_a_known_one_taken(loaded: Topic) -> None:
    tables = hedges.demo_tables()
    position = hedges.row_of(tables, "position_nav_master", entity_id="ENTITY0001", nav_type="COI", position_type="NET")
    await loaded.take(row_message("position_nav_master", position | {"entity_id": "ENTITY0099", "nav_id": "PNM_X"}))
    assert await loaded.refusals() == ["REFERENCE_ROW_INVALID"]
    await loaded.take(row_message("position_nav_master", position | {"current_position": "200000000.00"}))
    query = "SELECT current_position FROM position_nav_master WHERE nav_id = $1"
    assert await loaded.pool.fetchval(query, position["nav_id"]) == 200_000_000


async def test_a_rate_can_be_withdrawn_alone_when_a_person_confirms_and_not_by_a_set(
    loaded: Topic, database: TestDatabase
) -> None:
    key = {"currency_pair": "AUD/SGD", "rate_type": "prevailing"}
    await loaded.take(set_message([("currency_rates", key)], "withdraw", "DELETE"))
    assert await loaded.refusals() == ["REFERENCE_SET_INVALID"]
    approval = await open_pool(database.dsn("hawk_approval"), application="test", min_size=1, max_size=1)
    people = HeldDesk(loaded.pool, approval)
    await people.take(row_message("currency_rates", key, "DELETE"))
    assert await loaded.count("ReferenceRowRemoved") == 0
    assert await people.decide(await people.one(), "olga") is None
    await approval.close()
    assert await loaded.count("ReferenceRowRemoved") == 1


async def test_another_message_under_a_used_id_is_refused_visibly(loaded: Topic) -> None:
    first = row_message("currency_rates", rate("0.9600"), ce_id="id-1")
    await loaded.take(first, row_message("currency_rates", rate("0.9700")), first)
    assert await loaded.rate("AUD/SGD") == Decimal("0.9700")
    assert await loaded.refusals() == []
    await loaded.take(row_message("currency_rates", rate("0.9800"), ce_id="id-1"))
    assert await loaded.refusals() == ["REFERENCE_ID_REUSED"]
    assert await loaded.rate("AUD/SGD") == Decimal("0.9700")
    await loaded.take(set_message([("currency_rates", rate("0.9900"))], "first"))
    assert await loaded.refusals() == ["REFERENCE_ID_REUSED"] * 2


async def test_an_id_used_twice_in_one_batch_is_refused_when_handled_alone(loaded: Topic) -> None:
    both = [row_message("currency_rates", rate(value), ce_id="id-1") for value in ("0.9600", "0.9700")]
    with pytest.raises(Exception, match="one by one"):
        await loaded.handling.handle_together(both)
    await loaded.take(*both)
    assert await loaded.refusals() == ["REFERENCE_ID_REUSED"]
    assert await loaded.rate("AUD/SGD") == Decimal("0.9600")


async def test_a_set_waits_for_the_end_of_a_batch_and_sees_what_it_brought(loaded: Topic) -> None:
    messages = [
        row_message("currency_rates", rate("0.9600")),
        set_message([("currency_rates", rate("0.9600"))], "later"),
    ]
    assert await loaded.handling.handle_together(messages) == 1
    assert await loaded.handling.handle_together(messages[1:]) == 1
    query = "SELECT data ->> 'changed' FROM es.events WHERE stream = 'reference-load-later'"
    assert await loaded.pool.fetchval(query) == "{}"


async def test_a_period_that_a_set_opens_makes_journals_due_that_wait_for_it(loaded: Topic) -> None:
    await loaded.pool.execute(
        "INSERT INTO executor.todo (workflow_id, task, due_at) VALUES ('wf-1', 'POST', $1)", LATER
    )
    period = hedges.row_of(hedges.demo_tables(), "gl_periods", period_id="2026-11") | {"is_open": False}
    await loaded.take(set_message([("currency_rates", rate("0.9600"))], "rates"))
    assert await loaded.pool.fetchval("SELECT due_at FROM executor.todo") == LATER
    await loaded.take(set_message([("gl_periods", period)], "closed"))
    assert await loaded.pool.fetchval("SELECT due_at FROM executor.todo") == hedges.NOW
