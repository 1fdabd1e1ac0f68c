"""W3C trace context: continued where it is valid, begun where it is not."""

import sys
from types import ModuleType

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_span_continues_the_trace_under_a_new_span_id() -> None:
    with tracing.span("work", PARENT) as inner:
        assert tracing.valid_traceparent(inner)
        assert tracing.trace_id(inner) == tracing.trace_id(PARENT)
        assert inner.split("-")[2] != PARENT.split("-")[2]


@pytest.mark.parametrize("parent", [None, "", "garbage", "01" + PARENT[2:], PARENT + "-x"])
def test_span_begins_a_trace_when_there_is_no_valid_parent(parent: str | None) -> None:
    with tracing.span("work", parent) as inner:
        assert tracing.valid_traceparent(inner)
        assert tracing.trace_id(inner) != tracing.trace_id(PARENT)


def test_nested_work_without_a_parent_does_not_leak_into_another_trace() -> None:
    with tracing.span("outer", PARENT), tracing.span("inner") as inner:
        assert tracing.trace_id(inner) != tracing.trace_id(PARENT)


def test_new_traceparent_keeps_trace_and_flags() -> None:
    unsampled = PARENT[:-2] + "00"
    made = tracing.new_traceparent(unsampled)
    assert made.split("-")[1] == unsampled.split("-")[1]
    assert made.endswith("-00")
    assert made != unsampled


def test_error_passes_through_a_span() -> None:
    with pytest.raises(KeyError), tracing.span("work", PARENT):
        raise KeyError("k")


def test_nothing_is_exported_when_no_endpoint_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert tracing.configure_tracing("test") is False


def test_work_goes_on_when_the_exporter_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr(tracing, "_OTLP_EXPORTER", "opentelemetry.exporter.that.is.not.there")
    assert tracing.configure_tracing("test") is False
    with tracing.span("work") as inner:
        assert tracing.valid_traceparent(inner)


def test_a_span_is_exported_under_the_id_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    package = ModuleType("exporter_of_a_test")
    package.OTLPSpanExporter = lambda: exporter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr(tracing, "_OTLP_EXPORTER", package.__name__)
    try:
        assert tracing.configure_tracing("test")
        with tracing.span("work", PARENT) as inner:
            pass
        tracing._tracing.provider.force_flush()
        (span,) = exporter.get_finished_spans()
        assert f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01" == inner
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == PARENT.split("-")[2]
    finally:
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
        tracing.configure_tracing("test")
