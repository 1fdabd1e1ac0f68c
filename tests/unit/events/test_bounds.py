"""What was read can be computed with, written and stored; what cannot is malformed, and says where."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import InvalidInput
from shared.events.base import PLACES_WRITTEN_MAX
from shared.events.bounds import AMOUNT_MAX, moment
from shared.events.catalogue import EVENTS, decode_message
from shared.exact_json import DEPTH_MAX, INTEGER_MAX, INTEGER_MIN, JsonProblem, parse_json
from tests.support.samples import changed, leaf_kind, leaves, sample


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Decimal, "1E+61"),
        (Decimal, "-1E+999999"),
        (Decimal, "9" * 4_000),
        (Decimal, "NaN"),
        (Decimal, "sNaN"),
        (Decimal, "-Infinity"),
        (date, "0001-01-01T00:00:00+14:00"),
        (date, "9999-12-31T23:59:59-14:00"),
        (date, "1899-12-31"),
        (int, INTEGER_MAX + 1),
        (int, INTEGER_MIN - 1),
    ],
)
def test_value_beyond_the_bounds_is_malformed_in_every_event_and_part_that_has_such_a_value(
    kind: type, value: Any
) -> None:
    tried = 0
    for name, event in EVENTS.items():
        data = sample(name)
        if any(leaf_kind(leaf) is kind for _, leaf in leaves(data)):
            with pytest.raises(InvalidInput) as refused:
                decode_message(name, event.SCHEMA_VERSION, changed(data, kind, value))
            assert refused.value.code == "EVENT_MALFORMED", name
            tried += 1
    assert tried > 3


def test_values_at_the_bounds_are_read_and_written_again() -> None:
    for amount in (str(AMOUNT_MAX), "-0.000000000000000000000000000001", "25000000.00", "1E-999999"):
        event = decode_message("CapacityReserved", 1, changed(sample("CapacityReserved"), Decimal, amount))
        again = decode_message("CapacityReserved", 1, event.model_dump(mode="json"))
        assert again == event
        assert len(event.model_dump_json()) < 2_000 + PLACES_WRITTEN_MAX


def test_whole_number_of_more_than_64_bits_is_none() -> None:
    assert [parse_json(str(number)) for number in (INTEGER_MIN, 0, INTEGER_MAX)] == [INTEGER_MIN, 0, INTEGER_MAX]
    for text in (str(INTEGER_MAX + 1), str(INTEGER_MIN - 1), "9" * 10_000):
        with pytest.raises(JsonProblem, match="64 bits"):
            parse_json(text)


def test_moment_is_of_our_age_and_names_its_offset() -> None:
    assert moment("2026-11-23T17:00:00+08:00") == datetime(2026, 11, 23, 9, tzinfo=UTC)
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T17:00:00", "soon"):
        with pytest.raises(ValueError, match=r"."):
            moment(text)


def test_depth_and_number_of_lists_and_objects_are_bounded() -> None:
    inner = "[" * DEPTH_MAX + "1" + "]" * DEPTH_MAX
    parse_json(inner)
    with pytest.raises(JsonProblem, match="deep"):
        parse_json(f'{{"a": {inner}}}')
    with pytest.raises(JsonProblem, match="at most"):
        parse_json(b"[" * 2_000_000)
