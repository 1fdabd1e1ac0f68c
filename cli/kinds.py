"""Cards of the kinds of workflow other than a hedge: one row per kind. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from cli.layout import add_fact, add_row, calm_table, fact_lines
from cli.wording import Document, count, plain

HEDGE_STAGES: Final = {
    "1A": "stage 1A, checks and instruction",
    "1B": "stage 1B, hedge event and allocation",
    "2": "stage 2, Murex and ledger",
}

OUTCOMES: Final = {
    "UNDONE": "the workflow is undone and its capacity given back",
    "COMPLETED": "the workflow is completed and posted",
    "WAITS": "the workflow waits for its other deals",
}
"""The effect on the workflow of a deal that is settled by hand."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of workflow: the names of its stages; what it changes, as one line and as a table."""

    stages: Mapping[str, str]
    title: Callable[[Document], str] | None = None
    details: Callable[[Document], Table] | None = None


def _change_title(configuration: Document) -> str:
    """Return `UPDATE of buffer_configuration BUF_USD_001`."""
    title = f"{configuration['operation']} of {configuration['table']} {configuration['key']}"
    since = configuration.get("effective_date")
    return f"{title}, from {since}" if since else title


def _change_table(configuration: Document) -> Table:
    """Return a line for each column, and below them how many rows refer to the row or depend on it."""
    table = calm_table("column", "before", "after")
    for change in configuration["changes"]:
        add_row(table, change["column"], _value(change["before"]), _value(change["after"]))
    references = configuration["references"]
    if references:
        rows = count(references["rows"], "row")
        add_row(table, Text(f"concerns {rows} of {plain(references['table'])}", style="dim"), "", "")
    return table


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _override_title(override: Document) -> str:
    """Return `Deal D-1 settled by hand: CANCELLED`."""
    reference = f" as {override['external_reference']}" if override.get("external_reference") else ""
    return f"Deal {override['deal_booking_id']} settled by hand: {override['resolution']}{reference}"


def _override_facts(override: Document) -> Table:
    """Return what the person found, the deals of the workflow, and what the override does to it."""
    facts = fact_lines()
    add_fact(facts, "found", override["reason"])
    if override.get("overridden_workflow"):
        add_fact(facts, "workflow", f"{override['overridden_workflow']}, {override['workflow_status']}")
        add_fact(facts, "because", override["why"])
        for deal in override["deals"]:
            style = "bold" if deal["deal_booking_id"] == override["deal_booking_id"] else "dim"
            contract = f" as {deal['contract_id']}" if deal["contract_id"] else ""
            status = f"{deal['deal_sequence']} of {deal['event_id']}: {deal['status']}{contract}"
            add_fact(facts, "deal", status, style=style)
        add_fact(facts, "then", OUTCOMES.get(override["outcome"], override["outcome"]))
    return facts


#: By the member of a workflow's document that only this kind fills.
KINDS: Final[Mapping[str, Kind]] = {
    "reverses": Kind(
        {
            "1A": "stage 1A, instruction reversed",
            "1B": "stage 1B, hedge event and allocation reversed",
            "2": "stage 2, cancellations and reversing entries",
        }
    ),
    "override": Kind(
        {"1A": "stage 1A, the deal and the state of its workflow", "1B": "stage 1B, the deal settled and recorded"},
        _override_title,
        _override_facts,
    ),
    "configuration": Kind(
        {"1A": "stage 1A, the row and the rows that refer to it", "1B": "stage 1B, the change and its record"},
        _change_title,
        _change_table,
    ),
}


def stage_names(workflow: Document) -> Mapping[str, str]:
    """Return the names of the stages of a workflow."""
    return next((kind.stages for member, kind in KINDS.items() if workflow.get(member)), HEDGE_STAGES)


def subject_of(workflow: Document) -> str:
    """Return in one line what a workflow changes that is not a hedge; empty for a hedge and for a reversal."""
    found = (kind.title(workflow[member]) for member, kind in KINDS.items() if kind.title and workflow.get(member))
    return plain(next(found, ""))


def details_of(workflow: Document) -> Table | None:
    """Return what a workflow changes that is not a hedge, line by line; None for a hedge and for a reversal."""
    found = (kind.details(workflow[member]) for member, kind in KINDS.items() if kind.details and workflow.get(member))
    return next(found, None)
