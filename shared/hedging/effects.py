"""The effects of a plan as JSON values ready for canonical JSON: only what it changes in the world (design section 2).

An unrelated change of a snapshot, a version, an id or a lineage leaves them as they are. What covers all that an
approver sees is the digest of the whole event (`shared.plans.digests`).
"""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from shared.hedging.deals import Deal
from shared.hedging.gl_entries import GlEntry
from shared.hedging.journal import JournalLine
from shared.hedging.plan import ChildPlan, HedgePlan
from shared.money.amounts import text_of


def effects_of(plan: HedgePlan, tier: str) -> dict[str, Any]:
    """Entities, NAV type, model, allocations, check results, tier, deals, GL and journal, accounts and dates.

    Amounts are text in their currency's decimals, rates plain text, dates ISO 8601. Two plans of the same
    order with the same effects give the same value, whatever their workflow, attempt or facts.
    """
    currency = plan.order.exposure_currency
    return {
        "instruction_type": plan.order.instruction_type.value,
        "exposure_currency": currency,
        "amount": text_of(plan.order.amount, currency),
        "nav_type": plan.order.nav_type.value,
        "model": plan.model,
        "tier": tier,
        "checks": {
            "capacity": plan.capacity.status.value,
            "allocated": text_of(plan.capacity.allocated, currency),
            "not_allocated": text_of(plan.capacity.not_allocated, currency),
            "usd": plan.usd_check.status.value,
        },
        "dates": {
            "trade_date": plan.dates.trade_date.isoformat(),
            "value_date": plan.dates.value_date.isoformat(),
            "maturity_date": plan.dates.maturity_date.isoformat(),
            "accounting_date": plan.dates.accounting_date.isoformat(),
        },
        "entities": [_child_effects(child, currency) for child in plan.children],
    }


def json_value(value: object) -> Any:
    """Dataclasses, decimals, dates and enums as JSON values; decimals as plain text.

    Raises:
        TypeError: a value of another kind, binary floats above all.
    """
    if isinstance(value, Enum):
        return json_value(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if is_dataclass(value):
        return {each.name: json_value(getattr(value, each.name)) for each in fields(value)}
    return _json_container(value)


def _json_container(value: object) -> Any:
    if isinstance(value, (tuple, list)):
        return [json_value(each) for each in value]
    if isinstance(value, dict):
        return {str(key): json_value(each) for key, each in value.items()}
    raise TypeError(f"Expected a plan value, found {type(value).__name__} {value!r}.")


# Ids name the workflow, comments and references its lineage: none of them is an effect.
_DEAL_LINEAGE = frozenset({"deal_booking_id", "internal_reference", "comment"})


def _child_effects(child: ChildPlan, currency: str) -> dict[str, Any]:
    return {
        "entity_id": child.entity_id,
        "allocated": text_of(child.allocated, currency),
        "currency_type": child.event.currency_type,
        "hedging_instrument": child.event.hedging_instrument,
        "hedge_method": child.event.accounting_method,
        "deals": [_deal_effects(deal) for deal in child.deals],
        "gl_entries": [_entry_effects(entry) for entry in child.gl_entries],
        "journal": [_line_effects(line) for line in child.journal],
        **_closing_effects(child, currency),
    }


def _closing_effects(child: ChildPlan, currency: str) -> dict[str, Any]:
    """Return which hedge an event closes, and how much: none for an inception, even beside other hedges."""
    lineage = child.lineage
    if lineage is None or not lineage.closes:
        return {}
    return {
        "event_type": child.event.business_event_type,
        "closes_event_id": lineage.original_event_id,
        "closes_amount": text_of(lineage.closes_amount, currency),
        "opens_amount": text_of(lineage.opens_amount, currency),
        "maturity_date": child.event.maturity_date.isoformat(),
    }


def _deal_effects(deal: Deal) -> dict[str, Any]:
    return {name: value for name, value in json_value(deal).items() if name not in _DEAL_LINEAGE}


def _entry_effects(entry: GlEntry) -> dict[str, Any]:
    return {
        "purpose": entry.purpose.value,
        "ledger": entry.ledger.value,
        "debit_account": entry.debit_account,
        "credit_account": entry.credit_account,
        "amount_sgd": text_of(entry.amount_sgd, "SGD"),
        "posting_date": entry.posting_date.isoformat(),
    }


def _line_effects(line: JournalLine) -> dict[str, Any]:
    return {
        "ledger": line.ledger.value,
        "account_code": line.account_code,
        "dr_amt": text_of(line.dr_amt, line.base_ccy),
        "cr_amt": text_of(line.cr_amt, line.base_ccy),
        "profit_center": line.profit_center,
        "accounting_date": line.accounting_date.isoformat(),
        "period_id": line.period_id,
    }
