"""What an event says of a workflow's line in the overview: its subject, how far its deals are, its names. Pure.

Everything commutes: the subject of the highest source stands, the number of deals only grows, names only come on.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from services.monitor.overview.wanted import SILENT_SECONDS
from shared.events.progress import ProgressReported
from shared.plans.turns import WAITING_FOR_TURN

Document = Mapping[str, Any]

#: Characters of a name that are kept: an id of the longest response, and an entry of the index stays short.
NAME_CHARACTERS_MAX: Final = 200

#: What a subject is of; what is planned goes before what was proposed.
SOURCES: Final[Mapping[str, int]] = {"proposal": 1, "refusal": 2, "plan": 3}

#: The executor's sentences on hawk.progress are the only place where the monitor hears of single deals.
_BOOKED: Final = re.compile(r"Deal \d+(?: of event \S+)? booked in Murex as (\S+) \((\d+) of \d+\)\Z")
_SENT_AGAIN: Final = re.compile(r"Deal \d+(?: of event \S+)? sent again, attempt \d+\Z")
_BY_HAND: Final = re.compile(r"Deal \d+(?: of event \S+)? booked by hand as (\S+), approved by ")


class Attention(IntEnum):
    """Why somebody should look, the most urgent first."""

    PERSON = 1
    POSTING = 2
    UNDOING = 3
    SILENT = 4
    MUREX = 5


_BY_STATE: Final[Mapping[str, Attention]] = {
    "NEEDS_INTERVENTION": Attention.PERSON,
    "FAILED": Attention.UNDOING,
    "COMPENSATING": Attention.UNDOING,
    "PREPARED": Attention.MUREX,
    "BOOKING": Attention.MUREX,
}


def attention_of(message: ProgressReported) -> Attention | None:
    """Return why somebody should look after this message; with Murex only once it has been silent for a while.

    That HAWK sends a deal again says that Murex is silent, and is no word of Murex.
    """
    waits = message.stage == "3" and message.stages.get("3") == "IN_PROGRESS" and message.reason is not None
    if waits and message.state in ("COMPLETED", "REVERSING"):
        return Attention.POSTING
    if _SENT_AGAIN.match(message.status):
        return Attention.SILENT
    return _BY_STATE.get(message.state)


def is_silent(attention: int | None, changed_at: datetime, now: datetime) -> bool:
    """Return whether Murex is silent about a workflow whose last message came at a time."""
    for_long = now - changed_at >= timedelta(seconds=SILENT_SECONDS)
    return attention == Attention.SILENT or (attention == Attention.MUREX and for_long)


def waits_since(message: ProgressReported) -> datetime | None:
    """Return since when the workflow waits for its turn after this message; None if it does not."""
    waits = message.state == "APPROVED" and (message.reason or "").startswith(f"{WAITING_FOR_TURN}:")
    return message.at if waits else None


def acknowledged_by(message: ProgressReported) -> int:
    """Return how many deals Murex has acknowledged with this message; 0 where it tells of none."""
    booked = _BOOKED.match(message.status)
    return 0 if booked is None else int(booked[2])


def names_by(message: ProgressReported) -> tuple[str, ...]:
    """Return the names by which a workflow is found after this message."""
    deal = _BOOKED.match(message.status) or _BY_HAND.match(message.status)
    given = (message.workflow_id, message.response_id, message.order_id, deal and deal[1])
    return tuple(searched(name) for name in given if name)


def names_of(workflow_id: str, response_id: str | None, subject: Document | None) -> tuple[str, ...]:
    """Return the names by which a workflow is found after a fact about it."""
    given = (workflow_id, response_id, None if subject is None else subject["order_id"])
    return tuple(searched(name) for name in given if name)


def searched(name: str) -> str:
    """Return a name, or the beginning of one, as it is kept and looked for."""
    return name[:NAME_CHARACTERS_MAX].lower()


def subject_of(kind: str, document: Document) -> Document | None:
    """Return what is planned in few words and figures; None for a fact that does not tell it."""
    if kind not in SOURCES:
        return None
    told = {**document, **(document.get("record") or {})}
    entities = told.get("entities")
    ledger = told.get("gl")
    return {
        "kind": _kind(told),
        "instruction_type": told.get("instruction_type"),
        "nav_type": told.get("nav_type"),
        "model": told.get("model"),
        "currency": told.get("exposure_currency"),
        "amount": told.get("amount"),
        "order_id": told.get("order_id"),
        "maker": (told.get("maker") or {}).get("name"),
        "reverses": told.get("reverses"),
        "table": (told.get("configuration") or {}).get("table"),
        "deal": (told.get("override") or {}).get("deal_booking_id"),
        "entity_ids": _entities(told),
        "entity_names": [each["entity_name"] for each in entities or ()],
        "operations": (told.get("operations") or {}).get("total", 0),
        "stages": (told.get("operations") or {}).get("stages", {}),
        "deals": len(told.get("deals") or ()),
        "ledger": None if ledger is None else {name: ledger[name] for name in ("entries", "lines", "IFRS", "LOCAL")},
    }


def _kind(told: Document) -> str:
    for kind in ("configuration", "override"):
        if told.get(kind) is not None:
            return kind
    return "hedge" if told.get("reverses") is None else "reversal"


def _entities(told: Document) -> list[str]:
    if told.get("entities"):
        return [each["entity_id"] for each in told["entities"]]
    if told.get("entity_id") is not None:
        return [told["entity_id"]]
    return sorted({each["entity_id"] for each in told.get("deals") or ()})
