"""The metrics every service has. A service adds its own beside them, in the same registry."""

from importlib.metadata import PackageNotFoundError, version

from shared.telemetry.listed.instruments import counter, gauge, histogram

HANDLED = counter("hawk_messages_handled_total")
REFUSED = counter("hawk_messages_refused_total")
RETRIED = counter("hawk_messages_retried_total")
HANDLING_SECONDS = histogram("hawk_message_handling_seconds")
LAG = gauge("hawk_consumer_lag_messages")
STALLED = counter("hawk_consumer_stalled_total")
CONFLICTS_TOTAL = counter("hawk_unit_conflicts_total")
TASK_RESTARTS = counter("hawk_task_restarts_total")
CONNECTIONS_REFUSED = counter("hawk_http_connections_refused_total")
REQUESTS_REFUSED = counter("hawk_http_requests_refused_total")
READY = gauge("hawk_ready")
CLOCK_OFFSET_SECONDS = gauge("hawk_clock_offset_seconds")
BUILD = gauge("hawk_build_info")


def _version() -> str:
    try:
        return version("hawk")
    except PackageNotFoundError:
        return "unknown"


BUILD.labels(version=_version()).set(1)
