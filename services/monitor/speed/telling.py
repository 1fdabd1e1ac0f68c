"""What a message of hawk.progress tells about speed, as keys that are counted. Pure.

At most three messages of a workflow are read as JSON: the last approval, the one that completes it, the last one.
Everything kept here is bounded: approvals whose end has not come, and the names of reasons.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.monitor.speed.histogram import bucket_of
from shared.events import states
from shared.exact_json import parse_json

COMPLETED: Final = "completed"
FAILED: Final = "failed"
#: Completed in Murex, but its approval was not seen: it is older than the hour that is counted.
UNTIMED: Final = "untimed"
#: What a key begins with that has a code of a reason, or the number of a bucket behind it.
REASON: Final = "reason:"
TOOK: Final = "took:"

#: Approvals that wait for their end: more than can be in flight or in line at a time.
APPROVED_MAX: Final = 20_000
#: Codes of reasons that are told apart; HAWK has fewer, and what is beyond them is counted together.
REASONS_MAX: Final = 64
OTHER: Final = "OTHER"

#: What a message that ends has: JSON's word. Most others are not read any further.
_TRUE: Final = b"true"
#: How a person's approval is told, to the end of its sentence (`executor.progress.messages.decided`).
_APPROVED: Final = b') approved"'
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,60}(?=\Z|:)")


@dataclass(frozen=True, slots=True)
class Approval:
    """A person approved; the last one is the one that counts."""

    workflow: str
    at: datetime


@dataclass(frozen=True, slots=True)
class End:
    """A workflow completed or failed. `in_murex`: deals were booked or cancelled there; only those are timed."""

    kind: str
    workflow: str = ""
    at: datetime | None = None
    code: str = OTHER
    in_murex: bool = False


Told = Approval | End


def kind_of(message: Any) -> str | None:
    """Return what a message counts as: an end is counted once, other messages are not counted."""
    if not isinstance(message, dict):
        return None
    if message.get("completed") is True:
        return COMPLETED
    if message.get("final") is True and message.get("state") not in states.SUCCESSFUL:
        return FAILED
    return None


def told_by(value: bytes | None) -> Told | None:
    """Return what a message tells; None for most, which are not even read.

    Raises:
        ValueError, TypeError: it is not what HAWK publishes.
    """
    if value is None or not (_TRUE in value or _APPROVED in value):
        return None
    message = parse_json(value)
    kind = kind_of(message)
    if kind is not None:
        return End(
            kind, str(message.get("workflow_id", "")), _time(message.get("at")), _code(message),
            in_murex=dict(message.get("stages") or {}).get("2", "PENDING") != "PENDING",
        )  # fmt: skip
    if isinstance(message, dict) and str(message.get("status", "")).endswith(") approved"):
        at = _time(message.get("at"))
        return None if at is None else Approval(str(message["workflow_id"]), at)
    return None


class Tally:
    """Turns what is told, in its order, into keys to count."""

    def __init__(self) -> None:
        self._approved: OrderedDict[str, datetime] = OrderedDict()
        self._codes: set[str] = set()

    def keys_of(self, told: Told) -> Sequence[str]:
        """Return what an end counts as; nothing for an approval, which is kept until its end comes."""
        if isinstance(told, Approval):
            self._approved[told.workflow] = told.at
            self._approved.move_to_end(told.workflow)
            if len(self._approved) > APPROVED_MAX:
                self._approved.popitem(last=False)
            return ()
        since = self._approved.pop(told.workflow, None)
        if told.kind == FAILED:
            return FAILED, REASON + self._known(told.code)
        if not told.in_murex:
            return (COMPLETED,)
        if since is None or told.at is None:
            return COMPLETED, UNTIMED
        took = (told.at - since).total_seconds()
        return COMPLETED, f"{TOOK}{bucket_of(max(0, round(took * 1000)))}"

    def _known(self, code: str) -> str:
        if code not in self._codes and len(self._codes) >= REASONS_MAX:
            return OTHER
        self._codes.add(code)
        return code


def _code(message: dict[str, Any]) -> str:
    """Return the code of the reason, else the state: a person's rejection has no other."""
    for text in (message.get("reason"), message.get("state")):
        found = _CODE.match(text) if isinstance(text, str) else None
        if found is not None:
            return found.group()
    return OTHER


def _time(text: Any) -> datetime | None:
    at = datetime.fromisoformat(text) if isinstance(text, str) else None
    return at if at is not None and at.tzinfo is not None else None
