"""HTTP connections with bounds: how many there are, and how long a client may take to say what it wants.

uvicorn bounds neither: a client that sends a byte a minute holds a connection for ever, and a few thousand of them hold
all of a process's file descriptors.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.telemetry.metrics import CONNECTIONS_REFUSED

#: Connections of one process. Twice its event streams (shared.web.progress_feed), and far below the 1,024 file
#: descriptors that a process usually gets.
CONNECTIONS_MAX = 700
#: Seconds from a connection, or from the first byte of a further request on it, to the end of the headers. A browser
#: needs one packet; a slow line gets ten seconds.
HEADER_SECONDS_MAX = 10.0

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s"
)
_BUSY_BODY = (
    b'{"type":"urn:hawk:problem:too-many-connections","title":"Service Unavailable","status":503,'
    b'"detail":"All connections of this process are taken. Close one, or try again shortly.",'
    b'"code":"TOO_MANY_CONNECTIONS"}'
)


class BoundedConnection(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with both bounds."""

    connections_max = CONNECTIONS_MAX
    header_seconds_max = HEADER_SECONDS_MAX

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or say that there is no room and close it."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            CONNECTIONS_REFUSED.labels(why="too many").inc()
            transport.write(_BUSY % (len(_BUSY_BODY), _BUSY_BODY))
            transport.close()
            return
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; the first of a further request start the clock again."""
        if self.transport.is_closing():
            return
        if not self._under_way:
            self._wait_for_headers()
        super().data_received(data)
        if self._under_way:
            self._stop_waiting()

    @property
    def _under_way(self) -> bool:
        """True from the end of a request's headers to the end of its response."""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_headers(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self.header_seconds_max, self._too_slow)

    def _stop_waiting(self) -> None:
        patience, self._patience = self._patience, None
        if patience is not None:
            patience.cancel()

    def _too_slow(self) -> None:
        self._patience = None
        if not self._under_way and not self.transport.is_closing():
            CONNECTIONS_REFUSED.labels(why="slow headers").inc()
            self.transport.close()
