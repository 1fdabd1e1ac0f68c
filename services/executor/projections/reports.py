"""The remaining rows of stage 2: proxy report, discounted spot, HFM template, effectiveness, risk."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.projections.rows import columns_of, written
from services.executor.tables.changes import Change, Insert
from shared.events import booking


def proxy_report(event: booking.ProxyReportPrepared, _: UUID) -> Iterator[Change]:
    """Insert the proxy report, with its hedging P&L in SGD and USD."""
    report = event.report
    row = {
        **columns_of(report, "hedging_pl_sgd", "swap_points"),
        "event_id": event.event_id,
        "hedging_pl_1a_field": report.hedging_pl_sgd,
        "sgd_usd_swappoints": report.swap_points,
        "report_status": "Prepared",
    }
    yield Insert("mx_proxy_hedge_report", row | written(event, event.prepared_at))


def discounted_spot(event: booking.DiscountedSpotRecorded, _: UUID) -> Iterator[Change]:
    """Insert the spot rate, with its date and source."""
    row = columns_of(event.spot) | {"event_id": event.event_id, "spot_status": "Recorded"}
    yield Insert("mx_discounted_spot", row | written(event, event.recorded_at))


def hfm_entry(event: booking.HfmEntryPrepared, _: UUID) -> Iterator[Change]:
    """Insert the HFM template entry, its amount in SGD."""
    row = columns_of(event.entry) | {"event_id": event.event_id, "template_status": "Prepared"}
    yield Insert("hfm_template_entries", row | written(event, event.prepared_at))


def effectiveness(event: booking.EffectivenessAssessed, _: UUID) -> Iterator[Change]:
    """Insert the first effectiveness test, with its thresholds and the date of the next one."""
    row = {
        **columns_of(event.result),
        "event_id": event.event_id,
        "entity_id": event.entity_id,
        "currency_code": event.currency,
        "nav_type": event.nav_type,
        "hedging_instrument": event.hedging_instrument,
        "hedge_inception_date": event.inception_date,
    }
    yield Insert("hedge_effectiveness", row | written(event, event.assessed_at))


def risk(event: booking.RiskRecorded, _: UUID) -> Iterator[Change]:
    """Insert the risk metric with the threshold it is measured against."""
    row = {
        **columns_of(event.record),
        "event_id": event.event_id,
        "entity_id": event.entity_id,
        "currency_code": event.currency,
        "monitoring_status": "Recorded",
        "measurement_timestamp": event.recorded_at,
    }
    yield Insert("risk_monitoring", row | written(event, event.recorded_at))
