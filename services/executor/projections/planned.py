"""planned_orders: which orders are planned and neither applied nor closed."""

from collections.abc import Iterator
from datetime import datetime

from services.executor.tables.changes import Change, Insert, Update
from shared.eventstore.port import RecordedEvent


def drawn(recorded: RecordedEvent) -> Iterator[Change]:
    """The order of a plan waits. Read off the stored JSON: a plan is the largest of all events, and this is a
    handful of its fields."""
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


def over(workflow_id: str) -> Iterator[Change]:
    """It is applied or closed; a workflow that has no order has no row either."""
    yield Update("planned_orders", {"workflow_id": workflow_id}, {"waits": False}, rows=None)
