"""A client that takes nothing is let go; whatever way a stream ends, its place is given back."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

import pytest
import uvicorn
from fastapi import FastAPI

from shared.web.connections import (
    CONNECTIONS_MAX,
    OTHER_DESCRIPTORS,
    STREAMS_MAX,
    BoundedConnection,
    make_room,
)
from shared.web.progress_feed import FeedResponse, ProgressFeed, TooManyClients, frames
from shared.web.progress_log import Scope
from tests.support.eventually import eventually_async
from tests.support.progress_logs import MemoryProgressLog
from tests.support.reports import report

T = TypeVar("T")

LIMIT_SECONDS = 10.0
SMALL_BUFFER = 4096
MANY = 6_000


class Impatient(BoundedConnection):
    """The protocol with bounds a test can wait for."""

    stalled_seconds_max = 0.3


@contextlib.asynccontextmanager
async def served(feed: ProgressFeed, protocol: type[BoundedConnection]) -> AsyncIterator[int]:
    app = FastAPI()

    @app.get("/events")
    async def follow() -> FeedResponse:
        return FeedResponse(feed.take_place(anonymous=False), frames(feed.portions(Scope(), 0), numbered_by_feed=True))

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, ws="none", log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield int(listener.getsockname()[1])
    finally:
        await feed.close()
        server.should_exit = True
        await serving


async def ask(port: int) -> socket.socket:
    """Return a connection that has asked for the stream and takes little at a time."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    asking.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(asking, ("127.0.0.1", port))
    await loop.sock_sendall(asking, b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n")
    return asking


def _now(look: Callable[[], T]) -> Callable[[], Awaitable[T]]:
    async def looked() -> T:
        return look()

    return looked


async def test_client_that_takes_nothing_loses_its_place_and_holds_nobody_up(
    log: MemoryProgressLog, feed: ProgressFeed
) -> None:
    for sequence in range(1, MANY):
        log.add(report(f"w{sequence}", 1))
    async with served(feed, Impatient) as port:
        deaf, awake = await ask(port), await ask(port)
        loop, received = asyncio.get_running_loop(), b""
        async with asyncio.timeout(LIMIT_SECONDS):
            while f"id: {MANY - 1}\n".encode() not in received[-20_000:]:
                received += await loop.sock_recv(awake, 65_536)
        left = _now(lambda: feed.clients)
        await eventually_async(left, LIMIT_SECONDS, until=lambda clients: clients == 1, what="the deaf one is let go")
        awake.close()
        await eventually_async(left, LIMIT_SECONDS, until=lambda clients: clients == 0, what="the other one has left")
        deaf.close()


@contextlib.contextmanager
def limit_of_descriptors(allowed: int) -> Iterator[None]:
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


async def test_process_raises_its_limit_of_descriptors_when_it_may() -> None:
    with limit_of_descriptors(512):
        assert make_room() == CONNECTIONS_MAX
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == CONNECTIONS_MAX + OTHER_DESCRIPTORS


async def test_streams_keep_their_share_when_the_process_may_not_have_more(
    feed: ProgressFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (884, 884))
    monkeypatch.setattr(resource, "setrlimit", lambda _what, _limits: None)
    assert make_room() == 884 - OTHER_DESCRIPTORS == CONNECTIONS_MAX // 2
    for _ in range(STREAMS_MAX // 2):
        feed.take_place(anonymous=False)
    with pytest.raises(TooManyClients, match="500 places"):
        feed.take_place(anonymous=False)
