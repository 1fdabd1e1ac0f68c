"""execution_status: how far a workflow is; planned_orders: which orders are planned and neither applied nor closed."""

from collections.abc import Iterator
from datetime import datetime

from services.executor.tables.changes import Change, Insert, Update, Upsert, Value
from shared.events import states
from shared.events.progress import ProgressReported
from shared.eventstore.port import RecordedEvent


def progress(event: ProgressReported) -> Iterator[Change]:
    """Set the row of the workflow; the first report sets its start, a final one its end."""
    row: dict[str, Value] = {
        "workflow_id": event.workflow_id,
        "order_id": event.order_id,
        "total_operations": event.total_operations,
        "completed_operations": event.completed_operations,
        "progress": event.progress,
        "status": event.state if event.state in states.ENDED else "IN_PROGRESS",
        **{f"stage_{stage.lower()}_status": event.stages.get(stage, "PENDING") for stage in ("1A", "1B", "2", "3")},
        "failure_reason": event.reason,
        "updated_at": event.at,
    }
    if event.sequence == 1:
        row["started_at"] = event.at
    if event.final:
        row["completed_at"] = event.at
    yield Upsert("execution_status", {"transaction_id": event.workflow_id}, row)


def order_planned(recorded: RecordedEvent) -> Iterator[Change]:
    """Insert the order of a plan as waiting.

    It is read off the stored JSON: a plan is the largest of all events, and these are a handful of its fields.
    """
    order = recorded.data["plan"]["order"]
    yield Insert(
        "planned_orders",
        {
            "workflow_id": recorded.data["workflow_id"],
            "instruction_type": order["instruction_type"],
            "exposure_currency": order["exposure_currency"],
            "order_id": order["order_id"],
            "planned_at": datetime.fromisoformat(recorded.data["planned_at"]),
            "waits": True,
        },
    )


def order_over(workflow_id: str) -> Iterator[Change]:
    """End the waiting of an order that is applied or closed; a workflow without an order has no row either."""
    yield Update("planned_orders", {"workflow_id": workflow_id}, {"waits": False}, rows=None)
