"""What Prometheus shows of reference rows that wait for people."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.errors import Transient
from shared.messaging.faults import passes_by_itself
from shared.telemetry.listed.instruments import gauge

#: Seconds between two counts: as often as Prometheus usually asks, and cheap.
COUNT_SECONDS = 5.0

HELD = gauge("hawk_reference_held_rows")

_log = structlog.get_logger(__name__)


async def count_forever(waiting: Callable[[], Awaitable[int]]) -> None:
    """Count again and again; while the database is away the last figure stays."""
    while True:
        try:
            HELD.set(await waiting())
        except Exception as error:
            if not (passes_by_itself(error) or isinstance(error, Transient | OSError)):
                raise
            _log.info("held_not_counted", why=str(error))
        await asyncio.sleep(COUNT_SECONDS)
