"""gl_entries, gl_entries_detail, gl_packages and gl_journal_lines."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from services.executor.tables.changes import Change, Insert, Row, Update
from shared.events import booking
from shared.hedging.gl_entries import GlEntry, GlEntryDetail
from shared.hedging.journal import JournalLine

#: Which column of gl_packages holds which pinned rate (domain facts 2.1).
_RATE_COLUMNS = {
    "historical": "historical_rate",
    "prevailing": "prevailing_rate",
    "onshore": "onshore_rate",
    "offshore": "offshore_rate",
    "ndf": "ndf_rate",
    "embedded_spot": "embedded_spot_rate",
}

#: An event is booked whole or not at all.
WHOLE = Decimal(100)
_SIDES = {"DR": "DEBIT", "CR": "CREDIT"}


def entry_prepared(event: booking.GlEntryPrepared, _: UUID) -> Iterator[Change]:
    """Insert one balanced pair, in SGD, as Prepared."""
    row = entry_row(event.entry, event.event_id, event.entity_id, event.instruction_id, event.gl_package_id)
    written: Row = {"entry_status": "Prepared", "created_date": event.prepared_at, "workflow_id": event.workflow_id}
    yield Insert("gl_entries", {**row, **written})


def entry_row(entry: GlEntry, event_id: str, entity_id: str, instruction_id: str, gl_package_id: str) -> Row:
    """What gl_entries holds of a pair, besides its status and who wrote it."""
    return {
        "gl_entry_id": entry.gl_entry_id,
        "event_id": event_id,
        "instruction_id": instruction_id,
        "gl_package_id": gl_package_id,
        "entry_sequence": entry.entry_sequence,
        "entry_type": entry.entry_type,
        "purpose": entry.purpose.value,
        "ledger": entry.ledger.value,
        "posting_date": entry.posting_date,
        "debit_account": entry.debit_account,
        "credit_account": entry.credit_account,
        "amount_sgd": entry.amount_sgd,
        "entity_id": entity_id,
        "source_field": entry.source_field,
        "source_system": "HAWK",
        "product_code": entry.be_code,
        "narrative": entry.narrative,
    }


def detail_prepared(event: booking.GlDetailPrepared, _: UUID) -> Iterator[Change]:
    """Insert both sides of each pair as Prepared."""
    written: Row = {"detail_status": "Prepared", "created_date": event.prepared_at, "workflow_id": event.workflow_id}
    for detail in event.details:
        yield Insert("gl_entries_detail", {**detail_row(detail, event.event_id), **written})


def detail_row(detail: GlEntryDetail, event_id: str) -> Row:
    """What gl_entries_detail holds of one side of a pair, besides its status and who wrote it."""
    return {
        "detail_id": detail.detail_id,
        "gl_entry_id": detail.gl_entry_id,
        "event_id": event_id,
        "side": _SIDES[detail.side],
        "entity_type": detail.entity_type,
        "entity_classification": detail.entity_classification,
        "account_code": detail.account_code,
        "amount": detail.amount,
        "currency": detail.currency,
        "mx_reference": detail.mx_reference,
        "posting_rationale": detail.posting_rationale,
    }


def event_booked(event: booking.EventBooked, _: UUID) -> Iterator[Change]:
    """Stage 2 is over: the event is booked, its package is ready for stage 3."""
    yield Update(
        "hedge_business_events",
        {"event_id": event.event_id},
        {
            "event_status": "Booked",
            "stage_2_status": "Completed",
            "stage_2_completion_time": event.booked_at,
            "stage_3_status": "Pending",
            "actual_deal_count": event.deals,
            "booking_progress_percentage": WHOLE,
            "booking_success_rate": WHOLE,
            "final_notional_amount": event.allocated,
            "gl_package_id": event.gl_package_id,
            "murex_deal_id": event.murex_reference,
            "external_deal_reference": event.murex_reference,
            "modified_by": "HAWK_AGENT",
            "modified_date": event.booked_at,
        },
    )
    yield _package(event)


def _package(event: booking.EventBooked) -> Insert:
    """The hand-off to stage 3; it lies outside the count of operations (domain facts 10.5)."""
    pair = f"{event.currency}/SGD"
    columns = {
        column: rate.value
        for rate in event.rates
        if rate.ledger.value == "IFRS"
        and rate.currency_pair in {pair, f"USD/{event.currency}"}
        and (column := _RATE_COLUMNS.get(rate.rate_type)) is not None
    }
    usd_sgd = next(
        (rate.value for rate in event.rates if (rate.currency_pair, rate.rate_type) == ("USD/SGD", "prevailing")),
        None,
    )
    return Insert(
        "gl_packages",
        {
            "gl_package_id": event.gl_package_id,
            "event_id": event.event_id,
            "model_type": event.booking_model,
            "entity_id": event.entity_id,
            "nav_type": event.nav_type.value,
            "currency": event.currency,
            "exposure_currency": event.currency,
            "base_currency": "SGD",
            "status": "READY",
            "amounts": dict(event.amounts),
            "rates": [
                {
                    "pair": rate.currency_pair,
                    "type": rate.rate_type,
                    "ledger": rate.ledger.value,
                    "value": str(rate.value),
                }
                for rate in event.rates
            ],
            "fx_rate": event.fx_rate,
            **columns,
            "usd_sgd_rate": usd_sgd,
            "notional_amount": event.allocated,
            "gl_date": event.gl_date,
            "created_date": event.booked_at,
            "workflow_id": event.workflow_id,
        },
    )


def journal_posted(event: booking.JournalPosted, _: UUID) -> Iterator[Change]:
    """Insert the journal lines, set packages and hedge events to posted, and resolve earlier errors of stage 3."""
    for posting in event.postings:
        for line in posting.lines:
            row = journal_row(line, posting.event_id, posting.gl_package_id, posting.entity_id)
            written: Row = {
                "posted_at": event.posted_at,
                "created_date": event.posted_at,
                "workflow_id": event.workflow_id,
            }
            yield Insert("gl_journal_lines", {**row, **written})
        yield Update("gl_packages", {"gl_package_id": posting.gl_package_id}, {"status": "POSTED"})
        yield Update(
            "hedge_business_events",
            {"event_id": posting.event_id},
            {
                "event_status": "Posted",
                "stage_3_status": "Posted",
                "gl_posting_status": "Posted",
                "stage_3_error_code": None,
                "stage_3_error_msg": None,
                "last_stage_3_update": event.posted_at,
                "modified_by": "HAWK_AGENT",
                "modified_date": event.posted_at,
            },
        )
        # What it waited for has come; most journals never waited.
        yield Update(
            "stage3_error_log",
            {"event_id": posting.event_id},
            {
                "resolution_status": "RESOLVED",
                "resolution_notes": "The journal was posted.",
                "resolved_date": event.posted_at,
            },
            rows=None,
        )


def posting_deferred(event: booking.PostingDeferred, _: UUID) -> Iterator[Change]:
    """Set the error on each hedge event, and insert one error row per event and attempt."""
    for event_id in event.event_ids:
        yield Update(
            "hedge_business_events",
            {"event_id": event_id},
            {
                "stage_3_status": "Pending",
                "stage_3_error_code": event.code,
                "stage_3_error_msg": event.reason,
                "stage_3_attempts": event.attempts,
                "last_stage_3_update": event.deferred_at,
            },
        )
        yield Insert(
            "stage3_error_log",
            {
                "error_id": f"ERR3-{event_id}-{event.attempts}",
                "event_id": event_id,
                "error_code": event.code,
                "error_message": event.reason,
                "system_component": "HAWK",
                "retry_count": event.attempts,
                "retry_eligible": True,
                "resolution_status": "OPEN",
                "created_date": event.deferred_at,
                "workflow_id": event.workflow_id,
            },
        )


def journal_row(line: JournalLine, event_id: str, gl_package_id: str, entity_id: str) -> Row:
    """What gl_journal_lines holds of a posted line, besides when and who wrote it."""
    return {
        "journal_id": line.journal_id,
        "line_no": line.line_no,
        "ledger": line.ledger.value,
        "accounting_date": line.accounting_date,
        "period_id": line.period_id,
        "account_code": line.account_code,
        "dr_amt": line.dr_amt,
        "cr_amt": line.cr_amt,
        "base_ccy": line.base_ccy,
        "txn_ccy": line.txn_ccy,
        "fx_rate": line.fx_rate,
        "segments": {"profit_center": line.profit_center},
        "source_refs": {"event_id": event_id, "gl_package_id": gl_package_id, "amount_key": line.amount_key},
        "narratives": [line.narrative],
        "post_status": "POSTED",
        "export_status": "PENDING",
        "event_id": event_id,
        "gl_package_id": gl_package_id,
        "entity_id": entity_id,
        "rule_id": line.rule_id,
    }
