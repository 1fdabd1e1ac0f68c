"""The gateway without a broker: what passes is a recording. And the recorder of what passes through any gateway."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from murex.gateway.envelope import check_replies, request_of
from murex.gateway.port import REQUESTS_MAX, MurexGateway, Reply, Request, Taken, Unreadable
from murex.gateway.recording import Line, Recording
from shared.errors import InvalidInput
from shared.events.routing import OutMessage
from shared.exact_json import storable
from shared.messaging.message import Message

Clock = Callable[[], datetime]

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def no_time_passes() -> datetime:
    """Return one moment always: a clock for readers that do not need delays."""
    return _START


class Tape:
    """What passes, in the place of the topics: HAWK's end, and the memory of both. It outlives its gateways.

    Args:
        recording: what has passed already. Its requests are taken like those that follow.
        clock: says how far apart two messages are.
    """

    def __init__(self, recording: Recording | None = None, *, clock: Clock = no_time_passes) -> None:
        given = recording or Recording()
        self._lines = list(given.lines)
        self._asked: list[Request | Unreadable] = list(given.requests)
        self._pace = _Pace(clock)
        self._acknowledged = 0

    @property
    def recording(self) -> Recording:
        """The messages that have passed. A message that is not a request is not part of a conversation."""
        return Recording(tuple(self._lines))

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The replies that HAWK hears, in order; one that was sent twice is here twice."""
        return self.recording.replies

    def send(self, message: OutMessage) -> None:
        """Send a message from HAWK's end, as the relay publishes it."""
        asked = _asked(message, f"tape:0:{len(self._asked)}")
        self._asked.append(asked)
        if isinstance(asked, Request):
            self._note(asked)

    def asked_after(self, place: int) -> Sequence[Request | Unreadable]:
        """Return what HAWK has sent from a place on, at most as much as one take gives; for gateways."""
        return self._asked[place : place + REQUESTS_MAX]

    def say(self, replies: Sequence[Reply]) -> None:
        """Note replies as they arrive; for gateways."""
        for reply in replies:
            self._note(reply)

    @property
    def acknowledged(self) -> int:
        """The place behind the last acknowledged request; for gateways."""
        return self._acknowledged

    def acknowledge(self, place: int) -> None:
        """Give nothing before this place again; for gateways."""
        self._acknowledged = max(self._acknowledged, place)

    def _note(self, message: Request | Reply) -> None:
        self._lines.append(Line(self._pace.since_last_ms(), message))


class RecordedGateway:
    """A `MurexGateway` over a tape. A new one goes on after what was acknowledged, as a process would."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._place = tape.acknowledged

    async def take(self, wait_ms: int) -> Taken:  # noqa: ARG002
        """See `MurexGateway.take`. Does not wait: nothing comes while this runs."""
        found = self._tape.asked_after(self._place)
        self._place += len(found)
        return Taken(
            tuple(each for each in found if isinstance(each, Request)),
            tuple(each for each in found if isinstance(each, Unreadable)),
        )

    async def reply(self, replies: Sequence[Reply]) -> None:
        """See `MurexGateway.reply`."""
        check_replies(replies)
        self._tape.say(replies)

    async def acknowledge(self) -> None:
        """See `MurexGateway.acknowledge`."""
        self._tape.acknowledge(self._place)


class Recorder:
    """A `MurexGateway` that notes what passes through another one.

    Requests are noted when they are taken and replies when they were sent. After a crash both may be there twice, under
    the same message ids, as they came.

    Args:
        keep: what becomes of a line, for example that it is written to a file.
    """

    def __init__(self, gateway: MurexGateway, keep: Callable[[Line], None], *, clock: Clock) -> None:
        self._gateway = gateway
        self._keep = keep
        self._pace = _Pace(clock)

    async def take(self, wait_ms: int) -> Taken:
        """See `MurexGateway.take`."""
        taken = await self._gateway.take(wait_ms)
        for request in taken.requests:
            self._note(request)
        return taken

    async def reply(self, replies: Sequence[Reply]) -> None:
        """See `MurexGateway.reply`."""
        await self._gateway.reply(replies)
        for reply in replies:
            self._note(reply)

    async def acknowledge(self) -> None:
        """See `MurexGateway.acknowledge`."""
        await self._gateway.acknowledge()

    def _note(self, message: Request | Reply) -> None:
        self._keep(Line(self._pace.since_last_ms(), message))


class _Pace:
    """The time between messages. A clock that is put back makes no time negative."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: datetime | None = None

    def since_last_ms(self) -> int:
        now = self._clock()
        last, self._last = self._last or now, now
        return max((now - last) // _MILLISECOND, 0)


def _asked(out: OutMessage, place: str) -> Request | Unreadable:
    topic, partition, offset = place.split(":")
    headers = {name: storable(value) for name, value in out.headers}
    message = Message(topic, int(partition), int(offset), out.key, out.value, headers, _START)
    try:
        return request_of(message)
    except InvalidInput as error:
        return Unreadable(place, error.code, error.reason)
