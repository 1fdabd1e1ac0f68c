"""Settling a deal by hand, on a card: which deal, how it stands, what becomes of its workflow. Pure."""

from typing import Final

from rich.table import Table
from rich.text import Text

from cli.layout import add_fact, fact_lines
from cli.wording import Document, plain

OUTCOMES: Final = {
    "UNDONE": "the workflow is undone and its capacity given back",
    "COMPLETED": "the workflow is completed and posted",
    "WAITS": "the workflow waits for its other deals",
}


def override_title(override: Document) -> str:
    """`Deal D-1 settled by hand: CANCELLED`."""
    reference = f" as {override['external_reference']}" if override.get("external_reference") else ""
    return f"Deal {override['deal_booking_id']} settled by hand: {override['resolution']}{reference}"


def override_facts(override: Document) -> Table:
    """What a person says, and what follows."""
    facts = fact_lines()
    add_fact(facts, "found", override["reason"])
    if override.get("overridden_workflow"):
        add_fact(facts, "workflow", f"{override['overridden_workflow']}, {override['workflow_status']}")
        add_fact(facts, "because", override["why"])
        for deal in override["deals"]:
            settled = deal["deal_booking_id"] == override["deal_booking_id"]
            held = f" as {deal['contract_id']}" if deal["contract_id"] else ""
            told = f"{deal['deal_sequence']} of {deal['event_id']}: {deal['status']}{held}"
            facts.add_row("deal", Text(plain(told), style="bold" if settled else "dim"))
        add_fact(facts, "then", OUTCOMES.get(override["outcome"], override["outcome"]))
    return facts
