"""exposure_capacity, exposure_movements, exposure_days and usd_pb_usage: the totals a reservation is decided on."""

from collections.abc import Iterator

from services.executor.tables.changes import Add, Change, Insert, Row, Update, Upsert
from shared.events import capacity as facts
from shared.eventstore.port import RecordedEvent

_Exposure = facts.CapacityReserved | facts.CapacityHedged | facts.CapacityReleased
_Usd = facts.UsdLimitReserved | facts.UsdLimitHedged | facts.UsdLimitReleased


def exposure(event: _Exposure, recorded: RecordedEvent) -> Iterator[Change]:
    """Set the totals of the exposure, insert or update the workflow's movement, and add a booked one to its day."""
    yield Upsert(
        "exposure_capacity",
        {"stream": recorded.stream},
        {
            "version": recorded.version,
            "entity_id": event.entity_id,
            "currency_code": event.currency,
            "nav_type": event.nav_type,
            "reserved": event.reserved_total,
            "hedged": event.hedged_total,
            "updated_at": recorded.recorded_at,
        },
    )
    key: Row = {"stream": recorded.stream, "workflow_id": event.workflow_id, "movement_no": 1}
    match event:
        case facts.CapacityReserved():
            yield Insert(
                "exposure_movements",
                {
                    **key,
                    "version": recorded.version,
                    "entity_id": event.entity_id,
                    "currency_code": event.currency,
                    "nav_type": event.nav_type,
                    "amount": event.amount,
                    "amount_usd": event.amount_usd,
                    "status": "RESERVED",
                    "created_at": recorded.recorded_at,
                    "updated_at": recorded.recorded_at,
                },
            )
        case facts.CapacityHedged():
            yield Update(
                "exposure_movements",
                key,
                {
                    "status": "HEDGED",
                    "amount": event.amount,
                    "amount_usd": event.amount_usd,
                    "version": recorded.version,
                    "trade_date": event.trade_date,
                    "updated_at": recorded.recorded_at,
                },
            )
            day: Row = {"stream": recorded.stream, "trade_date": event.trade_date}
            yield Add("exposure_days", day, {"hedged": event.amount, "hedged_usd": event.amount_usd})
        case facts.CapacityReleased():
            yield Update(
                "exposure_movements",
                key,
                {"status": "RELEASED", "version": recorded.version, "updated_at": recorded.recorded_at},
            )


def usd_limit(event: _Usd, recorded: RecordedEvent) -> Iterator[Change]:
    """Set the USD totals of the currency; single movements are kept for exposures only."""
    yield Upsert(
        "usd_pb_usage",
        {"stream": recorded.stream},
        {
            "version": recorded.version,
            "currency_code": event.currency,
            "reserved_usd": event.reserved_total_usd,
            "hedged_usd": event.hedged_total_usd,
            "updated_at": recorded.recorded_at,
        },
    )
