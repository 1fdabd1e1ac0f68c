"""Compensated operations: the rows stay, carry their reversed status and point to the event that took them back."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from services.executor.projections import audit
from services.executor.projections.rows import resolved
from services.executor.tables.catalogue import table_named
from services.executor.tables.changes import Change, Row, Update
from shared.events import undoing
from shared.events.execution import ExecutionEvent
from shared.hedging.operations import OperationKind

#: Status column of each table that a workflow inserts into, and what a row taken back says there.
REVERSED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "hedge_instructions": ("instruction_status", "Cancelled"),
        "hedge_business_events": ("event_status", "Cancelled"),
        "allocation_engine": ("allocation_status", "Released"),
        "hedge_event_history": ("history_status", "Reversed"),
        "reallocation_audit": ("reallocation_status", "Reversed"),
        "audit_trail": ("status", "Reversed"),
        "stage_bundles": ("status", "Cancelled"),
        "stage2_queue": ("queue_status", "Cancelled"),
        "deal_bookings": ("deal_status", "Cancelled"),
        "gl_entries": ("entry_status", "Reversed"),
        "gl_entries_detail": ("detail_status", "Reversed"),
        "mx_proxy_hedge_report": ("report_status", "Reversed"),
        "mx_discounted_spot": ("spot_status", "Reversed"),
        "hfm_template_entries": ("template_status", "Reversed"),
        "hedge_effectiveness": ("effectiveness_status", "Reversed"),
        "risk_monitoring": ("monitoring_status", "Reversed"),
    }
)


def compensated(event: undoing.OperationCompensated, origin: UUID) -> Iterator[Change]:
    """Mark the rows of an INSERT. An UPDATE was of a row of the workflow, which its INSERT marks."""
    if event.kind is OperationKind.INSERT:
        yield from marked(event.table, event.keys, origin)


def marked(table: str, keys: Iterable[str], origin: UUID) -> Iterator[Change]:
    """Mark the rows of a table with these keys as taken back by the event `origin`."""
    column, status = REVERSED[table]
    (key,) = table_named(table).key
    for value in keys:
        yield Update(table, {key: _key(table, value)}, {column: status, "reversed_by_event": origin})


def workflow_compensated(event: undoing.WorkflowCompensated, origin: UUID) -> Iterator[Change]:
    """Take back rows of no operation: messages to and from Murex, and the failures of booking, now settled."""
    yield from audit.compensated(event, origin)
    settled = resolved("Everything was undone.", event.compensated_at)
    yield from beside_operations(event, origin, settled, "stage2_error_log")


def beside_operations(event: ExecutionEvent, origin: UUID, settled: Row, *logs: str) -> Iterator[Change]:
    """Mark the messages and failures of a workflow as taken back, however many there are."""
    workflow, taken_back = {"workflow_id": event.workflow_id}, {"reversed_by_event": origin}
    yield Update("h_stg_mrx_ext", workflow, taken_back, rows=None)
    for log in logs:
        yield Update(log, workflow, {**settled, **taken_back}, rows=None)


def _key(table: str, value: str) -> str | UUID:
    return UUID(value) if table == "stage_bundles" else value
