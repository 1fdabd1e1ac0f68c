"""Makes metrics from their entries in the list, in no other way: none can exist that the list does not have."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from shared.telemetry.listed.catalogue import METRICS
from shared.telemetry.listed.entry import Kind, Metric

# A series `_created` for each counter and histogram says when it began: twice the series, and no use to anybody.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library does not say its type


def counter(name: str) -> Counter:
    """Return the counter of this name."""
    listed = _listed(name, "counter")
    return Counter(listed.name, listed.help, _labels(listed))


def gauge(name: str) -> Gauge:
    """Return the gauge of this name."""
    listed = _listed(name, "gauge")
    return Gauge(listed.name, listed.help, _labels(listed))


def histogram(name: str) -> Histogram:
    """Return the histogram of this name."""
    listed = _listed(name, "histogram")
    return Histogram(listed.name, listed.help, _labels(listed), buckets=listed.buckets)


def _labels(listed: Metric) -> tuple[str, ...]:
    return tuple(label.name for label in listed.labels)


def _listed(name: str, kind: Kind) -> Metric:
    found = METRICS[name]
    if found.kind != kind or not found.ours:
        raise KeyError(f"{name} is listed as a {found.kind}, not as a {kind} of ours.")
    return found
