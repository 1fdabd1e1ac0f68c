"""The plan's own lines: what would happen, in the words of the agent, computed from the plan. Pure."""

from functools import singledispatch
from typing import Any

from services.approval.console.view.money import count, short
from services.approval.console.view.subject import Document
from shared.hedging.changes.configuration import ConfigurationPlan
from shared.hedging.changes.override import OverridePlan
from shared.hedging.changes.reversing import ReversalPlan
from shared.hedging.plan import HedgePlan


@singledispatch
def lines(_: Any) -> list[Document]:
    """Return the lines of a plan, each with a note beside it; none for a plan that is not kept whole."""
    return []


@lines.register
def _hedge(plan: HedgePlan) -> list[Document]:
    children = plan.children
    instruction = f"Create hedge instruction ({short(plan.order.amount, plan.order.exposure_currency)})"
    if not children:
        return [_line("instruction", instruction, "a check: nothing is booked")]
    deals = [len(child.deals) for child in children]
    entries = sum(len(child.gl_entries) for child in children)
    booked = f"Book {count(sum(deals), 'Murex deal')} (Model {plan.model})"
    each = f"{deals[0]} for each entity" if len(set(deals)) == 1 else " + ".join(str(number) for number in deals)
    return [
        _line("instruction", instruction, f"1 order, {count(len(children), 'sub-order')}"),
        _line("deals", booked, each if len(children) > 1 else f"{plan.order.hedging_instrument}"),
        _line("ledger", f"Generate GL entries ({count(entries, 'transaction')})", "DR = CR"),
        _line("allocation", "Update allocation engine", count(len(children), "allocation")),
    ]


@lines.register
def _configuration(plan: ConfigurationPlan) -> list[Document]:
    verb = "Update" if plan.operation == "UPDATE" else "Insert"
    referring = f"concerns {count(plan.references.rows, 'row')} of {plan.references.table}"
    return [
        _line("row", f"{verb} {plan.table} {plan.key} ({count(len(plan.columns), 'column')})", referring),
        _line("audit", "Record the change in the audit trail", "who asked, who approved, before and after"),
    ]


@lines.register
def _override(plan: OverridePlan) -> list[Document]:
    found = f"Settle deal {plan.deal.deal_sequence} of {plan.deal.event_id} by hand ({plan.override.resolution})"
    return [
        _line("deal", found, plan.override.external_reference or "no reference in Murex"),
        _line("audit", "Record the settlement in the audit trail", "who asked, who approved, what was found"),
    ]


@lines.register
def _reversal(plan: ReversalPlan) -> list[Document]:
    entries = sum(len(each.entries) for each in plan.entries)
    journal = sum(len(each.lines) for each in plan.journal)
    model = "" if plan.model is None else f" (Model {plan.model})"
    posted = f"Post {count(journal, 'mirrored journal line')}" if journal else "Post no journal line"
    exposures = count(len(plan.exposures), "exposure")
    return [
        _line("deals", f"Cancel {count(len(plan.cancels), 'Murex deal')}{model}", "Murex must confirm each cancel"),
        _line("ledger", f"Reverse GL entries ({count(entries, 'transaction')})", "DR = CR"),
        _line("journal", posted, f"in period {plan.period_id}" if journal else "the journal was not posted"),
        _line("allocation", "Update allocation engine", exposures),
    ]


def _line(key: str, text: str, note: str) -> Document:
    return {"key": key, "text": text, "note": note}
