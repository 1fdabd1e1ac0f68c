"""Reference rows with a date: holidays, rates, positions."""

from datetime import date
from decimal import Decimal

import holidays

from demo.reference.rendering import AUTHOR, BUFFER_FULL, BUFFER_NONE, Rendered, numbered
from demo.reference.tables import (
    CALENDARS,
    ENTITY_TYPES,
    FULLY,
    MARKETS,
    MILLION,
    POSITIONS,
    RATES,
)
from shared.money.amounts import text_of


def calendars(today: date) -> dict[str, frozenset[date]]:
    """Return the public holidays from the previous to the next year by currency."""
    years = range(today.year - 1, today.year + 2)
    return {
        code: frozenset(day for day in holidays.country_holidays(country, years=years) if day.year in years)
        for code, country in CALENDARS.items()
    }


def holiday_rows(calendars: dict[str, frozenset[date]]) -> Rendered:
    """Yield a row for each holiday; each says that the holidays of its year are complete."""
    for code in sorted(calendars):
        for day in sorted(calendars[code]):
            known = date(day.year, 12, 31).isoformat()
            yield (
                "holiday_calendar",
                {"calendar_code": code, "holiday_date": day.isoformat(), "known_until": known},
            )


def rates(day: date) -> Rendered:
    """Yield the rows of currency_rates for a day, of both ledgers and without expiry date."""
    for pair, kind, ledger, value in RATES:
        suffix = "" if ledger == "IFRS" else f"_{ledger}"
        yield (
            "currency_rates",
            {
                "rate_id": f"RATE_{pair.replace('/', '')}_{kind}{suffix}".upper(),
                "currency_pair": pair,
                "rate_type": kind,
                "ledger": ledger,
                "rate_value": value,
                "effective_date": day.isoformat(),
                "expiry_date": None,
                "source_system": "DEMO",
            },
        )


def positions(day: date) -> Rendered:
    """Yield the NET and HEDGED snapshots of every entity as of a day, for COI and for RE."""
    for entity_id, market, kind in numbered():
        code, scale = MARKETS[market][0], MARKETS[market][5]
        entity_type, *_, state = ENTITY_TYPES[kind]
        coi, car, hedged, re = POSITIONS[entity_type]
        percentage = BUFFER_FULL if state == FULLY else BUFFER_NONE
        for nav, net, optimal_car, held in (("COI", coi, car, hedged), ("RE", re, 0, 0)):
            for position_type, millions in (("NET", net), ("HEDGED", held)):
                suffix = "" if position_type == "NET" else "_HEDGED"
                net_row = position_type == "NET"
                amount = Decimal(millions * MILLION * scale)
                yield (
                    "position_nav_master",
                    {
                        "nav_id": f"PNM_{entity_id}_{nav}{suffix}_{day.isoformat()}",
                        "entity_id": entity_id,
                        "currency_code": code,
                        "as_of_date": day.isoformat(),
                        "source_system": "Murex" if nav == "COI" else "HFM",
                        "source_batch_id": f"BATCH_{code}_{nav}_{day.isoformat()}",
                        "nav_type": nav,
                        "position_type": position_type,
                        "current_position": text_of(amount, code),
                        "coi_amount": text_of(amount if nav == "COI" and net_row else Decimal(0), code),
                        "re_amount": text_of(amount if nav == "RE" and net_row else Decimal(0), code),
                        "buffer_pct": percentage if net_row else BUFFER_NONE,
                        "buffer_amount": text_of(amount * Decimal(percentage) / 100 if net_row else Decimal(0), code),
                        "manual_overlay_amount": text_of(Decimal(0), code),
                        "optimal_car_amount": text_of(
                            Decimal(optimal_car * MILLION * scale) if net_row else Decimal(0), code
                        ),
                        "optimal_car_source": "RCDW",
                        "optimal_car_as_of": day.isoformat(),
                        "data_quality_status": "OK",
                        "created_by": AUTHOR,
                        "computed_total_nav": text_of(amount, code),
                    },
                )
