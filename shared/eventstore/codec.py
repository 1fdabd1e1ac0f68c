"""JSON of the event store: text, whole numbers, booleans, null, lists, objects. A float is refused both ways.

A float cannot hold an amount; refusing the type is the only check that also finds the one that looks right. What goes
in here also goes through `es.append`, which has the same limits for those who do not come this way.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import InvalidInput
from shared.eventstore.errors import EventNotEncodable
from shared.eventstore.port import JSON_DEPTH_MAX, NUMBER_MAX, NUMBER_MIN
from shared.exact_json import NumberRefused, is_utf8, parse_stored

#: Characters of a place named in an error.
PATH_CHARACTERS_MAX = 200


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(data: Mapping[str, Any]) -> str:
    """Return the JSON text of event data or metadata.

    Raises:
        EventNotEncodable: a float, a Decimal, a date or another type that JSON of ours does not have.
        InvalidInput: a text that PostgreSQL cannot store (TEXT_NOT_STORABLE), a number beyond 64 bits
            (NUMBER_NOT_STORABLE), too many levels (NESTED_TOO_DEEP); these can only come from outside.
    """
    _check(data, "data", 0)
    return _ENCODER.encode(data if isinstance(data, dict) else dict(data))


def decode(text: str) -> Mapping[str, Any]:
    """Return the data of a stored event.

    Raises:
        EventNotEncodable: the text holds a number with a fraction, so it was not written by `encode`.
    """
    try:
        decoded: dict[str, Any] = parse_stored(text)
    except NumberRefused as refused:
        raise EventNotEncodable(path="data", found=f"the number {refused.literal}") from refused
    return decoded


def _check(value: Any, path: str, depth: int) -> None:
    if depth > JSON_DEPTH_MAX:
        raise InvalidInput(
            code="NESTED_TOO_DEEP",
            reason=f"The lists and objects at {path[:PATH_CHARACTERS_MAX]} are nested more than {JSON_DEPTH_MAX} deep.",
        )
    kind = type(value)
    if kind is str:
        _check_text(value, path)
    elif kind is int:
        _check_number(value, path)
    elif kind is bool or value is None:
        return
    elif kind is dict or isinstance(value, Mapping):  # asking the class first: most are, and the other is slow
        for key, item in value.items():
            if type(key) is not str:
                raise EventNotEncodable(path=path, found=f"a key of type {type(key).__name__}")
            _check_text(key, path)
            _check(item, f"{path}.{key}", depth + 1)
    elif kind is list or kind is tuple:
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, str):  # a StrEnum: JSON writes its value
        _check_text(str(value), path)
    else:
        raise EventNotEncodable(path=path, found=kind.__name__)


def _check_number(value: int, path: str) -> None:
    if not NUMBER_MIN <= value <= NUMBER_MAX:
        raise InvalidInput(
            code="NUMBER_NOT_STORABLE",
            reason=f"The number at {path} does not fit into 64 bits. Send it as text, or correct it.",
        )


def _check_text(text: str, path: str) -> None:
    if "\0" in text or not (text.isascii() or is_utf8(text)):
        raise InvalidInput(
            code="TEXT_NOT_STORABLE",
            reason=f"The text at {path} holds a NUL or half of a surrogate pair, "
            "which no UTF-8 database can store. Send the text without it.",
        )
