"""Metrics of the relay: how much waits, for how long, and who holds the feed back."""

from prometheus_client import Counter, Gauge

ACTIVE = Gauge("hawk_relay_active", "1 while this relay holds the lock, 0 while it is on standby")
SEALED = Counter("hawk_relay_sealed_total", "Events sealed by this process")
PUBLISHED = Counter("hawk_relay_published_total", "Events published and acknowledged, by this process")
PUBLISH_FAILURES = Counter("hawk_relay_publish_failures_total", "Times publishing began again from the checkpoint")
PUBLISH_FAILING = Gauge(
    "hawk_relay_publish_failing", "1 while publishing fails: Kafka is away, or an event cannot be routed"
)
PASSED_OVER = Counter(
    "hawk_relay_passed_over_total", "Events that can never be published as they are, by named cause", ["cause"]
)
UNPUBLISHABLE = Gauge("hawk_relay_unpublishable_events", "Events that were passed over and are not published yet")
HEADS_FAILING = Gauge(
    "hawk_relay_heads_failing",
    "1 while no head of the chain is published: Kafka, its topic or the chain itself is amiss",
)
HEADS_REFUSED = Counter("hawk_relay_heads_refused_total", "Times a head was not signed because the chain contradicts")
FOREIGN_HEADS = Counter("hawk_relay_foreign_heads_total", "Records that others put on the topic of heads")
UNSEALED = Gauge("hawk_relay_unsealed_events", "Events not sealed yet (counted up to a bound)")
UNPUBLISHED = Gauge("hawk_relay_unpublished_events", "Sealed events not published yet")
SEAL_LAG_SECONDS = Gauge("hawk_relay_seal_lag_seconds", "Age of the oldest event that is not sealed")
FEED_STALLED_SECONDS = Gauge(
    "hawk_relay_feed_stalled_seconds",
    "Age of the oldest event that waits for an older open transaction to end",
)
FEED_BLOCKER = Gauge(
    "hawk_relay_feed_blocker_seconds",
    "Age of the open transaction that stalls the feed, only while it does; the log has its query",
    ["pid", "role", "application"],
)
STALLING_ENDED = Counter(
    "hawk_relay_stalling_sessions_ended_total", "Sessions ended because their open transaction stalled the feed"
)
