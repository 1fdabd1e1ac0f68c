"""The answer's claims about the plan, compared with the plan: a difference is a warning, never a change."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from shared.hedging.order import Claim
from shared.hedging.plan import ChildPlan, PlanWarning
from shared.money.amounts import ZERO

CODE: Final = "CLAIM_DIFFERS"
# Rows of one claim that are compared; beyond them only the number is.
ROWS_COMPARED_MAX: Final = 200


def compare_claims(
    claims: Sequence[Claim], model: str | None, children: Sequence[ChildPlan]
) -> tuple[PlanWarning, ...]:
    """Return one warning per claimed value that differs from the computed plan, in the order claimed."""
    warnings: list[PlanWarning] = []
    for claim in claims:
        compare = _COMPARISONS.get(claim.action_type)
        if compare is not None:
            for field, claimed, computed in compare(claim.data, model, children):
                message = f"The answer claims {field} {claimed}; the plan has {computed}. The plan counts."
                warnings.append(PlanWarning(CODE, message, f"{claim.action_id}.{field}"))
    return tuple(warnings)


Difference = tuple[str, str, str]


def _deals(data: dict[str, Any], model: str | None, children: Sequence[ChildPlan]) -> list[Difference]:
    deals = [deal for child in children for deal in child.deals]
    found = _plain_difference(data, "model", model or "none")
    found += _count_difference(data, "deal_count", len(deals))
    events = [child.event.event_id for child in children]
    if "event_id" in data and data["event_id"] not in events:
        found.append(("event_id", str(data["event_id"]), ", ".join(events) or "none"))
    rows = data.get("deals")
    if isinstance(rows, list):
        planned = [
            {
                "deal_type": deal.deal_type,
                "portfolio_from": deal.portfolio_from,
                "portfolio_to": deal.portfolio_to,
                "currency_pair": deal.currency_pair,
                "notional_amount": deal.notional_amount,
            }
            for deal in deals
        ]
        found += _row_differences("deals", rows, planned)
    return found


def _entries(data: dict[str, Any], _model: str | None, children: Sequence[ChildPlan]) -> list[Difference]:
    entries = [entry for child in children for entry in child.gl_entries]
    found = _count_difference(data, "entry_count", len(entries))
    rows = data.get("entries")
    if isinstance(rows, list):
        planned = [
            {
                "entry_type": entry.entry_type,
                "ledger": entry.ledger.value,
                "debit_account": entry.debit_account,
                "credit_account": entry.credit_account,
                "amount_sgd": entry.amount_sgd,
            }
            for entry in entries
        ]
        found += _row_differences("entries", rows, planned)
    return found


def _allocation(data: dict[str, Any], _model: str | None, children: Sequence[ChildPlan]) -> list[Difference]:
    entity = data.get("entity_id")
    own = [child for child in children if entity in {None, child.entity_id}]
    if entity is not None and not own:
        return [("entity_id", str(entity), ", ".join(child.entity_id for child in children) or "none")]
    allocated = sum((child.allocated for child in own), ZERO)
    claimed = data.get("allocated_amount")
    if claimed is None or _equal(claimed, allocated):
        return []
    return [("allocated_amount", str(claimed), format(allocated, "f"))]


_COMPARISONS: Final = {
    "BOOK_MUREX_DEALS": _deals,
    "GENERATE_GL_ENTRIES": _entries,
    "UPDATE_ALLOCATION": _allocation,
}


def _plain_difference(data: dict[str, Any], field: str, computed: str) -> list[Difference]:
    claimed = data.get(field)
    return [] if claimed is None or str(claimed) == computed else [(field, str(claimed), computed)]


def _count_difference(data: dict[str, Any], field: str, computed: int) -> list[Difference]:
    claimed = data.get(field)
    return [] if claimed is None or _equal(claimed, Decimal(computed)) else [(field, str(claimed), str(computed))]


def _row_differences(field: str, rows: list[Any], planned: list[dict[str, Any]]) -> list[Difference]:
    found: list[Difference] = []
    if len(rows) != len(planned):
        found.append((f"{field} (rows)", str(len(rows)), str(len(planned))))
    for place, (claimed, computed) in enumerate(zip(rows[:ROWS_COMPARED_MAX], planned, strict=False), start=1):
        if not isinstance(claimed, dict):
            found.append((f"{field}[{place}]", str(claimed), "a row"))
            continue
        for name, value in computed.items():
            if name in claimed and not _equal(claimed[name], value):
                shown = format(value, "f") if isinstance(value, Decimal) else str(value)
                found.append((f"{field}[{place}].{name}", str(claimed[name]), shown))
    return found


def _equal(claimed: object, computed: str | Decimal) -> bool:
    if isinstance(computed, str):
        return str(claimed) == computed
    try:
        return Decimal(str(claimed)) == computed
    except InvalidOperation:
        return False
