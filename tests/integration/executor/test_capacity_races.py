"""Two approved orders that together are too much, applied at the same moment by two executors on one PostgreSQL: never
over-allocated, one of them whole, the other planned anew. 140 interleavings, each another one;
60 more in `make soak`."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from decimal import Decimal as D
from functools import cache
from typing import Any

import asyncpg
import pytest

from shared.events import identity
from shared.events.base import Event
from shared.events.plans import PlanDrawn
from shared.hedging.facts import Facts
from shared.hedging.order import NavType, Order
from shared.messaging.database import open_pool
from shared.messaging.unit_of_work import UnitOfWork
from shared.money.amounts import floor_to
from shared.security.keys import ensure_grant_keys
from tests.support import hedges
from tests.support.desk import Desk, reference_events
from tests.support.executions import answer_of
from tests.support.hedges import order
from tests.support.racing import Race, Series, die_of, shuffled
from tests.support.stack import Databases, TestDatabase

pytestmark = pytest.mark.integration

SEED = 20261123
CAPACITY_RACES, USD_RACES, TWO_ENDINGS, ENDING_AND_INCEPTION = 60, 50, 18, 12  # the first of each of two seeds
VALUE_DATE = date(2026, 11, 25)
#: Rows of these tables with a day outside these are not needed: the deals are of today and of three months.
DATED = {"holiday_calendar": "holiday_date", "gl_periods": "start_date"}
NEEDED_FROM, NEEDED_TO = "2026-11-01", "2027-03-31"
#: What must be so for the series to mean something: decisions that ran into each other, and both winning.
#: Of the winners only in a series of many.
MANY = 40
CONFLICTS_MIN, OVERLAPS_MIN, WINS_MIN = 0.4, 0.7, 0.15
HUGE = "900000000"


@pytest.fixture(scope="module")
async def reference_database(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[TestDatabase]:
    """The demo's data without the holidays and periods that no deal of these tests meets: plans are drawn quicker."""
    made = await databases.create()
    pool = await open_pool(made.dsn("hawk_executor"), application="desk", min_size=1, max_size=1)

    async def work(uow: UnitOfWork) -> None:
        for stream, event in reference_events():
            if NEEDED_FROM <= str(event.row.get(DATED.get(event.table, ""), NEEDED_FROM)) <= NEEDED_TO:
                uow.append(stream, 0, event)

    desk = Desk(pool, ensure_grant_keys(tmp_path_factory.mktemp("keys")))
    await desk.unit(work)
    await desk.open()
    await pool.close()
    yield made
    await databases.drop(made.name)


@pytest.fixture
async def second(desk_database: TestDatabase) -> AsyncIterator[asyncpg.Pool]:
    """The connections of the other executor."""
    pool = await open_pool(desk_database.dsn("hawk_executor"), application="desk-2")
    yield pool
    await pool.close()


@dataclass
class Racetrack:
    """Two executors on the database of a desk."""

    desk: Desk
    pools: dict[str, asyncpg.Pool]
    die: random.Random
    series: Series

    @classmethod
    def of(cls, desk: Desk, second: asyncpg.Pool, seed: int) -> "Racetrack":
        return cls(desk, {"a": desk.pool, "b": second}, die_of(seed), Series())

    def executor(self, race: Race, name: str) -> Desk:
        return Desk(race.runner(name, self.pools[name]), self.desk.keys, self.desk.now)

    async def race(self, plans: list[PlanDrawn]) -> Race:
        """Both grants at once, each at an executor of its own."""
        race = Race(die_of(self.die.random()))
        starts = [self._grant(self.executor(race, name), drawn) for name, drawn in zip("ab", plans, strict=True)]
        assert await race.run(*starts) == [None, None]  # no grant is refused
        return race

    def _grant(self, executor: Desk, drawn: PlanDrawn) -> Callable[[], Awaitable[str | None]]:
        return lambda: executor.grant(drawn)

    def booking(self, race: Race, name: str, answers: list[Event]) -> Callable[[], Awaitable[None]]:
        """Murex books all deals of a plan."""
        executor = self.executor(race, name)

        async def answer() -> None:
            for each in answers:
                assert await executor.answer(each) is None

        return answer

    async def closed(self, drawn: PlanDrawn) -> dict[str, Any] | None:
        """How the plan ended that was not applied."""
        return await planned(self.desk, drawn.workflow_id, "PlanClosed")

    async def settled(self, race: Race, plans: list[PlanDrawn]) -> tuple[PlanDrawn, dict[str, Any]]:
        """Exactly one was applied; the other is stale. Gives the winner's plan and the loser's successor."""
        endings = [await self.closed(drawn) for drawn in plans]
        assert [ending is None for ending in endings].count(True) == 1, f"{''.join(race.trace)}: {endings}"
        (winner, _), (loser, ending) = sorted(zip(plans, endings, strict=True), key=lambda each: each[1] is not None)
        assert ending is not None
        assert (ending["state"], ending["code"]) == ("STALE_CONTEXT", "STALE_CONTEXT")
        assert await self.desk.state(winner.workflow_id) == "PREPARED"
        assert await executions_of(self.desk, plans) == {winner.workflow_id}
        successor = await planned(self.desk, ending["successor"], "PlanDrawn", "PlanRefused")
        assert successor is not None
        assert (successor["origin"]["predecessor"], successor["origin"]["attempt"]) == (loser.workflow_id, 2)
        self.series.add(race, "a" if winner is plans[0] else "b")
        return winner, successor

    def was_dangerous(self) -> None:
        """The decisions really met, each time in another way, and either could win."""
        series = self.series
        assert series.interleavings > len(series.races) * 0.9
        assert series.share(lambda race: race.overlaps) >= OVERLAPS_MIN
        assert series.share(lambda race: race.conflicted) >= CONFLICTS_MIN
        if len(series.races) >= MANY:
            assert min(series.won("a"), series.won("b")) >= len(series.races) * WINS_MIN


async def planned(desk: Desk, workflow_id: str, *kinds: str) -> dict[str, Any] | None:
    """The event of one of these types on a plan's stream, as it is stored: reading it so is quick."""
    query = "SELECT data FROM es.events WHERE stream = $1 AND type = ANY($2::text[])"
    found = await desk.rows(query, identity.plan_stream(workflow_id), list(kinds))
    return found[0]["data"] if found else None


async def executions_of(desk: Desk, plans: list[PlanDrawn]) -> set[str]:
    """The workflows of these that were applied."""
    streams = {identity.execution_stream(drawn.workflow_id): drawn.workflow_id for drawn in plans}
    found = await desk.rows("SELECT DISTINCT stream FROM es.events WHERE stream = ANY($1::text[])", list(streams))
    return {streams[row["stream"]] for row in found}


@cache
def world() -> Facts:
    """The demo's facts of all currencies."""
    return hedges.facts("USD")


@cache
def demo(currency: str) -> Facts:
    """Those that a plan in one currency needs."""
    return hedges.facts(currency, tables=hedges.demo_tables(currency))


async def set_limit(desk: Desk, currency: str, thousands: str) -> None:
    """The USD limit of a currency, in thousands."""
    rows = hedges.demo_tables()
    limit = hedges.row_of(rows, "threshold_configuration", threshold_id=f"THR_{currency}_PB")
    levels = {"warning_level": "1", "critical_level": "2", "maximum_limit": thousands}
    await desk.set_row("threshold_configuration", limit | levels)


async def propose(desk: Desk, wanted: list[Order]) -> list[PlanDrawn]:
    return [await desk.plan(await desk.propose(each)) for each in wanted]


async def use_of(desk: Desk, stream: str) -> tuple[Decimal, Decimal]:
    """Reserved and hedged of an exposure."""
    query = "SELECT reserved, hedged FROM hawk.exposure_capacity WHERE stream = $1"
    (row,) = await desk.rows(query, stream) or [{"reserved": D(0), "hedged": D(0)}]
    return row["reserved"], row["hedged"]


async def usd_of(desk: Desk, currency: str) -> Decimal:
    """What HAWK holds of a currency's USD limit."""
    query = "SELECT reserved_usd + hedged_usd AS held FROM hawk.usd_pb_usage WHERE currency_code = $1"
    (row,) = await desk.rows(query, currency) or [{"held": D(0)}]
    return D(row["held"])


@dataclass
class Exposure:
    """One exposure with what is left of it."""

    entity_id: str
    currency: str
    nav: NavType
    capacity: Decimal
    left: Decimal

    @property
    def stream(self) -> str:
        return f"exposure-{self.entity_id}-{self.currency}-{self.nav.value}"


@cache
def exposures() -> tuple[tuple[str, str, NavType, Decimal], ...]:
    """Those of the demo of which two orders can ask for more than there is."""
    found = []
    given = world()
    for entity in given.entities:
        settings = given.currencies[entity.currency]
        for nav in NavType:
            asked = str(settings.deal_size_min)
            of_entity = {"entity_id": entity.entity_id, "nav_type": nav.value}
            drawn = hedges.plan(entity.currency, asked, given=demo(entity.currency), **of_entity)
            available = drawn.assessments[0].available
            if available < settings.deal_size_max * D("1.7"):
                found.append((entity.entity_id, entity.currency, nav, available))
    return tuple(found)


def lot(currency: str, amount: Decimal) -> Decimal:
    """Rounded down to the dealing step."""
    return floor_to(amount, world().currencies[currency].rounding_precision)


def two_shares(die: random.Random, whole: Decimal, highest: Decimal) -> list[Decimal]:
    """Two amounts, each within `whole` and `highest`, both together above `whole`; now and then all of it."""
    shares = [D(die.randint(520, 980)) / 1000 for _ in range(2)]
    if die.random() < 0.5:
        shares[die.randrange(2)] = D(1)
    return [min(whole * share, highest) for share in shares]


@pytest.mark.parametrize("seed", [SEED, pytest.param(SEED + 10, marks=pytest.mark.soak)])
async def test_two_orders_beyond_the_capacity_are_never_both_applied(
    desk: Desk, second: asyncpg.Pool, seed: int
) -> None:
    track = Racetrack.of(desk, second, seed)
    settings = world().currencies
    for currency in {currency for _, currency, *_ in exposures()}:
        await set_limit(desk, currency, HUGE)
    outcomes: set[str] = set()
    pool = [Exposure(*each, each[-1]) for each in exposures()]
    while len(track.series.races) < CAPACITY_RACES:
        for exposure in shuffled(track.die, pool)[: CAPACITY_RACES - len(track.series.races)]:
            limits = settings[exposure.currency]
            if exposure.left < limits.deal_size_min * 2:
                continue
            amounts = [
                lot(exposure.currency, each) for each in two_shares(track.die, exposure.left, limits.deal_size_max)
            ]
            plans = await propose(
                desk,
                [
                    order(exposure.currency, str(each), entity_id=exposure.entity_id, nav_type=exposure.nav.value)
                    for each in amounts
                ],
            )
            assert [drawn.plan.capacity.status.value for drawn in plans] == ["PASS", "PASS"]
            winner, successor = await track.settled(await track.race(plans), plans)
            assert winner.plan.capacity.allocated == winner.plan.order.amount
            reserved, hedged = await use_of(desk, exposure.stream)
            exposure.left -= winner.plan.order.amount
            assert (reserved, hedged) == (exposure.capacity - exposure.left, D(0))
            assert reserved + hedged <= exposure.capacity
            left = lot(exposure.currency, exposure.left)
            if "refusal" in successor:
                assert (successor["refusal"]["code"], left) == ("CAPACITY_EXHAUSTED", 0)
                outcomes.add("CAPACITY_EXHAUSTED")
            else:
                checked = successor["plan"]["capacity"]
                assert (checked["status"], D(checked["allocated"])) == ("PARTIAL", left)
                outcomes.add("PARTIAL")
    assert outcomes == {"CAPACITY_EXHAUSTED", "PARTIAL"}
    track.was_dangerous()


@cache
def branches_and_subsidiaries() -> dict[str, list[str]]:
    """Two entities per currency that have room for all races."""
    wide = {"Branch", "Subsidiary"}
    return {
        currency: [
            each.entity_id for each in world().entities if (each.currency == currency) and each.entity_type in wide
        ]
        for currency in ("AUD", "CNY", "HKD", "IDR", "JPY", "KRW", "PHP", "TWD", "USD", "VND")
    }


async def test_two_orders_of_two_entities_beyond_the_usd_limit_are_never_both_applied(
    desk: Desk, second: asyncpg.Pool
) -> None:
    track = Racetrack.of(desk, second, SEED + 1)
    for number in range(USD_RACES):
        places_of = branches_and_subsidiaries()
        currency = sorted(places_of)[number % len(places_of)]
        probe = hedges.plan(currency, str(world().currencies[currency].deal_size_min), given=demo(currency))
        stated, rate = probe.usd_check.used_usd, probe.usd_equivalent / probe.order.amount
        held = stated + await usd_of(desk, currency)
        thousands = ((held + track.die.randint(2_000_000, 8_000_000)) / 1000).to_integral_value(ROUND_CEILING)
        maximum = thousands * 1000
        await set_limit(desk, currency, str(thousands))
        amounts = [lot(currency, usd / rate) for usd in two_shares(track.die, maximum - held - 100, maximum)]
        places = shuffled(track.die, places_of[currency])
        plans = await propose(
            desk,
            [
                order(currency, str(each), entity_id=entity_id, nav_type="COI")
                for each, entity_id in zip(amounts, places, strict=True)
            ],
        )
        assert {drawn.plan.children[0].entity_id for drawn in plans} == set(places_of[currency])
        winner, successor = await track.settled(await track.race(plans), plans)
        after = stated + await usd_of(desk, currency)
        assert after == held + winner.plan.net_usd
        assert after <= maximum
        assert successor["refusal"]["code"] == "USD_PB_LIMIT_EXCEEDED"
    track.was_dangerous()


async def hedge_of(desk: Desk, workflow_id: str) -> dict[str, Any]:
    (found,) = await desk.rows("SELECT * FROM public.v_open_hedges WHERE workflow_id = $1", workflow_id)
    return found


async def outstanding_of(desk: Desk, event_id: str) -> Decimal:
    """Of a hedge that is open; nothing of one that is not."""
    query = "SELECT coalesce(sum(outstanding_amount), 0) AS held FROM public.v_open_hedges WHERE event_id = $1"
    (row,) = await desk.rows(query, event_id)
    return D(row["held"])


def ending(hedge: dict[str, Any], amount: Decimal) -> Order:
    """A termination of this much of a hedge."""
    return order(
        hedge["exposure_currency"],
        str(amount),
        instruction_type="T",
        previous_order_id=hedge["order_id"],
        hedge_method=hedge["hedge_method"],
        value_date=VALUE_DATE,
        reference_event_ids=(hedge["event_id"],),
    )


async def test_two_terminations_of_one_hedge_never_close_more_than_is_open(desk: Desk, second: asyncpg.Pool) -> None:
    track = Racetrack.of(desk, second, SEED + 2)
    codes: set[str] = set()
    while len(track.series.races) < TWO_ENDINGS:
        hedge = await hedge_of(desk, await desk.run(order("USD", "9000000", entity_id="ENTITY0037")))
        left = hedge["outstanding_amount"]
        while left and len(track.series.races) < TWO_ENDINGS:
            amounts = [max(lot("USD", each), D("0.01")) for each in two_shares(track.die, left, left)]
            if sum(amounts) <= left:
                break
            plans = await propose(desk, [ending(hedge, each) for each in amounts])
            winner, successor = await track.settled(await track.race(plans), plans)
            left -= winner.plan.order.amount
            assert await outstanding_of(desk, hedge["event_id"]) == left >= 0
            assert successor["refusal"]["code"] == ("TERMINATION_FAILED" if left else "NO_HEDGE_FOUND")
            codes.add(successor["refusal"]["code"])
    assert codes <= {"TERMINATION_FAILED", "NO_HEDGE_FOUND"}
    track.was_dangerous()


async def test_termination_and_inception_of_one_exposure_are_both_applied_and_lose_nothing(
    desk: Desk, second: asyncpg.Pool
) -> None:
    """Neither takes from the other: whoever is slower decides anew and does what was approved."""
    track = Racetrack.of(desk, second, SEED + 3)
    stream = "exposure-ENTITY0040-USD-COI"
    hedge = await hedge_of(desk, await desk.run(order("USD", "15000000", entity_id="ENTITY0040")))
    capacity, hedged = D(28_500_000), D(15_000_000)
    for _ in range(ENDING_AND_INCEPTION):
        ends, begins = D(track.die.randint(100_000, 1_000_000)), D(track.die.randint(100_000, 1_000_000))
        inception = order("USD", str(begins), entity_id="ENTITY0040")
        plans = await propose(desk, shuffled(track.die, [ending(hedge, ends), inception]))
        race = await track.race(plans)
        assert [await track.closed(drawn) for drawn in plans] == [None, None]
        assert await use_of(desk, stream) == (begins, hedged)
        booking = Race(die_of(track.die.random()))
        answers = [[answer_of(sent, "ACK") for sent in await desk.sent(drawn.workflow_id)] for drawn in plans]
        await booking.run(*(track.booking(booking, *each) for each in zip("ab", answers, strict=True)))
        hedged += begins - ends
        assert await use_of(desk, stream) == (D(0), hedged)
        assert hedged <= capacity
        track.series.add(race, race.trace[-1])
    usd = await usd_of(desk, "USD")
    assert usd == hedged
    track.was_dangerous()
