"""What the rollout admits: one table for every mode and kind of work, and the caps to the cent."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.rollout.checking import (
    CONFIGURATION,
    EVERYTHING,
    InForce,
    Kind,
    Standing,
    WorkItem,
    bar_to_applying,
    bar_to_planning,
    business_day,
)
from services.executor.rollout.state import Kept, take
from shared.events.rollout import ExecutionStopped, RolloutTakenIn, RolloutTerms
from tests.support.rollout import FULL, OBSERVE, limited, named, opened, resumed, stopped, terms_set
from tests.support.units import WHEN

HEDGE = WorkItem(Kind.HEDGE, "I", Decimal(25_000_000))
CHECK = WorkItem(Kind.CHECK, "U")
UNDOING = WorkItem(Kind.UNDOING, "I", Decimal(25_000_000))
OVERRIDE = WorkItem(Kind.OVERRIDE, "OVERRIDE_DEAL")


def standing(terms: RolloutTerms, used: str = "0", *, stop: bool = False) -> Standing:
    return Standing(InForce(3, terms, stop, "tom (TRADER): rates look odd" if stop else ""), Decimal(used))


@pytest.mark.parametrize(
    ("terms", "work", "planning", "applying"),
    [
        (FULL, HEDGE, None, None),
        (FULL, CONFIGURATION, None, None),
        (OBSERVE, HEDGE, None, "ROLLOUT_NOT_ALLOWED"),
        (OBSERVE, CHECK, None, "ROLLOUT_NOT_ALLOWED"),
        (OBSERVE, CONFIGURATION, None, "ROLLOUT_NOT_ALLOWED"),
        (OBSERVE, UNDOING, None, None),
        (OBSERVE, OVERRIDE, None, None),
        (limited("I"), HEDGE, None, None),
        (limited("T"), HEDGE, "ROLLOUT_NOT_ALLOWED", "ROLLOUT_NOT_ALLOWED"),
        (limited("I"), CONFIGURATION, "ROLLOUT_NOT_ALLOWED", "ROLLOUT_NOT_ALLOWED"),
        (limited("UPDATE_CONFIGURATION"), CONFIGURATION, None, None),
        (limited("T"), CHECK, None, None),
        (limited("T"), UNDOING, None, None),
        (limited("T"), OVERRIDE, None, None),
    ],
)
def test_each_mode_admits_what_it_says(
    terms: RolloutTerms, work: WorkItem, planning: str | None, applying: str | None
) -> None:
    bars = bar_to_planning(standing(terms), work), bar_to_applying(standing(terms), work)
    assert tuple(bar.code.value if bar else None for bar in bars) == (planning, applying)


@pytest.mark.parametrize("terms", [FULL, OBSERVE, limited("I")])
@pytest.mark.parametrize("work", [HEDGE, CHECK, CONFIGURATION, UNDOING])
def test_a_stop_holds_back_everything_new_in_every_mode(terms: RolloutTerms, work: WorkItem) -> None:
    for bar in (bar_to_planning(standing(terms, stop=True), work), bar_to_applying(standing(terms, stop=True), work)):
        assert bar is not None
        assert bar.code.value == "STOPPED"
        assert "tom (TRADER): rates look odd" in bar.reason


def test_a_stop_does_not_keep_people_from_settling_a_deal() -> None:
    assert bar_to_applying(standing(FULL, stop=True), OVERRIDE) is None


@pytest.mark.parametrize(
    ("amount", "used", "allowed"),
    [
        ("30000000.00", "0", True),
        ("30000000.01", "0", False),
        ("30000000.00", "30000000.00", True),
        ("30000000.00", "30000000.01", False),
        ("0.01", "60000000.00", False),
    ],
)
def test_the_caps_hold_to_the_cent(amount: str, used: str, allowed: bool) -> None:
    work = WorkItem(Kind.HEDGE, "I", Decimal(amount))
    assert (bar_to_applying(standing(limited("I"), used), work) is None) is allowed


def test_a_limited_rollout_that_lost_its_limits_admits_nothing() -> None:
    assert bar_to_applying(standing(RolloutTerms(mode="LIMITED")), HEDGE) is not None


def test_the_day_is_the_one_in_singapore() -> None:
    assert business_day(datetime(2026, 11, 23, 15, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert business_day(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_plans_that_are_only_looked_at_are_held_back_by_nothing() -> None:
    assert bar_to_planning(EVERYTHING, HEDGE) is None


decisions = st.lists(
    st.sampled_from([terms_set(FULL), terms_set(OBSERVE), terms_set(limited("I")), stopped(), resumed()]), max_size=12
)


@given(decisions)
def test_what_is_taken_in_is_the_last_terms_and_the_last_word_on_the_stop(taken: list) -> None:  # type: ignore[type-arg]
    state, kept = take(Kept(), opened(OBSERVE), named(opened(OBSERVE), 1), WHEN).note, Kept()
    for version, decision in enumerate(taken, start=2):
        assert isinstance(state, RolloutTakenIn)
        kept = Kept(rollout=state)
        said = decision.model_copy(update={"follows": state.decision})
        if isinstance(said, ExecutionStopped):
            said = said.model_copy(update={"terms": state.terms})
        state = take(kept, said, named(said, version), WHEN).note  # type: ignore[assignment]
    terms = [each.terms for each in taken if type(each).__name__ == "RolloutTermsSet"]
    stops = [each for each in taken if type(each).__name__ != "RolloutTermsSet"]
    assert isinstance(state, RolloutTakenIn)
    assert state.decision.version == len(taken) + 1
    assert state.terms == (terms[-1] if terms else OBSERVE)
    assert state.stopped is bool(stops and type(stops[-1]).__name__ == "ExecutionStopped")
    assert bool(state.reason) is state.stopped
    assert state.doubted is None


@given(
    amounts=st.lists(st.decimals("0.01", "40000000", places=2), min_size=1, max_size=30),
    order_cap=st.integers(1, 40_000_000),
    day_cap=st.integers(40_000_000, 90_000_000),
)
def test_whatever_comes_the_day_never_holds_more_than_its_cap(
    amounts: list[Decimal], order_cap: int, day_cap: int
) -> None:
    terms, used = limited("I", order=str(order_cap), day=str(day_cap)), Decimal(0)
    for amount in amounts:
        if bar_to_applying(Standing(InForce(1, terms), used), WorkItem(Kind.HEDGE, "I", amount)) is None:
            assert amount <= order_cap
            used += amount
    assert used <= day_cap
