"""Counting in buckets: whatever is counted, a percentile is never below the true one, and at most its bucket away."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.monitor.speed.histogram import (
    BOUNDS_MS,
    BUCKETS,
    OBJECTIVE_MS,
    bound_of,
    bucket_of,
    percentile,
    within_objective,
)

DURATIONS = st.lists(st.integers(0, 400_000), min_size=1, max_size=200)
PER_CENT = st.integers(1, 100)


def counted(durations: list[int]) -> Counter[int]:
    return Counter(bucket_of(each) for each in durations)


def nearest_rank(durations: list[int], per_cent: int) -> int:
    """The definition: the smallest value that at least so many per cent do not exceed."""
    ordered = sorted(durations)
    return next(value for place, value in enumerate(ordered, start=1) if place * 100 >= per_cent * len(ordered))


def test_bounds_ascend_and_the_objective_is_one_of_them() -> None:
    assert list(BOUNDS_MS) == sorted(set(BOUNDS_MS))
    assert OBJECTIVE_MS == 2_000
    assert OBJECTIVE_MS in BOUNDS_MS


@given(st.integers(0, 10_000_000))
def test_a_duration_lies_above_the_bound_before_its_bucket_and_within_its_own(duration: int) -> None:
    bucket = bucket_of(duration)
    assert 0 <= bucket < BUCKETS
    assert bucket == 0 or duration > BOUNDS_MS[bucket - 1]
    bound = bound_of(bucket)
    assert bound is None or duration <= bound


@given(DURATIONS, PER_CENT)
def test_percentile_is_the_bucket_of_the_true_one(durations: list[int], per_cent: int) -> None:
    assert percentile(counted(durations), per_cent) == bucket_of(nearest_rank(durations, per_cent))


@given(DURATIONS)
def test_share_within_the_objective_is_exact(durations: list[int]) -> None:
    assert within_objective(counted(durations)) == sum(each <= 2_000 for each in durations)


@given(DURATIONS, DURATIONS, PER_CENT)
def test_adding_up_windows_is_counting_all_at_once(some: list[int], others: list[int], per_cent: int) -> None:
    together = counted(some) + counted(others)
    assert together == counted(some + others)
    assert percentile(together, per_cent) == percentile(counted(some + others), per_cent)


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile({}, 50) is None
    assert percentile({3: 0}, 99) is None
    assert within_objective({}) == 0
