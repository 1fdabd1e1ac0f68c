"""The metrics every service has. A service adds its own beside them, in the same registry."""

from importlib.metadata import PackageNotFoundError, version

from prometheus_client import Counter, Gauge, Histogram

#: Seconds. A handler is one small transaction: milliseconds when all is well, seconds when something is
#: wrong.
HANDLING_SECONDS_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

HANDLED = Counter(
    "hawk_messages_handled_total", "Messages done: handled, already known, not wanted, or refused", ["group", "topic"]
)
REFUSED = Counter("hawk_messages_refused_total", "Messages set aside as dead letters", ["group", "topic", "code"])
RETRIED = Counter(
    "hawk_messages_retried_total", "Attempts that failed and wait to be repeated", ["group", "topic", "why"]
)
HANDLING_SECONDS = Histogram(
    "hawk_message_handling_seconds",
    "Time from taking a message up to its commit, one attempt",
    ["group", "topic"],
    buckets=HANDLING_SECONDS_BUCKETS,
)
LAG = Gauge("hawk_consumer_lag", "Messages in the partition that are not handled yet", ["group", "topic", "partition"])
STALLED = Counter("hawk_consumer_stalled_total", "Times the watchdog restarted a consumer without progress", ["group"])
CONFLICTS_TOTAL = Counter(
    "hawk_unit_conflicts_total", "Decisions repeated because another process was faster", ["kind"]
)
TASK_RESTARTS = Counter(
    "hawk_task_restarts_total", "Background tasks started again after a failure", ["service", "task"]
)
CONNECTIONS_REFUSED = Counter(
    "hawk_http_connections_refused_total", "Connections and streams refused or cut off", ["why"]
)
REQUESTS_REFUSED = Counter(
    "hawk_http_requests_refused_total", "Requests answered with 4xx, by the code of the problem", ["status", "code"]
)
READY = Gauge("hawk_ready", "1 while the process can do its work", ["service"])
BUILD = Gauge("hawk_build_info", "1; the label says which release runs", ["version"])


def _version() -> str:
    try:
        return version("hawk")
    except PackageNotFoundError:
        return "unknown"


BUILD.labels(version=_version()).set(1)
