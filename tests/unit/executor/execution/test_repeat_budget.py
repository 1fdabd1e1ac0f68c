"""What is said to Murex again keeps within its budget, and everything gets its turn."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.executor.execution.budget import RepeatBudget

START = datetime(2026, 11, 23, 3, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(0, 5_000)), max_size=60))
def test_never_more_than_at_once_and_what_time_has_brought(asked: list[tuple[int, int]]) -> None:
    budget, now, said = RepeatBudget(per_second=10, at_once=60), START, 0
    for repeats, milliseconds in asked:
        now += timedelta(milliseconds=milliseconds)
        said += min(repeats, 60) if budget.take(repeats, now) else 0
        assert said * 1000 <= 60_000 + 10 * int((now - START).total_seconds() * 1000)


@given(st.integers(1, 1_000), st.integers(1, 60))
def test_whatever_is_asked_for_is_granted_within_the_time_that_the_budget_takes_to_fill(
    repeats: int, used: int
) -> None:
    budget = RepeatBudget(per_second=10, at_once=60)
    assert budget.take(used, START)
    assert budget.take(repeats, START + timedelta(seconds=6))


def test_a_clock_that_goes_back_gives_nothing() -> None:
    budget = RepeatBudget(per_second=10, at_once=60)
    assert budget.take(60, START)
    assert not budget.take(1, START - timedelta(hours=1))
    assert not budget.take(1, START - timedelta(hours=1))
