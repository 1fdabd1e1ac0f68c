"""Messages that nobody should have to handle: each takes what is right and makes one thing of it impossible.

They are given as raw as the broker takes them, so that every byte of key, header and value can be hostile.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from shared.events.topics import MESSAGE_BYTES_MAX
from tests.support.samples import changed, sample
from tests.support.units import CAUSE, WHEN

#: Milliseconds of a moment that every part of HAWK can name.
MOMENT_MS: Final = int(WHEN.timestamp() * 1000)
#: What aiokafka adds to a value of the largest size, generously.
OVERHEAD_BYTES: Final = 16 * 1024


@dataclass
class Draft:
    """A message in the making. `data` is JSON to be; `value`, once set, is sent instead."""

    data: Any
    headers: list[tuple[str, bytes | None]]
    key: bytes | None = b"wf-sample"
    value: bytes | None = None
    tombstone: bool = False
    timestamp_ms: int = MOMENT_MS

    @property
    def body(self) -> bytes | None:
        """The value as it is sent."""
        if self.tombstone:
            return None
        return json.dumps(self.data).encode() if self.value is None else self.value

    def header(self, name: str, value: bytes | str) -> None:
        """Set a header, in the place of the one of that name."""
        raw = value.encode() if isinstance(value, str) else value
        self.headers = [each for each in self.headers if each[0] != name] + [(name, raw)]


@dataclass(frozen=True)
class Pill:
    name: str
    poison: Callable[[Draft], None] = field(repr=False)

    def __str__(self) -> str:
        return self.name


def right(event_name: str) -> Draft:
    """A well-formed message of an event that the store does not hold."""
    return Draft(sample(event_name), list(headers_of(event_name).items()))


def headers_of(event_name: str) -> dict[str, bytes | None]:
    """The headers the relay would give it."""
    texts = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": "/hawk/test",
        "ce_type": f"hawk.{event_name}.v1",
        "ce_time": WHEN.isoformat(),
        "ce_subject": f"test-{uuid4()}",
        "ce_sequence": f"{1:020d}",
        "ce_correlationid": "wf-sample",
        "ce_causationid": "cause",
        "ce_traceparent": CAUSE.traceparent,
        "content-type": "application/json",
    }
    return {name: text.encode() for name, text in texts.items()}


def _header(name: str, value: bytes | str) -> Callable[[Draft], None]:
    return lambda draft: draft.header(name, value)


def _headers(*more: tuple[str, bytes | None]) -> Callable[[Draft], None]:
    def poison(draft: Draft) -> None:
        draft.headers = [*draft.headers, *more]

    return poison


def _leaves(kind: type, value: Any) -> Callable[[Draft], None]:
    def poison(draft: Draft) -> None:
        draft.data = changed(draft.data, kind, value)

    return poison


def _value(value: bytes) -> Callable[[Draft], None]:
    def poison(draft: Draft) -> None:
        draft.value = value

    return poison


def _raw(find: bytes, put: bytes) -> Callable[[Draft], None]:
    """Change the text of the JSON, where Python's own writer would not write it."""

    def poison(draft: Draft) -> None:
        draft.value = (draft.body or b"").replace(find, put)

    return poison


def _set(**attributes: Any) -> Callable[[Draft], None]:
    def poison(draft: Draft) -> None:
        for name, value in attributes.items():
            setattr(draft, name, value)

    return poison


def _more(key: str, value: Any) -> Callable[[Draft], None]:
    def poison(draft: Draft) -> None:
        draft.data = {**draft.data, key: value}

    return poison


def _deep(levels: int, opening: bytes, closing: bytes) -> Callable[[Draft], None]:
    """Every text leaf is so many lists or objects deep."""
    return _raw(b'"wf-sample"', opening * levels + b"1" + closing * levels)


_LARGE: Final = MESSAGE_BYTES_MAX - OVERHEAD_BYTES
_FILLING: Final = 1_000_000

#: Half of them were found on a running system; the other half came to mind when those were cured.
PILLS: Final[tuple[Pill, ...]] = (
    Pill("sequence of twenty nines", _header("ce_sequence", "9" * 20)),
    Pill("sequence of ten thousand digits", _header("ce_sequence", "9" * 10_000)),
    Pill("NUL in every text", _leaves(str, "wf\x00sample")),
    Pill("half a surrogate pair in every text", _leaves(str, "wf\ud800")),
    Pill("NUL in the key", _set(key=b"wf\x00")),
    Pill("key that is not UTF-8", _set(key=b"\xff\xfe\xc0")),
    Pill("NUL in the correlation id", _header("ce_correlationid", b"wf\x00")),
    Pill("id that is not UTF-8", _header("ce_id", b"\xff\xc0\x80")),
    Pill("amounts 1E+999999", _leaves(Decimal, "1E+999999")),
    Pill("amounts of thousands of digits", _leaves(Decimal, "9" * 4_000)),
    Pill("amounts NaN", _leaves(Decimal, "NaN")),
    Pill("amounts signalling NaN", _leaves(Decimal, "sNaN")),
    Pill("amounts Infinity", _leaves(Decimal, "-Infinity")),
    Pill("dates of the year 1", _leaves(date, "0001-01-01T00:00:00+14:00")),
    Pill("dates of the year 9999", _leaves(date, "9999-12-31T23:59:59-14:00")),
    Pill("numbers beyond 64 bit", _leaves(int, 2**64)),
    Pill("numbers of ten thousand digits", _raw(b": 1", b": " + b"9" * 10_000)),
    Pill("a hundred thousand lists in one another", _deep(100_000, b"[", b"]")),
    Pill("nine hundred objects in one another", _deep(900, b'{"a":', b"}")),
    Pill("type of a megabyte", _header("ce_type", "hawk." + "A" * _FILLING + ".v1")),
    Pill("subject of a megabyte", _header("ce_subject", "x" * _FILLING)),
    Pill("correlation id of a megabyte", _header("ce_correlationid", "x" * _FILLING)),
    Pill("causation id of a megabyte", _header("ce_causationid", "x" * _FILLING)),
    Pill("trace context of a megabyte", _header("ce_traceparent", "0" * _FILLING)),
    Pill("id given ten thousand times", _headers(*[("ce_id", b"x")] * 10_000)),
    Pill("header without a value", _headers(("ce_id", None), ("ce_subject", None))),
    Pill("headers without a name", _headers(("", b"x"), ("\x00", b"\x00"))),
    Pill("header name of a megabyte", _headers(("x" * _FILLING, b"x"))),
    Pill("empty value", _value(b"")),
    Pill("tombstone", _set(tombstone=True)),
    Pill("value that is a list", _value(b"[{}]")),
    Pill("value that is null", _value(b"null")),
    Pill("value in UTF-16", _value(json.dumps({"a": 1}).encode("utf-16"))),
    Pill("eight megabytes of value", _value(b'{"a":"' + b"x" * (_LARGE - 8) + b'"}')),
    Pill("eight megabytes of empty lists", _value(b'{"a":[' + b"[]," * (_LARGE // 3 - 4) + b"1]}")),
    Pill("texts of 300 characters", _leaves(str, "x" * 300)),
    Pill("texts of 100,000 characters", _leaves(str, "x" * 100_000)),
    Pill("lists of a thousand", _leaves(list, 1_000)),
    Pill("times of the year 58878", _set(timestamp_ms=1_795_867_200_000_000)),
    Pill("a time before all times", _set(timestamp_ms=2**62)),
    Pill("told in the year 1", _header("ce_time", "0001-01-01T00:00:00+14:00")),
    Pill("told in the year 9999", _header("ce_time", "9999-12-31T23:59:59-14:00")),
    Pill("version 9999", _header("ce_sequence", "9" * 18)),
    Pill("schema version zero", _header("ce_type", "hawk.PlanDrawn.v0")),
    Pill("a field twice", _raw(b"{", b'{"a":1,"a":2,')),
    Pill("a number that is not a number", _raw(b": 1", b": NaN")),
    Pill("a number with an exponent", _raw(b": 1", b": 1e400")),
    Pill("no text in any text", _leaves(str, "")),
    Pill("amounts of nothing but a sign", _leaves(Decimal, "-0E-400")),
    Pill("numbers below zero", _leaves(int, -(2**63))),
    Pill("a hundred thousand unknown fields", _more("more", {str(number): 1 for number in range(100_000)})),
    Pill("a replay that never was", _header("hawkreplay", "executor-" + "0" * 32 + "@999999999")),
)

#: An open topic takes rows, not events: the same poison in a row that is right otherwise.
ROW: Final[Mapping[str, Any]] = {
    "table": "currency_rates",
    "operation": "UPSERT",
    "row": {
        "currency_pair": "USD/SGD",
        "rate_type": "prevailing",
        "rate_value": "25000000",
        "effective_date": "2026-11-23",
    },
}


def right_row() -> Draft:
    """A row of reference data as a feed publishes it."""
    return Draft(dict(ROW), [], key=b"currency_rates:USD/SGD")
