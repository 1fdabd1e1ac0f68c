"""What the sealer hands on: without a gap, bounded, and only where the publisher can go on from."""

from typing import Any

import pytest

from shared.relay.fresh import FRESH_CHARACTERS_MAX, FRESH_EVENTS_MAX, Fresh


def records(*names: str, size: int = 2) -> list[Any]:
    return [{"stream": name, "data": "x" * size} for name in names]


def positions(fresh: Fresh, after: int, limit: int = 10) -> list[int]:
    return [row["position"] for row in fresh.after(after, limit)]


def test_what_follows_the_checkpoint_is_given_until_the_checkpoint_has_passed_it() -> None:
    fresh = Fresh()
    fresh.put(5, records("a", "b"))
    fresh.put(7, records("c"))
    assert [(row["position"], row["stream"]) for row in fresh.after(4, 10)] == [(5, "a"), (6, "b"), (7, "c")]
    assert positions(fresh, 4, limit=2) == [5, 6]
    assert positions(fresh, 5) == [6, 7]
    assert positions(fresh, 7) == []


def test_nothing_is_given_where_events_before_it_are_not_here() -> None:
    fresh = Fresh()
    fresh.put(5, records("a", "b"))
    assert positions(fresh, 2) == []
    assert positions(fresh, 4) == [5, 6]


def test_a_gap_drops_what_was_before_it() -> None:
    fresh = Fresh()
    fresh.put(5, records("a"))
    fresh.put(9, records("b"))
    assert positions(fresh, 4) == []
    assert positions(fresh, 8) == [9]


@pytest.mark.parametrize(("count", "size"), [(FRESH_EVENTS_MAX + 1, 1), (2, FRESH_CHARACTERS_MAX // 2 + 1)])
def test_a_publisher_that_is_far_behind_reads(count: int, size: int) -> None:
    fresh = Fresh()
    fresh.put(1, records(*("a" * count), size=size))
    assert positions(fresh, 0) == []
    fresh.put(count + 1, records("b"))
    assert positions(fresh, count) == [count + 1]


def test_what_was_published_makes_room() -> None:
    fresh = Fresh()
    for first in range(1, 4 * FRESH_EVENTS_MAX, 100):
        fresh.put(first, records(*("a" * 100)))
        assert positions(fresh, first - 1, limit=1) == [first]
        assert len(fresh.after(first + 98, 1)) == 1
