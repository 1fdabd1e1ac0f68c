"""The overview in PostgreSQL says what the plain one says, each filter by an index; it knows what was kept before."""

import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import services.monitor
from benchmarks.overview import START, WORKFLOWS, fill_overview
from services.monitor.overview.document import Overview, overview
from services.monitor.overview.lines import Attention
from services.monitor.overview.store import _ATTENTION, PostgresLines, page_query
from services.monitor.overview.wanted import SILENT_SECONDS, Group, Line, Lines, Wanted
from services.monitor.readmodel import ATTENTION_COUNTS, PostgresReadModel
from shared.messaging.database import open_pool
from tests.integration.monitor.test_monitor_readmodel import keep
from tests.support.overview_lines import MemoryLines
from tests.support.stack import TestDatabase
from tests.support.story import Story, Told

pytestmark = pytest.mark.integration

MIGRATIONS = Path(services.monitor.__file__).parent / "migrations"
#: What a page may take at 100,000 workflows, on a machine that does other things: the goal is 200 ms.
SLOW_SECONDS = 0.2


@pytest.fixture
async def pool(database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database.dsn("hawk_monitor"), application="test", min_size=1, max_size=2)
    yield opened
    await opened.close()


def stories() -> list[Told]:
    done = Story("resp-1").received().repeated(2).planned().approved().executed()
    stuck = Story("resp-2").received().planned().approved().progress("NEEDS_INTERVENTION", final=True)
    refused = Story("resp-3", currency="VND", amount="900000000000", entity="ENTITY0041").received().refused()
    waiting = Story("resp-4").received().planned().progress("AWAITING_APPROVAL")
    booking = Story("Resp-5", currency="HKD", amount="400000000", entity=None).received().planned().approved()
    booking.progress("PREPARED", stage="2")
    for number, contract in ((1, "MX117309"), (2, "MX640028")):
        status = f"Deal {number} of event EV_1 booked in Murex as {contract} ({number} of 18)"
        booking.progress("BOOKING", stage="2", status=status)
    booking.progress("BOOKING", stage="2", status="Deal 3 of event EV_1 booked by hand as X-77, approved by rita")
    waits = Story("resp-6").received().planned().approved().executed()
    waits.progress("COMPLETED", stage="3", reason="PERIOD_CLOSED: It is closed.", stages={"3": "IN_PROGRESS"})
    alone = Story("resp-7").progress("COMPENSATING")
    first = Story("resp-8", currency="TWD", amount="60000000", entity="ENTITY0033").received().planned()
    second = Story("resp-9", currency="HKD", amount="40000000", entity="ENTITY0009").received().planned()
    begun = Story("resp-10").received().planned().approved().waits_for_its_turn(0, 5).progress("PREPARED", stage="2")
    first.approved().waits_for_its_turn(4, 50)
    second.approved().waits_for_its_turn(9, 100)
    every = (done, stuck, refused, waiting, booking, waits, alone, first, second, begun)
    return [told for story in every for told in story.told]


WANTED = (
    Wanted(),
    Wanted(group=Group.FAILED),
    Wanted(group=Group.WAITING),
    Wanted(group=Group.IN_PROGRESS, state="POSTED"),
    Wanted(state="REFUSED"),
    Wanted(model="A-COI", currency="USD"),
    Wanted(entity="ENTITY0041"),
    Wanted(maker="alice"),
    Wanted(maker="Alice"),
    Wanted(since=START, until=datetime(2026, 11, 23, 2, 0, 3, tzinfo=UTC)),
    Wanted(search="mx6400"),
    Wanted(search="RESP-"),
    Wanted(search="resp-5", currency="HKD"),
    Wanted(search="x-77"),
    Wanted(search="%"),
    Wanted(before=Story("resp-4").workflow_id),
    Wanted(before="nobody"),
)


async def everything(lines: Lines) -> dict[str, Any]:
    pages = {str(each): await lines.page(each, 50) for each in WANTED}
    found = Overview(await lines.counts(), await lines.attention(9), pages[str(Wanted())], 9)
    return {"pages": pages, "document": overview(found, START, "")}


@pytest.mark.parametrize(("seed", "together"), [(0, 1), (1, 7), (2, 1_000)])
async def test_overview_says_the_same_as_the_plain_one_in_whatever_order_events_arrive(
    pool: asyncpg.Pool, seed: int, together: int
) -> None:
    told = stories()
    plain = MemoryLines()
    plain.tell(*told)
    mixed = [*told, *told]
    random.Random(seed).shuffle(mixed)  # noqa: S311 - an order, not a secret
    await keep(pool, mixed, together)
    expected = await everything(plain)
    assert await everything(PostgresLines(lambda: pool)) == expected
    urgent = Counter(int(each.attention) for each in await plain.attention(9) if each.attention is not None)
    silent_since = datetime.now(UTC) - timedelta(seconds=SILENT_SECONDS)
    assert await PostgresReadModel(lambda: pool).attention(silent_since) == urgent
    assert [len(expected["pages"][str(each)]) for each in WANTED[:12]] == [10, 2, 1, 0, 1, 5, 1, 9, 0, 10, 1, 10]


async def test_place_in_line_is_that_of_now_and_counted_by_an_index(pool: asyncpg.Pool) -> None:
    await keep(pool, stories(), 1_000)
    lines = PostgresLines(lambda: pool)
    found = Overview({}, (), await lines.page(Wanted(state="APPROVED"), 9), 9)
    turns = {each["response_id"]: each["turn"] for each in overview(found, START, "")["workflows"]}
    assert turns["resp-8"] == "Waiting for its turn: 0 before it, about 10 seconds"
    assert turns["resp-9"] == "Waiting for its turn: 1 before it, about 20 seconds"
    assert "workflows_turns" in await plan_of(pool, *page_query(Wanted(), 51))


def statements() -> Sequence[str]:
    """The parts of migrations that take over what was kept before them."""
    files = (MIGRATIONS / "0004_overview.sql", MIGRATIONS / "0007_silence.sql", MIGRATIONS / "0008_turns.sql")
    text = re.sub(r"--[^\n]*", "", "\n".join(file.read_text(encoding="utf-8") for file in files))
    return [each for each in text.split(";\n") if re.match(r"\s*(?:UPDATE|INSERT)\b", each)]


async def test_what_was_kept_before_the_overview_is_known_to_it(pool: asyncpg.Pool) -> None:
    await keep(pool, stories(), 1_000)
    live = await everything(PostgresLines(lambda: pool))
    names = await pool.fetch("SELECT * FROM monitor.names ORDER BY name, workflow_id")
    await pool.execute(
        "UPDATE monitor.workflows SET subject = '{}', told = 0, acknowledged = 0, changed_at = NULL, attention = NULL,"
        " turn_at = NULL"
    )
    await pool.execute("DELETE FROM monitor.names")
    assert len(statements()) == 6
    for statement in statements():
        await pool.execute(statement)
    assert await everything(PostgresLines(lambda: pool)) == live
    assert await pool.fetch("SELECT * FROM monitor.names ORDER BY name, workflow_id") == names


#: Each filter, and the index that what is rare is found by; what is common is found among the newest, too.
BY_INDEX = (
    (Wanted(), "workflows_newest"),
    (Wanted(state="NEEDS_INTERVENTION"), "workflows_state"),
    (Wanted(state="POSTED"), "workflows_newest"),
    (Wanted(model="R-RE"), "workflows_of_model"),
    (Wanted(currency="VND"), "workflows_of_currency"),
    (Wanted(maker="rita"), "workflows_of_maker"),
    (Wanted(entity="ENTITY9999"), "workflows_of_entity"),
    (Wanted(since=START + timedelta(days=2), until=START + timedelta(days=3)), "workflows_newest"),
    (Wanted(search="ord-0000"), "names_pkey"),
    (Wanted(search="mx0000500001"), "names_pkey"),
    (Wanted(before=f"{WORKFLOWS // 2:08x}-workflow"), "workflows_newest"),
)
TOGETHER = (
    Wanted(group=Group.FAILED),
    Wanted(group=Group.WAITING),
    Wanted(state="BOOKING"),
    Wanted(model="A-COI"),
    Wanted(currency="HKD"),
    Wanted(maker="maker-7"),
    Wanted(entity="ENTITY0007"),
    Wanted(search="ord-"),
    Wanted(state="POSTED", maker="maker-7"),
    Wanted(group=Group.FAILED, model="B-COI", currency="CNY", entity="ENTITY0007", maker="maker-7"),
    Wanted(model="nobody's"),
    Wanted(search="nobody's"),
    Wanted(search="mx", currency="USD", state="BOOKING"),
)


async def plan_of(pool: asyncpg.Pool, query: str, arguments: Sequence[Any]) -> set[str]:
    """Every word of a plan; `Seq Scan` where it has one."""
    lines = [line for (line,) in await pool.fetch(f"EXPLAIN {query}", *arguments)]
    return set(re.findall(r"\w+", " ".join(lines))) | ({"Seq Scan"} if "Seq Scan" in " ".join(lines) else set())


async def test_each_filter_is_found_by_an_index_among_a_hundred_thousand(
    pool: asyncpg.Pool, database: TestDatabase
) -> None:
    await fill_overview(database.dsn("hawk_monitor"), database.admin_dsn)
    lines = PostgresLines(lambda: pool)
    for wanted, index in BY_INDEX:
        found = await plan_of(pool, *page_query(wanted, 51))
        assert index in found, (wanted, found)
    for wanted in (*(each for each, _ in BY_INDEX), *TOGETHER):
        assert "Seq Scan" not in await plan_of(pool, *page_query(wanted, 51)), wanted
    assert "workflows_attention" in await plan_of(pool, _ATTENTION, [21])
    assert "workflows_attention" in await plan_of(pool, ATTENTION_COUNTS, [START, int(Attention.MUREX)])
    for wanted in (*(each for each, _ in BY_INDEX), *TOGETHER):
        took = min([await timed(lines, wanted) for _ in range(4)])
        assert took < SLOW_SECONDS, (wanted, took)
    first = await lines.page(Wanted(), 50)
    assert await lines.page(Wanted(before=first[-1].workflow_id), 50) == (await lines.page(Wanted(), 100))[50:]


async def timed(lines: Lines, wanted: Wanted) -> float:
    began = time.perf_counter()
    rows: Sequence[Line] = await lines.page(wanted, 51)
    await lines.attention(21)
    await lines.counts()
    took = time.perf_counter() - began
    assert len(rows) <= 51
    return took
