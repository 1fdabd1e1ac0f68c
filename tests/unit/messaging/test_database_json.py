"""JSON on the way to and from the database: exact values only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Transient
from shared.exact_json import parse_stored
from shared.messaging.database import Database, to_json

EXACT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(EXACT)
def test_exact_values_come_back_as_they_went(value: object) -> None:
    assert parse_stored(to_json(value)) == value


@pytest.mark.parametrize("value", [1.0, {"a": [1, {"b": 2.5}]}, (float("nan"),)])
def test_float_is_refused_wherever_it_stands(value: object) -> None:
    with pytest.raises(ValueError, match="not an exact value"):
        to_json(value)


@pytest.mark.parametrize("text", ["1.0", '{"a": 1e2}', "NaN", "[Infinity]"])
def test_number_with_a_fraction_is_refused_when_read(text: str) -> None:
    with pytest.raises(ValueError, match="not an exact value"):
        parse_stored(text)


def test_pool_is_away_when_it_was_never_opened() -> None:
    with pytest.raises(Transient, match="not connected"):
        _ = Database("postgresql://127.0.0.1/hawk", application="test").pool
