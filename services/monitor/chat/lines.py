"""The lines of a plan: what would happen, computed from it and never from what the AI says. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.monitor.chat.spelling import count, figure, money, name

Workflow = Mapping[str, Any]

#: What an order of each type does to a hedge, as the beginning of a line.
_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "I": "Create hedge instruction",
        "R": "Roll the hedge over",
        "T": "Terminate the hedge",
        "A": "Amend the order of the hedge",
        "U": "Check hedge capacity",
        "Q": "Look hedges up",
    }
)
#: Columns of a changed row that are named; the others are counted.
COLUMNS_MAX: Final = 5


def kind_of(workflow: Workflow) -> str:
    """Return `hedge`, `configuration`, `override` or `reversal`."""
    for kind in ("configuration", "override"):
        if workflow.get(kind) is not None:
            return kind
    return "hedge" if workflow.get("reverses") is None else "reversal"


def plan_lines(workflow: Workflow) -> list[str]:
    """Return what the plan of a workflow would do, one line for each thing."""
    return _LINES[kind_of(workflow)](workflow)


def _hedge(workflow: Workflow) -> list[str]:
    verb = _VERBS.get(str(workflow["instruction_type"]), "Execute the order")
    amount = _ordered(workflow)
    lines = [verb if amount is None else f"{verb} ({amount})"]
    deals, entries = len(workflow["deals"]), int(workflow["gl"]["entries"])
    if deals:
        lines.append(f"Book {count(deals, 'Murex deal')}{_model(workflow)}")
    if entries:
        lines.append(f"Generate GL entries ({count(entries, 'transaction')})")
    return lines + _allocation(workflow)


def _ordered(workflow: Workflow) -> str | None:
    """Return the amount of the order, and how much of it can be hedged where that is less."""
    amount, part, rest = (
        money(workflow["exposure_currency"], workflow[each])
        for each in ("amount", "allocated_amount", "not_allocated_amount")
    )
    if amount is None or part is None or rest is None or not any(digit in "123456789" for digit in rest):
        return amount
    return f"{amount}, of which {figure(part)} can be hedged"


def _model(workflow: Workflow) -> str:
    return "" if workflow["model"] is None else f" (Model {name(workflow['model'])})"


def _allocation(workflow: Workflow) -> list[str]:
    """Return the line of the allocation engine if an operation of the plan writes to it."""
    writes = any(
        each["table"] == "allocation_engine" and each["operation"] != "READ" for each in workflow["operations_list"]
    )
    return ["Update allocation engine"] if writes else []


def _configuration(workflow: Workflow) -> list[str]:
    change = workflow["configuration"]
    verb = "Insert" if change["operation"] == "INSERT" else "Update"
    columns = change["changes"] or []
    row = f"{verb} {name(change['table'])} {name(change['key'])} ({count(len(columns), 'column')})"
    named = [_column(each) for each in columns[:COLUMNS_MAX]]
    more = [f"{len(columns) - COLUMNS_MAX} more: see the review"] if len(columns) > COLUMNS_MAX else []
    return [row, *named, *more, "Record the change in the audit trail"]


def _column(change: Mapping[str, Any]) -> str:
    before, after = (_value(change.get(side)) for side in ("before", "after"))
    return f"{name(change['column'])}: {before} to {after}"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    return "a list: see the review" if isinstance(value, list | dict) else name(value)


def _override(workflow: Workflow) -> list[str]:
    override = workflow["override"]
    deal = override.get("deal") or {}
    which = f"deal {name(override['deal_booking_id'])}"
    if deal:
        which = f"deal {name(deal['deal_sequence'])} of {name(deal['event_id'])}"
    return [
        f"Settle {which} by hand ({name(override['resolution'])})",
        "Record the settlement in the audit trail",
    ]


def _reversal(workflow: Workflow) -> list[str]:
    journal = int(workflow["gl"]["lines"])
    return [
        f"Cancel {count(len(workflow['deals']), 'Murex deal')}{_model(workflow)}",
        f"Reverse GL entries ({count(int(workflow['gl']['entries']), 'transaction')})",
        f"Post {count(journal, 'mirrored journal line')}" if journal else "Post no journal line",
        *_allocation(workflow),
    ]


_LINES: Final[Mapping[str, Callable[[Workflow], list[str]]]] = MappingProxyType(
    {"hedge": _hedge, "configuration": _configuration, "override": _override, "reversal": _reversal}
)
