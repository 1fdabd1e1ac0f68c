"""What browsers are sent of the changes, as server-sent events (WHATWG HTML 9.2)."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Final

from fastapi.sse import format_sse_event

from services.approval.console.changes.feed import Told

#: Ids in one event: what a page of the queue shows, twice.
IDS_MAX: Final = 100
#: Digits that a place may have: a transaction id of 64 bits.
PLACE_DIGITS_MAX: Final = 19

RESYNC_REASON: Final = "More changed than is listed, or where you were is not known here. Load what you show again."


def place_of(text: str | None) -> int | None:
    """Return the place that a `Last-Event-ID` names; 0 (unknown) for another text, None for none."""
    given = (text or "").strip()
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) <= PLACE_DIGITS_MAX else 0


async def frames(told: AsyncGenerator[Told, None], clock: Callable[[], datetime]) -> AsyncGenerator[bytes, None]:
    """Yield what is told as bytes; silence becomes a heartbeat with the server's time."""
    async with aclosing(told):
        async for each in told:
            for frame in _frames(each, clock()):
                yield frame


def _frames(told: Told, at: datetime) -> list[bytes]:
    """Return the events; only the last has the place, so that a connection cut between them goes back before both."""
    if told.everything:
        return [_event("resync", {"reason": RESYNC_REASON, "at": at.isoformat()}, told.place)]
    if not told.workflow_ids:
        return [_event("heartbeat", {"at": at.isoformat()}, told.place)]
    parts = [told.workflow_ids[first : first + IDS_MAX] for first in range(0, len(told.workflow_ids), IDS_MAX)]
    last = len(parts) - 1
    return [
        _event("changed", {"workflow_ids": list(part), "at": at.isoformat()}, told.place if number == last else None)
        for number, part in enumerate(parts)
    ]


def _event(name: str, data: dict[str, object], place: int | None) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    return format_sse_event(data_str=text, event=name, id=None if place is None else str(place))
