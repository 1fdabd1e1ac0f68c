"""Columns of the sums and movements of HAWK's own reservations and hedges. Source: design 6."""

from services.executor.tables.table import Table

TABLES: tuple[Table, ...] = (
    Table.of(
        "exposure_capacity",
        "stream",
        text="stream entity_id currency_code nav_type",
        numeric="reserved hedged",
        bigint="version",
        timestamptz="updated_at",
    ),
    Table.of(
        "exposure_movements",
        "stream workflow_id movement_no",
        text="stream workflow_id entity_id currency_code nav_type status event_id",
        numeric="amount amount_usd",
        integer="movement_no",
        bigint="version",
        date="trade_date",
        timestamptz="created_at updated_at",
    ),
    Table.of(
        "usd_pb_usage",
        "stream",
        text="stream currency_code",
        numeric="reserved_usd hedged_usd",
        bigint="version",
        timestamptz="updated_at",
    ),
)
