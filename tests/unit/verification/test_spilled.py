"""What does not fit into memory is as it was when it comes back, and everything comes in order."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.verification.checks import spilled
from tools.verification.checks.spilled import Spilled

KEYS = st.integers(0, 12).map(str)
STEPS = st.lists(st.tuples(st.sampled_from(("set", "add", "drop", "get")), KEYS, st.integers()), max_size=80)


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    """Room for a few entries only: so most of what a test does goes through the file."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spilled, "LATEST_MAX", 3)
        patched.setattr(spilled, "MOVED", 2)
        yield


@given(STEPS)
def test_it_is_a_dictionary(steps: list[tuple[str, str, int]]) -> None:
    found, expected = Spilled[list[int]](), dict[str, list[int]]()
    for what, key, number in steps:
        if what == "set":
            found[key] = [number]
            expected[key] = [number]
        elif what == "add":
            found.setdefault(key, []).append(number)
            expected.setdefault(key, []).append(number)
        elif what == "drop":
            assert found.pop(key, None) == expected.pop(key, None)
        assert found.get(key) == expected.get(key)
        assert len(found) == len(expected)
    assert dict(found.each()) == expected == dict(found.items())


def test_entries_come_in_the_order_in_which_their_keys_came() -> None:
    kept = Spilled[int]()
    for number in range(20):
        kept[str(number)] = number
    kept["3"] = 33
    assert list(kept.each()) == [(str(number), 33 if number == 3 else number) for number in range(20)]
    assert list(kept) == [str(number) for number in range(20)]


def test_a_key_that_is_not_there_is_an_error() -> None:
    kept = Spilled[int]()
    for number in range(9):
        kept[str(number)] = number
    with pytest.raises(KeyError):
        kept["9"]
    with pytest.raises(KeyError):
        del kept["9"]
