"""Metrics that every process has."""

from typing import Final

from shared.telemetry.listed.entry import EVERYBODY, Label, Metric

GROUP: Final = Label("group", "the consumer groups of the process", 8)
TOPIC: Final = Label("topic", "the topics that its groups read", 16)

#: Seconds. A handler is one small transaction: milliseconds when all is well, seconds when something is wrong.
HANDLING_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

EVERY_SERVICE: Final = (
    Metric(
        "hawk_ready", "gauge", "state", "1 while the process can do its work, as of this scrape", EVERYBODY,
        (Label("service", "the process's own name", 1),),
    ),
    Metric(
        "hawk_build_info", "gauge", "state", "1; the label says which release runs", EVERYBODY,
        (Label("version", "the release of the process", 1),),
    ),
    Metric(
        "hawk_clock_offset_seconds", "gauge", "seconds",
        "How far this process's clock is ahead of the database's, as of this scrape. The simulator has none", EVERYBODY,
    ),
    Metric(
        "hawk_messages_handled_total", "counter", "messages",
        "Messages done: handled, already known, not wanted, or refused", EVERYBODY, (GROUP, TOPIC),
    ),
    Metric(
        "hawk_messages_refused_total", "counter", "messages", "Messages set aside as dead letters", EVERYBODY,
        (GROUP, TOPIC, Label("code", "the codes of refusals", 200)),
    ),
    Metric(
        "hawk_messages_retried_total", "counter", "attempts", "Attempts that failed and wait to be repeated", EVERYBODY,
        (GROUP, TOPIC, Label("why", "waits, defect", 2)),
    ),
    Metric(
        "hawk_message_handling_seconds", "histogram", "seconds",
        "Time from taking a message up to its commit, one attempt", EVERYBODY, (GROUP, TOPIC), buckets=HANDLING_BUCKETS,
    ),
    Metric(
        "hawk_consumer_lag_messages", "gauge", "messages",
        "Messages in a partition that this process holds and has not handled yet", EVERYBODY,
        (GROUP, TOPIC, Label("partition", "the partitions of a topic", 64)),
    ),
    Metric(
        "hawk_consumer_stalled_total", "counter", "restarts",
        "Times the watchdog restarted a consumer without progress", EVERYBODY, (GROUP,),
    ),
    Metric(
        "hawk_unit_conflicts_total", "counter", "decisions", "Decisions repeated because another process was faster",
        EVERYBODY, (Label("kind", "the kinds of conflict in the code", 8),),
    ),
    Metric(
        "hawk_task_restarts_total", "counter", "restarts", "Background tasks started again after a failure", EVERYBODY,
        (Label("service", "the process's own name", 1), Label("task", "its background tasks", 16)),
    ),
    Metric(
        "hawk_http_connections_refused_total", "counter", "connections", "Connections and streams refused or cut off",
        EVERYBODY, (Label("why", "the reasons in the code", 8),),
    ),
    Metric(
        "hawk_http_requests_refused_total", "counter", "requests",
        "Requests answered with 4xx, by the code of the problem", EVERYBODY,
        (Label("status", "the statuses from 400 to 499", 20), Label("code", "the codes of problems", 200)),
    ),
)  # fmt: skip

_PROCESS: Final = "of the process, by the client library"

#: What the client library adds of the process; those called `process_` on Linux alone.
LIBRARY: Final = (
    Metric("process_cpu_seconds_total", "counter", "seconds", f"Processor time {_PROCESS}", EVERYBODY, ours=False),
    Metric("process_resident_memory_bytes", "gauge", "bytes", f"Memory in use {_PROCESS}", EVERYBODY, ours=False),
    Metric("process_virtual_memory_bytes", "gauge", "bytes", f"Memory reserved {_PROCESS}", EVERYBODY, ours=False),
    Metric("process_start_time_seconds", "gauge", "seconds", f"Start {_PROCESS}, since 1970", EVERYBODY, ours=False),
    Metric("process_open_fds", "gauge", "fds", f"Open file descriptors {_PROCESS}", EVERYBODY, ours=False),
    Metric("process_max_fds", "gauge", "fds", f"File descriptors allowed {_PROCESS}", EVERYBODY, ours=False),
    Metric(
        "python_gc_objects_collected_total", "counter", "objects", f"Objects collected {_PROCESS}", EVERYBODY,
        (Label("generation", "0, 1, 2", 3),), ours=False,
    ),
    Metric(
        "python_gc_objects_uncollectable_total", "counter", "objects", f"Objects that cannot be collected {_PROCESS}",
        EVERYBODY, (Label("generation", "0, 1, 2", 3),), ours=False,
    ),
    Metric(
        "python_gc_collections_total", "counter", "collections", f"Collections {_PROCESS}", EVERYBODY,
        (Label("generation", "0, 1, 2", 3),), ours=False,
    ),
    Metric(
        "python_info", "gauge", "state", f"Version of Python {_PROCESS}", EVERYBODY,
        tuple(Label(name, "one", 1) for name in ("implementation", "major", "minor", "patchlevel", "version")),
        ours=False,
    ),
)  # fmt: skip
