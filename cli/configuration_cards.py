"""A change of the configuration on a card: which row, and what it holds before and after. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from cli.layout import add_row, calm_table
from cli.wording import Document, count, plain

#: The stages of such a workflow, which books nothing.
CONFIGURATION_STAGES: Final = {
    "1A": "stage 1A, the row and what refers to it",
    "1B": "stage 1B, the change and its record",
}
#: And of one that settles a deal by hand.
OVERRIDE_STAGES: Final = {
    "1A": "stage 1A, the deal and how its workflow stands",
    "1B": "stage 1B, the deal settled and its record",
}

#: The stages of a reversal, which goes the other way round.
REVERSAL_STAGES: Final = {
    "1A": "stage 1A, instruction taken back",
    "1B": "stage 1B, hedge event and allocation taken back",
    "2": "stage 2, cancels and reversing entries",
}


def stage_names(workflow: Document, otherwise: Mapping[str, str]) -> Mapping[str, str]:
    """What a card calls the stages of a workflow: `otherwise`, unless it changes the configuration or takes back."""
    if workflow.get("reverses"):
        return REVERSAL_STAGES
    if workflow.get("override"):
        return OVERRIDE_STAGES
    return CONFIGURATION_STAGES if workflow.get("configuration") else otherwise


def change_title(configuration: Document) -> str:
    """`UPDATE of buffer_configuration BUF_USD_001`."""
    title = f"{configuration['operation']} of {configuration['table']} {configuration['key']}"
    since = configuration.get("effective_date")
    return f"{title}, from {since}" if since else title


def change_table(configuration: Document) -> Table:
    """One line a column; below, how many rows refer to the row or are governed by it."""
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
