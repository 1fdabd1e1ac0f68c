"""Reference rows of the markets: currencies, settings of the desk, limits, models, book codes, fixing sources."""

from decimal import Decimal
from typing import Any

from demo.reference.rendering import AUTHOR, EFFECTIVE, Levels, Rendered
from demo.reference.tables import (
    BOOK_CODES,
    CAR_CURRENCIES,
    CAR_LIMITS,
    CURRENCIES,
    FIXING_SOURCES,
    MODELS,
    PB_LIMITS,
    SETTINGS,
)
from shared.money.amounts import text_of


def currencies() -> Rendered:
    """Yield currency_configuration: deal sizes, market hours and cut-off of each currency."""
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


def settings() -> Rendered:
    """Yield system_configuration: the settings of the desk, each also its own default."""
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


def _threshold(
    threshold_id: str, kind: str, code: str, *, entity_type: str, levels: Levels, unit: str
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


def thresholds() -> Rendered:
    """Yield threshold_configuration: USD limits in thousands, CAR ratios, deviation, concentration."""
    table = "threshold_configuration"
    for code, levels in PB_LIMITS.items():
        yield (
            table,
            _threshold(
                f"THR_{code}_PB",
                "USD_PB_DEPOSIT",
                code,
                entity_type="ALL",
                levels=levels,
                unit="USD_THOUSANDS",
            ),
        )
    for code in CAR_CURRENCIES:
        for kind, levels in CAR_LIMITS.items():
            yield (
                table,
                _threshold(
                    f"THR_{code}_CAR_{kind.upper()}",
                    "CAR_RATIO",
                    code,
                    entity_type=kind,
                    levels=levels,
                    unit="Percentage",
                ),
            )
    yield (
        table,
        _threshold(
            "THR_HEDGE_DEVIATION",
            "HEDGE_DEVIATION",
            "ALL",
            entity_type="ALL",
            levels=("2", "5", "10"),
            unit="Percentage",
        ),
    )
    yield (
        table,
        _threshold(
            "THR_CONCENTRATION",
            "CONCENTRATION_LIMIT",
            "ALL",
            entity_type="ALL",
            levels=("200", "250", "300"),
            unit="Basis_Points",
        ),
    )


def models() -> Rendered:
    """Yield instruction_event_config: the inception of each booking model."""
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


def book_codes() -> Rendered:
    """Yield murex_book_config: how each mirror trade follows from its reference trade."""
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


def proxies() -> Rendered:
    """Yield proxy_configuration: an NDF against USD for each currency with a fixing source."""
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
