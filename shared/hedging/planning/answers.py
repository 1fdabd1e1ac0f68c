"""The answers to a utilisation or an inquiry, as text values by name."""

from typing import Final

from shared.hedging.capacity import UsdCheck
from shared.hedging.facts import Facts
from shared.hedging.open_hedges import OpenHedge
from shared.hedging.order import InstructionType, Order
from shared.hedging.planning.allocation import Allocation
from shared.hedging.planning.intake import Intake
from shared.money.amounts import ZERO, text_of

USD: Final = "USD"
#: Entities and hedges named one by one; beyond it only their number is given.
NAMED_MAX: Final = 50


def answer_of(order: Order, facts: Facts, intake: Intake, usd: UsdCheck, allocation: Allocation) -> dict[str, str]:
    """Return the answer; empty for a type that asks nothing. Amounts have the currency's own decimals."""
    if order.instruction_type is InstructionType.U:
        return _capacity_answer(intake, usd, allocation)
    if order.instruction_type is InstructionType.Q:
        return _status_answer(order, facts, intake, usd, allocation)
    return {}


def _capacity_answer(intake: Intake, usd: UsdCheck, allocation: Allocation) -> dict[str, str]:
    result, code = allocation.result, intake.currency.currency
    return {
        "check_status": result.status.value,
        "exposure_currency": code,
        "nav_type": intake.nav_type.value,
        "requested": text_of(result.ordered, code),
        "available": text_of(result.available, code),
        "allocated": text_of(result.allocated, code),
        "not_allocated": text_of(result.not_allocated, code),
        "usd_pb_check_status": usd.status.value,
        "usd_requested": text_of(usd.requested_usd, USD),
        "usd_total_after": text_of(usd.total_after_usd, USD),
        "can_proceed": "true" if result.allocated > ZERO else "false",
    }


def _status_answer(order: Order, facts: Facts, intake: Intake, usd: UsdCheck, allocation: Allocation) -> dict[str, str]:
    code = intake.currency.currency
    hedges = asked_hedges(order, facts)
    answer = {
        "exposure_currency": code,
        "nav_type": intake.nav_type.value,
        "available": text_of(allocation.result.available, code),
        "usd_pb_check_status": usd.status.value,
        "usd_used": text_of(usd.used_usd, USD),
        "open_hedges": str(len(hedges)),
        "outstanding": text_of(sum((each.outstanding for each in hedges), ZERO), code),
    }
    for each in allocation.assessments[:NAMED_MAX]:
        answer[f"available.{each.entity_id}"] = text_of(each.available, code)
    for hedge in hedges[:NAMED_MAX]:
        answer[f"hedge.{hedge.event_id}"] = (
            f"{text_of(hedge.outstanding, code)} of {text_of(hedge.notional, code)} {code} {hedge.nav_type.value} at "
            f"{hedge.entity_id}, order {hedge.order_id}, until {hedge.maturity_date.isoformat()}"
        )
    return answer


def asked_hedges(order: Order, facts: Facts) -> tuple[OpenHedge, ...]:
    """Return the open hedges of an inquiry: those of the order or events it names, else all of its currency."""
    orders = {order.order_id, order.previous_order_id} - {None}
    events = set(order.reference_event_ids)
    if not orders and not events:
        return tuple(each for each in facts.open_hedges if order.entity_id in {None, each.entity_id})
    return tuple(each for each in facts.open_hedges if each.order_id in orders or each.event_id in events)
