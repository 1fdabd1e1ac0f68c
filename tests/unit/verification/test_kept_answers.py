"""Responses beside the bytes that were kept of their answers."""

import hashlib
from typing import Any

import pytest

from shared.events.base import Event
from shared.events.catalogue import decode
from shared.events.responses import ResponseContradicted, ResponseReceived
from tests.support.history import golden_events
from tools.verification.checks.history import Findings, PastEvent
from tools.verification.checks.kept_answers import WHOLE_BYTES_MAX, AnswerFold

RECORDED = next(event for event in golden_events("a_coi.json") if event.type == "ResponseReceived")
RECEIVED = decode(RECORDED)
assert isinstance(RECEIVED, ResponseReceived)
CONTRADICTED = ResponseContradicted(
    response_id=RECEIVED.response_id, content_sha256=RECEIVED.content_sha256, content="", refusals=()
)
KEPT = {
    "sha256": RECEIVED.content_sha256,
    "size_bytes": RECEIVED.size_bytes,
    "kept_bytes": RECEIVED.size_bytes,
    "found": RECEIVED.content_sha256,
}
OTHER = hashlib.sha256(b"other").hexdigest()


def found(event: Event, *kept: dict[str, Any]) -> list[str]:
    findings = Findings()
    fold = AnswerFold(findings)
    fold.take(PastEvent(7, RECORDED), event)
    fold.compare(kept)
    return findings.sentences


@pytest.mark.parametrize("event", [RECEIVED, CONTRADICTED], ids=["received", "contradicted"])
def test_kept_bytes_agree_or_the_response_is_named(event: Event) -> None:
    assert found(event, KEPT) == []
    (changed,) = found(event, KEPT | {"found": OTHER})
    assert f"response {RECEIVED.response_id} " in changed
    assert changed.endswith(f"have SHA-256 {OTHER}.")
    (gone,) = found(event, KEPT | {"sha256": OTHER})
    assert gone.endswith("but no bytes with this digest are kept.")


def test_shortened_bytes_are_found_also_when_their_size_is_noted_truly() -> None:
    (shortened,) = found(RECEIVED, KEPT | {"kept_bytes": 3, "found": OTHER})
    assert "the 3 bytes kept under it" in shortened
    (denied,) = found(RECEIVED, KEPT | {"size_bytes": 3, "kept_bytes": 3, "found": OTHER})
    assert denied.endswith(f"but 3 bytes are recorded with it, not {RECEIVED.size_bytes}.")


def test_beginning_of_an_answer_above_the_limit_is_no_difference() -> None:
    size = WHOLE_BYTES_MAX + 1
    large = RECEIVED.model_copy(update={"size_bytes": size})
    assert found(large, KEPT | {"size_bytes": size, "kept_bytes": 65_536, "found": OTHER}) == []
