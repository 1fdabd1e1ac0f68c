"""The reversal of any plan, whatever its model, amounts and rates and the steps before it: with the original it leaves
nothing on any account, of any exposure, of the USD limit; and it does what the plan showed."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from shared.hedging.changes.reversing import (
    Executed,
    ReversalPlan,
    accounting_day,
    draw_reversal_plan,
    reversal_effects,
)
from shared.hedging.operations import OperationKind
from shared.hedging.order import InstructionType
from shared.hedging.plan import HedgePlan, PlanIdentity
from shared.hedging.typed_rows import GlPeriod
from tests.property.test_hedge_lives import Begun, begun, step_of
from tests.support.examples import examples
from tests.support.hedges import TODAY
from tests.support.lives import amounts, rates

IDENTITY = PlanIdentity("reversal", "response", 1)


def reversal_of(plan: HedgePlan, *, posted: bool = True) -> ReversalPlan:
    contracts = {deal.deal_booking_id: f"MX-{deal.deal_booking_id}" for child in plan.children for deal in child.deals}
    return draw_reversal_plan(Executed(plan, contracts, posted), IDENTITY, TODAY, (TODAY, "2026-11"))


def last_plan(start: Begun, data: st.DataObject) -> HedgePlan:
    """The order itself, or a rollover, a termination or an amendment of it."""
    kind = data.draw(st.sampled_from([None, InstructionType.R, InstructionType.T, InstructionType.A]))
    if kind is None:
        return start.drawn
    today = data.draw(rates(start.book.currency, start.model.family))
    if kind is InstructionType.A:
        return start.book.take(kind, data.draw(amounts(start.book.currency)), today)
    amount = data.draw(amounts(start.book.currency, step_of(start.book.currency), start.book.outstanding))
    return start.book.take(kind, amount, today)


@examples(150)
@given(begun(), st.data())
def test_plan_and_its_reversal_leave_nothing_on_any_account(start: Begun, data: st.DataObject) -> None:
    plan = last_plan(start, data)
    reversal = reversal_of(plan)
    left: dict[tuple[str, str, str], D] = defaultdict(D)
    pairs = [entry for child in plan.children for entry in child.gl_entries]
    details = [detail for child in plan.children for detail in child.gl_details]
    lines = [line for child in plan.children for line in child.journal]
    mirrored = [entry for part in reversal.entries for entry in part.entries]
    for entry in (*pairs, *mirrored):
        assert entry.amount_sgd >= 0
        left["pairs", entry.ledger, entry.debit_account] += entry.amount_sgd
        left["pairs", entry.ledger, entry.credit_account] -= entry.amount_sgd
    for detail in (*details, *(each for part in reversal.entries for each in part.details)):
        left["details", detail.ledger, detail.account_code] += detail.amount if detail.side == "DR" else -detail.amount
    for line in (*lines, *(each for part in reversal.journal for each in part.lines)):
        assert (line.dr_amt > 0) != (line.cr_amt > 0)
        left["journal", line.ledger, line.account_code] += line.dr_amt - line.cr_amt
    assert set(left.values()) <= {D(0)}
    assert len(mirrored) == len(pairs)
    assert not {entry.gl_entry_id for entry in mirrored} & {entry.gl_entry_id for entry in pairs}
    assert not {entry.entry_sequence for entry in mirrored} & {entry.entry_sequence for entry in pairs}


@examples(150)
@given(begun(), st.data())
def test_plan_and_its_reversal_hold_no_capacity_and_no_usd(start: Begun, data: st.DataObject) -> None:
    plan = last_plan(start, data)
    reversal = reversal_of(plan)
    held: dict[str, D] = defaultdict(D)
    in_usd: dict[str, D] = defaultdict(D)
    for child in plan.children:
        held[child.assessment.stream] += child.net
        in_usd[child.assessment.stream] += child.net_usd
    for each in reversal.exposures:
        held[each.stream] += each.amount
        in_usd[each.stream] += each.amount_usd
    assert set(held.values()) == set(in_usd.values()) == {D(0)}
    assert reversal.usd + plan.net_usd == 0
    assert reversal.usd == sum((each.amount_usd for each in reversal.exposures), D(0))
    cancelled = [cancel.deal.deal_booking_id for cancel in reversal.cancels]
    assert cancelled == [deal.deal_booking_id for child in plan.children for deal in child.deals]


@examples(75)
@given(begun(), st.data())
def test_reversal_has_one_operation_for_each_step_that_was_shown(start: Begun, data: st.DataObject) -> None:
    plan = last_plan(start, data)
    reversal = reversal_of(plan)
    assert reversal.steps == plan.reversal
    assert [(each.number, each.table, each.purpose) for each in reversal.operations] == [
        (step.number, step.table, step.action) for step in plan.reversal
    ]
    writes = [operation for operation in plan.operations if operation.kind is not OperationKind.READ]
    assert [step.undoes for step in reversal.steps] == [operation.number for operation in reversed(writes)]
    assert reversal_effects(reversal, "TRADER") == reversal_effects(reversal_of(plan), "TRADER")
    assert reversal_of(plan, posted=False).journal == ()


@given(st.integers(0, 400), st.integers(0, 400), st.lists(st.booleans(), min_size=12, max_size=12))
def test_accounting_day_lies_in_an_open_period_and_stays_while_it_is_open(
    now: int, pinned: int, is_open: list[bool]
) -> None:
    periods = [
        GlPeriod(
            f"P{number:02d}", TODAY + timedelta(days=30 * number), TODAY + timedelta(days=30 * number + 29), opened
        )
        for number, opened in enumerate(is_open)
    ]
    today, day = TODAY + timedelta(days=now), TODAY + timedelta(days=pinned)
    found = accounting_day(periods, today, day)
    if found is None:
        assert not any(period.is_open and period.end >= today for period in periods)
        return
    (period,) = [each for each in periods if each.start <= found[0] <= each.end]
    assert period.is_open
    assert period.period_id == found[1]
    if any(each.is_open and each.start <= day <= each.end for each in periods):
        assert found[0] == day
    else:
        assert found[0] >= today
