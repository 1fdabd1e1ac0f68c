"""Metrics of the relay: how much waits, for how long, and who holds the feed back."""

from shared.telemetry.listed.instruments import counter, gauge

ACTIVE = gauge("hawk_relay_active")
SEALED = counter("hawk_relay_sealed_total")
PUBLISHED = counter("hawk_relay_published_total")
PUBLISH_FAILURES = counter("hawk_relay_publish_failures_total")
PUBLISH_FAILING = gauge("hawk_relay_publish_failing")
PASSED_OVER = counter("hawk_relay_passed_over_total")
UNPUBLISHABLE = gauge("hawk_relay_unpublishable_events")
HEADS_FAILING = gauge("hawk_relay_heads_failing")
HEADS_REFUSED = counter("hawk_relay_heads_refused_total")
FOREIGN_HEADS = counter("hawk_relay_foreign_heads_total")
UNSEALED = gauge("hawk_relay_unsealed_events")
UNPUBLISHED = gauge("hawk_relay_unpublished_events")
SEAL_LAG_SECONDS = gauge("hawk_relay_seal_lag_seconds")
FEED_STALLED_SECONDS = gauge("hawk_relay_feed_stalled_seconds")
FEED_BLOCKER = gauge("hawk_relay_feed_blocker_seconds")
STALLING_ENDED = counter("hawk_relay_stalling_sessions_ended_total")
