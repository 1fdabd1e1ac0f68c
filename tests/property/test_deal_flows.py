"""Where the money of every deal goes and what the ledgers get of it, for all six models, any amount and any rates
(domain facts 4.4 to 4.6, 7.4)."""

from collections import defaultdict
from decimal import Decimal
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.deals import SWAP_TYPES, Deal
from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import totals
from shared.hedging.models import DEAL_ROWS, EXTERNAL, Model, RateKind
from shared.hedging.order import InstructionType
from shared.hedging.plan import ChildPlan, HedgePlan, LineageKind
from tests.support.examples import examples
from tests.support.lives import Book, amounts, entity_of, markets, rates, roomy

USD = "USD"
FUNDING = "FUNDING_DESK"
RENMINBI = {"CNH": "CNY"}  # one family
ROOM = D("1.2")
I, R, T, A = InstructionType.I, InstructionType.R, InstructionType.T, InstructionType.A  # noqa: E741

Held = dict[tuple[str, str], Decimal]


def held_after(deals: tuple[Deal, ...]) -> Held:
    """Portfolio and family -> what the notionals of all deals leave there, zeros left out."""
    held: Held = defaultdict(Decimal)
    for deal in deals:
        family = RENMINBI.get(deal.notional_currency, deal.notional_currency)
        held[deal.portfolio_from, family] -= deal.notional_amount
        held[deal.portfolio_to, family] += deal.notional_amount
    return {place: amount for place, amount in held.items() if amount}


def expected_after(model: Model, currency: str, child: ChildPlan, sign: int) -> Held:
    """N out of the market and into the final portfolio; a proxy's funding in USD on top of it."""
    final, amount = child.event.final_hedge_portfolio, child.allocated
    held = {(EXTERNAL, currency): -sign * amount, (final, currency): sign * amount}
    if model.family.value != "C":
        return held
    funding = max(deal.notional_amount for deal in child.deals if deal.notional_currency == USD)
    source = EXTERNAL if model is Model.C_COI else FUNDING
    return {
        place: size
        for place, size in {**held, (source, USD): -sign * funding, (final, USD): sign * funding}.items()
        if size
    }


def is_routed(model: Model, currency: str, child: ChildPlan) -> None:
    """One final deal, every other portfolio flat, and the hedge where it belongs."""
    closing = child.lineage is not None and child.lineage.kind is LineageKind.TERMINATION
    sign = -1 if closing else 1
    (final,) = [deal for deal in child.deals if deal.final]
    assert (final.portfolio_from if closing else final.portfolio_to) == child.event.final_hedge_portfolio
    assert child.event.hedge_position_amount == sign * child.allocated
    assert held_after(child.deals) == expected_after(model, currency, child, sign)
    rows = DEAL_ROWS[model]
    assert [deal.deal_sequence for deal in child.deals] == [row.sequence for row in rows]
    assert [(deal.portfolio_from, deal.portfolio_to) for deal in child.deals] == [
        (row.target, row.source) if closing else (row.source, row.target) for row in rows
    ]


def is_exchanged(child: ChildPlan) -> None:
    """Every deal has two sides; what the near leg of a swap moves, the far leg moves back."""
    for deal in child.deals:
        assert min(deal.sell_amount, deal.buy_amount, deal.notional_amount) >= 0
        assert deal.notional_amount in {deal.sell_amount, deal.buy_amount}
        if deal.deal_type in SWAP_TYPES and deal.near_leg is not None and deal.far_leg is not None:
            near, far = deal.near_leg, deal.far_leg
            assert (near.sell_currency, near.buy_currency) == (far.buy_currency, far.sell_currency)
            moved = {near.sell_currency: near.sell_amount, near.buy_currency: near.buy_amount}
            back = {far.buy_currency: far.buy_amount, far.sell_currency: far.sell_amount}
            assert moved[deal.notional_currency] == back[deal.notional_currency] == deal.notional_amount
            assert near.value_date < far.value_date


def is_balanced(drawn: HedgePlan) -> None:
    """Debit is credit in each journal, in each ledger; no line is empty and none has two sides."""
    for child in drawn.children:
        for ledger in Ledger:
            debit, credit = totals(child.journal, ledger)
            assert debit == credit
        assert [line.line_no for line in child.journal] == list(range(1, len(child.journal) + 1))
        for line in child.journal:
            assert (line.dr_amt == 0) != (line.cr_amt == 0)
            assert min(line.dr_amt, line.cr_amt) >= 0
            assert line.dr_amt + line.cr_amt == abs(D(child.amount_keys[line.amount_key]))
        assert len(child.gl_entries) == 8
        for entry in child.gl_entries:
            assert entry.amount_sgd == abs(D(child.amount_keys[entry.source_field]))
            assert entry.debit_account != entry.credit_account
            assert entry.swapped == (D(child.amount_keys[entry.source_field]) < 0)


@st.composite
def plans(draw: st.DrawFn, kind: InstructionType) -> tuple[Model, str, Book, HedgePlan]:
    """A plan of this type for any model; what it closes was opened at other rates."""
    model, currency = draw(markets())
    book = Book(currency, roomy(currency, ROOM))
    amount = draw(amounts(currency))
    first = draw(rates(currency, model.family))
    drawn = book.take(I, amount, first, nav_type=model.nav_type, entity_id=entity_of(currency))
    if kind is not I:
        changed = amount if kind is not A else draw(amounts(currency))
        part = draw(amounts(currency, D(1), amount)) if kind in {R, T} and draw(st.booleans()) else changed
        drawn = book.take(kind, part, draw(rates(currency, model.family)))
    return model, currency, book, drawn


def is_sound(case: tuple[Model, str, Book, HedgePlan]) -> None:
    model, currency, _, drawn = case
    assert drawn.children
    for child in drawn.children:
        is_routed(model, currency, child)
        is_exchanged(child)
    is_balanced(drawn)


@examples(200)
@given(plans(I))
def test_inception_is_flat_inside_and_balanced_whatever_the_rates(case: tuple[Model, str, Book, HedgePlan]) -> None:
    is_sound(case)


@examples(200)
@given(plans(T))
def test_termination_is_the_way_back_and_balanced_whatever_the_rates(case: tuple[Model, str, Book, HedgePlan]) -> None:
    is_sound(case)


@examples(200)
@given(plans(R))
def test_rollover_is_flat_inside_and_balanced_whatever_the_rates(case: tuple[Model, str, Book, HedgePlan]) -> None:
    is_sound(case)


@examples(150)
@given(plans(A))
def test_amendment_is_flat_inside_and_balanced_whatever_the_rates(case: tuple[Model, str, Book, HedgePlan]) -> None:
    is_sound(case)


@examples(120)
@given(markets(), st.data())
def test_full_termination_mirrors_every_deal_of_the_inception_when_rates_stand(
    market: tuple[Model, str], data: st.DataObject
) -> None:
    model, currency = market
    book = Book(currency, roomy(currency, ROOM))
    same = data.draw(rates(currency, model.family))
    begun = book.take(I, data.draw(amounts(currency)), same, nav_type=model.nav_type, entity_id=entity_of(currency))
    ended = book.take(T, book.outstanding, same)
    for first, last in zip(begun.children[0].deals, ended.children[0].deals, strict=True):
        assert (first.portfolio_from, first.portfolio_to) == (last.portfolio_to, last.portfolio_from)
        assert (first.sell_currency, first.sell_amount) == (last.buy_currency, last.buy_amount)
        assert (first.buy_currency, first.buy_amount) == (last.sell_currency, last.sell_amount)
        assert (first.notional_amount, first.final) == (last.notional_amount, last.final)
    both = (*begun.children[0].deals, *ended.children[0].deals)
    assert held_after(both) == {}


@examples(120)
@given(markets(), st.data())
def test_equal_rates_give_no_journal_line_but_keep_the_eight_entries(
    market: tuple[Model, str], data: st.DataObject
) -> None:
    model, currency = market
    drawn_rates = data.draw(rates(currency, model.family))
    spots: dict[tuple[str, Ledger], Decimal] = {}
    equal = []
    for rate in drawn_rates:
        spot = spots.setdefault((rate.currency_pair, rate.ledger), abs(rate.value) + 1)
        value = D(0) if rate.rate_type == RateKind.SWAP_POINTS else spot
        equal.append(type(rate)(rate.currency_pair, rate.rate_type, rate.ledger, value, rate.effective_date, "TEST"))
    book = Book(currency, roomy(currency, ROOM))
    amount = data.draw(amounts(currency))
    drawn = book.take(I, amount, equal, nav_type=model.nav_type, entity_id=entity_of(currency))
    (child,) = drawn.children
    # A proxy is carried at its whole present value in SGD, which no equality of rates makes nothing.
    carried = {"proxy_pv_base", "proxy_pv_local"} if model is Model.C_COI else set()
    assert {name for name, value in child.amount_keys.items() if D(value)} <= carried
    assert {line.amount_key for line in child.journal} <= carried
    assert {entry.source_field for entry in child.gl_entries if entry.amount_sgd} <= carried
    assert len(child.gl_entries) == 8
