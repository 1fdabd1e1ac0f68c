"""Refused requests leave a trace: counted, logged and, where they concern security, recorded as events.

An attacker decides how much is refused, so what is kept of it is bounded: the first refusal of a cause is recorded
at once, all others of its minute as one event that names their number.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from shared.events.access import AccessRefused
from shared.exact_json import storable
from shared.messaging.unit_of_work import UnitOfWork

#: The span within which refusals of one cause are one event.
SPAN: Final = timedelta(minutes=1)
#: Causes that are recorded separately within a span; further ones are counted as one. It bounds the events of a minute.
CAUSES_MAX: Final = 40
#: Characters of a reason, a route, a source and a name in an event.
REASON_CHARACTERS_MAX: Final = 300
TEXT_CHARACTERS_MAX: Final = 200
#: Seconds between two looks at what is to be recorded.
RECORD_SECONDS: Final = 1.0

#: Signing in failed, something was not permitted, or too much was asked for.
_ALWAYS: Final = frozenset({401, 403, 429})
#: Who shows no token at all has not tried to be somebody; reading pages do so all day.
_NO_ATTEMPT: Final = frozenset({"TOKEN_MISSING", "NOT_SIGNED_IN"})
_DECIDING: Final = frozenset({"POST", "PUT", "DELETE"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """One refused request."""

    status: int
    code: str
    person: str | None
    source: str
    method: str
    route: str
    reason: str

    @property
    def concerns_security(self) -> bool:
        """True for refusals to record: somebody was not let in, or wanted to decide and was refused."""
        if self.status in _ALWAYS:
            return self.code not in _NO_ATTEMPT
        return self.status == 409 and self.method in _DECIDING


_MANY: Final = RefusedRequest(
    429, "MANY_CAUSES", None, "many", "ANY", "any", "More causes within a minute than are recorded separately."
)


@dataclass(frozen=True, slots=True)
class _Counted:
    refusal: RefusedRequest
    count: int
    first_at: datetime
    last_at: datetime


class RefusalTally:
    """What is to be recorded of refusals. It has no clock: every call names the present."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._began: datetime | None = None
        self._seen: set[tuple[object, ...]] = set()
        self._at_once: list[_Counted] = []
        self._later: dict[tuple[object, ...], _Counted] = {}

    def note(self, refusal: RefusedRequest, now: datetime) -> None:
        """Count a refusal."""
        if self._began is None:
            self._began = now
        cause = _cause(refusal)
        if cause not in self._seen and len(self._seen) >= CAUSES_MAX:
            refusal, cause = _MANY, _cause(_MANY)
        if cause not in self._seen:
            self._seen.add(cause)
            self._at_once.append(_Counted(refusal, 1, now, now))
            return
        before = self._later.get(cause, _Counted(refusal, 0, now, now))
        self._later[cause] = replace(before, count=before.count + 1, last_at=now)

    def due(self, now: datetime) -> tuple[AccessRefused, ...]:
        """Take what is to be recorded now: each cause's first, and the rest of a span that is over."""
        found, self._at_once = self._at_once, []
        if self._began is not None and now >= self._began + SPAN:
            found += self._later.values()
            self._began, self._later, self._seen = None, {}, set()
        return tuple(self._event(each) for each in found)

    def _event(self, counted: _Counted) -> AccessRefused:
        refusal = counted.refusal
        return AccessRefused(
            service=self._service,
            status=refusal.status,
            code=refusal.code,
            person=refusal.person,
            source=storable(refusal.source[:TEXT_CHARACTERS_MAX]),
            route=storable(f"{refusal.method} {refusal.route}"[:TEXT_CHARACTERS_MAX]),
            reason=storable(refusal.reason[:REASON_CHARACTERS_MAX]),
            count=counted.count,
            first_at=counted.first_at,
            last_at=counted.last_at,
        )


class RefusalRecorder:
    """Records refusals of one process beside its requests: `note` never waits and never fails.

    Args:
        append: appends events in a transaction of its own.
    """

    def __init__(
        self, service: str, clock: Callable[[], datetime], append: Callable[[Sequence[AccessRefused]], Awaitable[None]]
    ) -> None:
        self._tally = RefusalTally(service)
        self._clock = clock
        self._append = append
        self._waiting: tuple[AccessRefused, ...] = ()

    def note(self, refusal: RefusedRequest) -> None:
        """Take in a refusal; one that does not concern security is only counted (by the metric)."""
        if refusal.concerns_security:
            self._tally.note(refusal, self._clock())

    async def run(self) -> None:
        """Record until cancelled. While the database is away, what is due waits; the tally bounds its number."""
        while True:
            await self.record()
            await asyncio.sleep(RECORD_SECONDS)

    async def record(self) -> None:
        """Record what is due now. Raises what `append` raises; nothing is lost then."""
        for event in (due := self._tally.due(self._clock())):
            facts = {name: value for name, value in event.model_dump(mode="json").items() if name != "service"}
            _log.warning("requests_refused", **facts)
        self._waiting = (*self._waiting, *due)[-10 * CAUSES_MAX :]
        if self._waiting:
            await self._append(self._waiting)
            self._waiting = ()


def security_stream(service: str, at: datetime) -> str:
    """Return the stream of a service's refusals in an hour: short enough to be read whole."""
    return f"security-{service}-{at:%Y-%m-%dT%H}"


async def append_refusals(unit: UnitOfWork, stream: str, events: Sequence[AccessRefused]) -> None:
    """Append refusals behind those that the stream holds."""
    unit.append(stream, (await unit.load(stream)).version, *events)


def _cause(refusal: RefusedRequest) -> tuple[object, ...]:
    return refusal.code, refusal.person or refusal.source, refusal.method, refusal.route
