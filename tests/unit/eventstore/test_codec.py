"""JSON of the event store is exact: what goes in comes out, and a float never goes in."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.errors import InvalidInput
from shared.eventstore.codec import decode, encode
from shared.eventstore.errors import EventNotEncodable
from shared.eventstore.port import NUMBER_MAX, NUMBER_MIN

TEXT = some.text(some.characters(exclude_characters="\0", exclude_categories=["Cs"]))
JSON = some.recursive(
    some.none() | some.booleans() | some.integers(NUMBER_MIN, NUMBER_MAX) | TEXT,
    lambda inner: some.lists(inner) | some.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(some.dictionaries(TEXT, JSON))
def test_decode_gives_back_what_encode_was_given(data: dict[str, object]) -> None:
    assert decode(encode(data)) == data


@given(some.dictionaries(TEXT, JSON), TEXT, some.floats())
def test_encode_refuses_a_float_wherever_it_stands(data: dict[str, object], key: str, value: float) -> None:
    with pytest.raises(EventNotEncodable, match="float"):
        encode({**data, key: [{"deep": value}]})


@given(some.integers(min_value=NUMBER_MAX + 1) | some.integers(max_value=NUMBER_MIN - 1))
def test_encode_refuses_a_number_beyond_64_bits_as_bad_input(number: int) -> None:
    with pytest.raises(InvalidInput, match="64 bits"):
        encode({"a": [{"deep": number}]})


def test_encode_writes_the_value_when_given_a_text_enum() -> None:
    class Model(StrEnum):
        A_COI = "A-COI"

    assert decode(encode({"model": Model.A_COI})) == {"model": "A-COI"}


@pytest.mark.parametrize("text", ['{"a": 1.5}', '{"a": 1e3}', '{"a": NaN}', '{"a": [-Infinity]}'])
def test_decode_refuses_a_number_with_a_fraction(text: str) -> None:
    with pytest.raises(EventNotEncodable):
        decode(text)


def test_encode_takes_a_backslash_u0000_that_is_only_text() -> None:
    assert decode(encode({"a": "\\u0000"})) == {"a": "\\u0000"}
    with pytest.raises(InvalidInput):
        encode({"a": "\u0000"})
