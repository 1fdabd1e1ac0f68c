"""HTTP connections with bounds: how many there are, how long a client may take to say what it wants and to take it.

uvicorn bounds none of these: a client that sends a byte a minute, or takes none, holds a connection for ever, and a few
thousand of them hold all of a process's file descriptors.
"""

import asyncio
import resource
import socket
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.telemetry.metrics import CONNECTIONS_REFUSED

#: Event streams of one process: a bank's dealing rooms, with a page open at each desk.
STREAMS_MAX = 1_000
#: Connections of one process: besides its progress streams the console's 256, and as many for all other requests, so
#: that these are answered while all streams are open.
CONNECTIONS_MAX = STREAMS_MAX + 2 * 256
#: File descriptors of a process that are not HTTP connections: PostgreSQL, Kafka, logs; some fifty, and as many again
#: while servers are away and connections to them are opened anew.
OTHER_DESCRIPTORS = 128
#: Seconds from a connection, or from the first byte of a further request on it, to the end of the headers. A browser
#: needs one packet; a slow line gets ten seconds.
HEADER_SECONDS_MAX = 10.0
#: Seconds a client may leave what is sent to it: some hundred kilobytes, so that the slowest line that counts carries
#: four kilobytes a second. A browser that was cut off comes back with the number of the last event it has seen.
STALLED_SECONDS_MAX = 30.0
#: Bytes that the system takes from us for one client. By itself it takes up to four megabytes, so that a thousand
#: clients that take nothing would hold gigabytes, and be noticed late.
SEND_BUFFER_BYTES = 128 * 1024

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 2\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s"
)
_BUSY_BODY = (
    b'{"type":"urn:hawk:problem:too-many-connections","title":"Service Unavailable","status":503,'
    b'"detail":"All connections of this process are taken. Close one, or try again shortly.",'
    b'"code":"TOO_MANY_CONNECTIONS"}'
)


def make_room() -> int:
    """Raise this process's limit of file descriptors as far as it may and needs to; return how many connections fit.

    Many systems give a process 1,024 and allow it more when it asks.
    """
    wanted = CONNECTIONS_MAX + OTHER_DESCRIPTORS
    allowed, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != allowed < wanted:
        target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):  # the system's own bound is lower than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
            allowed = target
    if allowed == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return max(1, min(CONNECTIONS_MAX, allowed - OTHER_DESCRIPTORS))


class BoundedConnection(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with these bounds."""

    connections_max = CONNECTIONS_MAX
    header_seconds_max = HEADER_SECONDS_MAX
    stalled_seconds_max = STALLED_SECONDS_MAX

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or say that there is no room and close it."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if len(self.connections) > min(self.connections_max, make_room()):
            CONNECTIONS_REFUSED.labels(why="too many").inc()
            transport.write(_BUSY % (len(_BUSY_BODY), _BUSY_BODY))
            transport.close()
            return
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._taken()
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

    def pause_writing(self) -> None:
        """Hold back what follows, as the client has not taken what was sent; start its clock."""
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(self.stalled_seconds_max, self._stalled)

    def resume_writing(self) -> None:
        """Go on, as the client has taken most of what was sent."""
        self._taken()
        super().resume_writing()

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

    def _taken(self) -> None:
        stall, self._stall = self._stall, None
        if stall is not None:
            stall.cancel()

    def _stalled(self) -> None:
        self._stall = None
        CONNECTIONS_REFUSED.labels(why="stalled").inc()
        self.transport.abort()  # closing would wait for the client to take what is left

    def _too_slow(self) -> None:
        self._patience = None
        if not self._under_way and not self.transport.is_closing():
            CONNECTIONS_REFUSED.labels(why="slow headers").inc()
            self.transport.close()
