"""The demo's reference rows for a given day: positions of the business day before, calendars, open periods.

Every value is text, a bool, an int or JSON, as it travels on hawk.reference; columns are those of domain facts 2.2.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import holidays

from demo.reference.tables import (
    ACCOUNTS,
    ALIASES,
    BE_CODES,
    BOOK_CODES,
    CALENDARS,
    CAR_CURRENCIES,
    CAR_LIMITS,
    CURRENCIES,
    ENTITY_TYPES,
    EXCESS,
    FIXING_SOURCES,
    FULLY,
    INCEPTION_RULES,
    MARKETS,
    MILLION,
    MODELS,
    PB_LIMITS,
    POSITIONS,
    RATES,
    SETTINGS,
    GlRule,
)
from shared.hedging.calendar import Calendar
from shared.hedging.reference import key_of
from shared.money.amounts import text_of

AUTHOR: Final = "DEMO"
EFFECTIVE: Final = "2025-01-01"  # first day of every configuration row of the demo
BUFFER_FULL: Final = "5"
BUFFER_NONE: Final = "0"
TERMINATION_PRIORITY: Final = 100  # added to the priority of the rule a termination mirrors


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """One UPSERT of hawk.reference: table, key as the topic's message key has it, and the row."""

    table: str
    key: str
    row: dict[str, Any]


def demo_rows(today: date) -> list[ReferenceRow]:
    """All rows, dated relative to `today` (a Singapore calendar day), in an order that never refers forward."""
    calendars = _calendars(today)
    snapshot = Calendar(calendars, ["SGD"]).preceding(today - timedelta(days=1))
    rows = [
        *_currencies(),
        *_settings(),
        *_entities(),
        *_aliases(),
        *_frameworks(),
        *_buffers(),
        *_thresholds(),
        *_waterfall(),
        *_models(),
        *_book_codes(),
        *_proxies(),
        *_accounts(),
        *_periods(today),
        *_be_codes(),
        *_rules(),
        *_holidays(calendars),
        *_rates(snapshot),
        *_positions(snapshot),
    ]
    return [ReferenceRow(table, key_of(table, row), row) for table, row in rows]


Rendered = Iterator[tuple[str, dict[str, Any]]]


def _calendars(today: date) -> dict[str, frozenset[date]]:
    """Public holidays of the previous to the next year per currency."""
    years = range(today.year - 1, today.year + 2)
    return {
        code: frozenset(day for day in holidays.country_holidays(country, years=years) if day.year in years)
        for code, country in CALENDARS.items()
    }


def _holidays(calendars: dict[str, frozenset[date]]) -> Rendered:
    for code in sorted(calendars):
        for day in sorted(calendars[code]):
            yield "holiday_calendar", {"calendar_code": code, "holiday_date": day.isoformat()}


def _currencies() -> Rendered:
    for code, name, kind, deliverable, proxy, exposure, low, high, step, opens, closes, cut_off in CURRENCIES:
        yield (
            "currency_configuration",
            {
                "currency_code": code,
                "currency_name": name,
                "currency_type": kind,
                "base_currency": "SGD",
                "is_deliverable": deliverable,
                "proxy_currency": proxy or None,
                "settlement_days": 2,
                "dealing_currency": True,
                "hedge_accounting_eligible": True,
                "minimum_deal_size": text_of(Decimal(low), code),
                "maximum_deal_size": text_of(Decimal(high), code),
                "rounding_precision": step,
                "market_hours_start": opens,
                "market_hours_end": closes,
                "cut_off_time": cut_off,
                "active_flag": True,
                "effective_date": EFFECTIVE,
                "expiry_date": None,
                "created_by": AUTHOR,
                "exposure_currency": exposure or None,
            },
        )


def _settings() -> Rendered:
    for number, (key, value, kind, category, description) in enumerate(SETTINGS, start=1):
        yield (
            "system_configuration",
            {
                "config_id": f"SYS_{number:03d}",
                "config_category": category,
                "config_key": key,
                "config_value": value,
                "data_type": kind,
                "description": description,
                "default_value": value,
                "environment": "DEMO",
                "requires_restart": False,
                "change_approval_required": True,
                "effective_date": EFFECTIVE,
                "expiry_date": None,
                "active_flag": "Y",
                "created_by": AUTHOR,
            },
        )


def _numbered() -> Iterator[tuple[str, int, int]]:
    """Entity id, place of its market, place of its type: ENTITY0001 to ENTITY0044, four per currency."""
    number = 0
    for market in range(len(MARKETS)):
        for kind in range(len(ENTITY_TYPES)):
            number += 1
            yield f"ENTITY{number:04d}", market, kind


def _entities() -> Rendered:
    for entity_id, market, kind in _numbered():
        code, country_code, country, region, *_ = MARKETS[market]
        entity_type, exempt, suffix, unit, _ = ENTITY_TYPES[kind]
        parent = f"ENTITY{market * len(ENTITY_TYPES) + 1:04d}" if entity_type == "Associate" else None
        yield (
            "entity_master",
            {
                "entity_id": entity_id,
                "entity_name": f"{country} Entity {entity_type}1",
                "entity_type": entity_type,
                "parent_entity_id": parent,
                "currency_code": code,
                "car_exemption_flag": exempt,
                "legal_entity_code": f"ET{code}{kind + 1:03d}",
                "business_unit": unit,
                "country_code": country_code,
                "region": region,
                "active_flag": "Y",
                "inception_date": EFFECTIVE,
                "termination_date": None,
                "parent_child_nav_link": parent is not None,
                "regulatory_classification": "BANK" if entity_type in {"Branch", "TMU"} else "GROUP",
                "risk_weight_category": "STANDARD",
                "created_by": AUTHOR,
                "murex_issuer": f"MUREX_{code}_{suffix}",
                "murex_comment": f"{code} {suffix}",
                "comments": None,
            },
        )


def _aliases() -> Rendered:
    for alias, entity_id in ALIASES.items():
        yield "entity_alias", {"alias_id": alias, "entity_id": entity_id, "created_by": AUTHOR}


def _frameworks() -> Rendered:
    for entity_id, market, kind in _numbered():
        state = ENTITY_TYPES[kind][4]
        yield (
            "hedging_framework",
            {
                "framework_id": f"FW_{entity_id}",
                "currency_code": MARKETS[market][0],
                "entity_id": entity_id,
                "hedging_state": state,
                "framework_type": "Structural FX",
                "buffer_percentage": BUFFER_FULL if state == FULLY else BUFFER_NONE,
                "hedge_ratio": "100",
                "accounting_method": "COH",
                "rebalancing_frequency": "Monthly",
                "effectiveness_threshold_lower": "80",
                "effectiveness_threshold_upper": "125",
                "active_flag": "Y",
                "effective_date": EFFECTIVE,
                "expiry_date": None,
                "created_by": AUTHOR,
            },
        )


def _buffer(rule_id: str, code: str | None, kind: str | None, state: str, exempt: str, priority: int) -> dict[str, Any]:
    full = state == FULLY
    return {
        "buffer_rule_id": rule_id,
        "entity_id": None,
        "currency_code": code,
        "hedging_framework": state,
        "car_exemption_flag": exempt,
        "entity_type": kind,
        "buffer_percentage": BUFFER_FULL if full else BUFFER_NONE,
        "rule_priority": priority,
        "minimum_buffer_amount": "100000.00" if full else "0.00",
        "maximum_buffer_amount": "5000000.00" if full else "0.00",
        "buffer_allocation_method": "Waterfall",
        "nav_type_priority": "RE_COI",
        "active_flag": "Y",
        "effective_date": EFFECTIVE,
        "expiry_date": None,
        "business_rule_description": f"{state}, CAR exemption {exempt}",
        "created_by": AUTHOR,
    }


def _buffers() -> Rendered:
    for code, *_ in MARKETS:
        for place, (kind, exempt, _, _, state) in enumerate(ENTITY_TYPES, start=1):
            yield "buffer_configuration", _buffer(f"BUF_{code}_{place:03d}", code, kind, state, exempt, 1)
    yield "buffer_configuration", _buffer("BUF_DEFAULT_001", None, None, FULLY, "N", 100)
    yield "buffer_configuration", _buffer("BUF_DEFAULT_002", None, None, EXCESS, "Y", 100)


def _threshold(
    threshold_id: str, kind: str, code: str | None, entity_type: str, levels: tuple[str, str, str], unit: str
) -> dict[str, Any]:
    warning, critical, maximum = levels
    return {
        "threshold_id": threshold_id,
        "threshold_type": kind,
        "currency_code": code,
        "entity_type": entity_type,
        "warning_level": warning,
        "critical_level": critical,
        "maximum_limit": maximum,
        "unit_of_measure": unit,
        "escalation_level_1": "Treasury Duty Desk" if kind == "USD_PB_DEPOSIT" else "Risk QA",
        "escalation_level_2": "Head of Markets",
        "escalation_level_3": "CRO",
        "automated_action_flag": "Y" if kind == "USD_PB_DEPOSIT" else "N",
        "breach_tolerance_minutes": 5,
        "active_flag": "Y",
        "effective_date": EFFECTIVE,
        "expiry_date": None,
        "created_by": AUTHOR,
    }


def _thresholds() -> Rendered:
    table = "threshold_configuration"
    for code, levels in PB_LIMITS.items():
        yield table, _threshold(f"THR_{code}_PB", "USD_PB_DEPOSIT", code, "ALL", levels, "USD_THOUSANDS")
    for code in CAR_CURRENCIES:
        for kind, levels in CAR_LIMITS.items():
            yield table, _threshold(f"THR_{code}_CAR_{kind.upper()}", "CAR_RATIO", code, kind, levels, "Percentage")
    yield table, _threshold("THR_HEDGE_DEVIATION", "HEDGE_DEVIATION", None, "ALL", ("2", "5", "10"), "Percentage")
    yield (
        table,
        _threshold("THR_CONCENTRATION", "CONCENTRATION_LIMIT", None, "ALL", ("200", "250", "300"), "Basis_Points"),
    )


def _waterfall() -> Rendered:
    """Opening RE before COI, Branch to TMU; closing the other way round (design section 8, Q12)."""
    opening = [(nav, kind) for nav in ("RE", "COI") for kind in ("Branch", "Subsidiary", "Associate", "TMU")]
    for waterfall_type, steps in (("Opening", opening), ("Closing", opening[::-1])):
        for priority, (nav, kind) in enumerate(steps, start=1):
            yield (
                "waterfall_logic_configuration",
                {
                    "waterfall_id": f"WF_{waterfall_type.upper()}_{nav}_{kind.upper()}",
                    "waterfall_type": waterfall_type,
                    "currency_code": "ALL",
                    "entity_type": kind,
                    "nav_type": nav,
                    "priority_level": priority,
                    "sort_order": "DESC" if waterfall_type == "Opening" else "ASC",
                    "nav_amount_criteria": "HIGHEST_AVAILABLE",
                    "car_exemption_required": "N",
                    "description": f"{waterfall_type}: {nav} of {kind}",
                    "active_flag": "Y",
                    "effective_date": EFFECTIVE,
                    "expiry_date": None,
                    "created_by": AUTHOR,
                },
            )


def _models() -> Rendered:
    for model, nav, kind, instrument, deals, codes, routing in MODELS:
        yield (
            "instruction_event_config",
            {
                "config_id": f"IEC_{model.replace('-', '_')}",
                "instruction_event": "Inception",
                "nav_type": nav,
                "currency_type": kind,
                "hedging_instrument": instrument,
                "accounting_method": "COH",
                "mrx_book_code_ids": codes,
                "booking_model": model,
                "deal_count": deals,
                "gl_entry_count": 8,
                "portfolio_routing": routing,
                "special_processing_flags": {},
                "status": 1,
                "effective_date": EFFECTIVE,
                "expiry_date": None,
                "created_by": AUTHOR,
            },
        )


def _book_codes() -> Rendered:
    for number, (code, product, reference, sides, flip, rate, outbound) in enumerate(BOOK_CODES, start=1):
        yield (
            "murex_book_config",
            {
                "config_id": f"MBC_{number:03d}",
                "murex_book_code": code,
                "book_name": f"{product} mirror {number}",
                "portfolio_type": "SG_POR INTSC",
                "business_unit": "Treasury",
                "tps_outbound": True,
                "transformations": {
                    "reference_trade": reference,
                    "sides": sides,
                    "flip_currency": flip,
                    "rate": rate,
                    "outbound_currency_change": outbound,
                },
                "risk_limit_profile": "STANDARD",
                "settlement_instructions": {"trader": "SG TRD", "family_group": "CURR_FXF_FXD"},
                "counterparty_restrictions": {"counterparty": "SG BANK LTD"},
                "product_restrictions": {"product": product},
                "currency_restrictions": {},
                "gl_mapping_rules": {},
                "active_flag": True,
                "created_by": AUTHOR,
            },
        )


def _proxies() -> Rendered:
    for code, source in FIXING_SOURCES.items():
        yield (
            "proxy_configuration",
            {
                "proxy_id": f"PRX_{code}_USD",
                "exposure_currency": code,
                "proxy_currency": "USD",
                "proxy_type": "NDF",
                "hedge_instrument": "NDF",
                "proxy_ratio": "1",
                "market_data_source": source,
                "pricing_methodology": "NDF with embedded spot",
                "active_flag": "Y",
                "effective_date": EFFECTIVE,
                "expiry_date": None,
                "created_by": AUTHOR,
            },
        )


def _accounts() -> Rendered:
    for code, description in ACCOUNTS.items():
        yield "gl_coa", {"account_code": code, "description": description, "segments": {}, "active_flag": True}


def _periods(today: date) -> Rendered:
    """Every month of the previous to the next year, open."""
    for year in range(today.year - 1, today.year + 2):
        for month in range(1, 13):
            yield (
                "gl_periods",
                {
                    "period_id": f"{year}-{month:02d}",
                    "start_date": date(year, month, 1).isoformat(),
                    "end_date": date(year, month, monthrange(year, month)[1]).isoformat(),
                    "is_open": True,
                },
            )


def _be_codes() -> Rendered:
    for code, (account, use) in BE_CODES.items():
        yield (
            "hedge_be_config",
            {
                "be_code": code,
                "product_code": "99001",
                "event_type": "DR" if "_DR_" in code else "CR",
                "gl_account": account,
                "ledger": "IFRS",
                "business_unit": "Treasury",
                "profit_centre": "TMU",
                "narration_1": use,
                "status": "Active",
                "active_flag": "Y",
            },
        )


def _rules() -> Rendered:
    for rule in (*INCEPTION_RULES, *(_mirrored(each) for each in INCEPTION_RULES)):
        rule_id, priority, scope, lines = rule
        names = ("ledger", "side", "account", "amount_key", "profit_center")
        yield (
            "gl_rules",
            {
                "rule_id": rule_id,
                "enabled": True,
                "priority": priority,
                "scope": scope,
                "lines": [dict(zip(names, line, strict=True)) for line in lines],
                "effective_from": EFFECTIVE,
                "effective_to": None,
                "version_tag": "v1",
                "narrative_vars": ["CCY", "NOTIONAL", "DIFF_SGD", "EVENT_ID", "MODEL"],
            },
        )


def _mirrored(rule: GlRule) -> GlRule:
    """The rule of a termination: the inception's lines with debit and credit exchanged."""
    rule_id, priority, scope, lines = rule
    other = {"DR": "CR", "CR": "DR"}
    exchanged = tuple((ledger, other[side], account, key, centre) for ledger, side, account, key, centre in lines)
    mirrored_scope = {**scope, "event_type": "Termination"}
    return str(int(rule_id) + TERMINATION_PRIORITY), priority + TERMINATION_PRIORITY, mirrored_scope, exchanged


def _rates(day: date) -> Rendered:
    for pair, kind, ledger, value in RATES:
        key = f"{pair}:{kind}" if ledger == "IFRS" else f"{pair}:{kind}:{ledger}"
        yield (
            "currency_rates",
            {
                "rate_id": key,
                "currency_pair": pair,
                "rate_type": kind,
                "ledger": ledger,
                "rate_value": value,
                "effective_date": day.isoformat(),
                "expiry_date": None,
                "source_system": "DEMO",
            },
        )


def _positions(day: date) -> Rendered:
    for entity_id, market, kind in _numbered():
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
