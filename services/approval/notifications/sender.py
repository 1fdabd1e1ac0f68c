"""Sends what is due: each parcel by one process at a time, several at once, with pauses after failures."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from services.approval.notifications.notices import Channel, pause_seconds
from services.approval.notifications.port import NotSent, Outbox, Outlet, Parcel
from shared.errors import Transient
from shared.messaging.faults import passes_by_itself
from shared.telemetry.listed.instruments import counter, gauge

#: Parcels that one process sends over one channel at once: mail servers and chats take so many connections gladly.
AT_ONCE_MAX: Final = 4
#: Seconds that one parcel may take, all in all, whatever the other side does.
SEND_SECONDS_MAX: Final = 30.0
#: Seconds between two looks at an outbox in which nothing was due.
LOOK_SECONDS: Final = 1.0
#: Seconds between two counts, and two rounds of forgetting: as often as Prometheus usually asks, and cheap.
COUNT_SECONDS: Final = 15.0
#: States that are counted; what was sent is counted as it is sent.
COUNTED: Final = ("WAITING", "GIVEN_UP")

ROWS = gauge("hawk_notifications")
SENDINGS = counter("hawk_notification_sendings_total")

_log = structlog.get_logger(__name__)


class Sender:
    """Sends over one channel.

    Args:
        chance: numbers in [0, 1) for the pauses; `random.random` outside tests.
    """

    def __init__(
        self,
        outbox: Outbox,
        outlet: Outlet,
        *,
        pause: Callable[[int, float], float | None] = pause_seconds,
        chance: Callable[[], float] = random.random,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._outbox, self._outlet = outbox, outlet
        self._pause, self._chance, self._look_seconds = pause, chance, look_seconds

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            if not await self.round():
                await asyncio.sleep(self._look_seconds)

    async def round(self) -> int:
        """Send what is due now, a few parcels at most; return how many."""
        parcels = await self._outbox.claim(self._outlet.channel, AT_ONCE_MAX)
        await asyncio.gather(*(self._send(each) for each in parcels))
        return len(parcels)

    async def _send(self, parcel: Parcel) -> None:
        why = await self._tried(parcel)
        if why is None:
            await self._outbox.sent(parcel)
            self._count("sent", len(parcel.notices))
            return
        pauses = {name: self._pause(number, self._chance()) for name, number in parcel.attempts.items()}
        await self._outbox.failed(parcel, why, pauses)
        given_up = sum(pause is None for pause in pauses.values())
        self._count("given_up", given_up)
        self._count("failed", len(pauses) - given_up)
        _log.warning("notification_not_sent", channel=self._channel, given_up=given_up, of=len(pauses), why=why)

    async def _tried(self, parcel: Parcel) -> str | None:
        """Try once; return why it has not arrived, None where it has."""
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                await self._outlet.send(parcel)
        except NotSent as error:
            return str(error)
        except TimeoutError:
            return f"It took longer than {SEND_SECONDS_MAX:.0f} seconds."
        except Exception as error:
            # One notice that cannot be written must not keep the others waiting; it is given up in the end, and seen.
            _log.exception("notification_defect", channel=self._channel)
            return f"It could not be written: {type(error).__name__}."
        return None

    @property
    def _channel(self) -> Channel:
        return self._outlet.channel

    def _count(self, outcome: str, number: int) -> None:
        SENDINGS.labels(channel=str(self._channel), outcome=outcome).inc(number)


async def count_forever(count: Callable[[str], Awaitable[int]], forget: Callable[[], Awaitable[None]]) -> None:
    """Count what waits and what was given up, and forget what is old; while the database is away figures stay."""
    while True:
        try:
            for state in COUNTED:
                ROWS.labels(state=state).set(await count(state))
            await forget()
        except Exception as error:
            if not (passes_by_itself(error) or isinstance(error, Transient | OSError)):
                raise
            _log.info("notifications_not_counted", why=str(error))
        await asyncio.sleep(COUNT_SECONDS)
