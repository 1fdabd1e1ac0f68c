"""The life of a hedge, whatever its amounts, the steps between its first day and its last, and the rates on each of
them: what is outstanding, what is held of capacity and USD, and what stands in the books."""

from dataclasses import dataclass, field
from decimal import Decimal
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.models import Model
from shared.hedging.order import CHECKED_TYPES, InstructionType
from shared.hedging.plan import HedgePlan, LineageKind, PlanRefusal
from shared.hedging.typed_rows import Rate
from tests.support.examples import examples
from tests.support.lives import Book, amounts, entity_of, markets, rates, roomy, settings_of

I, R, T, A = InstructionType.I, InstructionType.R, InstructionType.T, InstructionType.A  # noqa: E741
STEPS_MAX = 3
#: Rooms of one entity as multiples of the largest deal: enough for every order alone, or only over three or four.
ALONE, SPREAD = D("1.2"), D("0.4")


@dataclass(frozen=True)
class Begun:
    """A book with one order of any model in it, on one entity or over several."""

    model: Model
    book: Book
    rates: tuple[Rate, ...] = field(repr=False)
    drawn: HedgePlan = field(repr=False)


@st.composite
def begun(draw: st.DrawFn) -> Begun:
    model, currency = draw(markets())
    alone = draw(st.booleans())
    book = Book(currency, roomy(currency, ALONE if alone else SPREAD))
    fields = {"entity_id": entity_of(currency)} if alone else {}
    first = draw(rates(currency, model.family))
    drawn = book.take(I, draw(amounts(currency)), first, nav_type=model.nav_type, **fields)
    return Begun(model, book, first, drawn)


def step_of(currency: str) -> Decimal:
    return D(1).scaleb(-settings_of(currency).rounding_precision)


def stands_as_told(book: Book) -> None:
    """What the plans say they change, and the hedges that are open, come to the same."""
    by_exposure: dict[object, Decimal] = {}
    for hedge in book.hedges:
        key = (hedge.entity_id, hedge.nav_type)
        by_exposure[key] = by_exposure.get(key, D(0)) + hedge.outstanding
    assert {key: amount for key, amount in book.hedged.items() if amount} == by_exposure
    assert book.usd == sum((hedge.outstanding_usd for hedge in book.hedges), D(0))
    assert all(hedge.outstanding > 0 for hedge in book.hedges)


def is_counted(drawn: HedgePlan) -> None:
    checks = 8 if drawn.order.instruction_type in CHECKED_TYPES else 0
    assert drawn.counts.total == checks + sum(33 + len(child.deals) for child in drawn.children)
    assert drawn.counts.total == len(drawn.operations)
    assert drawn.counts.read + drawn.counts.insert + drawn.counts.update == drawn.counts.total
    assert sum(stage.total for stage in drawn.counts.stages) == drawn.counts.total


def is_empty(book: Book) -> None:
    assert book.hedges == []
    assert set(book.hedged.values()) <= {D(0)}
    assert book.usd == 0
    assert {key: left for key, left in book.journal.items() if left} == {}
    assert {key: left for key, left in book.entries.items() if left} == {}


@examples(250)
@given(begun(), st.data())
def test_terminations_after_any_steps_leave_nothing_of_the_hedge(start: Begun, data: st.DataObject) -> None:
    book, currency = start.book, start.book.currency
    step = step_of(currency)
    is_counted(start.drawn)
    for _ in range(data.draw(st.integers(0, STEPS_MAX))):
        kind = data.draw(st.sampled_from([R, R, T, T, A]))
        outstanding = book.outstanding
        if outstanding <= step:
            break
        today = data.draw(rates(currency, start.model.family))
        if kind is A:
            drawn = book.take(A, data.draw(amounts(currency)), today)
            assert book.outstanding == drawn.capacity.allocated
        elif kind is R:
            drawn = book.take(R, data.draw(amounts(currency, step, outstanding)), today)
            assert book.outstanding == drawn.order.amount
        else:
            drawn = book.take(T, data.draw(amounts(currency, step, outstanding - step)), today)
            assert book.outstanding == outstanding - drawn.order.amount
        is_counted(drawn)
        stands_as_told(book)
    ended = book.take(T, book.outstanding, data.draw(rates(currency, start.model.family)))
    assert {child.lineage.kind for child in ended.children if child.lineage} == {LineageKind.TERMINATION}
    is_counted(ended)
    is_empty(book)


@examples(150)
@given(begun(), st.data())
def test_rollover_keeps_what_it_rolls_and_gives_back_only_the_rest(start: Begun, data: st.DataObject) -> None:
    book, currency = start.book, start.book.currency
    hedged, usd, outstanding = dict(book.hedged), book.usd, book.outstanding
    whole = data.draw(st.booleans())
    amount = outstanding if whole else data.draw(amounts(currency, step_of(currency), outstanding))
    drawn = book.take(R, amount, data.draw(rates(currency, start.model.family)))
    for child in drawn.children:
        assert child.lineage is not None
        if child.lineage.kind is LineageKind.ROLLOVER:
            assert (child.net, child.net_usd) == (0, 0)
            assert child.lineage.opens_amount == child.lineage.closes_amount == child.allocated
        else:
            assert child.lineage.kind is LineageKind.TERMINATION
            assert child.net == -child.allocated
    assert sum((child.net for child in drawn.children), D(0)) == amount - outstanding
    assert book.outstanding == amount
    if amount == outstanding:
        assert dict(book.hedged) == hedged
        assert (drawn.net_usd, book.usd) == (0, usd)
    stands_as_told(book)


@examples(100)
@given(begun())
def test_rollover_at_the_rates_of_the_books_posts_nothing(start: Begun) -> None:
    drawn = start.book.take(R, start.book.outstanding, start.rates)
    assert [line for child in drawn.children for line in child.journal] == []
    assert {entry.amount_sgd for child in drawn.children for entry in child.gl_entries} == {D("0.00")}


@examples(100)
@given(begun(), st.data())
def test_rollover_of_what_is_left_posts_a_cent_at_most_when_rates_stand(start: Begun, data: st.DataObject) -> None:
    book, step = start.book, step_of(start.book.currency)
    if book.outstanding > step:
        book.take(T, data.draw(amounts(book.currency, step, book.outstanding - step)), start.rates)
    drawn = book.take(R, book.outstanding, start.rates)
    posted = {line.dr_amt + line.cr_amt for child in drawn.children for line in child.journal}
    assert posted <= {D("0.01")}


@examples(150)
@given(begun(), st.data())
def test_amendment_changes_the_hedge_by_the_difference_of_the_orders(start: Begun, data: st.DataObject) -> None:
    book, currency = start.book, start.book.currency
    before, usd = book.outstanding, book.usd
    drawn = book.take(A, data.draw(amounts(currency)), data.draw(rates(currency, start.model.family)))
    opens = drawn.capacity.allocated  # an order that was placed with one entity stays there, also when it grows
    ended = [child for child in drawn.children if child.event.business_event_type == "Termination"]
    opened = [child for child in drawn.children if child.event.business_event_type == "Amendment"]
    assert len(ended) + len(opened) == len(drawn.children)
    assert sum((child.net for child in ended), D(0)) == -before
    assert sum((child.net for child in opened), D(0)) == opens
    assert sum((child.net_usd for child in ended), D(0)) == -usd
    assert book.outstanding == opens
    assert opens == drawn.order.amount or {child.entity_id for child in drawn.children} == {opened[0].entity_id}
    stands_as_told(book)
    is_counted(drawn)


@examples(60)
@given(begun(), st.data())
def test_more_than_is_outstanding_is_closed_by_nobody(start: Begun, data: st.DataObject) -> None:
    book, currency = start.book, start.book.currency
    kind = data.draw(st.sampled_from([R, T]))
    above = data.draw(amounts(currency, book.outstanding + step_of(currency), settings_of(currency).deal_size_max * 2))
    found = book.draw(kind, above)
    assert isinstance(found, PlanRefusal)
    too_large = above > settings_of(currency).deal_size_max
    code = "AMOUNT_OUT_OF_RANGE" if too_large else {R: "ROLLOVER_INVALID", T: "TERMINATION_FAILED"}[kind]
    assert found.code == code
    assert found.record is None
