"""Every figure of interfaces section 7 and the worked ones of domain facts 4.4, drawn from the demo's rows."""

from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from shared.hedging.capacity import CheckStatus, UsdStatus
from shared.hedging.gl_entries import GlPurpose, Ledger
from shared.hedging.journal import totals
from shared.hedging.plan import HedgePlan
from tests.support.hedges import plan

D = Decimal


# currency, amount, entity, NAV, model, deals, operations, stage 2, USD equivalent, first IFRS entry, IFRS journal
FIGURES = [
    ("USD", "25000000", "ENTITY0037", "COI", "A-COI", 6, 47, 27, "25000000.00", "375000.00", "375000.00"),
    ("HKD", "40000000", "ENTITY0009", "COI", "A-COI", 6, 47, 27, "5185185.19", "600000.00", "600000.00"),
    ("CNY", "150000000", "ENTITY001", "COI", "B-COI", 10, 51, 31, "20888888.89", "300000.00", "300000.00"),
    ("KRW", "12000000000", "ENTITY0025", "COI", "C-COI", 10, 51, 31, "9600000.00", "12960000.00", "13012048.19"),
    ("AUD", "5000000", "ENTITY0001", "RE", "A-RE", 3, 44, 24, "3518518.52", "150000.00", "150000.00"),
    ("CNY", "50000000", "ENTITY0005", "RE", "B-RE", 3, 44, 24, "6962962.96", "100000.00", "100000.00"),
    ("TWD", "150000000", "ENTITY0033", "RE", "C-RE", 5, 46, 26, "4761904.76", "103686.64", "103686.64"),
    ("HKD", "10000000", "ENTITY0009", "COI", "A-COI", 6, 47, 27, "1296296.30", "150000.00", "150000.00"),
    ("CNY", "50000000", "ENTITY0005", "COI", "B-COI", 10, 51, 31, "6962962.96", "100000.00", "100000.00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "amount", "entity", "nav", "model", "deals", "total", "stage_2", "usd", "inception", "journal"),
    FIGURES,
)
def test_plan_has_the_figures_of_the_documents_when_drawn_from_the_demo(
    currency: str, amount: str, entity: str, nav: str, model: str, deals: int, total: int, stage_2: int, usd: str,
    inception: str, journal: str,
) -> None:  # fmt: skip
    drawn = plan(currency, amount, entity_id=entity, nav_type=nav)
    (child,) = drawn.children
    assert drawn.model == model
    assert len(child.deals) == deals
    assert [deal.final for deal in child.deals].count(True) == 1
    assert drawn.counts.total == total == 41 + deals
    assert (drawn.counts.read, drawn.counts.update, drawn.counts.insert) == (9, 8, 24 + deals)
    assert [each.total for each in drawn.counts.stages] == [8, 12, stage_2]
    assert drawn.usd_equivalent == D(usd)
    assert len(child.gl_entries) == 8
    assert child.gl_entries[0].amount_sgd == D(inception)
    assert totals(child.journal, Ledger.IFRS) == (D(journal), D(journal))
    assert drawn.capacity.status is CheckStatus.PASS
    assert drawn.usd_check.status is UsdStatus.WITHIN


def test_local_ledger_has_its_own_rate_when_one_is_published() -> None:
    # Domain facts 4.4: 145,000 on 10M HKD; brief example: 580,000 on 40M.
    for amount, local in (("10000000", "145000.00"), ("40000000", "580000.00")):
        (child,) = plan("HKD", amount, entity_id="ENTITY0009").children
        assert child.amount_keys["diff_base_local"] == local
        assert totals(child.journal, Ledger.LOCAL) == (D(local), D(local))
        assert child.gl_entries[1].ledger is Ledger.LOCAL
        assert child.gl_entries[1].amount_sgd == D(local)


def test_order_is_spread_by_the_waterfall_when_no_entity_is_named() -> None:
    drawn = plan("HKD", "400000000")
    shares = [(child.entity_id, child.allocated) for child in drawn.children]
    assert shares == [
        ("ENTITY0009", D("187500000.00")), ("ENTITY0011", D("155000000.00")), ("ENTITY0010", D("57500000.00")),
    ]  # fmt: skip
    assert drawn.counts.total == 125
    assert drawn.usd_equivalent == D("51851851.85")
    assert drawn.deal_usd_max == D("24305555.56")
    assert drawn.order.entity_id is None
    assert drawn.order.provenance["entity_id"] == "reference"
    assert [each.waterfall_position for each in drawn.assessments] == [1, 2, 3, 4]
    stages = [each.stage.value for each in drawn.operations]
    assert stages == sorted(stages)  # 1A, then every 1B, then every 2


def test_order_is_partial_when_the_entity_has_less_than_asked() -> None:
    drawn = plan("HKD", "20000000", entity_id="ENTITY0012", nav_type="RE")
    assert drawn.capacity.status is CheckStatus.PARTIAL
    assert drawn.capacity.allocated == D("9500000.00")
    assert drawn.capacity.not_allocated == D("10500000.00")
    assert drawn.usd_equivalent == D("2592592.59")  # of the order, not of the share
    assert drawn.allocated_usd == D("1231481.48")


# Entity type, COI available, RE available in millions (the table of interfaces section 7).
@pytest.mark.parametrize(
    ("entity", "coi", "re"),
    [
        ("ENTITY0009", "187500000", "57000000"),
        ("ENTITY0011", "155000000", "40000000"),
        ("ENTITY0010", "75000000", "20000000"),
        ("ENTITY0012", "28500000", "9500000"),
    ],
)
def test_capacity_is_that_of_the_table_when_nothing_is_used(entity: str, coi: str, re: str) -> None:
    for nav, available in (("COI", coi), ("RE", re)):
        drawn = plan("HKD", "100000", entity_id=entity, nav_type=nav, instruction_type="U")
        assert drawn.capacity.available == D(available)


@pytest.mark.parametrize(
    ("currency", "scale"),
    [("USD", 1), ("JPY", 100), ("INR", 60), ("KRW", 1000), ("IDR", 12000), ("PHP", 40), ("TWD", 25), ("VND", 20000)],
)
def test_capacity_is_scaled_when_the_currency_is_small(currency: str, scale: int) -> None:
    drawn = plan(currency, "200000000" if currency == "VND" else "100000000", instruction_type="U")
    assert drawn.capacity.available == D(446_000_000) * scale


def test_proxy_hedge_balances_when_the_embedded_spot_is_funded() -> None:
    (child,) = plan("KRW", "12000000000", entity_id="ENTITY0025").children
    keys = child.amount_keys
    assert keys["proxy_pv_base"] == "12960000.00"
    assert keys["embedded_spot_base"] == keys["funding_base"] == "52048.19"
    assert len(child.journal) == 6
    assert child.deals[1].sell_amount == D("9600000.00")  # N / NDF, the USD funding
    assert child.deals[0].ndf is not None
    assert child.deals[0].ndf.fixing_source == "KFTC18"


def test_accounts_swap_and_lines_turn_when_the_difference_is_negative() -> None:
    # JPY: prevailing 0.0090 below historical 0.0092.
    (child,) = plan("JPY", "1000000000", entity_id="ENTITY0021").children
    assert child.amount_keys["diff_base"] == "-200000.00"
    entry = child.gl_entries[0]
    assert (entry.debit_account, entry.credit_account, entry.swapped) == ("21001000", "15001000", True)
    assert entry.amount_sgd == D("200000.00")
    ifrs = [(line.account_code, line.dr_amt, line.cr_amt) for line in child.journal if line.ledger is Ledger.IFRS]
    assert ifrs == [("15001000", D("0.00"), D("200000.00")), ("21001000", D("200000.00"), D("0.00"))]


# Purpose, debit, credit, per model (the table of interfaces section 7), for a positive amount.
ACCOUNTS = {
    "A-COI": [("15001000", "21001000"), ("55401015", "33231008"), ("33201001", "20183000"), ("21001000", "33101")],
    "B-COI": [("15001100", "21001100"), ("55401015", "33231008"), ("33201001", "20183000"), ("21001100", "33101")],
    "C-COI": [("15002000", "21001300"), ("55401015", "33231008"), ("33201001", "20183000"), ("21001300", "33101")],
    "A-RE": [("33201001", "21001000"), ("55401015", "33231008"), ("33201001", "20183000"), ("33201001", "33101")],
    "B-RE": [("33201001", "21001000"), ("55401015", "33231008"), ("33201001", "20183000"), ("33201001", "33101")],
    "C-RE": [("33201001", "21001000"), ("55401015", "33231008"), ("33201001", "20183000"), ("33201001", "33101")],
}
EXAMPLES = {
    "A-COI": ("USD", "25000000", "COI"),
    "B-COI": ("CNY", "150000000", "COI"),
    "C-COI": ("KRW", "12000000000", "COI"),
    "A-RE": ("AUD", "5000000", "RE"),
    "B-RE": ("CNY", "50000000", "RE"),
    "C-RE": ("TWD", "150000000", "RE"),
}


@pytest.mark.parametrize("model", sorted(ACCOUNTS))
def test_gl_entries_use_the_accounts_of_the_table_when_drawn(model: str) -> None:
    currency, amount, nav = EXAMPLES[model]
    (child,) = plan(currency, amount, nav_type=nav).children
    for purpose, expected in zip(GlPurpose, ACCOUNTS[model], strict=True):
        for entry in child.gl_entries:
            if entry.purpose is purpose:
                pair = (entry.debit_account, entry.credit_account)
                assert (pair[::-1] if entry.swapped else pair) == expected
    assert len(child.gl_details) == 16


@pytest.mark.parametrize("model", sorted(EXAMPLES))
def test_plan_survives_json_when_dumped_and_read_again(model: str) -> None:
    currency, amount, nav = EXAMPLES[model]
    adapter = TypeAdapter(HedgePlan)
    drawn = plan(currency, amount, nav_type=nav)
    assert adapter.validate_json(adapter.dump_json(drawn)) == drawn
