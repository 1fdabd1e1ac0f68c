"""What became of one deal, and when HAWK worked on it, waited in silence, or tried again. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from services.monitor.workflow.history import Document
from services.monitor.workflow.timed import Timed
from shared.events import booking, disputes, murex, overrides, undoing
from shared.events.base import Event

#: Milliseconds between two words about a deal below which nobody would call it silence.
SILENT_MS: Final = 1_000

#: A deal of which more is to be heard.
_OPEN: Final = frozenset({"sent", "received", "asked", "cancelling"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a deal has come to, and what the last event said of it."""

    kind: str
    said: Document = field(default_factory=dict)


def is_open(standing: Standing) -> bool:
    """Return whether Murex has still to say something."""
    return standing.kind in _OPEN


def standing_of(events: Sequence[Timed]) -> Standing:
    """Return what a deal has come to after these events; what was ignored changes nothing."""
    standing = Standing("sent")
    for each in events:
        standing = _after(each.event) or standing
    return standing


def _after(event: Event) -> Standing | None:
    said: dict[str, Any]
    match event:
        case murex.DealSent():
            return Standing("sent")
        case booking.DealReceipted():
            return Standing("received")
        case murex.DealStatusEnquired():
            return Standing("asked")
        case booking.DealAcknowledged(contract_id=contract) | disputes.DealConfirmed(contract_id=contract):
            return Standing("booked", {"contract_id": contract})
        case booking.DealDeclined(code=code, reason=reason):
            return Standing("declined", {"code": code, "reason": reason})
        case disputes.DealContradicted(code=code, reason=reason):
            return Standing("contradicted", {"code": code, "reason": reason})
        case murex.DealCancelSent():
            return Standing("cancelling")
        case undoing.CancelConfirmed(outcome=outcome):
            return Standing("cancelled", {"outcome": outcome})
        case undoing.CancelRefused(reason=reason):
            return Standing("cancel_refused", {"reason": reason})
        case overrides.DealBookedByHand(external_reference=reference, reason=reason):
            said = {"external_reference": reference, "reason": reason}
            return Standing("booked_by_hand", said)
        case overrides.DealCancelledByHand(reason=reason):
            return Standing("cancelled_by_hand", {"reason": reason})
    return None


def segments(kind: str, events: Sequence[Timed], began: int) -> Iterator[Document]:
    """Yield the parts of a group's bar: at work, silent, a later attempt, undone. They follow each other.

    Args:
        kind: of the group; only deals have more than one part.
    """
    if kind != "deal":
        tone = "work" if kind in ("prepare", "complete", "journal") else "undo"
        if events[-1].ms > began or len(events) > 1:
            yield {"tone": tone, "from": began, "to": events[-1].ms}
        return
    parts: list[Document] = []
    again = False
    for one, other in pairwise(events):
        repeats = isinstance(other.event, murex.DealStatusEnquired) or _is_repeated(other.event)
        silent = repeats and other.ms - one.ms >= SILENT_MS
        tone = "silent" if silent else "again" if again else "work"
        if parts and parts[-1]["tone"] == tone:
            parts[-1]["to"] = other.ms
        else:
            parts.append({"tone": tone, "from": one.ms, "to": other.ms})
        again = again or repeats
    yield from parts


def _is_repeated(event: Event) -> bool:
    return isinstance(event, murex.DealSent) and event.attempt > 1
