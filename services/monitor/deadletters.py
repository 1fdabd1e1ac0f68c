"""Dead letters as people see them: the refusal, its cure, and each replay. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from services.monitor.ports import Document
from shared.errors import Defect
from shared.events.deadletters import MessageRefused
from shared.messaging.cures import what_to_do
from shared.messaging.replays import what_is_missing

LetterState = Literal["REFUSED", "REPLAYED"]


@dataclass(frozen=True, slots=True)
class LetterEvent:
    """One event of a dead letter's stream."""

    version: int
    type: str
    at: datetime
    document: Document


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """The filter of a list; None lets everything pass."""

    service: str | None = None
    topic: str | None = None
    code: str | None = None
    state: LetterState | None = None


def letter_summary(letter: str, events: Sequence[LetterEvent]) -> dict[str, Any]:
    """Return a dead letter as a line of the list. `state` is REPLAYED if nothing refused it after the last replay.

    Raises:
        Defect: the events hold no refusal.
    """
    refused = [event for event in events if event.type == "MessageRefused"]
    if not refused:
        raise Defect(f"Dead letter {letter} has no refusal.")
    last, refusal = refused[-1].document, MessageRefused.model_validate(refused[-1].document)
    replays = [event for event in events if event.type == "MessageReplayed"]
    replayed = bool(replays) and replays[-1].version > refused[-1].version
    return {
        "id": letter,
        "service": last["service"],
        "group": last["group"],
        "topic": last["topic"],
        "partition": last["partition"],
        "offset": last["offset"],
        "key": last["key"],
        "message_id": last["message_id"],
        "code": last["code"],
        "reason": last["reason"],
        "what_to_do": what_to_do(refusal, replayed=replayed),
        "state": "REPLAYED" if replayed else "REFUSED",
        "refused_at": refused[-1].at.isoformat(),
        "refusals": len(refused),
        "replays": len(replays),
        "replayable": not replayed and what_is_missing(refusal) is None,
    }


def letter_document(letter: str, events: Sequence[LetterEvent]) -> dict[str, Any]:
    """Return the line of the list, what was kept of the message, and what happened to it."""
    last = [event for event in events if event.type == "MessageRefused"][-1].document
    missing = what_is_missing(MessageRefused.model_validate(last))
    return letter_summary(letter, events) | {
        "headers": last["headers"],
        "size_bytes": last["size_bytes"],
        "sha256": last["sha256"],
        "value": last["head"],
        "not_replayable": None if missing is None else {"code": missing[0], "reason": missing[1]},
        "history": [_told(event) for event in events],
    }


def _told(event: LetterEvent) -> dict[str, Any]:
    document = event.document
    match event.type:
        case "MessageRefused":
            said = {"code": document["code"], "reason": document["reason"], "place": _place(document)}
        case "MessageReplayed":
            said = {"by": document["requested_by"], "role": document["role"], "reason": document["reason"]}
        case _:
            said = {"by": document["requested_by"], "code": document["code"], "reason": document["reason"]}
    return {"at": event.at.isoformat(), "what": event.type} | said


def _place(document: Document) -> str:
    return f"{document['topic']}:{document['partition']}:{document['offset']}"
