"""What happens meanwhile, read from the event store however often it goes away: which workflows ended, and when."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import asyncpg

from tests.support.hawk import Hawk

LOOK_SECONDS = 0.4
OVERLAP = 5_000
"""Ids are given before a transaction commits: so many are read again, so that a slow one is not passed over."""

LATEST = """
    SELECT id, data->>'workflow_id' AS workflow_id, data->>'state' AS state, recorded_at
    FROM es.events WHERE id > $1 AND type = 'ProgressReported' AND (data->>'final')::boolean ORDER BY id
"""
CONNECT_SECONDS_MAX = 5
DRIVER_CONFUSED = asyncpg.InternalClientError
"""What the driver may say when a server is killed in the midst of an answer."""


class Watch:
    """`ended`: workflow id to its last state and when it was recorded."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._last = 0
        self.ended: dict[str, tuple[str, datetime]] = {}

    def first_posted_after(self, moment: datetime) -> datetime | None:
        """When the first workflow was posted after a moment."""
        after = [at for state, at in tuple(self.ended.values()) if state == "POSTED" and at > moment]
        return min(after, default=None)

    async def look_until(self, over: threading.Event) -> None:
        """Look again and again."""
        while not over.is_set():
            # The server is away, which is what a storm is for: the next look asks again.
            with contextlib.suppress(
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, DRIVER_CONFUSED
            ):
                await self._look(over)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, over: threading.Event) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=CONNECT_SECONDS_MAX, command_timeout=CONNECT_SECONDS_MAX)
        try:
            while not over.is_set():
                for row in await connection.fetch(LATEST, max(0, self._last - OVERLAP)):
                    self._last = max(self._last, row["id"])
                    self.ended[row["workflow_id"]] = (row["state"], row["recorded_at"])
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            connection.terminate()


@contextmanager
def watching(hawk: Hawk) -> Iterator[Watch]:
    """A watch that looks in a thread of its own."""
    watch, over = Watch(hawk.known["postgres"]["dsn_by_role"]["hawk_reader"]), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(watch.look_until(over)), name="watch")
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
