"""Stage 2 as events: deals are planned and sent, then booked, with pairs and reports (domain facts 10.3,
C1 on)."""

from services.executor.execution.applied import Step, stage_record
from shared.errors import Defect
from shared.events import booking
from shared.events.base import Event


def booking_started(step: Step) -> Event:
    """Build the event of C3, which starts stage 2 of the hedge event."""
    child = step.child
    return booking.BookingStarted(**step.base, event_id=child.event.event_id, event=child.event, started_at=step.now)


def deal_planned(step: Step) -> Event:
    """Build the event of one row of deal_bookings; the ordinal of the step picks the deal of the part."""
    child = step.child
    return booking.DealPlanned(
        **step.base,
        event_id=child.event.event_id,
        instruction_id=child.ids.instruction_id,
        deal=child.deals[step.ordinal],
        planned_at=step.now,
    )


def deals_released(step: Step) -> Event:
    """Build the event that marks all deals of the hedge event as sent."""
    child = step.child
    return booking.DealsReleased(
        **step.base,
        event_id=child.event.event_id,
        deal_booking_ids=tuple(deal.deal_booking_id for deal in child.deals),
        released_at=step.now,
    )


def deals_booked(step: Step) -> Event:
    """Build the event that marks the deals as booked, with the references of Murex.

    Raises:
        Defect: the answer of Murex for a planned deal is missing.
    """
    return booking.DealsBooked(
        **step.base, event_id=step.child.event.event_id, deals=_held_by_murex(step), booked_at=step.now
    )


def _held_by_murex(step: Step) -> tuple[booking.BookedDeal, ...]:
    """Return what Murex holds of this event, exactly the planned deals.

    Raises:
        Defect: a planned deal is missing. The caller completes only when the sets are equal.
    """
    held = step.applied.booked
    missing = [deal.deal_booking_id for deal in step.child.deals if deal.deal_booking_id not in held]
    if missing:
        raise Defect(f"Event {step.child.event.event_id}: completing without Murex's answer for {missing}.")
    return tuple(held[deal.deal_booking_id] for deal in step.child.deals)


def gl_entry_prepared(step: Step) -> Event:
    """Build the event of one pair of gl_entries; the ordinal of the step picks the pair of the part."""
    child = step.child
    return booking.GlEntryPrepared(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        instruction_id=child.ids.instruction_id,
        gl_package_id=child.ids.gl_package_id,
        entry=child.gl_entries[step.ordinal],
        prepared_at=step.now,
    )


def gl_detail_prepared(step: Step) -> Event:
    """Build one event for all detail lines of the part, both sides of every pair."""
    child = step.child
    return booking.GlDetailPrepared(
        **step.base, event_id=child.event.event_id, details=child.gl_details, prepared_at=step.now
    )


def proxy_report_prepared(step: Step) -> Event:
    """Build the event of the proxy report, which is nil for a matched currency."""
    child = step.child
    return booking.ProxyReportPrepared(
        **step.base, event_id=child.event.event_id, report=child.proxy_report, prepared_at=step.now
    )


def discounted_spot_recorded(step: Step) -> Event:
    """Build the event of the row in mx_discounted_spot."""
    child = step.child
    return booking.DiscountedSpotRecorded(
        **step.base, event_id=child.event.event_id, spot=child.discounted_spot, recorded_at=step.now
    )


def hfm_entry_prepared(step: Step) -> Event:
    """Build the event of the HFM template entry."""
    child = step.child
    return booking.HfmEntryPrepared(
        **step.base, event_id=child.event.event_id, entry=child.hfm_entry, prepared_at=step.now
    )


def effectiveness_assessed(step: Step) -> Event:
    """Build the event of the first effectiveness test; the inception date is the start of the hedge event."""
    child = step.child
    return booking.EffectivenessAssessed(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=step.plan.order.exposure_currency,
        nav_type=child.event.nav_type,
        hedging_instrument=child.event.hedging_instrument,
        inception_date=child.event.start_date,
        result=child.effectiveness,
        assessed_at=step.now,
    )


def risk_recorded(step: Step) -> Event:
    """Build the event of the risk record: the USD total after this hedge against its maximum."""
    child = step.child
    return booking.RiskRecorded(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=step.plan.order.exposure_currency,
        record=child.risk_record,
        recorded_at=step.now,
    )


def booking_recorded(step: Step) -> Event:
    """Build the audit record of stage 2: how many deals of which booking model were booked."""
    child = step.child
    return stage_record(
        step,
        action="BOOK",
        message=f"{len(child.deals)} deals of model {child.event.booking_model} booked for {child.entity_id}",
        record_id=child.event.event_id,
    )


def event_booked(step: Step) -> Event:
    """Build the last event of the part; its Murex reference is the contract of the final deal."""
    child, plan = step.child, step.plan
    final = next((deal for deal in child.deals if deal.final), child.deals[-1])
    return booking.EventBooked(
        **step.base,
        event_id=child.event.event_id,
        entity_id=child.entity_id,
        currency=plan.order.exposure_currency,
        nav_type=child.event.nav_type,
        booking_model=child.event.booking_model,
        allocated=child.allocated,
        fx_rate=child.event.fx_rate,
        gl_package_id=child.ids.gl_package_id,
        gl_date=plan.dates.accounting_date,
        amounts=child.amount_keys,
        rates=plan.pins.rates,
        deals=len(child.deals),
        murex_reference=step.applied.booked[final.deal_booking_id].contract_id,
        booked_at=step.now,
    )
