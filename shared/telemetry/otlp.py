"""Spans on their way out: OTLP over HTTP in its JSON form, which every collector takes. Loaded where it is asked for.

The SDK's own exporter would bring protobuf and a second HTTP client into every installation; what is needed of the
protocol is a page. Trace and span ids are hex, times are nanoseconds as text, as OTLP's JSON has them.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

import httpx
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, StatusCode, format_span_id, format_trace_id

#: Seconds one batch may take; OpenTelemetry's own default.
EXPORT_SECONDS: Final = 10.0
#: Seconds the last batch may take when the process stops: a collector that is away must not hold it up.
LAST_SECONDS: Final = 1.0

_STATUS: Final[Mapping[StatusCode, int]] = {StatusCode.UNSET: 0, StatusCode.OK: 1, StatusCode.ERROR: 2}


def endpoint() -> str:
    """Return where spans go by OpenTelemetry's variables; empty for nowhere."""
    own = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    base = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return own or (f"{base.rstrip('/')}/v1/traces" if base else "")


class JsonExporter(SpanExporter):
    """Sends finished spans to a collector. What it does not take is lost: spans are not the audit trail."""

    def __init__(self) -> None:
        self._url = endpoint()
        self._client = httpx.Client(
            headers={"Content-Type": "application/json", **_headers()}, timeout=_seconds(), follow_redirects=False
        )
        self._stopping = self._gone = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; a failure is told to the SDK, which goes on with the next one."""
        if self._gone:
            return SpanExportResult.FAILURE
        timeout = LAST_SECONDS if self._stopping else httpx.USE_CLIENT_DEFAULT
        try:
            answer = self._client.post(self._url, content=json.dumps(document(spans)), timeout=timeout)
        except httpx.HTTPError:
            self._gone = self._stopping
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if answer.is_success else SpanExportResult.FAILURE

    def stopping(self) -> None:
        """Hurry from now on: the process stops."""
        self._stopping = True

    def shutdown(self) -> None:
        """Close the connection."""
        self._client.close()


def document(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Return an `ExportTraceServiceRequest` with these spans of one process."""
    resource = spans[0].resource if spans else Resource.get_empty()
    scope = {"scope": {"name": "hawk"}, "spans": [_span(each) for each in spans]}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource.attributes)}, "scopeSpans": [scope]}]}


def _span(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context() or SpanContext(0, 0, is_remote=False)
    told: dict[str, Any] = {
        **_ids(context),
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time or 0),
        "endTimeUnixNano": str(span.end_time or 0),
        "attributes": _attributes(span.attributes),
        "events": [
            {"name": each.name, "timeUnixNano": str(each.timestamp), "attributes": _attributes(each.attributes)}
            for each in span.events
        ],
        "links": [_link(each) for each in span.links],
        "status": {"code": _STATUS[span.status.status_code], "message": span.status.description or ""},
    }
    if span.parent is not None:
        told["parentSpanId"] = format_span_id(span.parent.span_id)
    return told


def _link(link: Link) -> dict[str, Any]:
    return {**_ids(link.context), "attributes": _attributes(link.attributes)}


def _ids(context: SpanContext) -> dict[str, str]:
    return {"traceId": format_trace_id(context.trace_id), "spanId": format_span_id(context.span_id)}


def _attributes(given: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": str(value)}} for key, value in (given or {}).items()]


def _headers() -> dict[str, str]:
    """Return what `OTEL_EXPORTER_OTLP_HEADERS` says: `name=value`, percent-encoded, with commas between."""
    given = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "")
    pairs = (each.partition("=") for each in given.split(",") if "=" in each)
    return {unquote(name).strip(): unquote(value).strip() for name, _, value in pairs}


def _seconds() -> float:
    """Return what `OTEL_EXPORTER_OTLP_TIMEOUT` says, in milliseconds; the default for what is no number."""
    given = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT") or os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT", "")
    return int(given) / 1000 if given.isascii() and given.isdigit() and int(given) else EXPORT_SECONDS
