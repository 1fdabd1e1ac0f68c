"""What hypothesis draws over the demo's reference data, and a book that follows hedges from plan to plan: rates that
know no limit, room for everything that is ordered, and what stays open once each plan is booked."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from shared.hedging.facts import ExposureUse, Facts, UsdUse
from shared.hedging.gl_entries import Ledger
from shared.hedging.models import RATE_NEEDS, Family, Model, RateKind
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import InstructionType, NavType, Order
from shared.hedging.plan import HedgePlan, PlanIdentity, PlanRefusal
from shared.hedging.planning.drawing import draw_plan
from shared.hedging.typed_rows import CurrencySettings, Rate
from tests.support.hedges import TODAY, demo_tables, facts, opened

D = Decimal
ZERO = D(0)
VALUE_DATE = date(2026, 11, 25)

CURRENCIES = {
    Family.A: ("AUD", "HKD", "JPY", "USD"),
    Family.B: ("CNY",),
    Family.C: ("IDR", "INR", "KRW", "PHP", "TWD", "VND"),
}
POINTS = {RateKind.SWAP_POINTS, RateKind.USD_SWAP_POINTS}

#: A thousandth at a time, and often none at all: two rates that are equal give an amount of zero.
MOVES = st.just(0) | st.integers(-900, 900)
#: Spot in ten-thousandths: 0.01 to 30,000 units.
SPOTS = st.integers(100, 300_000_000)

models = st.sampled_from(sorted(Model))


@cache
def demo(currency: str) -> Facts:
    """The demo's facts of a currency."""
    return facts(currency, tables=demo_tables(currency))


def settings_of(currency: str) -> CurrencySettings:
    """Deal sizes and step."""
    return demo(currency).currencies[currency]


def roomy(currency: str, share: Decimal) -> Facts:
    """The demo with no limit in USD, where every entity has this multiple of the largest deal as its position.

    No entity has hedged anything yet, none holds a CAR; the buffer of 5 % stays.
    """
    given = demo(currency)
    room = (share * settings_of(currency).deal_size_max).to_integral_value()
    positions = tuple(
        replace(each, current_position=room if each.position_type == "NET" else D(0), car=D(0), overlay=D(0))
        for each in given.positions
    )
    return replace(given, positions=positions, thresholds=())


@st.composite
def rates(draw: st.DrawFn, currency: str, family: Family) -> tuple[Rate, ...]:
    """Every rate the family needs, for both ledgers: any spot, each rate some distance from it on either side."""
    spot = D(draw(SPOTS)) / 10_000
    dollar = D(draw(st.integers(100, 100_000))) / 10_000
    found: dict[tuple[str, str, Ledger], Rate] = {}
    for ledger in Ledger:
        for kind, pattern, rate_type in RATE_NEEDS[family]:
            pair = pattern.replace("{F}", currency)
            base = dollar if pair == "USD/SGD" else spot
            move = draw(MOVES)
            value = base * move / 100_000 if kind in POINTS else base * (1000 + move) / 1000
            found[pair, rate_type, ledger] = Rate(pair, rate_type, ledger, value, TODAY, "TEST")
    return tuple(found[key] for key in sorted(found))


@st.composite
def markets(draw: st.DrawFn) -> tuple[Model, str]:
    """A booking model and a currency of its family."""
    model = draw(models)
    return model, draw(st.sampled_from(CURRENCIES[model.family]))


def amounts(currency: str, low: Decimal | None = None, high: Decimal | None = None) -> st.SearchStrategy[Decimal]:
    """Any amount on the currency's step, within its deal sizes or these bounds."""
    own = settings_of(currency)
    step = own.rounding_precision
    lowest, highest = own.deal_size_min if low is None else low, own.deal_size_max if high is None else high
    return st.integers(int(lowest.scaleb(step)), int(highest.scaleb(step))).map(lambda units: D(units).scaleb(-step))


def entity_of(currency: str) -> str:
    """The first entity of a currency: a branch."""
    return min(each.entity_id for each in demo(currency).entities if each.currency == currency)


def identity(number: int) -> PlanIdentity:
    """Of the workflow with this number; all ids of its plan differ from those of other numbers."""
    return PlanIdentity(str(uuid.UUID(int=number << 64 | number)), f"response-{number}", 1)


@dataclass(repr=False)
class Book:
    """Hedges of one currency as they stand after the plans so far, each booked at once."""

    currency: str
    given: Facts
    hedges: list[OpenHedge] = field(default_factory=list)
    hedged: dict[tuple[str, NavType], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    usd: Decimal = ZERO
    journal: dict[tuple[Ledger, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    entries: dict[tuple[Ledger, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    plans: int = 0
    told: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"Book({self.currency}: {', '.join(self.told)})"

    @property
    def outstanding(self) -> Decimal:
        """Of all hedges together."""
        return sum((each.outstanding for each in self.hedges), D(0))

    def facts(self, rates: Sequence[Rate] | None = None) -> Facts:
        """What the next plan may look at."""
        uses = tuple(
            ExposureUse(f"exposure-{entity}-{self.currency}-{nav.value}", 1, entity, self.currency, nav, D(0), amount)
            for (entity, nav), amount in sorted(self.hedged.items())
        )
        return replace(
            self.given,
            rates=self.given.rates if rates is None else tuple(rates),
            open_hedges=tuple(sorted(self.hedges, key=lambda each: each.event_id)),
            exposures=uses,
            usd_use=UsdUse(f"usdpb-{self.currency}", 1, self.currency, D(0), self.usd),
        )

    def draw(
        self, kind: InstructionType, amount: Decimal | None, rates: Sequence[Rate] | None = None, **fields: Any
    ) -> HedgePlan | PlanRefusal:
        """The next plan; nothing is booked by it."""
        if kind in {InstructionType.R, InstructionType.T, InstructionType.A}:
            fields = {**self._references(kind), **fields}
        order = Order(kind, self.currency, amount, **fields)
        return draw_plan(order, (), self.facts(rates), identity(self.plans + 1))

    def take(
        self, kind: InstructionType, amount: Decimal, rates: Sequence[Rate] | None = None, **fields: Any
    ) -> HedgePlan:
        """Draw the next plan and book it."""
        drawn = self.draw(kind, amount, rates, **fields)
        if isinstance(drawn, PlanRefusal):
            raise AssertionError(f"{kind} {amount} {self.currency} refused: {drawn.code} {drawn.message}")
        self.plans += 1
        self.told.append(f"{kind} {amount}")
        for number, child in enumerate(drawn.children, start=1):
            self._close(drawn, number)
            if child.lineage is not None and child.lineage.opens_amount:
                self.hedges.append(opened(drawn, number))
            self.hedged[child.entity_id, child.event.nav_type] += child.net
            self.usd += child.net_usd
            for line in child.journal:
                self.journal[line.ledger, line.account_code] += line.dr_amt - line.cr_amt
            for entry in child.gl_entries:
                self.entries[entry.ledger, entry.debit_account] += entry.amount_sgd
                self.entries[entry.ledger, entry.credit_account] -= entry.amount_sgd
        return drawn

    def _close(self, drawn: HedgePlan, number: int) -> None:
        lineage = drawn.children[number - 1].lineage
        if lineage is None or not lineage.closes:
            return
        (place,) = [at for at, hedge in enumerate(self.hedges) if hedge.event_id == lineage.original_event_id]
        hedge = self.hedges[place]
        left = hedge.outstanding - lineage.closes_amount
        if left < 0:
            raise AssertionError(f"{hedge.event_id}: {lineage.closes_amount} taken off {hedge.outstanding}")
        usd = hedge.outstanding_usd - lineage.closes_usd
        self.hedges[place : place + 1] = [replace(hedge, outstanding=left, outstanding_usd=usd)] if left else []

    def _references(self, kind: InstructionType) -> dict[str, Any]:
        last = self.hedges[-1]
        own = tuple(each.event_id for each in self.hedges if each.order_id == last.order_id)
        fields: dict[str, Any] = {"previous_order_id": last.order_id, "hedge_method": last.hedge_method}
        if kind is not InstructionType.A:
            fields |= {"value_date": VALUE_DATE, "reference_event_ids": own}
        return fields if kind is InstructionType.T else fields | {"tenor_or_maturity": "3M"}
