"""gl_entries, gl_entries_detail, gl_packages and gl_journal_lines."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from services.executor.projections.rows import columns_of, modified, resolved, written
from services.executor.tables.changes import Change, Insert, Row, Update
from shared.events import booking, reversals
from shared.hedging.changes.reversing import MirroredJournal
from shared.hedging.gl_entries import GlEntryDetail
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
    yield Insert("gl_entries", {**entry_row(event), "entry_status": "Prepared", **written(event, event.prepared_at)})


def entry_row(event: booking.GlEntryPrepared | reversals.EntryMirrored) -> Row:
    """Return what gl_entries holds of a pair, besides its status and who wrote it."""
    return {
        **columns_of(event.entry, "swapped", "be_code"),
        "event_id": event.event_id,
        "entity_id": event.entity_id,
        "instruction_id": event.instruction_id,
        "gl_package_id": event.gl_package_id,
        "source_system": "HAWK",
        "product_code": event.entry.be_code,
    }


def detail_prepared(event: booking.GlDetailPrepared, _: UUID) -> Iterator[Change]:
    """Insert both sides of each pair as Prepared."""
    for detail in event.details:
        row = detail_row(detail, event.event_id)
        yield Insert("gl_entries_detail", {**row, "detail_status": "Prepared", **written(event, event.prepared_at)})


def detail_row(detail: GlEntryDetail, event_id: str) -> Row:
    """Return what gl_entries_detail holds of one side of a pair, besides its status and who wrote it."""
    return {**columns_of(detail, "ledger"), "event_id": event_id, "side": _SIDES[detail.side]}


def event_booked(event: booking.EventBooked, _: UUID) -> Iterator[Change]:
    """Set the hedge event to Booked at the end of stage 2, and insert its package for stage 3."""
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
            **modified(event.booked_at),
        },
    )
    yield _package(event)


def _package(event: booking.EventBooked) -> Insert:
    """Return the hand-off to stage 3, which is not a counted operation (domain facts 10.5)."""
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
            "nav_type": event.nav_type,
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
            **written(event, event.booked_at),
        },
    )


def journal_posted(event: booking.JournalPosted, _: UUID) -> Iterator[Change]:
    """Insert the journal lines, set packages and hedge events to posted, and resolve earlier errors of stage 3."""
    for posting in event.postings:
        for line in posting.lines:
            yield Insert("gl_journal_lines", journal_row(event, posting, line))
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
                **modified(event.posted_at),
            },
        )
        # Most journals never waited.
        notes = resolved("The journal was posted.", event.posted_at)
        yield Update("stage3_error_log", {"event_id": posting.event_id}, notes, rows=None)


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
        yield Insert("stage3_error_log", {**posting_error(event, event_id), "event_id": event_id})


def posting_error(event: booking.PostingDeferred | reversals.ReversalPostingDeferred, subject: str) -> Row:
    """Return the row of a journal that could not be posted; one per attempt. `subject`: what it would have posted."""
    return {
        "error_id": f"ERR3-{subject}-{event.attempts}",
        "error_code": event.code,
        "error_message": event.reason,
        "system_component": "HAWK",
        "retry_count": event.attempts,
        "retry_eligible": True,
        "resolution_status": "OPEN",
        **written(event, event.deferred_at),
    }


def journal_row(
    event: booking.JournalPosted | reversals.ReversalPosted,
    posting: booking.EventPosting | MirroredJournal,
    line: JournalLine,
) -> Row:
    """Return the row of a posted line."""
    return {
        **columns_of(line, "amount_key", "profit_center", "narrative"),
        "segments": {"profit_center": line.profit_center},
        "source_refs": {
            "event_id": posting.event_id,
            "gl_package_id": posting.gl_package_id,
            "amount_key": line.amount_key,
        },
        "narratives": [line.narrative],
        "post_status": "POSTED",
        "export_status": "PENDING",
        "event_id": posting.event_id,
        "gl_package_id": posting.gl_package_id,
        "entity_id": posting.entity_id,
        "posted_at": event.posted_at,
        **written(event, event.posted_at),
    }
