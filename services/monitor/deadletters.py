"""Dead letters as people see them: what was refused, why, what to do, and whether it was published again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from services.monitor.ports import Document
from shared.errors import Defect
from shared.events.deadletters import MessageRefused
from shared.messaging.replays import what_is_missing

LetterState = Literal["REFUSED", "REPLAYED"]

_AGAIN: Final = "After the fix: `hawk deadletters replay`."
_NOTHING: Final = "Nothing: it has had its effect, or another message has. It is kept as evidence."
_ENDED: Final = "Nothing was executed: the workflow has ended. Hand the answer in again if it is still wanted."
_CORRECT: Final = (
    f"Nothing was changed. Have the row published corrected; or put right what it depends on, then as it is. {_AGAIN}"
)
_ASK: Final = "Nothing was executed. Look who published it; ask for approval of the present plan if it is still wanted."

#: What to do, by code. A code that is not here is answered by its own reason.
CURES: Final[Mapping[str, str]] = {
    "NOT_RECORDED": "Nothing was believed. Somebody beside the relay writes to this topic: find out who, and take the "
    "right away. Publish it again only if events were missing from the store, and have been restored.",
    "NOT_A_CLOUDEVENT": "Find who publishes here without HAWK's headers; have the message published with them.",
    "EVENT_TYPE_UNKNOWN": "Unknown here, perhaps not in a newer release: bring this service up to the publisher's. "
    + _AGAIN,
    "EVENT_VERSION_UNKNOWN": f"Bring this service up to the publisher's release. {_AGAIN}",
    "EVENT_MALFORMED": f"Correct the publisher; or this service, if the message is right. {_AGAIN}",
    "MALFORMED_JSON": "Correct the publisher and have it publish again: as it is, the message never can be read.",
    "WORKFLOW_ID_FORGED": "Look who published it: HAWK's parser does not give such an id.",
    "MUREX_ANSWER_UNKNOWN_WORKFLOW": "Ask Murex which deal it means and whether it holds one; HAWK asked for none.",
    "MUREX_ANSWER_TOO_LARGE": "Have the gateway shorten what it says; the deal is asked about at its deadline.",
    "TEXT_NOT_STORABLE": "Correct the publisher: the text holds what a database cannot keep.",
    "TOO_LARGE": "Have the publisher send smaller messages.",
    "CONFIGURATION_CLOSED": "Nothing was changed. Change configuration by UPDATE_CONFIGURATION.",
    "CONFIGURATION_COMES_WHOLE": "Nothing was changed. Load it with `hawk reference load`.",
    "CONFIGURATION_INVALID": _CORRECT,
    "OPENING_HEDGE_INVALID": _CORRECT,
    "OPENING_HEDGE_KNOWN": _NOTHING,
    "REFERENCE_CONFLICT": _CORRECT,
    "REFERENCE_ID_REUSED": "Have it published under an id of its own.",
    "REFERENCE_MESSAGE_INVALID": _CORRECT,
    "REFERENCE_OUTDATED": _NOTHING,
    "REFERENCE_ROW_INVALID": _CORRECT,
    "REFERENCE_COLUMN_UNKNOWN": _CORRECT,
    "REFERENCE_SET_INVALID": _CORRECT,
    "REFERENCE_TABLE_UNKNOWN": _CORRECT,
    "REFERENCE_VALUE_INVALID": _CORRECT,
    "GRANT_FOR_UNKNOWN_PLAN": f"Look who published it. If the plan has come since: {_AGAIN}",
    "GRANT_ALREADY_USED": _NOTHING,
    "GRANT_FOR_CLOSED_PLAN": _ENDED,
    "GRANT_EXPIRED": _ENDED,
    "GRANT_SIGNATURE_INVALID": _ASK,
    "GRANT_MALFORMED": _ASK,
    "GRANT_UNSIGNED": _ASK,
    "GRANT_WORKFLOW_MISMATCH": _ASK,
    "GRANT_DIGEST_MISMATCH": _ASK,
    "GRANT_INSUFFICIENT": _ASK,
    "RECORD_UNREADABLE": "Find who publishes what no reader can unpack. Nothing was changed.",
    "VALUE_NOT_STORABLE": f"Correct the publisher: the store cannot take a value of it. {_AGAIN}",
    "SET_ASIDE": f"Find out why it could not be handled; until then look what its absence means. {_AGAIN}",
    "DEAD_LETTER_UNKNOWN": "Nothing: there is no dead letter of that id.",
}


@dataclass(frozen=True, slots=True)
class LetterEvent:
    """One event of a dead letter's stream, as it was told."""

    version: int
    type: str
    at: datetime
    document: Document


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """What a list is narrowed to; None: everything."""

    service: str | None = None
    topic: str | None = None
    code: str | None = None
    state: LetterState | None = None


def letter_summary(letter: str, events: Sequence[LetterEvent]) -> dict[str, Any]:
    """A dead letter as a line of the list. `state` is REPLAYED when nothing refused it after the last replay.

    Raises:
        Defect: the events hold no refusal.
    """
    refused = [event for event in events if event.type == "MessageRefused"]
    if not refused:
        raise Defect(f"Dead letter {letter} was told of without a refusal.")
    last = refused[-1].document
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
        "what_to_do": what_to_do(last, replayed=replayed),
        "state": "REPLAYED" if replayed else "REFUSED",
        "refused_at": refused[-1].at.isoformat(),
        "refusals": len(refused),
        "replays": len(replays),
        "replayable": not replayed and what_is_missing(MessageRefused.model_validate(last)) is None,
    }


def letter_document(letter: str, events: Sequence[LetterEvent]) -> dict[str, Any]:
    """All of a dead letter: the line of the list, what was kept of the message, and what happened to it."""
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


def what_to_do(refusal: Document, *, replayed: bool) -> str:
    """What a person does about it."""
    if replayed:
        return "Nothing: it was published again and not refused since."
    missing = what_is_missing(MessageRefused.model_validate(refusal))
    cure = CURES.get(str(refusal["code"]), f"See the reason. {_AGAIN}")
    return cure.replace(_AGAIN, missing[1]) if missing is not None else cure


def _told(event: LetterEvent) -> dict[str, Any]:
    told = event.document
    match event.type:
        case "MessageRefused":
            said = {"code": told["code"], "reason": told["reason"], "place": _place(told)}
        case "MessageReplayed":
            said = {"by": told["requested_by"], "role": told["role"], "reason": told["reason"]}
        case _:
            said = {"by": told["requested_by"], "code": told["code"], "reason": told["reason"]}
    return {"at": event.at.isoformat(), "what": event.type} | said


def _place(told: Document) -> str:
    return f"{told['topic']}:{told['partition']}:{told['offset']}"
