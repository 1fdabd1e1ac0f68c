"""The documents' own figures, row by row: worked amounts (domain facts 4.4), journal (7.5), allocations (9.7) and
capacities (9.2).

The rates of 4.4 stand here as the source prints them, so that a change of the demo's rates changes nothing here; the
samples of 9.7 and 9.2 go through a whole plan, whose reference rows are set to the sample's.
"""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from shared.hedging.capacity import Assessment, CheckStatus, available_capacity, buffer_amount, unhedged_position
from shared.hedging.gl_entries import Ledger, amount_keys
from shared.hedging.models import Model, RateKind
from shared.hedging.order import NavType
from shared.hedging.plan import HedgePlan, PlanRefusal
from shared.hedging.planning.rates import to_usd
from shared.hedging.planning.waterfall import assess
from shared.hedging.refusals import PlanningCode
from shared.money.amounts import quantize
from tests.support.hedges import demo_tables, facts, plan, result, row_of

D = Decimal
ANY_POINTS = {RateKind.SWAP_POINTS: D(0), RateKind.USD_SWAP_POINTS: D(0)}
"""The source gives no swap points; no figure of 4.4 depends on them."""
PREVAILING, HISTORICAL, ONSHORE = RateKind.PREVAILING, RateKind.HISTORICAL, RateKind.ONSHORE
OFFSHORE, NDF, SPOT, USD_SGD = RateKind.OFFSHORE, RateKind.NDF, RateKind.EMBEDDED_SPOT, RateKind.USD_SGD

# model, notional, rates as printed, name of the amount key, amount in SGD
WORKED = [
    ("A-COI", "10000000", {HISTORICAL: "0.1600", PREVAILING: "0.1750"}, "diff_base", "150000.00"),
    ("B-COI", "50000000", {OFFSHORE: "0.1900", ONSHORE: "0.1880", HISTORICAL: "0.1850"}, "spread_base", "100000.00"),
    ("C-COI", "12000000000", {NDF: "1250", SPOT: "1245", HISTORICAL: "1230", USD_SGD: "1.35"},
     "proxy_pv_base", "12960000.00"),
    ("A-RE", "5000000", {HISTORICAL: "0.9200", PREVAILING: "0.9500"}, "re_adj_base", "150000.00"),
    ("B-RE", "50000000", {OFFSHORE: "0.1900", ONSHORE: "0.1880", HISTORICAL: "0.1850"}, "re_adj_base", "100000.00"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "notional", "rates", "key", "amount"), WORKED, ids=[row[0] for row in WORKED])
def test_worked_amount_is_that_of_the_source(
    model: str, notional: str, rates: dict[RateKind, str], key: str, amount: str
) -> None:
    printed = {kind: D(rate) for kind, rate in rates.items()} | ANY_POINTS
    keys = amount_keys(Model(model), D(notional), dict.fromkeys(Ledger, printed))
    assert keys[key] == amount


def test_local_amount_follows_the_rates_of_its_own_ledger() -> None:
    # 4.4 prints 145,000 without a formula: the LOCAL ledger's own prevailing rate of 0.1745 gives it.
    ifrs = {PREVAILING: D("0.1750"), HISTORICAL: D("0.1600")} | ANY_POINTS
    local = ifrs | {PREVAILING: D("0.1745")}
    keys = amount_keys(Model.A_COI, D(10_000_000), {Ledger.IFRS: ifrs, Ledger.LOCAL: local})
    assert (keys["diff_base"], keys["diff_base_local"]) == ("150000.00", "145000.00")


@pytest.mark.parametrize(
    ("model", "notional", "ndf", "usd"),
    [(Model.C_COI, "12000000000", "1250", "9600000.00"), (Model.C_RE, "150000000", "31.50", "4761904.76")],
)
def test_proxy_notional_in_usd_is_that_of_the_source(model: Model, notional: str, ndf: str, usd: str) -> None:
    assert quantize(to_usd(D(notional), model.family, {NDF: D(ndf)}), "USD") == D(usd)


# Domain facts 7.5 (the first) and the lines that follow for the other figures of 4.4: ledger, account, debit, credit.
JOURNALS = {
    ("HKD", "10000000", "COI"): [
        ("IFRS", "15001000", "150000.00", "0.00"), ("IFRS", "21001000", "0.00", "150000.00"),
        ("LOCAL", "15001000", "145000.00", "0.00"), ("LOCAL", "21001000", "0.00", "145000.00"),
    ],
    ("CNY", "50000000", "COI"): [
        ("IFRS", "15001100", "100000.00", "0.00"), ("IFRS", "21001100", "0.00", "100000.00"),
        ("LOCAL", "15001100", "100000.00", "0.00"), ("LOCAL", "21001100", "0.00", "100000.00"),
    ],
    ("KRW", "12000000000", "COI"): [
        ("IFRS", "15002000", "12960000.00", "0.00"), ("IFRS", "21001300", "0.00", "12960000.00"),
        ("IFRS", "15002100", "52048.19", "0.00"), ("IFRS", "15003000", "0.00", "52048.19"),
        ("LOCAL", "15002000", "12960000.00", "0.00"), ("LOCAL", "21001300", "0.00", "12960000.00"),
    ],
    ("AUD", "5000000", "RE"): [
        ("IFRS", "33201001", "150000.00", "0.00"), ("IFRS", "21001000", "0.00", "150000.00"),
        ("LOCAL", "33201001", "150000.00", "0.00"), ("LOCAL", "21001000", "0.00", "150000.00"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("currency", "amount", "nav"), list(JOURNALS), ids="-".join)
def test_journal_has_the_lines_of_the_source(currency: str, amount: str, nav: str) -> None:
    (child,) = plan(currency, amount, nav_type=nav).children
    lines = [(each.ledger.value, each.account_code, str(each.dr_amt), str(each.cr_amt)) for each in child.journal]
    assert lines == JOURNALS[currency, amount, nav]
    assert {(each.journal_id, each.base_ccy, each.txn_ccy, each.period_id) for each in child.journal} == {
        (child.event.event_id, "SGD", currency, "2026-11")
    }


@dataclass(frozen=True)
class Sample:
    """A row of domain facts 9.7; amounts as printed, in the exposure currency."""

    name: str
    entity: str
    currency: str
    nav: str
    sfx: str
    car: str
    percent: str
    buffer: str
    hedged: str
    available: str
    allocated: str

    def draw(self) -> HedgePlan | PlanRefusal:
        """The plan of an order over the allocated amount, its entity's position being the sample's."""
        tables = demo_tables(self.currency)
        position = {"entity_id": self.entity, "nav_type": self.nav}
        net = row_of(tables, "position_nav_master", position_type="NET", **position)
        net |= {"current_position": self.sfx, "optimal_car_amount": self.car, "manual_overlay_amount": "0"}
        hedged = row_of(tables, "position_nav_master", position_type="HEDGED", **position)
        hedged["current_position"] = self.hedged
        for rule in tables["buffer_configuration"]:
            rule["buffer_percentage"] = self.percent
        return result(
            self.currency, self.allocated, entity_id=self.entity, nav_type=self.nav,
            given=facts(self.currency, tables=tables),
        )  # fmt: skip


GOOD = [
    Sample("ALLOC_2025_09_030", "ENTITY0009", "HKD", "COI",
           "2500000", "100000", "5", "125000", "800000", "1475000", "500000"),
    Sample("ALLOC_2025_09_HKD_INST8514", "ENTITY0010", "HKD", "RE",
           "250000", "0", "0", "0", "0", "250000", "150000"),
    Sample("ALLOC_2025_09_001", "ENTITY0009", "HKD", "RE", "250000", "0", "5", "12500", "0", "237500", "100000"),
    Sample("ALLOC_2025_09_002", "ENTITY0001", "AUD", "COI",
           "5000000", "2000000", "2", "100000", "1500000", "1400000", "100000"),
    Sample("ALLOC_2025_08_017", "ENTITY0009", "HKD", "COI",
           "8000000", "5000000", "2", "160000", "2000000", "840000", "150000"),
]  # fmt: skip
# 5 % of SFX less CAR, as most of the live rows have it: the sample's stored amount, as a share of SFX.
BUFFER_OF_KRW = format(Decimal(75) * 100 / 1650, "f")
# Allocated more than was available, by exactly the buffer.
TOO_MUCH = [
    Sample("ALLOC_2025_08_003", "ENTITY0027", "KRW", "COI", "1650000000", "150000000",
           BUFFER_OF_KRW, "75000000", "0", "1425000000", "1500000000"),
    Sample("ALLOC_2025_04_001", "ENTITY0005", "CNY", "COI",
           "12000000", "0", "5", "600000", "0", "11400000", "12000000"),
]  # fmt: skip


def assessed(drawn: HedgePlan) -> Assessment:
    (found,) = drawn.assessments
    return found


@pytest.mark.parametrize("sample", GOOD, ids=lambda sample: sample.name)
def test_sample_allocation_is_accepted_when_it_fits(sample: Sample) -> None:
    drawn = sample.draw()
    assert isinstance(drawn, HedgePlan)
    found = assessed(drawn)
    assert (found.buffer_amount, found.available) == (D(sample.buffer), D(sample.available))
    assert drawn.capacity.status is CheckStatus.PASS
    assert drawn.children[0].allocated == D(sample.allocated) <= found.available


@pytest.mark.parametrize("sample", TOO_MUCH, ids=lambda sample: sample.name)
def test_sample_allocation_is_refused_when_it_takes_the_buffer_too(sample: Sample) -> None:
    """The order stands, the over-allocation does not: what there is is placed, the buffer stays unhedged."""
    drawn = sample.draw()
    assert isinstance(drawn, HedgePlan)
    found = assessed(drawn)
    assert (found.buffer_amount, found.available) == (D(sample.buffer), D(sample.available))
    assert drawn.capacity.status is CheckStatus.PARTIAL
    assert drawn.children[0].allocated == D(sample.available) < D(sample.allocated)
    assert drawn.capacity.not_allocated == D(sample.buffer)
    assert "PARTIAL_CAPACITY" in [warning.code for warning in drawn.warnings]


def test_sample_without_capacity_is_refused_and_keeps_its_record() -> None:
    # ALLOC_2025_08_006: everything is hedged already; the smallest order of the currency asks for more.
    refused = Sample("ALLOC_2025_08_006", "ENTITY0042", "VND", "RE",
                     "950000000", "0", "0", "0", "950000000", "0", "200000000").draw()  # fmt: skip
    assert not isinstance(refused, HedgePlan)
    assert refused.code is PlanningCode.CAPACITY_EXHAUSTED
    assert refused.record is not None
    assert assessed(refused.record).available == D(0)


CURRENCIES = ("AUD", "CNY", "HKD", "IDR", "INR", "JPY", "KRW", "PHP", "TWD", "USD", "VND")
SFX = {"COI": "100000", "RE": "250000"}  # 9.2: every entity, every currency
STORED = {"Branch": "5", "TMU": "5", "Subsidiary": "5", "Associate": "0"}
STORED_OTHERWISE = {("IDR", "Associate"): "5", ("KRW", "Subsidiary"): "0"}
CAPACITY_AS_STORED = {"IDR": "1330000", "KRW": "1365000"}


@pytest.mark.parametrize("currency", CURRENCIES)
def test_capacity_with_the_stored_buffers_is_that_of_the_source(currency: str) -> None:
    total = D(0)
    for kind, usual in STORED.items():
        percent = D(STORED_OTHERWISE.get((currency, kind), usual))
        for sfx in SFX.values():
            kept = buffer_amount(D(sfx), percent, currency)
            total += available_capacity(unhedged_position(sfx=D(sfx), car=D(0), overlay=D(0), buffer=kept, hedged=D(0)))
    assert total == D(CAPACITY_AS_STORED.get(currency, "1347500"))


@pytest.mark.parametrize("currency", CURRENCIES)
def test_capacity_with_the_buffer_rules_is_that_of_the_source(currency: str) -> None:
    """The rules win over what positions store (domain facts 9.3): the same capacity in every currency."""
    tables = demo_tables(currency)
    for row in tables["position_nav_master"]:
        net = row["position_type"] == "NET"
        row |= {"current_position": SFX[row["nav_type"]] if net else "0"}
        if net:
            row |= {"optimal_car_amount": "0", "manual_overlay_amount": "0"}
    given = facts(currency, tables=tables)
    found = [assess(given, given.entities, currency, nav).assessments for nav in NavType]
    assert [len(each) for each in found] == [4, 4]
    assert sum((each.available for part in found for each in part), D(0)) == D("1365000")


# The ALLOC example of 9.2: an entity of each kind, SFX, CAR, buffer %, hedged, available.
ALLOC = [
    ("HK_BR_001", "ENTITY0009", "250000000", "50000000", "5", "0", "187500000"),
    ("HK_SUB_01", "ENTITY0011", "180000000", "0", "0", "25000000", "155000000"),
]


@pytest.mark.parametrize(("name", "entity", "sfx", "car", "percent", "hedged", "available"), ALLOC)
def test_available_amount_is_that_of_the_example(
    name: str, entity: str, sfx: str, car: str, percent: str, hedged: str, available: str
) -> None:
    buffer = format(D(sfx) * D(percent) / 100, "f")
    drawn = Sample(name, entity, "HKD", "COI", sfx, car, percent, buffer, hedged, available, available).draw()
    assert isinstance(drawn, HedgePlan)
    assert assessed(drawn).available == drawn.children[0].allocated == D(available)
