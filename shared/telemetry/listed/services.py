"""Metrics of single services, and of the Murex simulator."""

from typing import Final

from shared.telemetry.listed.entry import Label, Metric

_PARSER: Final = frozenset({"parser"})
_EXECUTOR: Final = frozenset({"executor"})
_MONITOR: Final = frozenset({"monitor"})
_APPROVAL: Final = frozenset({"approval"})
_MUREX: Final = frozenset({"murex"})
_STATE: Final = Label("state", "the states of a workflow", 24)

SERVICES: Final = (
    Metric(
        "hawk_parser_responses_total", "counter", "responses", "Responses recorded, by their outcome", _PARSER,
        (Label("outcome", "the outcomes of a response", 8),),
    ),
    Metric(
        "hawk_executor_stopped", "gauge", "state", "1 while the stop switch is on, as the executor knows it", _EXECUTOR,
        whole=True,
    ),
    Metric(
        "hawk_executor_control_caught_up_seconds", "gauge", "seconds",
        "Seconds since hawk.control was read to its end; above 10 nothing new begins. -1: never", _EXECUTOR, whole=True,
    ),
    Metric(
        "hawk_executor_answers_caught_up_seconds", "gauge", "seconds",
        "Seconds since every partition of hawk.murex.answers was read to its end; no deal asked later is silent."
        " -1: never", _EXECUTOR, whole=True,
    ),
    Metric(
        "hawk_executor_workflows_in_flight", "gauge", "workflows",
        "Workflows that hold a slot, of all executors together", _EXECUTOR, whole=True,
    ),
    Metric(
        "hawk_executor_longest_in_flight_seconds", "gauge", "seconds",
        "Seconds for which the workflow that is in flight longest has been so; 0: none", _EXECUTOR, whole=True,
    ),
    Metric(
        "hawk_executor_turns_waiting", "gauge", "turns", "Approved plans that wait for a slot", _EXECUTOR, whole=True
    ),
    Metric(
        "hawk_executor_oldest_turn_seconds", "gauge", "seconds",
        "Seconds that the first of the waiting plans waits; 0: none", _EXECUTOR, whole=True,
    ),
    Metric(
        "hawk_executor_repeats_postponed_total", "counter", "messages",
        "Messages to Murex that silence asked for and the budget put off", _EXECUTOR,
    ),
    Metric(
        "hawk_reference_held_rows", "gauge", "rows",
        "Reference rows and sets that are not plausible and wait for people", _APPROVAL, whole=True,
    ),
    Metric(
        "hawk_notifications", "gauge", "notifications",
        "Mails and webhooks that wait to be sent, and those that were given up", _APPROVAL,
        (Label("state", "WAITING, GIVEN_UP", 2),), whole=True,
    ),
    Metric(
        "hawk_notification_sendings_total", "counter", "notifications",
        "Notifications that were tried: sent, failed for now, given up", _APPROVAL,
        (Label("channel", "mail, webhook", 2), Label("outcome", "sent, failed, given_up", 3)),
    ),
    Metric(
        "hawk_workflows", "gauge", "workflows",
        "Workflows by state; those that have ended, as of at most five minutes ago", _MONITOR, (_STATE,), whole=True,
    ),
    Metric(
        "hawk_attention_workflows", "gauge", "workflows",
        "Workflows that somebody should look at, as the overview lists them", _MONITOR,
        (Label("why", "person, posting, undoing, silent, murex", 5),), whole=True,
    ),
    Metric(
        "hawk_oldest_awaiting_approval_seconds", "gauge", "seconds",
        "Age of the workflow that waits longest for people; 0 for none", _MONITOR, whole=True,
    ),
    Metric(
        "hawk_progress_messages_total", "counter", "messages", "Messages of hawk.progress taken in", _MONITOR, (_STATE,)
    ),
    Metric("hawk_stream_clients", "gauge", "clients", "Open progress streams", _MONITOR),
    Metric(
        "hawk_window_ended_workflows", "gauge", "workflows", "Workflows that ended in this minute", _MONITOR,
        (Label("kind", "completed, failed", 2),), whole=True,
    ),
    Metric("hawk_windows_running", "gauge", "state", "1 while Faust counts", _MONITOR),
    Metric(
        "murex_requests_total", "counter", "requests", "Requests taken into the simulator's book", _MUREX,
        (Label("kind", "the kinds of request", 8),),
    ),
    Metric(
        "murex_requests_unreadable_total", "counter", "messages",
        "Messages to the simulator set aside because they are not requests", _MUREX,
        (Label("code", "the codes of refusals", 200),),
    ),
    Metric(
        "murex_replies_total", "counter", "replies", "Replies of the simulator that the gateway has kept", _MUREX,
        (Label("event", "the kinds of reply", 16),),
    ),
)  # fmt: skip
