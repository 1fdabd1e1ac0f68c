"""The dashboard for Grafana: which metrics are shown together, and how, from the list of metrics."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from shared.telemetry.listed.catalogue import METRICS
from shared.telemetry.listed.entry import Metric

FILE: Final = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards" / "hawk.json"

#: Columns of Grafana's grid, and rows of a panel of each kind.
_COLUMNS: Final = 24
_HEIGHT: Final = {"stat": 4, "timeseries": 8}
_WIDTH: Final = {"stat": 6, "timeseries": 8}
#: Of histograms: half of all, and all but one in a hundred.
_QUANTILES: Final = (0.5, 0.99)
#: Labels that would draw a line for each partition or version, where the sum says enough.
_SUMMED: Final = frozenset({"partition"})


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its title and the metrics on it, which have one unit. `stat` shows the last value, large."""

    title: str
    names: tuple[str, ...]
    kind: Literal["timeseries", "stat"] = "timeseries"


SECTIONS: Final[Mapping[str, Sequence[Panel]]] = MappingProxyType(
    {
        "At a glance": (
            Panel("Ready", ("hawk_ready",), "stat"),
            Panel("Somebody should look", ("hawk_attention_workflows",), "stat"),
            Panel("Longest wait for approval", ("hawk_oldest_awaiting_approval_seconds",), "stat"),
            Panel("Stop in force, rows held", ("hawk_executor_stopped", "hawk_reference_held_rows"), "stat"),
            Panel("Notifications", ("hawk_notifications",), "stat"),
            Panel("Notifications tried", ("hawk_notification_sendings_total",)),
        ),
        "Workflows": (
            Panel("Workflows by state", ("hawk_workflows",)),
            Panel("Turns of workflows", ("hawk_progress_messages_total",)),
            Panel("Answers read", ("hawk_parser_responses_total",)),
            Panel(
                "In flight, and waiting for a turn",
                ("hawk_executor_workflows_in_flight", "hawk_executor_turns_waiting"),
            ),
            Panel(
                "Age of the oldest", ("hawk_executor_longest_in_flight_seconds", "hawk_executor_oldest_turn_seconds")
            ),
            Panel("Ended in this minute", ("hawk_window_ended_workflows", "hawk_windows_running")),
        ),
        "Messages": (
            Panel("Handled", ("hawk_messages_handled_total",)),
            Panel("Time of handling", ("hawk_message_handling_seconds",)),
            Panel("Lag", ("hawk_consumer_lag_messages",)),
            Panel("Set aside as dead letters", ("hawk_messages_refused_total",)),
            Panel("Repeated, and restarted", ("hawk_messages_retried_total", "hawk_consumer_stalled_total")),
            Panel("Decided again", ("hawk_unit_conflicts_total",)),
        ),
        "Relay": (
            Panel("Sealed and published", ("hawk_relay_sealed_total", "hawk_relay_published_total")),
            Panel(
                "Waiting",
                ("hawk_relay_unsealed_events", "hawk_relay_unpublished_events", "hawk_relay_unpublishable_events"),
            ),
            Panel(
                "Age of what waits",
                ("hawk_relay_seal_lag_seconds", "hawk_relay_feed_stalled_seconds", "hawk_relay_feed_blocker_seconds"),
            ),
            Panel("State", ("hawk_relay_active", "hawk_relay_publish_failing", "hawk_relay_heads_failing")),
            Panel(
                "Troubles of publishing",
                (
                    "hawk_relay_publish_failures_total",
                    "hawk_relay_passed_over_total",
                    "hawk_relay_stalling_sessions_ended_total",
                ),
            ),
            Panel("Troubles of the chain", ("hawk_relay_heads_refused_total", "hawk_relay_foreign_heads_total")),
        ),
        "Murex, and what is in force": (
            Panel(
                "Read to its end",
                ("hawk_executor_control_caught_up_seconds", "hawk_executor_answers_caught_up_seconds"),
            ),
            Panel("Repeats put off", ("hawk_executor_repeats_postponed_total",)),
            Panel(
                "The simulator's book",
                ("murex_requests_total", "murex_replies_total", "murex_requests_unreadable_total"),
            ),
        ),
        "HTTP and processes": (
            Panel("Requests refused", ("hawk_http_requests_refused_total",)),
            Panel("Connections refused", ("hawk_http_connections_refused_total",)),
            Panel("Open streams", ("hawk_stream_clients",)),
            Panel("Clock", ("hawk_clock_offset_seconds",)),
            Panel("Background tasks restarted", ("hawk_task_restarts_total",)),
            Panel("Processor", ("process_cpu_seconds_total",)),
            Panel("Memory", ("process_resident_memory_bytes",)),
            Panel("Open files", ("process_open_fds", "process_max_fds")),
            Panel("Releases", ("hawk_build_info",)),
        ),
    }
)


def dashboard_text() -> str:
    """Return the dashboard as Grafana reads it."""
    document = {
        "uid": "hawk",
        "title": "HAWK",
        "description": "Generated from the list of metrics: make docs",
        "tags": ["hawk"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "Asia/Singapore",
        "graphTooltip": 1,
        "templating": {"list": [_DATASOURCE]},
        "panels": list(_panels()),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def queries(metric: Metric) -> Iterator[tuple[str, str]]:
    """Yield the expressions that show a metric, each with the legend of its lines.

    What is of the whole is the same at each process, so the largest counts; counters add up over processes.
    """
    labels = [label.name for label in metric.labels if label.name not in _SUMMED]
    if metric.kind == "counter":
        kept = labels if metric.ours else ["instance"]
        yield f"sum{_by(kept)} (rate({metric.name}[$__rate_interval]))", _legend(metric, kept)
    elif metric.kind == "histogram":
        for quantile in _QUANTILES:
            rates = f"sum{_by(['le', *labels])} (rate({metric.name}_bucket[$__rate_interval]))"
            yield f"histogram_quantile({quantile}, {rates})", f"p{quantile * 100:g} {_legend(metric, labels)}"
    elif metric.whole:
        yield f"max{_by(labels)} ({metric.name})", _legend(metric, labels)
    else:
        kept = ["instance", *(label for label in labels if label != "service")]
        yield f"sum{_by(kept)} ({metric.name})", _legend(metric, kept)


_DATASOURCE: Final = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "current": {"text": "HAWK", "value": "hawk-prometheus"},
}


def _by(labels: Sequence[str]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""


def _legend(metric: Metric, labels: Sequence[str]) -> str:
    short = metric.name.removeprefix("hawk_").removesuffix("_total").replace("_", " ")
    return " ".join((short, *(f"{{{{{label}}}}}" for label in labels)))


def _panels() -> Iterator[dict[str, Any]]:
    number = row = 0
    for section, panels in SECTIONS.items():
        number += 1
        yield {
            "id": number, "type": "row", "title": section, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": row, "w": _COLUMNS, "h": 1},
        }  # fmt: skip
        row, column = row + 1, 0
        for panel in panels:
            number += 1
            if column + _WIDTH[panel.kind] > _COLUMNS:
                row, column = row + _HEIGHT[panel.kind], 0
            yield _panel(number, panel, column, row)
            column += _WIDTH[panel.kind]
        row += _HEIGHT[panels[-1].kind]


def _panel(number: int, panel: Panel, column: int, row: int) -> dict[str, Any]:
    metrics = [METRICS[name] for name in panel.names]
    shown = [query for metric in metrics for query in queries(metric)]
    source = {"type": "prometheus", "uid": "${datasource}"}
    options: dict[str, Any] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if panel.kind == "stat":
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name", "graphMode": "none"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": ". ".join(metric.help for metric in metrics),
        "datasource": source,
        "gridPos": {"x": column, "y": row, "w": _WIDTH[panel.kind], "h": _HEIGHT[panel.kind]},
        "fieldConfig": {"defaults": {"unit": _unit(metrics[0]), "min": _least(metrics)}, "overrides": []},
        "options": options,
        "targets": [
            {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend, "datasource": source}
            for place, (expression, legend) in enumerate(shown)
        ],
    }


def _unit(metric: Metric) -> str:
    """Return Grafana's name of a unit. Seconds a second are a share of a processor; all other counters are rates."""
    if metric.kind == "counter":
        return "percentunit" if metric.unit == "seconds" else "cps"
    return {"seconds": "s", "bytes": "bytes"}.get(metric.unit, "short")


def _least(metrics: Sequence[Metric]) -> int | None:
    """Return where the scale begins: at 0, but for what may be below."""
    signed = {"hawk_clock_offset_seconds", "hawk_executor_control_caught_up_seconds"}
    return None if signed & {metric.name for metric in metrics} else 0
