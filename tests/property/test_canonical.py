"""The fast way to canonical JSON is the one of RFC 8785, value for value; what the RFC refuses is refused."""

import json
from collections import OrderedDict
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import canonical_bytes, digest, digest_of_stored
from shared.errors import InvalidInput
from shared.exact_json import parse_stored

texts = st.text(st.characters(codec=None), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**53 - 2, 2**53 + 2) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
ODD = "\ud800"


class Pair(NamedTuple):
    one: Any
    other: Any


def bytes_of(value: Any) -> bytes | str:
    """As the library for RFC 8785 says it, or that it refuses."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError):
        return "refused"


@given(values)
def test_bytes_are_those_of_rfc_8785_for_every_value(value: Any) -> None:
    expected = bytes_of(value)
    if isinstance(expected, bytes):
        assert canonical_bytes(value) == expected
    else:
        with pytest.raises(InvalidInput) as refused:
            canonical_bytes(value)
        assert refused.value.code == "NO_CANONICAL_FORM"


@given(values)
def test_the_digest_of_what_the_store_holds_is_that_of_the_value(value: Any) -> None:
    stored = parse_stored(json.dumps(value))
    if isinstance(bytes_of(stored), bytes):
        assert digest_of_stored(stored) == digest(value)
    else:
        with pytest.raises(InvalidInput):
            digest_of_stored(stored)


@given(values, st.floats())
def test_a_float_is_refused_wherever_it_stands(value: Any, number: float) -> None:
    odd = ({"\U0001f600": number}, {ODD: {"é": number}}, {"a": 2**60, "b": number})
    for holder in ([number], [value, number], {"a": value, "b": [number]}, *odd):
        with pytest.raises(TypeError):
            canonical_bytes(holder)


def test_a_type_of_another_kind_does_not_hide_a_float() -> None:
    for holder in (OrderedDict(a=[0.5]), [Pair(1, {"b": 0.5})], {"a": (Decimal(1), [float("nan")])}):
        with pytest.raises(TypeError):
            canonical_bytes(holder)


def test_names_are_ordered_as_utf_16_and_text_is_written_as_it_is() -> None:
    assert canonical_bytes({"\ue000": 1, "\U0001f600": 2, "é": "\u007f\u2028/\n\x01"}) == (
        '{"é":"\u007f\u2028/\\n\\u0001","\U0001f600":2,"\ue000":1}'.encode()
    )
