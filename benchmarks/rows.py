"""The rows that HAWK's operations wrote for a workflow, and the 47 statements that write the same ones directly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from benchmarks.driver import BenchmarkFailed

SCHEMA = "bench"
"""Of the empty copies of HAWK's tables that the yardsticks write: same columns, types, checks and indexes."""

KEYS: Mapping[str, str] = {
    "hedge_instructions": "instruction_id",
    "hedge_business_events": "event_id",
    "allocation_engine": "allocation_id",
    "hedge_event_history": "event_sequence_id",
    "reallocation_audit": "reallocation_id",
    "audit_trail": "audit_id",
    "stage_bundles": "bundle_id",
    "stage2_queue": "queue_id",
    "deal_bookings": "deal_booking_id",
    "gl_entries": "gl_entry_id",
    "gl_entries_detail": "detail_id",
    "mx_proxy_hedge_report": "report_id",
    "mx_discounted_spot": "spot_id",
    "hfm_template_entries": "template_id",
    "hedge_effectiveness": "effectiveness_id",
    "risk_monitoring": "monitoring_id",
}
"""Every table that the operations of a workflow write (domain facts 10.3), with its key."""

READS: tuple[str, ...] = (
    "SELECT * FROM hawk.entity_master WHERE currency_code = $1",
    "SELECT * FROM hawk.position_nav_master WHERE currency_code = $1",
    "SELECT * FROM hawk.buffer_configuration WHERE currency_code = $1 OR currency_code IS NULL",
    "SELECT * FROM hawk.threshold_configuration WHERE currency_code = $1",
    "SELECT * FROM hawk.currency_configuration WHERE currency_code = $1",
    "SELECT * FROM hawk.waterfall_logic_configuration WHERE currency_code IN ($1, 'ALL')",
    f"SELECT * FROM {SCHEMA}.hedge_business_events WHERE exposure_currency = $1 AND entity_id = $2",  # noqa: S608 - a constant
    "SELECT * FROM hawk.murex_book_config",
    "SELECT * FROM hawk.system_configuration",
)
"""A2 to A7, B1, C1 and C2 of domain facts 10.3, with the currency and the entity."""

Row = Mapping[str, Any]
Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class WorkflowRows:
    """What one workflow wrote, by table."""

    tables: Mapping[str, Sequence[Row]]

    def one(self, table: str) -> Row:
        """Return the first row of a table, in the order of its key."""
        return self.tables[table][0]


@dataclass(frozen=True, slots=True)
class Columns:
    """Column names by table, without those that the database computes."""

    names: Mapping[str, tuple[str, ...]]

    def insert(self, table: str, rows: Sequence[Row]) -> Statement:
        """One statement for one row or a set of rows."""
        names = self.names[table]
        groups = (
            ", ".join(f"${place * len(names) + number}" for number in range(1, len(names) + 1))
            for place in range(len(rows))
        )
        values = ", ".join(f"({group})" for group in groups)
        sql = f"INSERT INTO {SCHEMA}.{table} ({', '.join(names)}) VALUES {values}"  # noqa: S608 - names of the catalogue
        return sql, tuple(row[name] for row in rows for name in names)


async def read_rows(connection: asyncpg.Connection, workflow_ids: Sequence[str]) -> tuple[Columns, list[WorkflowRows]]:
    """The rows of workflows that are done."""
    names: dict[str, tuple[str, ...]] = {}
    found: dict[str, dict[str, list[Row]]] = {workflow: {table: [] for table in KEYS} for workflow in workflow_ids}
    for table, key in KEYS.items():
        names[table] = tuple(
            row["column_name"]
            for row in await connection.fetch(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'hawk' AND table_name = $1"
                " AND is_generated = 'NEVER' ORDER BY ordinal_position",
                table,
            )
        )
        # The record of the approval is not one of the operations: the plan's design has none either.
        condition = " AND process_step IS NOT NULL" if table == "audit_trail" else ""
        for row in await connection.fetch(
            f"SELECT * FROM hawk.{table} WHERE workflow_id = ANY($1::text[]){condition} ORDER BY {key}",  # noqa: S608
            list(workflow_ids),
        ):
            found[row["workflow_id"]][table].append(dict(row))
    return Columns(names), [WorkflowRows(tables) for tables in found.values()]


def statements_of(rows: WorkflowRows, columns: Columns) -> list[Statement]:
    """The plan's own design (plan 3.1): one statement per operation, in their order.

    Raises:
        BenchmarkFailed: they are not the 47 of an A-COI.
    """
    event = rows.one("hedge_business_events")
    facts = (event["exposure_currency"], event["entity_id"])
    reads = [(sql, facts[: 2 if "$2" in sql else 1 if "$1" in sql else 0]) for sql in READS]
    statements = [*_check(rows, columns, reads[:6]), *_allocate(rows, columns, reads[6])]
    statements += _book(rows, columns, reads[7:])
    kinds = tuple(sum(sql.startswith(kind) for sql, _ in statements) for kind in ("SELECT", "INSERT", "UPDATE"))
    if kinds != (9, 30, 8):
        raise BenchmarkFailed(
            f"Workflow {event['workflow_id']}: expected 9 reads, 30 inserts and 8 updates, found {kinds}. "
            "The yardstick is made for A-COI inceptions at one entity."
        )
    return statements


def _check(rows: WorkflowRows, columns: Columns, reads: Sequence[Statement]) -> Iterator[Statement]:
    [order] = [row for row in rows.tables["hedge_instructions"] if row["parent_instruction_id"] is None]
    yield columns.insert("hedge_instructions", [order])
    yield from reads
    yield _update(
        "hedge_instructions", order, "check_status", "acknowledgement_status", "response_notional",
        "not_allocated_notional", "usd_pb_check_status", "buffer_pct_snapshot", "hedging_state_snapshot",
        "framework_id_snapshot", "car_exemption_snapshot", "processed_timestamp",
    )  # fmt: skip


def _allocate(rows: WorkflowRows, columns: Columns, read: Statement) -> Iterator[Statement]:
    [order] = [row for row in rows.tables["hedge_instructions"] if row["parent_instruction_id"] is None]
    [sub_order] = [row for row in rows.tables["hedge_instructions"] if row["parent_instruction_id"] is not None]
    yield read
    yield columns.insert("hedge_instructions", [sub_order])
    for table in ("hedge_business_events", "allocation_engine", "hedge_event_history", "reallocation_audit"):
        yield columns.insert(table, [rows.one(table)])
    yield columns.insert("audit_trail", rows.tables["audit_trail"][:1])
    for table in ("stage_bundles", "stage2_queue"):
        yield columns.insert(table, [rows.one(table)])
    yield _update("allocation_engine", rows.one("allocation_engine"), "allocation_status", "finalized")
    yield _update(
        "hedge_business_events", rows.one("hedge_business_events"), "event_status", "stage_1b_status",
        "stage_2_status", "stage_1b_completion_time",
    )  # fmt: skip
    yield _update("hedge_instructions", order, "instruction_status", "allocated_notional", "not_allocated_notional")


def _book(rows: WorkflowRows, columns: Columns, reads: Sequence[Statement]) -> Iterator[Statement]:
    event, deals = rows.one("hedge_business_events"), rows.tables["deal_bookings"]
    yield from reads
    yield _update(
        "hedge_business_events", event, "stage_2_status", "stage_2_start_time", "assigned_booking_model",
        "expected_deal_count",
    )  # fmt: skip
    for deal in deals:
        yield columns.insert("deal_bookings", [deal])
    yield (
        f"UPDATE {SCHEMA}.deal_bookings SET deal_status = 'Sent', sent_timestamp = $2 WHERE event_id = $1",  # noqa: S608
        (event["event_id"], deals[0]["sent_timestamp"]),
    )
    yield (
        f"UPDATE {SCHEMA}.deal_bookings AS d SET deal_status = 'Booked', external_reference = u.reference,"  # noqa: S608
        " booking_timestamp = $3, confirmation_received = true"
        " FROM unnest($1::text[], $2::text[]) AS u (id, reference) WHERE d.deal_booking_id = u.id",
        (
            [deal["deal_booking_id"] for deal in deals],
            [deal["external_reference"] for deal in deals],
            deals[0]["booking_timestamp"],
        ),
    )
    for entry in rows.tables["gl_entries"]:
        yield columns.insert("gl_entries", [entry])
    yield columns.insert("gl_entries_detail", rows.tables["gl_entries_detail"])
    for table in (
        "mx_proxy_hedge_report", "mx_discounted_spot", "hfm_template_entries", "hedge_effectiveness", "risk_monitoring",
    ):  # fmt: skip
        yield columns.insert(table, [rows.one(table)])
    yield columns.insert("audit_trail", rows.tables["audit_trail"][1:])
    yield _update(
        "hedge_business_events", event, "stage_2_status", "event_status", "gl_package_id", "actual_deal_count",
        "stage_2_completion_time",
    )  # fmt: skip


def _update(table: str, row: Row, *columns: str) -> Statement:
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns, start=2))
    sql = f"UPDATE {SCHEMA}.{table} SET {assignments} WHERE {KEYS[table]} = $1"  # noqa: S608 - names of the catalogue
    return sql, (row[KEYS[table]], *(row[column] for column in columns))
