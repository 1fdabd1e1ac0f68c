"""Murex's half of a recording, repeated to a HAWK that asks as it did then. Pure: time is data.

It uses the port, so that it replies over any gateway: the topics, or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from murex.gateway.port import MurexGateway, Reply, Request, RequestEvent
from murex.gateway.recording import Line, Recording, flat
from shared.errors import Defect, InvalidInput

#: When HAWK sent it is not part of what it asks.
TIMES = frozenset({"sent_at", "enquired_at"})
#: Differences that an error names; the rest is counted.
DIFFERENCES_SHOWN = 5

Place = tuple[str, str, int]
_NOTHING = object()


class RequestDiffers(Defect):
    """HAWK asks something else than it did when the conversation was recorded. `differences` names what."""

    def __init__(self, *, request: Request, differences: tuple[str, ...]) -> None:
        self.request = request
        self.differences = differences
        shown = "; ".join(differences[:DIFFERENCES_SHOWN])
        more = len(differences) - DIFFERENCES_SHOWN
        super().__init__(
            f"Request {request.sequence} about deal {request.correlation_id} is not the one that was recorded: {shown}"
            f"{f'; and {more} more' if more > 0 else ''}. Nothing was answered. Correct HAWK, or make a new recording."
        )


@dataclass(frozen=True, slots=True)
class DueReply:
    """A reply, and the milliseconds after which it came when it was recorded, counted from the message before."""

    after_ms: int
    reply: Reply


class Conversation:
    """One conversation from its beginning to its end.

    A reply is due once everything that HAWK had asked before it has been asked again; the order of what HAWK asks in
    between does not matter, nor that it repeats itself.

    Raises:
        InvalidInput: MUREX_RECORDING_INVALID, when the recording holds several workflows, or two different requests of
            one number.
    """

    def __init__(self, recording: Recording) -> None:
        if len(recording.workflows) > 1:
            raise _invalid(f"it holds {len(recording.workflows)} workflows; replay each by itself (`Recording.of`)")
        self._lines = recording.lines
        self._recorded: dict[Place, Request] = {}
        for request in recording.requests:
            before = self._recorded.setdefault(_place(request), request)
            if found := _differences(before.event, request.event):
                raise _invalid(f"{_named(before)} and {_named(request)} have the same number but differ: {found[0]}")
        self._heard: set[Place] = set()
        self._next = 0

    def hear(self, request: Request) -> None:
        """Take a request of HAWK.

        Raises:
            RequestDiffers: it was recorded otherwise, or never.
        """
        recorded = self._recorded.get(_place(request))
        if recorded is None:
            raise RequestDiffers(request=request, differences=(self._unheard_of(request),))
        differences = _differences(recorded.event, request.event)
        if differences:
            raise RequestDiffers(request=request, differences=differences)
        self._heard.add(_place(request))

    def due(self) -> tuple[DueReply, ...]:
        """Return the replies that may leave now, each once, in the order in which they came."""
        return tuple(self._due())

    @property
    def silence_ms(self) -> int | None:
        """The recorded silence before HAWK asked what it has not asked yet; None when it has asked everything."""
        line = self._line
        return line.after_ms if line is not None else None

    @property
    def over(self) -> bool:
        """True when everything was asked and everything was answered."""
        return self._next == len(self._lines)

    @property
    def missing(self) -> tuple[str, ...]:
        """The requests that HAWK has not made yet, in a few words each."""
        return tuple(_named(request) for place, request in self._recorded.items() if place not in self._heard)

    @property
    def _line(self) -> Line | None:
        return None if self.over else self._lines[self._next]

    def _due(self) -> Iterator[DueReply]:
        while (line := self._line) is not None:
            if isinstance(line.message, Request):
                if _place(line.message) not in self._heard:
                    return
            else:
                yield DueReply(line.after_ms, line.message)
            self._next += 1

    def _unheard_of(self, request: Request) -> str:
        workflow, deal, _ = _place(request)
        numbers = [number for at, of, number in self._recorded if (at, of) == (workflow, deal)]
        if numbers:
            return f"it is a {type(request.event).__name__}; only {len(numbers)} requests about the deal were recorded"
        return f"no request about this deal of workflow {workflow} was recorded"


async def reply_as_recorded(gateway: MurexGateway, replay: Conversation, wait_ms: int) -> tuple[DueReply, ...]:
    """Do one turn of Murex's half: take, compare, send the replies that are due, acknowledge. Does not wait.

    Returns:
        What was answered, with its delays.
    Raises:
        RequestDiffers: nothing was answered or acknowledged.
    """
    taken = await gateway.take(wait_ms)
    for request in taken.requests:
        replay.hear(request)
    due = replay.due()
    if due:
        await gateway.reply([each.reply for each in due])
    if taken:
        await gateway.acknowledge()
    return due


def _place(request: Request) -> Place:
    return request.event.workflow_id, request.correlation_id, request.sequence


def _named(request: Request) -> str:
    return f"{type(request.event).__name__} {request.sequence} about deal {request.correlation_id}"


def _differences(recorded: RequestEvent, now: RequestEvent) -> tuple[str, ...]:
    if type(recorded) is not type(now):
        return (f"it is a {type(now).__name__}; the recorded one is a {type(recorded).__name__}",)
    before, after = (flat(each.model_dump(mode="json", exclude=set(TIMES))) for each in (recorded, now))
    return tuple(
        f"{place} is {_shown(after, place)}; recorded: {_shown(before, place)}"
        for place in sorted(before.keys() | after.keys())
        if before.get(place, _NOTHING) != after.get(place, _NOTHING)
    )


def _shown(values: dict[str, Any], place: str) -> str:
    return repr(values[place]) if place in values else "missing"


def _invalid(problem: str) -> InvalidInput:
    return InvalidInput(code="MUREX_RECORDING_INVALID", reason=f"The recording cannot be replayed: {problem}.")
