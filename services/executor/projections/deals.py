"""deal_bookings, and the messages to and from Murex in h_stg_mrx_ext."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.executor.projections.rows import columns_of, modified, written
from services.executor.tables.changes import Change, Insert, Row, Update, Upsert
from shared.events import booking, disputes, murex, undoing
from shared.hedging.deals import Deal, DealLeg, NdfTerms
from shared.hedging.models import EXTERNAL

EMBEDDED_SPOT = "FX_SPOT_EMBEDDED"
FUNDING = frozenset({"LNBR", "FX_SPOT_FUNDING"})


def planned(event: booking.DealPlanned, _: UUID) -> Iterator[Change]:
    """Insert the deal as Pending, with its terms."""
    deal = event.deal
    yield Insert(
        "deal_bookings",
        {
            **_terms(deal),
            "event_id": event.event_id,
            "instruction_id": event.instruction_id,
            "deal_status": "Pending",
            "system": "MUREX",
            "automated_creation": True,
            **written(event, event.planned_at),
        },
    )


def released(event: booking.DealsReleased, _: UUID) -> Iterator[Change]:
    """Set all deals of the hedge event to Sent."""
    yield Update(
        "deal_bookings",
        {"event_id": event.event_id},
        {"deal_status": "Sent", "sent_timestamp": event.released_at, "modified_date": event.released_at},
        rows=len(event.deal_booking_ids),
    )


def booked(event: booking.DealsBooked, _: UUID) -> Iterator[Change]:
    """Set each deal to Booked, with the contract and booking reference of Murex."""
    for deal in event.deals:
        yield Update(
            "deal_bookings",
            {"deal_booking_id": deal.deal_booking_id},
            {
                "deal_status": "Booked",
                "external_reference": deal.contract_id,
                "booking_reference": deal.booking_reference,
                "booking_timestamp": event.booked_at,
                "confirmation_received": True,
                **modified(event.booked_at),
            },
        )


def sent(event: murex.DealSent, _: UUID) -> Iterator[Change]:
    """Insert the booking request; from the second attempt on, the deal also counts its retries."""
    if event.attempt > 1:
        yield Update(
            "deal_bookings",
            {"deal_booking_id": event.deal_booking_id},
            {"retry_count": event.attempt - 1, "retry_timestamp": event.sent_at},
        )
    yield Insert(
        "h_stg_mrx_ext",
        {
            **_message(event.deal_booking_id, "BOOK", event.attempt),
            "event_id": event.event_id,
            "deal_sequence": event.deal_sequence,
            "direction": "OUTBOUND",
            "message_type": "BOOKING_REQUEST",
            "message_status": "SENT",
            "attempt": event.attempt,
            "payload": {"deal_booking_id": event.deal_booking_id, "deal_type": event.deal.deal_type},
            "sent_at": event.sent_at,
            **written(event, event.sent_at),
        },
    )


def acknowledged(event: booking.DealAcknowledged, _: UUID) -> Iterator[Change]:
    """Insert the ACK of Murex, with the contract."""
    yield _answer(event, "ACK", "ACKED", event.attempt, event.acknowledged_at, event.contract_id, None)


def declined(event: booking.DealDeclined, _: UUID) -> Iterator[Change]:
    """Insert the error, and the NOK unless Murex may still hold the deal."""
    # After silence, a stop or a contradiction no single message is the reply.
    if event.code not in murex.MAYBE_HELD:
        yield _answer(event, "NOK", "ERROR", event.attempt, event.declined_at, None, event.reason)
    yield _error(event, event.attempt, event.declined_at)


def contradicted(event: disputes.DealContradicted, _: UUID) -> Iterator[Change]:
    """Insert the error of a booked deal that the book of Murex does not confirm."""
    yield _error(event, 0, event.contradicted_at)


def cancel_sent(event: murex.DealCancelSent, _: UUID) -> Iterator[Change]:
    """Insert the cancel request, with the contract where one is known."""
    yield Insert(
        "h_stg_mrx_ext",
        {
            **_message(event.deal_booking_id, "CANCEL", event.attempt),
            "event_id": event.event_id,
            "deal_sequence": event.deal_sequence,
            "direction": "OUTBOUND",
            "message_type": "CANCEL_REQUEST",
            "message_status": "SENT",
            "attempt": event.attempt,
            "external_reference": event.contract_id,
            "reason": event.reason,
            "sent_at": event.sent_at,
            **written(event, event.sent_at),
        },
    )


def cancel_confirmed(event: undoing.CancelConfirmed, _: UUID) -> Iterator[Change]:
    """Insert or update one row per deal: each round of cancel messages has an answer of its own."""
    yield Upsert(
        "h_stg_mrx_ext",
        _message(event.deal_booking_id, "CANCELLED", 1),
        {
            "event_id": event.event_id,
            "deal_sequence": event.deal_sequence,
            "direction": "INBOUND",
            "message_type": "CANCEL_ANSWER",
            "message_status": "ACKED",
            "status": "ACK",
            "reason": event.outcome,
            "ack_at": event.confirmed_at,
            "received_at": event.confirmed_at,
            **written(event, event.confirmed_at),
        },
    )


def _error(event: booking.DealDeclined | disputes.DealContradicted, retries: int, at: datetime) -> Insert:
    return Insert(
        "stage2_error_log",
        {
            "error_id": f"ERR2-{event.deal_booking_id}",
            "event_id": event.event_id,
            "deal_sequence": event.deal_sequence,
            "error_type": "BOOKING",
            "error_category": "MUREX",
            "error_code": event.code,
            "error_message": event.reason,
            "system_component": "MUREX",
            "retry_count": retries,
            "retry_eligible": False,
            "resolution_status": "OPEN",
            **written(event, at),
        },
    )


def _answer(
    event: booking.DealAcknowledged | booking.DealDeclined,
    status: str,
    message_status: str,
    attempt: int,
    at: datetime,
    contract_id: str | None,
    reason: str | None,
) -> Insert:
    return Insert(
        "h_stg_mrx_ext",
        {
            **_message(event.deal_booking_id, "ANSWER", attempt),
            "event_id": event.event_id,
            "deal_sequence": event.deal_sequence,
            "direction": "INBOUND",
            "message_type": "BOOKING_ANSWER",
            "message_status": message_status,
            "status": status,
            "attempt": attempt,
            "external_reference": contract_id,
            "reason": reason,
            "ack_at": at,
            "received_at": at,
            **written(event, at),
        },
    )


def _message(booking_id: str, kind: str, attempt: int) -> Row:
    return {"message_id": f"{booking_id}-{kind}-{attempt}"}


def _terms(deal: Deal) -> Row:
    """Return the deal's terms, in the columns of the live table and in the plan's own."""
    elsewhere = ("currency_pair", "notional_currency", "near_leg", "far_leg", "ndf", "final", "comment")
    return {
        **columns_of(deal, *elsewhere),
        "portfolio": deal.portfolio_to,
        "currency_pair": {"pair": deal.currency_pair},
        "currency_pair_code": deal.currency_pair,
        "original_currency": deal.notional_currency,
        "near_leg_structure": _json(deal.near_leg),
        "far_leg_structure": _json(deal.far_leg),
        "ndf_structure": _json(deal.ndf),
        **_by_kind(deal),
        "embedded_spot_rate": deal.ndf.embedded_spot_rate if deal.ndf else None,
        "ndf_settlement_date": deal.ndf.settlement_date if deal.ndf else None,
        "fixing_source": deal.ndf.fixing_source if deal.ndf else None,
        "final_hedge_position": deal.final,
        "comment1": deal.comment,
    }


def _by_kind(deal: Deal) -> Row:
    """Return the columns that the live table has for one kind of deal each."""
    spot: Row = {"rate": None if deal.fx_rate is None else str(deal.fx_rate), "value_date": deal.value_date.isoformat()}
    embedded, funding = deal.deal_type == EMBEDDED_SPOT, deal.deal_type in FUNDING
    return {
        "transfer_type": "EXTERNAL" if EXTERNAL in (deal.portfolio_from, deal.portfolio_to) else "INTERNAL",
        "position_tracking": deal.final,
        "swap_structure": "NEAR_FAR" if deal.near_leg and deal.far_leg else None,
        "spot_details": spot if deal.product_type == "FX Spot" else None,
        "embedded_spot_details": spot if embedded else None,
        "embedded_spot_purpose": deal.purpose if embedded else None,
        "funding_purpose": deal.purpose if funding else None,
        "settlement_method": "NDF" if deal.ndf else None,
        "reference_rate_source": deal.ndf.fixing_source if deal.ndf else None,
        "currency_proxy": {"original": deal.notional_currency, "proxy": deal.proxy_currency}
        if deal.proxy_currency
        else None,
    }


def _json(terms: DealLeg | NdfTerms | None) -> dict[str, object] | None:
    """Return the terms as JSON: days as ISO 8601, amounts and rates as text."""
    return None if terms is None else {name: str(value) for name, value in columns_of(terms).items()}
