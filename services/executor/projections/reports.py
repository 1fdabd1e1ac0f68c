"""The remaining rows of stage 2: proxy report, discounted spot, HFM template, effectiveness, risk."""

from collections.abc import Iterator
from uuid import UUID

from services.executor.tables.changes import Change, Insert
from shared.events import booking


def proxy_report(event: booking.ProxyReportPrepared, _: UUID) -> Iterator[Change]:
    """Insert the proxy report, with its hedging P&L in SGD and USD."""
    report = event.report
    yield Insert(
        "mx_proxy_hedge_report",
        {
            "report_id": report.report_id,
            "event_id": event.event_id,
            "report_date": report.report_date,
            "proxy_component": report.proxy_component,
            "swap_direction": report.swap_direction,
            "currency_pair": report.currency_pair,
            "hedging_pl_1a_field": report.hedging_pl_sgd,
            "usd_hedging_pl": report.usd_hedging_pl,
            "sgd_usd_swappoints": report.swap_points,
            "special_characteristics": report.special_characteristics,
            "report_status": "Prepared",
            "created_date": event.prepared_at,
            "workflow_id": event.workflow_id,
        },
    )


def discounted_spot(event: booking.DiscountedSpotRecorded, _: UUID) -> Iterator[Change]:
    """Insert the spot rate, with its date and source."""
    spot = event.spot
    yield Insert(
        "mx_discounted_spot",
        {
            "spot_id": spot.spot_id,
            "event_id": event.event_id,
            "currency_pair": spot.currency_pair,
            "spot_rate": spot.spot_rate,
            "rate_date": spot.rate_date,
            "source_system": spot.source_system,
            "spot_status": "Recorded",
            "created_date": event.recorded_at,
            "workflow_id": event.workflow_id,
        },
    )


def hfm_entry(event: booking.HfmEntryPrepared, _: UUID) -> Iterator[Change]:
    """Insert the HFM template entry, its amount in SGD."""
    entry = event.entry
    yield Insert(
        "hfm_template_entries",
        {
            "template_id": entry.template_id,
            "event_id": event.event_id,
            "template_set": entry.template_set,
            "entry_type": entry.entry_type,
            "entity_classification": entry.entity_classification,
            "debit_account": entry.debit_account,
            "credit_account": entry.credit_account,
            "amount_sgd": entry.amount_sgd,
            "processing_period": entry.processing_period,
            "special_cny_treatment": entry.special_cny_treatment,
            "ndf_specific_treatment": entry.ndf_specific_treatment,
            "template_status": "Prepared",
            "created_date": event.prepared_at,
            "workflow_id": event.workflow_id,
        },
    )


def effectiveness(event: booking.EffectivenessAssessed, _: UUID) -> Iterator[Change]:
    """Insert the first effectiveness test, with its thresholds and the date of the next one."""
    result = event.result
    yield Insert(
        "hedge_effectiveness",
        {
            "effectiveness_id": result.effectiveness_id,
            "hedge_relationship_id": result.hedge_relationship_id,
            "event_id": event.event_id,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "nav_type": event.nav_type.value,
            "hedging_instrument": event.hedging_instrument,
            "hedge_notional": result.hedge_notional,
            "hedged_item_value": result.hedged_item_value,
            "measurement_period": result.measurement_period,
            "measurement_date": result.measurement_date,
            "testing_method": result.testing_method,
            "hedge_ratio": result.hedge_ratio,
            "effectiveness_ratio": result.effectiveness_ratio,
            "lower_threshold": result.lower_threshold,
            "upper_threshold": result.upper_threshold,
            "effectiveness_status": result.effectiveness_status,
            "hedge_inception_date": event.inception_date,
            "next_test_date": result.next_test_date,
            "created_date": event.assessed_at,
            "workflow_id": event.workflow_id,
        },
    )


def risk(event: booking.RiskRecorded, _: UUID) -> Iterator[Change]:
    """Insert the risk metric with the threshold it is measured against."""
    record = event.record
    yield Insert(
        "risk_monitoring",
        {
            "monitoring_id": record.monitoring_id,
            "event_id": event.event_id,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "risk_metric": record.risk_metric,
            "current_value": record.current_value,
            "threshold_type": record.threshold_type,
            "threshold_value": record.threshold_value,
            "breach_level": record.breach_level,
            "monitoring_status": "Recorded",
            "measurement_timestamp": event.recorded_at,
            "created_date": event.recorded_at,
            "workflow_id": event.workflow_id,
        },
    )
