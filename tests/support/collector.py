"""A collector of spans in this process: takes OTLP over HTTP in JSON, as a real one does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """A span as it came: who told it, its ids, those of the spans it is linked to."""

    service: str
    name: str
    trace: str
    span: str
    parent: str | None
    links: tuple[tuple[str, str], ...]
    begun: int
    ended: int
    status: int
    events: tuple[str, ...]


@dataclass
class Collector:
    """What has come so far."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    headers: list[dict[str, str]] = field(default_factory=list)

    def take(self, document: dict[str, Any]) -> None:
        """Take an ExportTraceServiceRequest."""
        for resource in document["resourceSpans"]:
            service = _texts(resource["resource"]["attributes"])["service.name"]
            self.spans += [_told(service, span) for scope in resource["scopeSpans"] for span in scope["spans"]]


def _told(service: str, span: dict[str, Any]) -> Told:
    assert len(span["traceId"]) == 32
    assert len(span["spanId"]) == 16
    return Told(
        service,
        span["name"],
        span["traceId"],
        span["spanId"],
        span.get("parentSpanId"),
        tuple((each["traceId"], each["spanId"]) for each in span["links"]),
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        span["status"]["code"],
        tuple(each["name"] for each in span["events"]),
    )


def _texts(attributes: list[dict[str, Any]]) -> dict[str, str]:
    return {each["key"]: each["value"]["stringValue"] for each in attributes}


@contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """Run a collector that answers with a status."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.add(self.path)
            collector.headers.append(dict(self.headers))
            if status == 200:
                collector.take(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="collector", daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
