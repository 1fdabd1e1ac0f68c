"""The count of the last minute: never more acts within any span than allowed, and the wait it names is enough."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.web.rates import NAMES_MAX, RateLimit

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPAN = timedelta(seconds=60)


@given(st.lists(st.integers(0, 40), max_size=80))
def test_no_span_holds_more_acts_than_allowed(pauses: list[int]) -> None:
    limit, now, taken = RateLimit(3, SPAN), START, list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = limit.wait("ann", now)
        if wait is None:
            taken.append(now)
        else:
            assert timedelta() < wait <= SPAN
    for first in taken:
        assert len([each for each in taken if first <= each < first + SPAN]) <= 3


def test_the_wait_that_is_named_is_enough_and_names_do_not_disturb_each_other() -> None:
    limit = RateLimit(1, SPAN)
    assert limit.wait("ann", START) is None
    assert limit.wait("bob", START) is None
    wait = limit.wait("ann", START + timedelta(seconds=10))
    assert wait == timedelta(seconds=50)
    assert limit.wait("ann", START + timedelta(seconds=10) + wait) is None


def test_memory_is_bounded_whatever_names_come() -> None:
    limit = RateLimit(1, SPAN)
    for number in range(NAMES_MAX + 100):
        limit.wait(f"name-{number}", START)
    assert len(limit._acts) == NAMES_MAX
