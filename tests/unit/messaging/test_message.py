"""Messages and the CloudEvent in their headers."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.events.responses import ProposalMade, ResponseRepeated
from shared.exact_json import storable
from shared.messaging.deadletters import dead_letter_stream, message_refused
from shared.messaging.message import (
    MESSAGE_ID_CHARACTERS_MAX,
    Message,
    cause_of,
    message_of,
)
from shared.messaging.subscription import Subscription
from shared.messaging.unit_of_work import InboxEntry, UnitOfWork
from tests.support.units import message_for

EVENT = ResponseRepeated(response_id="r-1", content_sha256="0" * 64, repeats=3)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Record:
    topic: str = "hawk.test"
    partition: int = 2
    offset: int = 41
    key: bytes | None = b"wf-1"
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int = 1_795_424_400_123


def message(**headers: str | None) -> Message:
    """A good message, with headers changed or (None) taken away."""
    made = message_for(EVENT, stream="response-r-1", version=7)
    changed = {name: value for name, value in ({**made.headers, **headers}).items() if value is not None}
    return replace(made, headers=changed)


def test_record_becomes_a_message_with_time_in_utc() -> None:
    made = message_of(Record(headers=(("ce_id", b"one"), ("ce_id", b"two"), ("empty", None))))
    assert made.timestamp == datetime(2026, 11, 23, 9, 0, 0, 123_000, tzinfo=UTC)
    assert made.headers == {"ce_id": "two", "empty": ""}
    assert (made.key, made.value, made.id) == ("wf-1", b"{}", "two")


def test_tombstone_and_missing_key_become_empty_bytes_and_none() -> None:
    made = message_of(Record(key=None, value=None))
    assert (made.key, made.value) == (None, b"")
    assert made.id == "hawk.test:2:41"


@given(st.binary(max_size=200))
def test_readable_text_is_storable_whatever_the_bytes_are(data: bytes) -> None:
    text = storable(data)
    assert "\x00" not in text
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("unusable", ["", " ", "a b", "ü", "x" * (MESSAGE_ID_CHARACTERS_MAX + 1), "a\\x00\n", "tab\t"])
def test_place_is_the_id_when_ce_id_is_unusable(unusable: str) -> None:
    made = message(ce_id=unusable)
    assert made.id == "hawk.test:0:0"
    with pytest.raises(InvalidInput, match="ce_id") as raised:
        _ = made.attributes
    assert raised.value.code == "NOT_A_CLOUDEVENT"


def test_cloud_event_names_its_attributes_when_all_headers_are_there() -> None:
    found = message().attributes
    assert (found.event_name, found.schema_version, found.type) == (
        "ResponseRepeated",
        1,
        "hawk.ResponseRepeated.v1",
    )
    assert (found.stream, found.version, found.correlation_id) == ("response-r-1", 7, "wf-test")
    assert found.traceparent == TRACEPARENT
    assert found.time.tzinfo is UTC


@pytest.mark.parametrize(
    "header",
    [
        "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "ce_sequence",
        "ce_correlationid", "ce_causationid",
    ],
)  # fmt: skip
def test_message_is_refused_naming_the_header_when_it_is_missing(header: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        _ = message(**{header: None}).attributes
    assert raised.value.code == "NOT_A_CLOUDEVENT"
    assert f"Header {header} of hawk.test:0:0" in raised.value.reason


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", "0.3"),
        ("ce_type", "hawk.ResponseRepeated"),
        ("ce_type", "hawk.ResponseRepeated.v0"),
        ("ce_type", "hawk.responseRepeated.v1"),
        ("ce_type", "hawk.ResponseRepeated.v1\n"),
        ("ce_time", "yesterday"),
        ("ce_time", "2026-11-23T09:00:00"),
        ("ce_sequence", "-1"),
        ("ce_sequence", "1" * 21),
        ("ce_sequence", "٣"),
    ],
)
def test_message_is_refused_naming_the_header_when_it_is_malformed(header: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"Header {header} "):
        _ = message(**{header: value}).attributes


@pytest.mark.parametrize("value", ["", "nonsense", TRACEPARENT.upper(), "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_trace_begins_anew_when_the_traceparent_is_malformed(value: str) -> None:
    made = message(ce_traceparent=value)
    assert made.attributes.traceparent is None
    assert cause_of(made, "service:parser").traceparent.split("-")[1] != TRACEPARENT.split("-")[1]


def test_event_is_decoded_when_headers_and_data_fit() -> None:
    assert message().event == EVENT


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (b"", "JSON"),
        (b"\xff", "JSON"),
        (b"null", "NoneType"),
        (b'{"a":0.1}', "0.1"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":1e3}', "1e3"),
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":' + b"[" * 50_000, "JSON"),
    ],
)
def test_data_is_refused_when_it_is_no_exact_json_object(value: bytes, word: str) -> None:
    with pytest.raises(InvalidInput, match=word) as raised:
        _ = replace(message(), value=value).data
    assert raised.value.code == "MALFORMED_JSON"


def test_cause_continues_the_story_of_the_message() -> None:
    made = message()
    cause = cause_of(made, "service:executor")
    assert (cause.actor, cause.correlation_id, cause.causation_id) == ("service:executor", "wf-test", made.id)
    version, trace, span, flags = cause.traceparent.split("-")
    assert (version, trace, flags) == ("00", TRACEPARENT.split("-")[1], "01")
    assert span != TRACEPARENT.split("-")[2]


def test_cause_of_a_raw_message_names_its_place_when_it_has_no_correlation() -> None:
    made = message_of(Record(headers=(("ce_id", b"claimed"),)))
    cause = cause_of(made, "service:parser", raw=True)
    assert (cause.correlation_id, cause.causation_id) == ("hawk.test:2:41", "hawk.test:2:41")


@pytest.mark.parametrize(("length", "kept"), [(255, True), (256, False), (100_000, False)])
def test_a_correlation_of_no_sensible_length_does_not_go_into_every_event(length: int, kept: bool) -> None:
    made = message_of(Record(headers=(("ce_correlationid", b"x" * length),)))
    assert cause_of(made, "service:parser", raw=True).correlation_id == ("x" * length if kept else "hawk.test:2:41")


async def _handler(unit: UnitOfWork, message: Message) -> None:
    raise AssertionError("not called")


def test_handler_is_found_by_event_name() -> None:
    subscription = Subscription("hawk.test", "g", {ResponseRepeated: _handler})
    assert subscription.handler_of(message()) is _handler


def test_no_handler_is_found_when_the_event_is_known_and_not_wanted() -> None:
    assert Subscription("hawk.test", "g", {ProposalMade: _handler}).handler_of(message()) is None


def test_event_nobody_knows_is_refused() -> None:
    subscription = Subscription("hawk.test", "g", {ResponseRepeated: _handler})
    with pytest.raises(InvalidInput) as raised:
        subscription.handler_of(message(ce_type="hawk.Unheard.v1"))
    assert raised.value.code == "EVENT_TYPE_UNKNOWN"


def test_raw_subscription_knows_messages_by_place_and_others_by_id() -> None:
    made = message(ce_id="id-1")
    assert Subscription("t", "g", _handler).message_id(made) == "hawk.test:0:0@2026-11-23T09:00:00+00:00"
    assert Subscription("t", "g", {}).message_id(made) == "id-1"


def test_raw_subscription_by_id_tells_contents_under_one_id_apart() -> None:
    subscription = Subscription("t", "g", _handler, by_id=True)
    made = message(ce_id="id-1")
    again, other = replace(made, offset=9), replace(made, value=b"other")
    assert subscription.message_id(made) == subscription.message_id(again) != subscription.message_id(other)
    assert subscription.message_id(other).startswith("id-1#")
    assert subscription.message_id(message(ce_id=None)).startswith("hawk.test:0:0@")


def test_dead_letter_is_bounded_and_storable_when_everything_is_huge() -> None:
    made = Message(
        topic="t",
        partition=1,
        offset=5,
        key="k" * 100_000,
        value=b"\x00" * 1_000_000,
        headers={f"h{number}": "v\ud800" * 100_000 for number in range(100)},
        timestamp=datetime(2026, 11, 23, tzinfo=UTC),
    )
    refusal = InvalidInput(code="NOPE", reason="\x00\ud800" + "r" * 100_000)
    letter = message_refused(InboxEntry("parser", "group", made.id), made, refusal)
    text = letter.model_dump_json()
    assert len(text) < 1024 * 1024
    assert "\x00" not in letter.reason + letter.head + "".join(letter.headers.values())
    assert letter.size_bytes == 1_000_000
    assert letter.head.startswith("\\x00\\x00")
    assert not letter.headers_kept


def test_dead_letters_of_one_message_share_a_stream() -> None:
    assert dead_letter_stream("parser", "m") == dead_letter_stream("parser", "m")
    assert dead_letter_stream("parser", "m") != dead_letter_stream("parser", "n")
    assert len(dead_letter_stream("parser", "m")) == len("deadletter-parser-") + 32


def test_message_is_read_once_and_what_is_made_of_it_is_read_anew() -> None:
    made = message()
    assert made.attributes is made.attributes
    assert made.data is made.data
    other = replace(made, value=b'{"n":1}', headers={**made.headers, "ce_sequence": "8"})
    assert (other.data, other.attributes.version) == ({"n": 1}, 8)
    broken = replace(made, value=b"{")
    for _ in range(2):
        with pytest.raises(InvalidInput):
            _ = broken.data
