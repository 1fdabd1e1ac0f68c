"""W3C trace context: read it, continue it, name it. Spans leave the process only where that is configured.

OpenTelemetry's own variables say where to: `OTEL_EXPORTER_OTLP_ENDPOINT` switches export on, as OTLP over HTTP in JSON.
Who asks for another form in `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`, `grpc`) installs OpenTelemetry's exporter.
Without an endpoint spans have ids still, so that one trace id runs from the AI's answer to the request for approval,
and another one from the decision to the last journal line.
"""

import importlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: W3C Trace Context level 1, section 3.2: version 00, lower-case hex, no all-zero ids.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})\Z")

#: The module with the exporter for each form. Ours is loaded like the others, so that nobody pays for it unasked.
_EXPORTERS: Final = {
    "http/json": "shared.telemetry.otlp.JsonExporter",
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.trace_exporter.OTLPSpanExporter",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.trace_exporter.OTLPSpanExporter",
}

_PROPAGATOR = TraceContextTextMapPropagator()
_IDS = RandomIdGenerator()

_log = structlog.get_logger(__name__)


class _Tracing:
    """The provider of this process: one without export until `configure_tracing` is called."""

    def __init__(self) -> None:
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.exports = False
        self.stopping: Callable[[], None] | None = None


_tracing = _Tracing()


def configure_tracing(service: str) -> bool:
    """Name this process in its spans and switch export on where an endpoint is configured.

    Returns:
        True when spans are exported; False when no endpoint is set or the exporter is not installed.
    """
    name = os.environ.get("OTEL_SERVICE_NAME") or f"hawk-{service}"
    _tracing.provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    _tracing.exports, _tracing.stopping = False, None
    exporter = _exporter()
    if exporter is None:
        return False
    _tracing.provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracing.stopping = getattr(exporter, "stopping", None)
    _tracing.exports = True
    return True


def stop_tracing() -> None:
    """Send what is finished and end: the process stops."""
    if _tracing.exports:
        if _tracing.stopping is not None:
            _tracing.stopping()
        _tracing.provider.shutdown()
        _tracing.exports = False


def _exporter() -> SpanExporter | None:
    given = os.environ
    asked = given.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or given.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    off = given.get("OTEL_SDK_DISABLED", "").lower() == "true" or given.get("OTEL_TRACES_EXPORTER") == "none"
    if not asked or off:
        return None
    form = given.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or given.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/json"
    module, _, maker = _EXPORTERS.get(form, "").rpartition(".")
    try:
        made: Any = getattr(importlib.import_module(module), maker)
        exporter: SpanExporter = made()
    except (ImportError, ValueError) as error:
        known = ", ".join(_EXPORTERS)
        _log.warning("spans_not_exported", protocol=form, known=known, why=f"{type(error).__name__}: {error}")
        return None
    return exporter


def valid_traceparent(text: str | None) -> bool:
    """Return whether the text is a W3C traceparent of version 00 with ids that are not all zero."""
    return text is not None and _TRACEPARENT.match(text) is not None


def trace_id(traceparent: str) -> str:
    """Return the 32 hex digits of the trace; empty for a text that is not a traceparent."""
    found = _TRACEPARENT.match(traceparent)
    return "" if found is None else found.group(1)


def new_traceparent(parent: str | None = None) -> str:
    """Return a new span id under the parent's trace; a new trace where the parent is missing or malformed."""
    found = _TRACEPARENT.match(parent) if parent is not None else None
    trace_hex = format(_IDS.generate_trace_id(), "032x") if found is None else found.group(1)
    flags = "01" if found is None else found.group(3)
    return f"00-{trace_hex}-{format(_IDS.generate_span_id(), '016x')}-{flags}"


@contextmanager
def span(name: str, parent: str | None = None) -> Iterator[str]:
    """Open a span around a piece of work and give the traceparent under which the work goes on.

    An exception that leaves the block is recorded on the span and raised again. Where no span is exported only its id
    is made: it goes on in the events and messages.
    """
    if not _tracing.exports:
        yield new_traceparent(parent)
        return
    context = _context_of(parent)
    tracer = _tracing.provider.get_tracer("hawk")
    with tracer.start_as_current_span(name, context=context) as current:
        yield _traceparent_of(current, parent)


def mark(name: str, parent: str | None) -> str:
    """Return the traceparent of work that has begun already and turns out to belong to a trace.

    Its span says when that was, not how long it took.
    """
    with span(name, parent) as traceparent:
        return traceparent


def link(traceparent: str | None) -> None:
    """Link the span that is open here to another one, of the trace that led to this one."""
    if not _tracing.exports or not valid_traceparent(traceparent):
        return
    linked = trace.get_current_span(_context_of(traceparent)).get_span_context()
    trace.get_current_span().add_link(linked)


def _traceparent_of(current: trace.Span, parent: str | None) -> str:
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(current, Context()))
    return carrier.get("traceparent") or new_traceparent(parent)


def _context_of(parent: str | None) -> Context:
    if parent is None or not valid_traceparent(parent):
        return Context()
    return _PROPAGATOR.extract({"traceparent": parent}, context=Context())
