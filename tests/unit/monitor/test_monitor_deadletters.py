"""Dead letters as people see them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from services.monitor.deadletters import LetterEvent, letter_document, letter_summary
from shared.errors import Defect, InvalidInput
from shared.events.base import Event
from shared.events.deadletters import ReplayRequested
from shared.messaging.cures import CURES
from shared.messaging.deadletters import message_refused
from shared.messaging.message import Message
from shared.messaging.replays import decide_replay
from shared.messaging.unit_of_work import InboxEntry
from tests.support.units import WHEN

ROOT = Path(__file__).resolve().parents[3]
LETTER = "executor-" + "0" * 32
ENTRY = InboxEntry("executor", "hawk-executor-murex", "m-1")
RAISED = re.compile(r"(?:code=|_refused\(|refused\(|invalid\()\s*\"([A-Z]+(?:_[A-Z]+)+)\"")
#: Places that refuse messages, not requests or files.
SOURCES = ("services/executor", "services/approval/handlers.py", "shared/messaging", "shared/events", "shared/security")
#: Refused elsewhere than in a consumer, or no refusal of a message.
NO_MESSAGES = frozenset({
    "ALREADY_REPLAYED", "VALUE_TRUNCATED", "VALUE_NOT_TEXT", "HEADERS_NOT_KEPT", "STALE_CONTEXT", "MAKER_PROOF_INVALID",
    "NO_ISSUER", "FILE_UNREADABLE",
})  # fmt: skip


def refused(value: bytes = b"{}", code: str = "EVENT_MALFORMED") -> Event:
    made = Message("hawk.murex.answers", 1, 7, "wf", value, {"ce_id": "m-1"}, WHEN)
    return message_refused(ENTRY, made, InvalidInput(code=code, reason="It is wrong."))


def told(*events: Event) -> list[LetterEvent]:
    return [
        LetterEvent(version, type(event).__name__, WHEN + timedelta(minutes=version), event.model_dump(mode="json"))
        for version, event in enumerate(events, start=1)
    ]


def replayed(*events: Event) -> Event:
    request = ReplayRequested(
        letter=LETTER, service="executor", requested_by="olga", role="OPERATIONS", reason="fixed", requested_at=WHEN
    )
    return decide_replay(events, request)


def test_a_line_says_who_refused_what_where_why_and_what_to_do() -> None:
    line = letter_summary(LETTER, told(refused()))
    assert (line["service"], line["group"]) == ("executor", "hawk-executor-murex")
    assert (line["topic"], line["partition"], line["offset"]) == ("hawk.murex.answers", 1, 7)
    assert (line["state"], line["code"], line["reason"]) == ("REFUSED", "EVENT_MALFORMED", "It is wrong.")
    assert "hawk deadletters replay" in line["what_to_do"]
    assert line["replayable"]


def test_a_replayed_letter_says_so_until_it_is_refused_again() -> None:
    first = refused()
    again = replayed(first)
    line = letter_summary(LETTER, told(first, again))
    assert (line["state"], line["replayable"], line["replays"]) == ("REPLAYED", False, 1)
    line = letter_summary(LETTER, told(first, again, refused(code="MALFORMED_JSON")))
    assert (line["state"], line["refusals"], line["code"]) == ("REFUSED", 2, "MALFORMED_JSON")


def test_the_document_tells_what_was_kept_and_who_did_what() -> None:
    first = refused(b'{"a":1}')
    document = letter_document(LETTER, told(first, replayed(first), replayed(first, replayed(first))))
    assert document["value"] == '{"a":1}'
    assert [event["what"] for event in document["history"]] == ["MessageRefused", "MessageReplayed", "ReplayDeclined"]
    assert document["history"][1]["by"] == "olga"
    assert document["history"][2]["code"] == "ALREADY_REPLAYED"


def test_what_cannot_be_replayed_says_what_to_do_instead() -> None:
    document = letter_document(LETTER, told(refused(b"x" * 100_000)))
    assert not document["replayable"]
    assert document["not_replayable"]["code"] == "VALUE_TRUNCATED"
    assert "publish it again" in document["what_to_do"]
    assert "hawk deadletters replay" not in document["what_to_do"]


def test_a_letter_without_a_refusal_is_a_defect() -> None:
    with pytest.raises(Defect):
        letter_summary(LETTER, told(replayed(refused())))


def test_every_code_a_message_can_be_refused_with_has_a_cure() -> None:
    files = [
        file for each in SOURCES for file in ([ROOT / each] if each.endswith(".py") else (ROOT / each).rglob("*.py"))
    ]
    raised = {code for file in files for code in RAISED.findall(file.read_text(encoding="utf-8"))}
    consumed = {code for code in raised if code.startswith(("GRANT_", "EVENT_", "REFERENCE_", "MUREX_", "WORKFLOW_ID"))}
    assert consumed - CURES.keys() - NO_MESSAGES == set()
    assert len(consumed) > 15, "the pattern still finds them"
