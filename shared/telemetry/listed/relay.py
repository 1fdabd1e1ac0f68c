"""Metrics of the relay: how much waits, for how long, and who holds the feed back."""

from typing import Final

from shared.telemetry.listed.entry import Kind, Label, Metric


def _relay(name: str, kind: Kind, unit: str, text: str, *labels: Label) -> Metric:
    return Metric(f"hawk_relay_{name}", kind, unit, text, frozenset({"relay"}), labels)


_ONE_SESSION: Final = "of the one session that holds the feed back now"

RELAY: Final = (
    _relay("active", "gauge", "state", "1 while this relay holds the lock, 0 while it is on standby"),
    _relay("sealed_total", "counter", "events", "Events sealed by this process"),
    _relay("published_total", "counter", "events", "Events published and acknowledged, by this process"),
    _relay("publish_failures_total", "counter", "failures", "Times publishing began again from the checkpoint"),
    _relay(
        "publish_failing", "gauge", "state", "1 while publishing fails: Kafka is away, or an event cannot be routed"
    ),
    _relay(
        "passed_over_total", "counter", "events", "Events that can never be published as they are, by named cause",
        Label("cause", "the causes in the code", 8),
    ),
    _relay("unpublishable_events", "gauge", "events", "Events that were passed over and are not published yet"),
    _relay(
        "heads_failing", "gauge", "state",
        "1 while no head of the chain is published: Kafka, its topic or the chain itself is amiss",
    ),
    _relay("heads_refused_total", "counter", "heads", "Times a head was not signed because the chain contradicts"),
    _relay("foreign_heads_total", "counter", "records", "Records that others put on the topic of heads"),
    _relay("unsealed_events", "gauge", "events", "Events not sealed yet (counted up to a bound)"),
    _relay("unpublished_events", "gauge", "events", "Sealed events not published yet"),
    _relay("seal_lag_seconds", "gauge", "seconds", "Age of the oldest event that is not sealed"),
    _relay(
        "feed_stalled_seconds", "gauge", "seconds",
        "Age of the oldest event that waits for an older open transaction to end",
    ),
    _relay(
        "feed_blocker_seconds", "gauge", "seconds",
        "Age of the open transaction that stalls the feed, only while it does; the log has its query",
        Label("pid", f"the backend {_ONE_SESSION}", 1),
        Label("role", f"the role {_ONE_SESSION}", 1),
        Label("application", f"the application {_ONE_SESSION}", 1),
    ),
    _relay(
        "stalling_sessions_ended_total", "counter", "sessions",
        "Sessions ended because their open transaction stalled the feed",
    ),
)  # fmt: skip
