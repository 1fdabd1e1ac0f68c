"""Strict JSON: one meaning or none."""

import json
import sys
from typing import Any

import pytest

from services.parser.reading import Number, parse_document, parse_embedded, plain
from shared.exact_json import DEPTH_MAX, DuplicateKey, JsonProblem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        (' [1, "a", null, true] ', [Number("1"), "a", None, True]),
        ('{"a": {"a": {"a": -0.50}}}', {"a": {"a": {"a": Number("-0.50")}}}),
        (r'"ä☃"', "ä☃"),
        ("123456789012345678901234567890.10", Number("123456789012345678901234567890.10")),
        ("1e400", Number("1e400")),
    ],
)
def test_document_is_read_and_numbers_keep_their_digits(text: str, value: Any) -> None:
    assert parse_document(text) == value


@pytest.mark.parametrize("text", ["[NaN]", "[Infinity]", '{"a": -Infinity}', '["NaN", NaN]'])
def test_constants_that_are_no_numbers_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(JsonProblem) as problem:
        parse_document(text)
    assert text[problem.value.offset] in "NI-"
    assert not problem.value.incomplete


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("{'a': 1}", 1),
        ('{"a": 1,}', 8),
        ("[1 2]", 3),
        ('{"a": 01}', 7),
        ('{"a": +1}', 6),
        ('{"a": .5}', 6),
        ('{"a": 0x10}', 7),
        ('{"a": 25,000,000}', 9),
        ('{"a": 25M}', 8),
        ('{"a" 1}', 5),
        ("{} {}", 3),
        ("{}x", 2),
        ('{"a": "x\ny"}', 8),
        (r'{"a": "\q"}', 7),
        ("// no\n{}", 0),
        ("\u00a0{}", 0),
    ],
)
def test_malformed_text_is_refused_with_its_place(text: str, offset: int) -> None:
    with pytest.raises(JsonProblem) as problem:
        parse_document(text)
    assert (problem.value.offset, problem.value.incomplete) == (offset, False)


def test_every_cut_of_a_document_is_incomplete() -> None:
    text = r'{"a": [true, false, null, -1.5e+10, "x\u00e9\"y\ud83d\ude00z"], "b": {"c": {}}}'
    for end in range(1, len(text)):
        with pytest.raises(JsonProblem) as problem:
            parse_document(text[:end])
        assert problem.value.incomplete, text[:end]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": 1, "a": 1}', "$.a"),
        (r'{"a": 1, "\u0061": 2}', "$.a"),
        ('{"x": [0, {"y z": 1, "y z": 2}]}', "$.x[1]['y z']"),
        ('{"p": {"a": 1, "a": 2}, "q": {"b": 1, "b": 2}}', "$.p.a"),
        ('{"": 1, "": 2}', "$['']"),
    ],
)
def test_duplicate_key_is_refused_with_its_path(text: str, path: str) -> None:
    with pytest.raises(DuplicateKey) as duplicate:
        parse_document(text)
    assert duplicate.value.path == path


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("embedded", [False, True])
def test_nesting_is_read_up_to_its_limit_and_refused_beyond(opening: str, closing: str, embedded: bool) -> None:
    def nested(depth: int) -> str:
        return opening * depth + "1" + closing * depth

    def parse(text: str) -> Any:
        return parse_embedded(f"x{text}x", 1) if embedded else parse_document(text)

    parse(nested(DEPTH_MAX))
    for depth in (DEPTH_MAX + 1, 10_000, sys.getrecursionlimit() * 20):
        with pytest.raises(JsonProblem) as problem:
            parse(nested(depth))
        assert problem.value.too_deep


def test_embedded_value_ends_where_text_goes_on() -> None:
    text = 'before {"a": 1} after'
    assert parse_embedded(text, 7) == ({"a": Number("1")}, 15)


def test_plain_value_can_be_stored() -> None:
    value = parse_document(r'{"a\u0000": ["\ud800", 1.50]}')
    stored = plain(value)
    assert stored == {"a\\x00": ["\\ud800", "1.50"]}
    assert json.dumps(stored).encode()
