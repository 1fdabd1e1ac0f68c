"""deal_bookings, and the messages to and from Murex in h_stg_mrx_ext."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.tables.changes import Change, Insert, Row, Update, Upsert, Value
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
            "deal_booking_id": deal.deal_booking_id,
            "event_id": event.event_id,
            "instruction_id": event.instruction_id,
            "deal_sequence": deal.deal_sequence,
            "deal_status": "Pending",
            "system": "MUREX",
            "automated_creation": True,
            "created_date": event.planned_at,
            "workflow_id": event.workflow_id,
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
                "modified_by": "HAWK_AGENT",
                "modified_date": event.booked_at,
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
            "created_date": event.sent_at,
            "workflow_id": event.workflow_id,
        },
    )


def acknowledged(event: booking.DealAcknowledged, _: UUID) -> Iterator[Change]:
    """Insert the ACK of Murex, with the contract."""
    yield _answer(event, "ACK", "ACKED", event.attempt, event.acknowledged_at, event.contract_id, None)


def declined(event: booking.DealDeclined, _: UUID) -> Iterator[Change]:
    """Insert the error, and the NOK unless Murex may still hold the deal."""
    # After silence, a stop or a contradiction there is no one message that could be shown as the answer.
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
            "created_date": event.sent_at,
            "workflow_id": event.workflow_id,
        },
    )


def cancel_confirmed(event: undoing.CancelConfirmed, _: UUID) -> Iterator[Change]:
    """One row per deal: a later round of cancel messages is answered anew."""
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
            "created_date": event.confirmed_at,
            "workflow_id": event.workflow_id,
        },
    )


def _error(event: booking.DealDeclined | disputes.DealContradicted, retries: int, at: Value) -> Insert:
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
            "created_date": at,
            "workflow_id": event.workflow_id,
        },
    )


def _answer(
    event: booking.DealAcknowledged | booking.DealDeclined,
    status: str,
    message_status: str,
    attempt: int,
    at: Value,
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
            "created_date": at,
            "workflow_id": event.workflow_id,
        },
    )


def _message(booking_id: str, kind: str, attempt: int) -> Row:
    return {"message_id": f"{booking_id}-{kind}-{attempt}"}


def _terms(deal: Deal) -> Row:
    """The deal's terms in the live columns and in the plan's own."""
    return {
        "deal_type": deal.deal_type,
        "product_type": deal.product_type,
        "portfolio": deal.portfolio_to,
        "portfolio_from": deal.portfolio_from,
        "portfolio_to": deal.portfolio_to,
        "counterparty": deal.counterparty,
        "currency_pair": {"pair": deal.currency_pair},
        "currency_pair_code": deal.currency_pair,
        "notional_amount": deal.notional_amount,
        "original_currency": deal.notional_currency,
        "sell_currency": deal.sell_currency,
        "sell_amount": deal.sell_amount,
        "buy_currency": deal.buy_currency,
        "buy_amount": deal.buy_amount,
        "fx_rate": deal.fx_rate,
        "rate_type": deal.rate_type,
        "swap_points": deal.swap_points,
        "near_leg_structure": _leg(deal.near_leg),
        "far_leg_structure": _leg(deal.far_leg),
        "ndf_structure": _ndf(deal.ndf),
        **_by_kind(deal),
        "embedded_spot_rate": deal.ndf.embedded_spot_rate if deal.ndf else None,
        "ndf_settlement_date": deal.ndf.settlement_date if deal.ndf else None,
        "fixing_source": deal.ndf.fixing_source if deal.ndf else None,
        "proxy_currency": deal.proxy_currency,
        "trade_date": deal.trade_date,
        "value_date": deal.value_date,
        "maturity_date": deal.maturity_date,
        "final_hedge_position": deal.final,
        "murex_book_code": deal.murex_book_code,
        "purpose": deal.purpose,
        "comment1": deal.comment,
        "internal_reference": deal.internal_reference,
    }


def _by_kind(deal: Deal) -> Row:
    """The columns that the live table has for one kind of deal each."""
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


def _leg(leg: DealLeg | None) -> dict[str, object] | None:
    if leg is None:
        return None
    return {
        "value_date": leg.value_date.isoformat(),
        "sell_currency": leg.sell_currency,
        "sell_amount": str(leg.sell_amount),
        "buy_currency": leg.buy_currency,
        "buy_amount": str(leg.buy_amount),
        "rate": str(leg.rate),
    }


def _ndf(terms: NdfTerms | None) -> dict[str, object] | None:
    if terms is None:
        return None
    return {
        "fixing_source": terms.fixing_source,
        "fixing_date": terms.fixing_date.isoformat(),
        "settlement_date": terms.settlement_date.isoformat(),
        "settlement_currency": terms.settlement_currency,
        "embedded_spot_rate": str(terms.embedded_spot_rate),
    }
