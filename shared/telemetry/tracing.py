"""W3C trace context: read it, continue it, name it. Spans leave the process only where that is configured.

`OTEL_EXPORTER_OTLP_ENDPOINT` switches export on; the exporter package is then the operator's to install.
Without it spans have ids still, so that one trace id runs from the AI's answer to the last journal line.
"""

import importlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

#: W3C Trace Context level 1, section 3.2: version 00, lower-case hex, no all-zero ids.
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})\Z")

_OTLP_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"

_PROPAGATOR = TraceContextTextMapPropagator()
_IDS = RandomIdGenerator()


class _Tracing:
    """The provider of this process: one without export until `configure_tracing` is called."""

    def __init__(self) -> None:
        self.provider = TracerProvider()
        self.exports = False


_tracing = _Tracing()


def configure_tracing(service: str) -> bool:
    """Name this process in its spans and switch export on where an endpoint is configured.

    Returns:
        True when spans are exported; False when no endpoint is set or the exporter is not installed.
    """
    _tracing.provider = TracerProvider(resource=Resource.create({"service.name": f"hawk-{service}"}))
    _tracing.exports = False
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    try:
        exporter = importlib.import_module(_OTLP_EXPORTER).OTLPSpanExporter()
    except ImportError:
        return False
    _tracing.provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracing.exports = True
    return True


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
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(current, context))
        yield carrier.get("traceparent") or new_traceparent(parent)


def _context_of(parent: str | None) -> Context:
    if parent is None or not valid_traceparent(parent):
        return Context()
    return _PROPAGATOR.extract({"traceparent": parent}, context=Context())
