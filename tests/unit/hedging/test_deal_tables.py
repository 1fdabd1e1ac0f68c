"""The deal rows of domain facts 4.6, row by row, and that positions end where they should."""

from collections import defaultdict
from decimal import Decimal

import pytest

from shared.hedging.deals import Deal
from shared.hedging.models import DEAL_ROWS, Model
from tests.support.hedges import plan

D = Decimal
FINAL = {"COI": "HDGIC", "RE": "HDGRE"}

# seq, type, from, to, pair, rate, book code
A_COI = [
    (1, "FX_SWAP", "EXTERNAL", "CO_FX", "USD/SGD", "1.35", None),
    (2, "FX_SWAP", "CO_FX", "UHDIC", "USD/SGD", "1.35", "SWAP_MIRR_INTSC_COIRE"),
    (3, "FX_SWAP", "UHDIC", "INSTC", "USD/SGD", "1.335", "SWAP_MIRR_INTSC_COI"),
    (4, "FX_SWAP", "INSTC", "HDGIC", "USD/SGD", "1.35", "SWAP_MIRR_INTSC_COIL"),
    (5, "FX_SPOT_HEDGE", "INSTC", "INSTC", "USD/SGD", "1.335", "SPOT_MIRR_INTSC_COI"),
    (6, "FX_SPOT_FUNDING", "HDGIC", "HDGIC", "USD/SGD", "1.35", "SPOT_MIRR_INTSC_COIRE"),
]
B_COI = [
    (1, "FX_SWAP_CNH", "EXTERNAL", "CO_FX", "CNH/USD", "0.1407407407"),
    (2, "FX_SWAP_CNH", "CO_FX", "UHDIC", "CNH/USD", "0.1407407407"),
    (3, "FX_SPOT_DIFF", "UHDIC", "TREASURY_BU", "CNH/SGD", "0.19"),
    (4, "FX_SPOT_DIFF", "TREASURY_BU", "UHDIC", "CNY/SGD", "0.188"),
    (5, "FX_SWAP", "UHDIC", "INSTC", "CNY/SGD", "0.185"),
    (6, "FX_SWAP", "INSTC", "INSTC", "CNY/SGD", "0.185"),
    (7, "FX_SWAP", "INSTC", "INSTC", "CNY/SGD", "0.188"),
    (8, "FX_SPOT_HEDGE", "INSTC", "INSTC", "CNY/SGD", "0.185"),
    (9, "FX_SWAP", "INSTC", "HDGIC", "CNY/SGD", "0.188"),
    (10, "FX_SPOT_FUNDING", "HDGIC", "HDGIC", "CNY/SGD", "0.188"),
]
C_COI = [
    (1, "NDF", "EXTERNAL", "CO_FX", "KRW/USD", "1250"),
    (2, "FX_SWAP", "EXTERNAL", "FUNDING_DESK", "USD/SGD", "1.35"),
    (3, "NDF", "CO_FX", "UHDIC", "KRW/USD", "1250"),
    (4, "FX_SPOT_EMBEDDED", "UHDIC", "UHDIC", "KRW/USD", "1245"),
    (5, "NDF", "UHDIC", "INSTC", "KRW/USD", "1230"),
    (6, "LNBR", "FUNDING_DESK", "INSTC", "USD", None),
    (7, "LNBR", "INSTC", "FUNDING_DESK", "USD", None),
    (8, "FX_SPOT_HEDGE", "INSTC", "INSTC", "KRW/USD", "1230"),
    (9, "NDF", "INSTC", "HDGIC", "KRW/USD", "1250"),
    (10, "FX_SPOT_FUNDING", "FUNDING_DESK", "HDGIC", "USD/SGD", "1.35"),
]


def deals_of(currency: str, amount: str, nav: str) -> tuple[Deal, ...]:
    (child,) = plan(currency, amount, nav_type=nav).children
    return child.deals


def shape(deal: Deal) -> tuple[int, str, str, str, str, str | None]:
    rate = None if deal.fx_rate is None else format(deal.fx_rate, "f")
    return (deal.deal_sequence, deal.deal_type, deal.portfolio_from, deal.portfolio_to, deal.currency_pair, rate)


def test_matched_coi_deals_are_the_six_rows_of_the_source() -> None:
    deals = deals_of("USD", "25000000", "COI")
    assert [(*shape(deal), deal.murex_book_code) for deal in deals] == A_COI
    assert [deal.deal_sequence for deal in deals if deal.final] == [4]
    assert all(deal.sell_currency == "USD" and deal.sell_amount == D("25000000.00") for deal in deals)
    bought = [deal.buy_amount for deal in deals]
    prevailing, historical = D("33750000.00"), D("33375000.00")
    assert bought == [prevailing, prevailing, historical, prevailing, historical, prevailing]


def test_swaps_have_legs_and_spots_have_no_maturity() -> None:
    deals = deals_of("USD", "25000000", "COI")
    first = deals[0]
    assert first.near_leg is not None
    assert first.far_leg is not None
    assert first.near_leg.rate == D("1.35")
    assert first.far_leg.rate == D("1.3455")  # P plus swap points
    assert (first.far_leg.sell_currency, first.far_leg.sell_amount) == ("SGD", D("33637500.00"))
    assert first.far_leg.buy_amount == D("25000000.00")
    assert first.maturity_date == first.far_leg.value_date
    for spot in deals[4:]:
        assert (spot.maturity_date, spot.near_leg, spot.far_leg) == (None, None, None)
    assert deals[0].counterparty == "EXTERNAL BANK"
    assert {deal.counterparty for deal in deals[1:]} == {"SG BANK LTD"}


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("CNY", "150000000", B_COI), ("KRW", "12000000000", C_COI)]
)
def test_other_coi_deals_are_the_ten_rows_of_the_proposal(
    currency: str, amount: str, expected: list[tuple[object, ...]]
) -> None:
    deals = deals_of(currency, amount, "COI")
    assert [shape(deal) for deal in deals] == expected
    assert [deal.deal_sequence for deal in deals if deal.final] == [9]


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("AUD", "5000000", [("EXTERNAL", "UHDRE", "0.95"), ("UHDRE", "INSTC", "0.92"), ("INSTC", "HDGRE", "0.95")]),
        (
            "CNY", "50000000",
            [("EXTERNAL", "UHDRE", "0.1407407407"), ("UHDRE", "INSTC", "0.185"), ("INSTC", "HDGRE", "0.188")],
        ),
        (
            "TWD", "150000000",
            [
                ("EXTERNAL", "UHDRE", "31.5"), ("UHDRE", "UHDRE", "31.4"), ("UHDRE", "INSTC", "31"),
                ("FUNDING_DESK", "HDGRE", None), ("INSTC", "HDGRE", "31.5"),
            ],
        ),
    ],
)  # fmt: skip
def test_re_deals_close_the_dummy_position_and_end_in_the_final_portfolio(
    currency: str, amount: str, expected: list[tuple[str, str, str | None]]
) -> None:
    deals = deals_of(currency, amount, "RE")
    assert [(each[2], each[3], each[5]) for each in map(shape, deals)] == expected
    assert deals[-1].final


@pytest.mark.parametrize("model", list(Model))
def test_every_model_names_each_sequence_once_and_one_final_row(model: Model) -> None:
    rows = DEAL_ROWS[model]
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert [row.target for row in rows if row.final] == [FINAL[model.nav_type.value]]
    assert all(row.book_code is None for row in rows if row.deal_type == "LNBR")


def positions(deals: tuple[Deal, ...]) -> dict[tuple[str, str], Decimal]:
    """What each portfolio holds of each notional currency, CNH counted as CNY's family apart."""
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for deal in deals:
        held[deal.portfolio_from, deal.notional_currency] -= deal.notional_amount
        held[deal.portfolio_to, deal.notional_currency] += deal.notional_amount
    return {key: amount for key, amount in held.items() if amount}


def test_positions_are_those_of_the_proposal_when_all_deals_are_done() -> None:
    n, usd = D("150000000.00"), D("9600000.00")
    krw, twd, twd_usd = D("12000000000"), D("150000000.00"), D("4761904.76")
    assert positions(deals_of("USD", "25000000", "COI")) == {
        ("EXTERNAL", "USD"): D("-25000000"), ("HDGIC", "USD"): D("25000000"),
    }  # fmt: skip
    assert positions(deals_of("CNY", "150000000", "COI")) == {
        ("EXTERNAL", "CNH"): -n, ("TREASURY_BU", "CNH"): n, ("TREASURY_BU", "CNY"): -n, ("HDGIC", "CNY"): n,
    }  # fmt: skip
    assert positions(deals_of("KRW", "12000000000", "COI")) == {
        ("EXTERNAL", "KRW"): -krw, ("HDGIC", "KRW"): krw, ("EXTERNAL", "USD"): -usd, ("HDGIC", "USD"): usd,
    }  # fmt: skip
    assert positions(deals_of("TWD", "150000000", "RE")) == {
        ("EXTERNAL", "TWD"): -twd, ("HDGRE", "TWD"): twd, ("FUNDING_DESK", "USD"): -twd_usd, ("HDGRE", "USD"): twd_usd,
    }  # fmt: skip
