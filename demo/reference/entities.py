"""Reference data of who may be hedged: entities, their aliases and frameworks, the buffers, the waterfall."""

from typing import Any

from demo.reference.rendering import AUTHOR, BUFFER_FULL, BUFFER_NONE, EFFECTIVE, Rendered, numbered
from demo.reference.tables import (
    ALIASES,
    ENTITY_TYPES,
    EXCESS,
    FULLY,
    MARKETS,
)


def entities() -> Rendered:
    """Yield entity_master: one entity of each type per market; the parent of an Associate is the Branch."""
    for entity_id, market, kind in numbered():
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


def aliases() -> Rendered:
    """Yield entity_alias: names of answers that are not entity ids, with the entity they mean."""
    for alias, entity_id in ALIASES.items():
        yield "entity_alias", {"alias_id": alias, "entity_id": entity_id, "created_by": AUTHOR}


def frameworks() -> Rendered:
    """Yield hedging_framework: one row per entity, by its type."""
    for entity_id, market, kind in numbered():
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


def _buffer(
    rule_id: str, code: str | None, kind: str | None, *, state: str, exempt: str, priority: int
) -> dict[str, Any]:
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


def buffers() -> Rendered:
    """Yield buffer_configuration: a rule per currency and entity type, and two defaults of lower priority."""
    for code, *_ in MARKETS:
        for place, (kind, exempt, _, _, state) in enumerate(ENTITY_TYPES, start=1):
            yield (
                "buffer_configuration",
                _buffer(f"BUF_{code}_{place:03d}", code, kind, state=state, exempt=exempt, priority=1),
            )
    yield (
        "buffer_configuration",
        _buffer("BUF_DEFAULT_001", None, None, state=FULLY, exempt="N", priority=100),
    )
    yield (
        "buffer_configuration",
        _buffer("BUF_DEFAULT_002", None, None, state=EXCESS, exempt="Y", priority=100),
    )


def waterfall() -> Rendered:
    """Yield the order of allocation: RE before COI and Branch before TMU for an opening, in reverse for a closing
    (design section 8, Q12)."""
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
