"""A Dify on loopback: answers each question with the next reply it was given, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STREAM = "text/event-stream; charset=utf-8"
JSON = "application/json"
KEY = "app-0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Reply:
    """`chunks` are sent one by one, `pause_seconds` apart. `cut`: the connection ends without the end of the body.
    `hangs`: after the chunks nothing more comes, and the connection stays open."""

    chunks: Sequence[bytes] = ()
    status: int = 200
    media: str = JSON
    cut: bool = False
    hangs: bool = False
    pause_seconds: float = 0
    location: str | None = None


@dataclass
class Dify:
    """One server. `asked` holds path, headers in small letters and body of each question."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def will_say(self, *replies: Reply) -> None:
        self.replies.extend(replies)


@contextmanager
def dify_server() -> Iterator[Dify]:
    """A server for the time of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    dify = Dify(f"http://127.0.0.1:{server.server_port}/v1")
    server.dify = dify  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield dify
    finally:
        dify.over.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        dify: Dify = self.server.dify  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        dify.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}, json.loads(body)))
        reply = dify.replies.pop(0)
        self.send_response(reply.status)
        self.send_header("content-type", reply.media)
        if reply.location is not None:
            self.send_header("location", reply.location)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in reply.chunks:
            dify.over.wait(reply.pause_seconds)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        if reply.hangs:
            dify.over.wait()
        self.close_connection = True
        if not (reply.cut or reply.hangs):
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Tests say themselves what happened."""
