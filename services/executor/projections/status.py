"""execution_status: how far a workflow is, in the plan's own table (plan 4.1). Folded from its progress stream."""

from collections.abc import Iterator

from services.executor.tables.changes import Change, Upsert
from shared.events.progress import ProgressReported

_OVER = {"COMPLETED", "POSTED", "REFUSED", "REJECTED", "EXPIRED", "WITHDRAWN", "SUPERSEDED", "STALE_CONTEXT",
         "COMPENSATED", "NEEDS_INTERVENTION", "REVERSED"}  # fmt: skip


def progress(event: ProgressReported) -> Iterator[Change]:
    """Set the row of the workflow; the first report sets its start, a final one its end."""
    row: dict[str, object] = {
        "workflow_id": event.workflow_id,
        "order_id": event.order_id,
        "total_operations": event.total_operations,
        "completed_operations": event.completed_operations,
        "progress": event.progress,
        "status": event.state if event.state in _OVER else "IN_PROGRESS",
        "stage_1a_status": event.stages.get("1A", "PENDING"),
        "stage_1b_status": event.stages.get("1B", "PENDING"),
        "stage_2_status": event.stages.get("2", "PENDING"),
        "stage_3_status": event.stages.get("3", "PENDING"),
        "failure_reason": event.reason,
        "updated_at": event.at,
    }
    if event.sequence == 1:
        row["started_at"] = event.at
    if event.final:
        row["completed_at"] = event.at
    yield Upsert("execution_status", {"transaction_id": event.workflow_id}, row)  # type: ignore[arg-type]
