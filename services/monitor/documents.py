"""The documents of hedges: JSON values, amounts as text with the decimals of their currency. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from shared.hedging.deals import Deal
from shared.hedging.gl_entries import Ledger
from shared.hedging.journal import JournalLine
from shared.hedging.operations import Operation, OperationCounts, Phase, Stage
from shared.hedging.order import InstructionType
from shared.hedging.plan import ChildPlan, HedgePlan
from shared.money.amounts import ZERO, rate_text, text_of
from shared.money.currencies import is_currency

#: The ledgers are kept in the bank's base currency (domain facts 1).
BASE_CURRENCY = "SGD"

Document = dict[str, Any]

_JSON = TypeAdapter(Any)


def hedge_document(plan: HedgePlan) -> Document:
    """Return the part of the card that the plan alone gives."""
    order = plan.order
    currency = order.exposure_currency
    is_answer = order.instruction_type in (InstructionType.U, InstructionType.Q)
    return {
        "instruction_type": order.instruction_type.value,
        "exposure_currency": currency,
        "amount": amount_text(order.amount, currency),
        "allocated_amount": amount_text(plan.capacity.allocated, currency),
        "not_allocated_amount": amount_text(plan.capacity.not_allocated, currency),
        "check_status": plan.capacity.status.value,
        "model": plan.model,
        "currency_type": plan.currency_type,
        "nav_type": order.nav_type.value,
        "entities": [_entity(child, currency) for child in plan.children],
        "order_id": order.order_id,
        "instruction_id": plan.instruction_id,
        "operations": operation_counts(plan.operations, plan.counts),
        "operations_list": [operation_document(operation) for operation in plan.operations],
        "deals": [
            deal_document(deal, child.event.event_id, child.entity_id)
            for child in plan.children
            for deal in child.deals
        ],
        "gl": _gl(plan.children),
        "dates": _json(plan.dates),
        "rates": [_json(rate) for rate in plan.pins.rates],
        "pinned_at": plan.pins.pinned_at.isoformat(),
        "usd_check": _json(plan.usd_check, "USD"),
        "assessments": [_json(assessment, assessment.currency) for assessment in plan.assessments],
        "risk": {"level": plan.risk.level.value, "reasons": list(plan.risk.reasons)},
        "provenance": dict(order.provenance),
        "reversal": [_json(step) for step in plan.reversal],
        "answer": dict(plan.answer) if is_answer and plan.answer else None,
    }


def detail_document(plan: HedgePlan) -> Document:
    """Return what the card leaves out: each field of the order, and the ledger's rows one by one."""
    order = _json(plan.order, plan.order.exposure_currency)
    return {
        "order": {name: value for name, value in order.items() if name != "provenance"},
        "gl_entries": [
            _of_child(child) | _json(entry, BASE_CURRENCY) for child in plan.children for entry in child.gl_entries
        ],
        "journal_lines": [
            _of_child(child) | _json(line, line.base_ccy) | {"fx_rate": rate_text(line.fx_rate)}
            for child in plan.children
            for line in child.journal
        ],
    }


def _of_child(child: ChildPlan) -> Document:
    return {"event_id": child.event.event_id, "entity_id": child.entity_id}


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency's decimals; that of an unknown currency keeps its digits."""
    return text_of(amount, currency) if is_currency(currency) else format(amount, "f")


def operation_counts(operations: Sequence[Operation], counts: OperationCounts) -> Document:
    """Count operations by kind and stage, and list their stages in the order in which they are done."""
    totals = {stage.stage: stage.total for stage in counts.stages}
    return {
        "total": counts.total,
        "READ": counts.read,
        "INSERT": counts.insert,
        "UPDATE": counts.update,
        "stages": {stage.value: totals.get(stage, 0) for stage in Stage},
        # The stage of each operation, in the order in which they are done: those before Murex first.
        "order": [
            operation.stage.value
            for operation in sorted(operations, key=lambda each: (each.phase is Phase.COMPLETE, each.number))
        ],
    }


def operation_document(operation: Operation) -> Document:
    """Return one numbered operation."""
    return {
        "number": operation.number,
        "stage": operation.stage.value,
        "phase": operation.phase.value,
        "step": operation.step,
        "operation": operation.kind.value,
        "table": operation.table,
        "purpose": operation.purpose,
        "entity_id": operation.entity_id,
        "rows": operation.rows,
    }


def _entity(child: ChildPlan, currency: str) -> Document:
    return {
        "entity_id": child.entity_id,
        "entity_name": child.entity_name,
        "entity_type": child.entity_type,
        "allocated_amount": amount_text(child.allocated, currency),
        "allocated_usd": amount_text(child.allocated_usd, "USD"),
        # The change of what is hedged: below zero if hedges are closed.
        "net_amount": amount_text(child.net, currency),
        "net_usd": amount_text(child.net_usd, "USD"),
        "available_before": amount_text(child.assessment.available, currency),
        "event_id": child.event.event_id,
        "event_type": child.event.business_event_type,
    }


def deal_document(deal: Deal, event_id: str, entity_id: str) -> Document:
    """Return one deal of an event, as it is sent to Murex."""
    return {
        "deal_booking_id": deal.deal_booking_id,
        "event_id": event_id,
        "entity_id": entity_id,
        "deal_sequence": deal.deal_sequence,
        "deal_type": deal.deal_type,
        "portfolio_from": deal.portfolio_from,
        "portfolio_to": deal.portfolio_to,
        "currency_pair": deal.currency_pair,
        "notional_currency": deal.notional_currency,
        "notional_amount": amount_text(deal.notional_amount, deal.notional_currency),
        "sell_currency": deal.sell_currency,
        "sell_amount": amount_text(deal.sell_amount, deal.sell_currency),
        "buy_currency": deal.buy_currency,
        "buy_amount": amount_text(deal.buy_amount, deal.buy_currency),
        "fx_rate": None if deal.fx_rate is None else rate_text(deal.fx_rate),
        "rate_type": deal.rate_type,
        "counterparty": deal.counterparty,
        "trade_date": deal.trade_date.isoformat(),
        "value_date": deal.value_date.isoformat(),
        "maturity_date": None if deal.maturity_date is None else deal.maturity_date.isoformat(),
        "murex_book_code": deal.murex_book_code,
        "final": deal.final,
        "purpose": deal.purpose,
    }


def _gl(children: Iterable[ChildPlan]) -> Document:
    """Return the number of ledger entries, and the totals of the journal by ledger (interfaces section 7)."""
    plans = tuple(children)
    lines = [line for child in plans for line in child.journal]
    entries = sum(len(child.gl_entries) for child in plans)
    return {"entries": entries, "lines": len(lines), **ledger_totals(lines)}


def ledger_totals(lines: Sequence[JournalLine]) -> Document:
    """Return the sum of each side by ledger."""
    document: Document = {}
    for ledger in Ledger:
        own = [line for line in lines if line.ledger is ledger]
        document[ledger.value] = {
            "dr": text_of(sum((line.dr_amt for line in own), ZERO), BASE_CURRENCY),
            "cr": text_of(sum((line.cr_amt for line in own), ZERO), BASE_CURRENCY),
        }
    return document


def plan_warnings(plan: HedgePlan) -> list[Mapping[str, str]]:
    """Return the warnings of a plan: its own, and those about what the answer claimed."""
    warnings = (*plan.warnings, *plan.claim_warnings)
    return [{"code": each.code, "message": each.message, "path": each.path} for each in warnings]


def unique(documents: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return each document once, in the order of its first occurrence."""
    kept: list[Mapping[str, str]] = []
    for document in documents:
        if document not in kept:
            kept.append(document)
    return kept


def _json(value: object, currency: str = "") -> Document:
    """Return a flat value as JSON. Decimals are amounts of `currency`, or rates if there is none."""
    dumped: Mapping[str, Any] = _JSON.dump_python(value, mode="python")
    return {name: _plain(name, each, currency) for name, each in dumped.items()}


def _plain(name: str, value: Any, currency: str) -> Any:
    if isinstance(value, Decimal):
        is_amount = currency and not name.endswith("_percentage")
        return amount_text(value, currency) if is_amount else rate_text(value)
    return _JSON.dump_python(value, mode="json")
