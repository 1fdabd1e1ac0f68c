"""The queries of `hawk report` over the views of schema public, and the JSON documents of their rows.

Amounts are text with the decimals of their currency; times are ISO 8601 in UTC.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from cli.wording import Document
from shared.money.amounts import ZERO, rate_text, text_of
from tools.verification.session import session

SGD: Final = "SGD"
USD: Final = "USD"

Rows = Sequence[Mapping[str, Any]]

CAPACITY = """
    SELECT entity_id, entity_name, entity_type, currency_code, nav_type, as_of_date, sfx, car, overlay,
           buffer_percentage, buffer_amount, hedged_snapshot, available_before, reserved, hedged_own, available_after
    FROM public.v_entity_capacity_use
    WHERE $1::text IS NULL OR currency_code = $1
    ORDER BY currency_code, nav_type, available_before DESC, entity_id
"""
LIMITS = """
    SELECT currency_code, threshold_warning, threshold_critical, threshold_maximum, stated_usd, own_usd, reserved_usd,
           current_hedge_exposure, available_capacity, breach_status
    FROM public.v_usd_pb_capacity_check
    WHERE $1::text IS NULL OR currency_code = $1
    ORDER BY currency_code
"""
BOOKING = """
    SELECT order_id, workflow_id, event_id, entity_id, nav_type, exposure_currency, notional_amount,
           business_event_type, assigned_booking_model, value_date, since, expected_deals,
           acked_deals, declined_deals, missing_deals
    FROM public.v_stage1b_ready_stage2
    WHERE $1::text IS NULL OR exposure_currency = $1
    ORDER BY since, event_id
"""
STUCK = """
    SELECT kind, order_id, workflow_id, event_id, entity_id, exposure_currency, notional_amount, since, code, reason,
           retries, missing_deals
    FROM public.v_workflow_stuck
    WHERE ($1::text IS NULL OR exposure_currency = $1 OR kind = 'INTERVENTION')
      AND (kind <> 'BOOKING' OR code IS NOT NULL OR since <= now() - make_interval(secs => $2))
    ORDER BY rank, since, workflow_id, event_id
"""
EXPORT = """
    SELECT journal_id, line_no, ledger, accounting_date, period_id, account_code, dr_amt, cr_amt, base_ccy, txn_ccy,
           event_id, entity_id, workflow_id, posted_at
    FROM public.v_gl_export_ready
    WHERE $1::text IS NULL OR txn_ccy = $1
    ORDER BY accounting_date, journal_id, line_no
"""


async def read(dsn: str, queries: Sequence[str], *arguments: object) -> Sequence[Rows]:
    """Return the rows of each query, all of one moment.

    Args:
        dsn: of `hawk_reader`, which can only read.
        arguments: of every query.
    Raises:
        DatabaseUnreachable: the database does not respond.
    """
    async with session(dsn) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return [[dict(row) for row in await connection.fetch(query, *arguments)] for query in queries]


def capacity_document(entities: Rows, limits: Rows) -> Document:
    """Return the capacity of every entity before and after HAWK's own use, and the USD limit of every currency."""
    return {"entities": [_capacity(row) for row in entities], "usd_limits": [_limit(row) for row in limits]}


def _capacity(row: Mapping[str, Any]) -> Document:
    def amount(value: Decimal) -> str:
        return text_of(value, row["currency_code"])

    return {
        **_texts(row, "entity_id", "entity_name", "entity_type", "currency_code", "nav_type", "as_of_date"),
        "position": amount(row["sfx"]),
        "car": amount(row["car"]),
        "overlay": amount(row["overlay"]),
        "buffer_percentage": rate_text(row["buffer_percentage"]),
        "buffer": amount(row["buffer_amount"]),
        "hedged_by_feed": amount(row["hedged_snapshot"]),
        "available_before": amount(row["available_before"]),
        "reserved": amount(row["reserved"]),
        "hedged_by_hawk": amount(row["hedged_own"]),
        "used": amount(row["reserved"] + row["hedged_own"]),
        "available_after": amount(row["available_after"]),
    }


def _limit(row: Mapping[str, Any]) -> Document:
    names = {
        "warning": "threshold_warning",
        "critical": "threshold_critical",
        "maximum": "threshold_maximum",
        "hedged_by_feed": "stated_usd",
        "hedged_by_hawk": "own_usd",
        "reserved": "reserved_usd",
        "total": "current_hedge_exposure",
        "available": "available_capacity",
    }
    amounts = {name: text_of(row[column], USD) for name, column in names.items()}
    return {**_texts(row, "currency_code"), **amounts, "status": row["breach_status"]}


def booking_document(rows: Rows) -> list[Document]:
    """Return the events that are released for booking and not booked yet, the longest waiting first."""
    return [
        {
            **_texts(row, "order_id", "workflow_id", "event_id", "entity_id", "nav_type", "exposure_currency"),
            "amount": text_of(row["notional_amount"], row["exposure_currency"]),
            **_texts(row, "business_event_type", "value_date", "since"),
            "model": row["assigned_booking_model"],
            "deals": {name: row[f"{name}_deals"] for name in ("expected", "acked", "declined", "missing")},
        }
        for row in rows
    ]


def stuck_document(rows: Rows) -> list[Document]:
    """Return what does not continue by itself, or does not continue yet, worst first."""
    return [
        {
            **_texts(row, "kind", "order_id", "workflow_id", "event_id", "entity_id", "exposure_currency"),
            "amount": None
            if row["notional_amount"] is None
            else text_of(row["notional_amount"], row["exposure_currency"]),
            **_texts(row, "since", "code", "reason"),
            "retries": row["retries"],
            "missing_deals": row["missing_deals"],
        }
        for row in rows
    ]


def export_document(rows: Rows) -> Document:
    """Return the journal lines that are not yet in the general ledger, and their totals."""
    lines = [
        {
            **_texts(row, "journal_id"),
            "line_no": row["line_no"],
            **_texts(row, "ledger", "accounting_date", "period_id", "account_code"),
            "dr": text_of(row["dr_amt"], row["base_ccy"]),
            "cr": text_of(row["cr_amt"], row["base_ccy"]),
            "currency": row["base_ccy"],
            **_texts(row, "txn_ccy", "event_id", "entity_id", "workflow_id", "posted_at"),
        }
        for row in rows
    ]
    totals = {
        ledger: {side: text_of(_total(rows, ledger, f"{side}_amt"), SGD) for side in ("dr", "cr")}
        for ledger in sorted({row["ledger"] for row in rows})
    }
    return {"lines": lines, "totals": totals}


def _total(rows: Rows, ledger: str, column: str) -> Decimal:
    return sum((row[column] for row in rows if row["ledger"] == ledger), ZERO)


def _texts(row: Mapping[str, Any], *names: str) -> Document:
    return {name: _text(row[name]) for name in names}


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its queries (their first argument is the currency), and the document of their rows."""

    queries: tuple[str, ...]
    document: Callable[..., Any]


REPORTS: Final[Mapping[str, Report]] = MappingProxyType(
    {
        "capacity": Report((CAPACITY, LIMITS), capacity_document),
        "booking": Report((BOOKING,), booking_document),
        "stuck": Report((STUCK,), stuck_document),
        "export": Report((EXPORT,), export_document),
    }
)


async def report(dsn: str, name: str, currency: str | None = None, *further: object) -> Any:
    """Return the document of a report.

    Args:
        further: arguments of this report's queries alone: the seconds of `stuck`.
    """
    chosen = REPORTS[name]
    return chosen.document(*await read(dsn, chosen.queries, currency, *further))
