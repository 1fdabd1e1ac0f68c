"""The list of metrics as a page, docs/operations/metrics.md."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shared.telemetry.listed.catalogue import METRICS
from shared.telemetry.listed.entry import PROCESSES, Metric
from tools.docs.generated_parts import Parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "operations" / "metrics.md"


def metrics_table() -> str:
    """Return a row for each metric of HAWK's own."""
    lines = ["| metric | kind, unit | labels, at most so many values | of | says |", "|---|---|---|---|---|"]
    lines += [_row(metric) for metric in METRICS.values() if metric.ours]
    return "\n".join(lines)


BLOCKS: Final[Parts] = MappingProxyType({"metrics": metrics_table})


def _row(metric: Metric) -> str:
    labels = "; ".join(f"`{label.name}` {label.at_most}: {label.bound}" for label in metric.labels) or "–"
    return (
        f"| `{metric.name}` | {metric.kind}, {metric.unit} | {labels} | {', '.join(_whose(metric))} | {metric.help} |"
    )


def _whose(metric: Metric) -> Iterator[str]:
    if len(metric.processes) == len(PROCESSES):
        yield "all"
        return
    yield from (name for name in PROCESSES if name in metric.processes)
    if metric.whole:
        yield "of the whole: take the largest"
