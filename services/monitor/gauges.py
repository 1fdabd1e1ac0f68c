"""The metrics of workflows, besides those of every service."""

import asyncio
import itertools
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, get_args

import structlog

from services.monitor.overview.lines import Attention
from services.monitor.overview.wanted import SILENT_SECONDS
from services.monitor.ports import ReadModel
from services.monitor.speed.telling import COMPLETED, FAILED
from services.monitor.windows import Windows
from shared.errors import Transient
from shared.events import states as workflow_states
from shared.events.base import Event
from shared.events.progress import ProgressReported, WorkflowState
from shared.messaging.faults import passes_by_itself
from shared.telemetry.listed.instruments import counter, gauge
from shared.web.progress_feed import ProgressFeed

#: Seconds between two counts: as often as Prometheus usually asks, and cheap.
COUNT_SECONDS = 5.0
STATES: Final[frozenset[str]] = frozenset(get_args(WorkflowState))
#: States in which workflows stay: nearly all that there ever were are in one of them.
AT_REST: Final = workflow_states.FINAL - {"NEEDS_INTERVENTION"}
#: Counts between two of those at rest, so that a long history costs little: five minutes.
AT_REST_EVERY: Final = 60

WORKFLOWS = gauge("hawk_workflows")
ATTENTION = gauge("hawk_attention_workflows")
OLDEST_AWAITING_SECONDS = gauge("hawk_oldest_awaiting_approval_seconds")
PROGRESS_MESSAGES = counter("hawk_progress_messages_total")
STREAM_CLIENTS = gauge("hawk_stream_clients")
WINDOW_ENDED = gauge("hawk_window_ended_workflows")
WINDOWS_RUNNING = gauge("hawk_windows_running")

_log = structlog.get_logger(__name__)


def count_event(event: Event) -> None:
    """Count an event that was kept."""
    if isinstance(event, ProgressReported):
        PROGRESS_MESSAGES.labels(state=event.state).inc()


def observe(feed: ProgressFeed, windows: Windows) -> None:
    """Install the gauges that are computed when Prometheus asks, and counters that are 0 rather than absent at first.

    Prometheus sees no increase where a counter begins with its first message.
    """
    for state in STATES:
        PROGRESS_MESSAGES.labels(state=state)
    STREAM_CLIENTS.set_function(lambda: feed.clients)
    WINDOWS_RUNNING.set_function(lambda: int(windows.running))
    for kind in (COMPLETED, FAILED):
        WINDOW_ENDED.labels(kind=kind).set_function(partial(windows.latest, kind))


async def count_forever(read_model: ReadModel) -> None:
    """Count the workflows again and again; while the database is away, the last figures remain."""
    for number in itertools.count():
        try:
            await count(read_model, datetime.now(UTC), STATES - AT_REST if number % AT_REST_EVERY else STATES)
        except Exception as error:
            if not (passes_by_itself(error) or isinstance(error, Transient | OSError)):
                raise
            _log.info("workflows_not_counted", why=str(error))
        await asyncio.sleep(COUNT_SECONDS)


async def count(read_model: ReadModel, now: datetime, states: Collection[str] = STATES) -> None:
    """Set the gauges of these states once; a state without workflows is 0, never absent."""
    counts = await read_model.counts(states)
    for state in states:
        WORKFLOWS.labels(state=state).set(counts.get(state, 0))
    urgent = await read_model.attention(now - timedelta(seconds=SILENT_SECONDS))
    for why in Attention:
        ATTENTION.labels(why=why.name.lower()).set(urgent.get(int(why), 0))
    oldest = await read_model.oldest("AWAITING_APPROVAL")
    OLDEST_AWAITING_SECONDS.set(0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
