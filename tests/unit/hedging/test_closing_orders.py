"""Rollover, termination and amendment: which hedge they close, how the plan runs, what is left (domain facts 3.1;
design sections 6 and 8, Q4)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from decimal import Decimal as D
from typing import Any

import pytest

from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import totals
from shared.hedging.models import DEAL_ROWS, Model
from shared.hedging.open_hedges import EarlierInstruction, OpenHedge
from shared.hedging.order import InstructionType, NavType
from shared.hedging.plan import HedgePlan, LineageKind, PlanRefusal
from tests.support.hedges import NOW, facts, opened, plan, refusal

VALUE_DATE = date(2026, 11, 25)

# Entity, amount and NAV type of an inception per model (demo reference data).
INCEPTIONS = {
    Model.A_COI: ("USD", "25000000", {"entity_id": "ENTITY0037"}),
    Model.B_COI: ("CNY", "150000000", {"entity_id": "ENTITY0005"}),
    Model.C_COI: ("KRW", "12000000000", {"entity_id": "ENTITY0025"}),
    Model.A_RE: ("AUD", "5000000", {"entity_id": "ENTITY0001", "nav_type": "RE"}),
    Model.B_RE: ("CNY", "5000000", {"entity_id": "ENTITY0005", "nav_type": "RE"}),
    Model.C_RE: ("KRW", "1000000000", {"entity_id": "ENTITY0025", "nav_type": "RE"}),
}


def inception(model: Model) -> HedgePlan:
    currency, amount, fields = INCEPTIONS[model]
    return plan(currency, amount, **fields)


def closing_fields(hedges: list[OpenHedge], **fields: Any) -> dict[str, Any]:
    return {
        "previous_order_id": hedges[0].order_id,
        "hedge_method": hedges[0].hedge_method,
        "value_date": VALUE_DATE,
        "reference_event_ids": tuple(hedge.event_id for hedge in hedges),
        **fields,
    }


def close(kind: str, hedges: list[OpenHedge], amount: Decimal, **fields: Any) -> HedgePlan:
    currency = hedges[0].currency
    given = facts(currency, open_hedges=hedges)
    return plan(currency, str(amount), given=given, instruction_type=kind, **{**closing_fields(hedges), **fields})


def not_closed(kind: str, hedges: list[OpenHedge], amount: str, **fields: Any) -> PlanRefusal:
    currency = hedges[0].currency
    given = facts(currency, open_hedges=hedges)
    return refusal(currency, amount, given=given, instruction_type=kind, **{**closing_fields(hedges), **fields})


@pytest.mark.parametrize("model", Model)
def test_termination_has_33_and_d_operations_and_runs_the_rows_backwards(model: Model) -> None:
    hedge = opened(inception(model))
    drawn = close("T", [hedge], hedge.notional)
    assert drawn.model == model.value
    assert drawn.counts.total == 33 + len(DEAL_ROWS[model])
    assert [each.stage.value for each in drawn.counts.stages] == ["1B", "2"]
    for deal, row in zip(drawn.children[0].deals, DEAL_ROWS[model], strict=True):
        assert (deal.portfolio_from, deal.portfolio_to) == (row.target, row.source)
        assert deal.final == row.final


@pytest.mark.parametrize("model", Model)
def test_full_termination_takes_out_of_the_books_what_the_inception_brought_in(model: Model) -> None:
    begun = inception(model)
    ended = close("T", [opened(begun)], opened(begun).notional)
    balances: dict[tuple[Ledger, str], Decimal] = {}
    for line in (*begun.children[0].journal, *ended.children[0].journal):
        key = (line.ledger, line.account_code)
        balances[key] = balances.get(key, D(0)) + line.dr_amt - line.cr_amt
    assert begun.children[0].journal
    assert set(balances.values()) == {D("0.00")}
    assert ended.children[0].net == -begun.children[0].net
    assert ended.net_usd == -begun.net_usd
    pairs: dict[str, Decimal] = {}
    for entry in (*begun.children[0].gl_entries, *ended.children[0].gl_entries):
        pairs[entry.debit_account] = pairs.get(entry.debit_account, D(0)) + entry.amount_sgd
        pairs[entry.credit_account] = pairs.get(entry.credit_account, D(0)) - entry.amount_sgd
    assert set(pairs.values()) == {D("0.00")}


def test_partial_terminations_add_up_to_the_whole_to_the_cent() -> None:
    begun = inception(Model.A_COI)
    hedge = replace(opened(begun), carried=dict.fromkeys(opened(begun).carried, "100.01"))
    thirds = [D("8333333.33"), D("8333333.33"), D("8333333.34")]
    posted, usd = D(0), D(0)
    for amount in thirds:
        drawn = close("T", [hedge], amount)
        posted += D(drawn.children[0].amount_keys["diff_base"])
        usd += drawn.net_usd
        lineage = drawn.children[0].lineage
        assert lineage is not None
        hedge = replace(
            hedge,
            outstanding=lineage.after,
            outstanding_usd=hedge.outstanding_usd - lineage.closes_usd,
        )
    assert hedge.outstanding == 0
    assert posted == D("100.01")
    assert usd == -begun.net_usd


def test_rollover_keeps_the_exposure_and_posts_only_the_difference() -> None:
    begun = inception(Model.A_COI)
    rolled = close("R", [opened(begun)], D(25_000_000), tenor_or_maturity="3M")
    child = rolled.children[0]
    assert rolled.counts.total == 39
    assert child.event.business_event_type == "Rollover"
    assert (child.net, child.net_usd) == (D("0.00"), D("0.00"))
    assert child.event.maturity_date > begun.children[0].event.maturity_date - timedelta(days=1)
    # Rates have not moved: the books already show the hedge as it is.
    assert child.journal == ()
    assert len(child.gl_entries) == 8
    assert {entry.amount_sgd for entry in child.gl_entries} == {D("0.00")}


def test_rollover_near_leg_closes_and_far_leg_opens_again() -> None:
    begun = inception(Model.A_COI)
    rolled = close("R", [opened(begun)], D(25_000_000), tenor_or_maturity="3M")
    first, again = begun.children[0].deals[0], rolled.children[0].deals[0]
    assert first.near_leg is not None
    assert again.near_leg is not None
    assert again.far_leg is not None
    assert again.near_leg.buy_currency == first.near_leg.sell_currency == "USD"
    assert again.far_leg.sell_currency == "USD"
    assert again.far_leg.value_date == rolled.children[0].event.maturity_date


def test_partial_rollover_has_two_events_and_ends_what_is_not_rolled() -> None:
    hedge = opened(inception(Model.A_COI))
    drawn = close("R", [hedge], D(10_000_000), tenor_or_maturity="3M")
    ended, rolled = drawn.children
    assert drawn.counts.total == 2 * 39
    assert [child.lineage.kind for child in drawn.children if child.lineage] == [
        LineageKind.TERMINATION,
        LineageKind.ROLLOVER,
    ]
    assert (ended.allocated, ended.net) == (D("15000000.00"), D("-15000000.00"))
    assert (rolled.allocated, rolled.net) == (D("10000000.00"), D("0.00"))
    assert rolled.lineage is not None
    assert rolled.lineage.after == 0


def test_termination_over_several_hedges_follows_the_closing_waterfall() -> None:
    spread = plan("HKD", "400000000")
    hedges = [opened(spread, number) for number in (1, 2, 3)]
    drawn = close("T", hedges, D(200_000_000))
    # Associate first, then subsidiary; the branch, first to be hedged, keeps its hedge.
    assert [(child.entity_type, child.allocated) for child in drawn.children] == [
        ("Associate", D("57500000.00")),
        ("Subsidiary", D("142500000.00")),
    ]
    assert drawn.counts.total == 2 * 39


def test_closing_waterfall_takes_coi_before_re() -> None:
    coi = opened(plan("HKD", "1000000", entity_id="ENTITY0009"))
    re = opened(plan("HKD", "1000000", entity_id="ENTITY0009", nav_type="RE"))
    re = replace(re, event_id="EVENT_A", order_id=coi.order_id)
    drawn = close("T", [re, coi], D(1_500_000))
    assert [(child.event.nav_type, child.allocated) for child in drawn.children] == [
        (NavType.COI, D("1000000.00")),
        (NavType.RE, D("500000.00")),
    ]
    assert drawn.model == "A-COI+A-RE"


def test_amendment_ends_the_old_hedge_and_opens_the_new_one_in_its_room() -> None:
    begun = plan("USD", "100000000", entity_id="ENTITY0037")
    hedge = opened(begun)
    available = begun.assessments[0].available
    more = D(100_000_000)
    drawn = close("A", [hedge], more, tenor_or_maturity="6M", value_date=None, reference_event_ids=())
    old, new = drawn.children
    assert drawn.counts.total == 8 + 2 * 39
    assert [child.event.business_event_type for child in drawn.children] == ["Termination", "Amendment"]
    assert new.assessment.available == available + hedge.notional  # nothing of it is in this test's exposures
    assert old.net + new.net == 0
    assert drawn.usd_check.total_after_usd == begun.usd_check.total_after_usd - hedge.outstanding_usd


@pytest.mark.parametrize(
    ("kind", "fields", "code", "path"),
    [
        ("T", {"reference_event_ids": ("EVENT_X",)}, "NO_HEDGE_FOUND", "reference_event_ids"),
        ("R", {"reference_event_ids": ("EVENT_X",)}, "NO_HEDGE_FOUND", "reference_event_ids"),
        ("A", {"reference_event_ids": (), "previous_order_id": "ORD-X"}, "NO_HEDGE_FOUND", "previous_order_id"),
        ("T", {"previous_order_id": "ORD-X"}, "TERMINATION_FAILED", "previous_order_id"),
        ("R", {"previous_order_id": "ORD-X"}, "ROLLOVER_INVALID", "previous_order_id"),
        ("R", {"hedge_method": "MT"}, "ROLLOVER_INVALID", "hedge_method"),
        ("T", {"nav_type": "RE"}, "TERMINATION_FAILED", "nav_type"),
        ("T", {"entity_id": "ENTITY0038"}, "TERMINATION_FAILED", "entity_id"),
    ],
)
def test_reference_that_does_not_fit_is_refused_by_code(
    kind: str, fields: dict[str, Any], code: str, path: str
) -> None:
    hedge = opened(inception(Model.A_COI))
    found = not_closed(kind, [hedge], "1000000", **{"tenor_or_maturity": "3M", **fields})
    assert (found.code, found.path) == (code, path)
    assert found.record is None


@pytest.mark.parametrize(("kind", "code"), [("T", "TERMINATION_FAILED"), ("R", "ROLLOVER_INVALID")])
def test_more_than_is_outstanding_is_refused(kind: str, code: str) -> None:
    hedge = replace(opened(inception(Model.A_COI)), outstanding=D("5000000.00"))
    found = not_closed(kind, [hedge], "5000000.01", tenor_or_maturity="3M")
    assert (found.code, found.path) == (code, "hedge_amount_order")
    assert "5000000.00 USD is outstanding" in found.message


def test_inception_beside_an_open_hedge_follows_it() -> None:
    hedge = opened(inception(Model.A_COI))
    drawn = plan("USD", "1000000", entity_id="ENTITY0037", given=facts("USD", open_hedges=[hedge]))
    assert drawn.children[0].lineage is not None
    assert drawn.children[0].lineage.kind is LineageKind.INCEPTION_EXISTING
    assert drawn.children[0].lineage.original_event_id == hedge.event_id
    assert drawn.counts.total == 47


def test_inception_after_the_days_utilisation_says_so_and_a_second_one_warns() -> None:
    earlier = [
        EarlierInstruction(NOW - timedelta(hours=2), InstructionType.U, "ORD-U", "MSGU"),
        EarlierInstruction(NOW - timedelta(hours=1), InstructionType.I, "ORD-I", "MSGI"),
    ]
    drawn = plan("USD", "1000000", entity_id="ENTITY0037", given=facts("USD", earlier_today=earlier))
    codes = [warning.code for warning in drawn.warnings]
    assert "UTILISATION_FOLLOWED" in codes
    assert "SECOND_INSTRUCTION_TODAY" in codes
    assert drawn.order.supersedes_msg_uid == "MSGU"
    asked = plan("USD", "1000000", instruction_type="U", given=facts("USD", earlier_today=earlier))
    assert "UTILISATION_FOLLOWED" not in [warning.code for warning in asked.warnings]


def test_inquiry_reads_only_and_tells_capacity_and_open_hedges() -> None:
    hedge = opened(inception(Model.A_COI))
    drawn = plan("USD", None, instruction_type="Q", given=facts("USD", open_hedges=[hedge]))
    assert (drawn.counts.read, drawn.counts.insert, drawn.counts.update) == (7, 0, 0)
    assert drawn.children == ()
    assert drawn.answer["open_hedges"] == "1"
    assert drawn.answer["outstanding"] == "25000000.00"
    assert drawn.answer["available.ENTITY0037"] == "187500000.00"
    assert f"hedge.{hedge.event_id}" in drawn.answer


def test_rollover_of_moved_rates_posts_by_how_much_they_moved() -> None:
    begun = inception(Model.A_COI)
    hedge = opened(begun)
    cheaper = {name: format(D(value) - D(1000), "f") for name, value in hedge.carried.items()}
    drawn = close("R", [replace(hedge, carried=cheaper)], D(25_000_000), tenor_or_maturity="3M")
    assert {drawn.children[0].amount_keys[name] for name in cheaper} == {"1000.00"}
    assert totals(drawn.children[0].journal, Ledger.IFRS) == (D("1000.00"), D("1000.00"))


@pytest.mark.parametrize("maturity", [date(2026, 12, 25), date(2026, 11, 20), date(2029, 1, 1)])
def test_the_last_day_of_a_hedge_that_is_ended_is_never_refused(maturity: date) -> None:
    """It may be a holiday announced since, be over, or lie beyond the calendars; nobody stated it."""
    hedge = replace(opened(inception(Model.A_COI)), maturity_date=maturity)
    drawn = close("T", [hedge], D(5_000_000))
    assert drawn.dates.maturity_date == max(maturity, drawn.dates.value_date)
    assert ("CALENDAR_ENDS" in [each.code for each in drawn.warnings]) == (maturity.year == 2029)


def test_a_rollover_reckons_its_days_as_an_inception_does() -> None:
    hedge = opened(inception(Model.A_COI))
    rolled = close("R", [hedge], D(25_000_000), value_date=date(2026, 11, 30), tenor_or_maturity="1M")
    assert rolled.dates.maturity_date == date(2026, 12, 31)
    moved = close("R", [hedge], D(25_000_000), value_date=date(2027, 1, 25), tenor_or_maturity="5D")
    assert {child.event.maturity_date for child in moved.children} == {date(2027, 2, 1)}
