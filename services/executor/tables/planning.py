"""Columns of what planning keeps of its own plans; nothing of the business is in it, and none of it is counted."""

from services.executor.tables.table import Table

TABLES: tuple[Table, ...] = (
    Table.of(
        "planned_orders",
        "workflow_id",
        of_two_streams=True,
        text="workflow_id instruction_type exposure_currency order_id",
        boolean="waits",
        timestamptz="planned_at",
    ),
)
