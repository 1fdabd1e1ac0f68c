"""Events to and from the store: everything readable, nothing taken on trust, upcasters without gaps."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Defect, InvalidInput
from shared.events import topics
from shared.events.capacity import CapacityHedged
from shared.events.catalogue import EVENTS, decode, decode_message, encode
from shared.events.reference import ReferenceRowSet
from shared.events.routing import key_of, messages, routes
from shared.events.upcasters import check_chain, upcast
from shared.eventstore import codec
from shared.eventstore.errors import EventNotEncodable
from shared.eventstore.port import RecordedEvent, event_id

GOLDEN = Path(__file__).parents[2] / "golden" / "a_coi.json"

HEDGED = CapacityHedged(
    workflow_id="wf-1", entity_id="ENTITY0037", currency="USD", nav_type="COI", amount=Decimal("25000000.00"),
    amount_usd=Decimal("25000000.00"), reserved_total=Decimal("0.00"), hedged_total=Decimal("25000000.00"),
    trade_date=date(2026, 11, 23),
)  # fmt: skip
STREAM = "exposure-ENTITY0037-USD-COI"


def recorded(**changes: Any) -> RecordedEvent:
    new = encode(HEDGED)
    fields: dict[str, Any] = {
        "stream": STREAM, "version": 2, "event_id": event_id(STREAM, 2), "type": new.type,
        "schema_version": new.schema_version, "data": new.data, "metadata": {"correlation_id": "wf-1"},
        "recorded_at": datetime(2026, 11, 23, tzinfo=UTC),
    }  # fmt: skip
    return RecordedEvent(**(fields | changes))


def test_an_event_comes_back_as_it_was() -> None:
    assert decode(recorded()) == HEDGED


def test_amounts_travel_as_the_digits_they_had() -> None:
    assert encode(HEDGED).data["amount"] == "25000000.00"


def test_an_event_is_written_as_the_codec_writes_its_data() -> None:
    history = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for stored in (event for events in history["transactions"] for event in events):
        new = encode(decode_message(stored["type"], stored["schema_version"], stored["data"]))
        assert new.text == codec.encode(new.data), stored["type"]


@pytest.mark.parametrize("row", [{"rate": 1.5}, {"rates": [2, 1e22]}, {"text": "a\0b"}, {"text": "\ud800"}])
def test_what_the_store_does_not_take_is_left_to_the_codec(row: dict[str, Any]) -> None:
    new = encode(ReferenceRowSet(table="gl_periods", key="2026-11", row=row))
    assert new.text is None
    with pytest.raises((InvalidInput, EventNotEncodable)):
        codec.encode(new.data)


@pytest.mark.parametrize("text", ["1.5", ":1.5", "[1.5,2e3]", "\\", '\\"', '","x":1.5', "6,000.00"])
def test_what_a_text_looks_like_does_not_matter(text: str) -> None:
    new = encode(ReferenceRowSet(table="gl_periods", key="2026-11", row={"text": text}))
    assert new.text == codec.encode(new.data)


@pytest.mark.parametrize("amount", [25000000, 1.5, True, None])
def test_an_amount_that_is_no_string_is_refused(amount: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_message("CapacityHedged", 1, {**encode(HEDGED).data, "amount": amount})
    assert refused.value.code == "EVENT_MALFORMED"
    assert "amount" in refused.value.reason


@pytest.mark.parametrize(
    ("name", "version", "extra", "code"),
    [
        ("CapacityStolen", 1, {}, "EVENT_TYPE_UNKNOWN"),
        ("CapacityHedged", 0, {}, "EVENT_VERSION_UNKNOWN"),
        ("CapacityHedged", 99, {}, "EVENT_VERSION_UNKNOWN"),
        ("CapacityHedged", 1, {"approved": "yes"}, "EVENT_MALFORMED"),
    ],
)
def test_what_the_catalogue_does_not_know_is_refused(name: str, version: int, extra: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_message(name, version, {**encode(HEDGED).data, **extra})
    assert refused.value.code == code


def test_a_stored_event_that_cannot_be_read_is_a_defect_that_names_its_place() -> None:
    with pytest.raises(Defect, match=f"stream {STREAM} at version 2"):
        decode(recorded(data={"workflow_id": "wf-1"}))


def test_the_name_of_an_event_is_its_class() -> None:
    assert all(name == event.__name__ for name, event in EVENTS.items())
    assert EVENTS


@pytest.mark.parametrize(
    ("upcasters", "latest"),
    [
        ({("Old", 1): dict}, {"Old": 3}),
        ({("Old", 1): dict, ("Old", 2): dict, ("Old", 3): dict}, {"Old": 3}),
        ({("Gone", 1): dict}, {"Old": 1}),
    ],
)
def test_start_up_is_refused_when_the_upcasters_do_not_reach_today(upcasters: Any, latest: dict[str, int]) -> None:
    with pytest.raises(Defect):
        check_chain(latest, upcasters)


def test_old_data_goes_through_every_upcaster_in_order() -> None:
    upcasters = {
        ("Old", 1): lambda data: {**data, "path": "1"},
        ("Old", 2): lambda data: {**data, "path": f"{data['path']}2"},
    }
    check_chain({"Old": 3}, upcasters)
    assert upcast("Old", 1, {"kept": "x"}, 3, upcasters) == {"kept": "x", "path": "12"}
    assert upcast("Old", 3, {"kept": "x"}, 3, upcasters) == {"kept": "x"}


def test_an_event_is_published_as_a_cloud_event_under_its_workflow() -> None:
    (message,) = messages(recorded())
    headers = dict(message.headers)
    assert (message.topic, message.key) == (topics.EXECUTIONS, "wf-1")
    assert headers["ce_type"] == b"hawk.CapacityHedged.v1"
    assert headers["ce_sequence"] == b"00000000000000000002"
    assert headers["ce_source"] == b"/hawk/executor"
    assert "ce_traceparent" not in headers  # an empty attribute is not an attribute


@pytest.mark.parametrize(
    ("stream", "kind", "expected"),
    [
        ("execution-wf", "DealSent", (topics.EXECUTIONS, topics.MUREX_REQUESTS)),
        ("execution-wf", "DealBooked", (topics.EXECUTIONS,)),
        ("reference-gl_periods-2026-11", "ReferenceRowSet", ()),
        ("rollout", "RolloutChanged", (topics.CONTROL,)),
    ],
)
def test_every_stream_has_its_topics(stream: str, kind: str, expected: tuple[str, ...]) -> None:
    assert routes(stream, kind) == expected


def test_an_event_without_a_workflow_is_keyed_by_its_response_then_its_stream() -> None:
    assert key_of(STREAM, {"response_id": "r-1"}) == "r-1"
    assert key_of(STREAM, {}) == STREAM


def test_every_routed_topic_is_one_that_is_created() -> None:
    known = {topic.name for topic in topics.TOPICS}
    prefixes = ("response-", "plan-", "execution-", "exposure-", "usdpb-", "progress-", "approval-", "submission-",
                "policy", "rollout", "deadletter-parser-", "deadletter-executor-")  # fmt: skip
    routed = {topic for prefix in prefixes for topic in routes(f"{prefix}x", "DealSent")}
    assert routed
    assert routed <= known
