"""W3C trace context: continued where it is valid, begun where it is not."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from shared.telemetry import tracing
from tests.house.source import ROOT
from tests.support.collector import collecting

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


VARIABLES = ("ENDPOINT", "TRACES_ENDPOINT", "PROTOCOL", "TRACES_PROTOCOL", "HEADERS", "TIMEOUT")


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., bool]]:
    """Switches export on by OpenTelemetry's variables, and off again."""
    for name in VARIABLES:
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)

    def configure(**variables: str) -> bool:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return tracing.configure_tracing("test")

    yield configure
    tracing.stop_tracing()
    assert not tracing._tracing.exports


def test_nothing_is_exported_when_no_endpoint_is_configured(exporting: Callable[..., bool]) -> None:
    assert exporting() is False


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_nothing_is_exported_when_it_is_switched_off(exporting: Callable[..., bool], off: dict[str, str]) -> None:
    assert exporting(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318", **off) is False


@pytest.mark.parametrize("form", ["http/protobuf", "grpc", "carrier pigeon"])
def test_work_goes_on_when_the_exporter_is_not_installed(exporting: Callable[..., bool], form: str) -> None:
    assert exporting(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_PROTOCOL=form) is False
    with tracing.span("work") as inner:
        assert tracing.valid_traceparent(inner)
    tracing.link(PARENT)


def test_neither_the_exporter_nor_a_client_is_loaded_where_nothing_is_exported() -> None:
    script = "import sys; from shared.telemetry import tracing; tracing.configure_tracing('x'); print(*sys.modules)"
    environment = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run((sys.executable, "-c", script), env=environment, capture_output=True, text=True, check=True)
    assert not {"shared.telemetry.otlp", "httpx", "requests"} & set(done.stdout.split())


def test_spans_arrive_with_their_parents_links_and_errors(exporting: Callable[..., bool]) -> None:
    with collecting() as collector:
        assert exporting(
            OTEL_EXPORTER_OTLP_ENDPOINT=f"{collector.url}/",
            OTEL_EXPORTER_OTLP_HEADERS="x-tenant=hedge%20desk,x-key=k",
            OTEL_EXPORTER_OTLP_TIMEOUT="5000",
        )
        with tracing.span("work", PARENT) as inner:
            marked = tracing.mark("turn", inner)
        with tracing.span("decision") as decided:
            tracing.link(inner)
        with pytest.raises(KeyError), tracing.span("fails"):
            raise KeyError("k")
        tracing.stop_tracing()
    told = {each.name: each for each in collector.spans}
    assert set(told) == {"work", "turn", "decision", "fails"}
    assert {each.service for each in collector.spans} == {"hawk-test"}
    assert inner == f"00-{told['work'].trace}-{told['work'].span}-01"
    assert told["work"].parent == PARENT.split("-")[2]
    assert (told["turn"].trace, told["turn"].parent) == (told["work"].trace, told["work"].span)
    assert marked.split("-")[2] == told["turn"].span
    assert told["decision"].trace == tracing.trace_id(decided) != told["work"].trace
    assert told["decision"].links == ((told["work"].trace, told["work"].span),)
    assert told["decision"].parent is None
    assert (told["fails"].status, told["fails"].events, told["work"].status) == (2, ("exception",), 0)
    assert all(0 < each.begun <= each.ended for each in collector.spans)
    assert collector.paths == {"/v1/traces"}
    assert {key.lower(): value for key, value in collector.headers[0].items()}["x-tenant"] == "hedge desk"


def test_an_endpoint_for_traces_alone_is_taken_as_it_is(exporting: Callable[..., bool]) -> None:
    with collecting() as collector:
        assert exporting(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/mine", OTEL_SERVICE_NAME="renamed")
        with tracing.span("work"):
            pass
        tracing.stop_tracing()
    assert collector.paths == {"/mine"}
    assert [each.service for each in collector.spans] == ["renamed"]


def test_an_unsampled_trace_stays_unsampled(exporting: Callable[..., bool]) -> None:
    with collecting() as collector:
        assert exporting(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        with tracing.span("work", PARENT[:-2] + "00") as inner:
            assert inner.endswith("-00")
            assert tracing.trace_id(inner) == tracing.trace_id(PARENT)
        tracing.stop_tracing()
    assert collector.spans == []


@pytest.mark.parametrize("status", [503, None])
def test_a_collector_that_is_away_or_refuses_does_not_hold_the_stop_up(
    exporting: Callable[..., bool], status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting(status or 200) as collector:
        url = collector.url
        if status is not None:
            _stops_soon(exporting, url)
            assert collector.headers, "it was asked"
    if status is None:
        _stops_soon(exporting, url)


def _stops_soon(exporting: Callable[..., bool], url: str) -> None:
    assert exporting(OTEL_EXPORTER_OTLP_ENDPOINT=url)
    for number in range(2_000):
        with tracing.span(f"work {number}"):
            pass
    began = time.monotonic()
    tracing.stop_tracing()
    assert time.monotonic() - began < 5
