"""The card of `hawk plan`: everything a plan would do, row by row. Pure: documents in, renderables out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cli.cards import Section, capacity, card_of, deal_table, event_names, people, response_card
from cli.kinds import details_of, stage_names
from cli.layout import add_fact, add_row, calm_table, fact_lines
from cli.wording import Document, amount, count, plain
from shared.policy.people import stands_in
from shared.policy.table import LADDER, OPERATIONS

KINDS: Final = ("READ", "INSERT", "UPDATE")
LEDGERS: Final = ("IFRS", "LOCAL")

#: The source of a value (interfaces section 4), in words.
SOURCES: Final = {
    "stated": "stated in the action",
    "words": "the words around it",
    "reference": "reference data",
    "default": "default of the desk",
    "system": "HAWK",
}


def plan_page(response: Document) -> Group:
    """Return a planned response: what was refused of it, and each workflow in full."""
    return response_card(response, partial(card_of, sections=SECTIONS, nested=True))


def _capacity(workflow: Document) -> Table | None:
    if workflow["entities"] or not workflow["assessments"]:
        return capacity(workflow)
    table = calm_table(f"capacity in {plain(workflow['exposure_currency'])}", ">available")
    for each in workflow["assessments"]:
        add_row(table, f"{plain(each['entity_id'])} {plain(each['entity_type'])}", amount(each["available"]))
    return table


def _approval(workflow: Document) -> Table | None:
    policy = workflow["policy"]
    if not policy:
        return None
    facts = fact_lines()
    add_fact(facts, "approval", "; ".join(people(policy)), style="bold")
    add_fact(facts, "by", _who_may(policy))
    for rule in policy["rules"]:
        add_fact(facts, "", rule, style="dim")
    add_fact(facts, "policy", policy["version"], style="dim")
    add_fact(facts, "digest", workflow["plan_digest"], style="dim")
    return facts


def _who_may(policy: Document) -> str | None:
    """Return who can be the first person, whose role matters; any approving role does for the others."""
    if not policy["required"]:
        return None
    roles = [role for role in (*LADDER, OPERATIONS) if stands_in(role, policy["required"][0])]
    asker = "not the person who asked" if policy["four_eyes"] else "the person who asked as well"
    *others, last = roles
    which = "the first person: " if len(policy["required"]) > 1 else ""
    return f"{which}{', '.join(others)}{' or ' if others else ''}{last}; {asker}"


def _stages(workflow: Document) -> Table | None:
    """Return the operations by stage and kind."""
    operations = workflow["operations_list"]
    if not operations:
        return None
    table = calm_table(count(len(operations), "operation"), *(f">{kind}" for kind in KINDS), ">total")
    for stage, name in stage_names(workflow).items():
        kinds = Counter(each["operation"] for each in operations if each["stage"] == stage)
        if kinds:
            add_row(table, name, *(str(kinds[kind]) for kind in KINDS), str(kinds.total()))
    kinds = Counter(each["operation"] for each in operations)
    add_row(table, "all", *(str(kinds[kind]) for kind in KINDS), str(kinds.total()), style="dim")
    return table


def _entries(workflow: Document) -> Table | None:
    """Return the entries of gl_entries, and the total of each ledger."""
    entries = workflow["gl_entries"]
    if not entries:
        return None
    table = calm_table(count(len(entries), "ledger entry", "ledger entries"), "ledger", "debit", "credit", ">SGD")
    for name, rows in _by_event(workflow, entries):
        _add_name(table, name)
        for row in rows:
            swapped = " (swapped)" if row["swapped"] else ""
            entry = f"{row['purpose']} {plain(row['entry_type']).lower().replace('_', ' ')}{swapped}"
            add_row(table, entry, row["ledger"], row["debit_account"], row["credit_account"], amount(row["amount_sgd"]))
    for ledger in LEDGERS:
        total = sum((Decimal(row["amount_sgd"]) for row in entries if row["ledger"] == ledger), Decimal(0))
        add_row(table, "total", ledger, "", "", amount(str(total)), style="dim")
    return table


def _journal(workflow: Document) -> Table | None:
    """Return the journal lines, and the totals of each ledger."""
    lines = workflow["journal_lines"]
    if not lines:
        return None
    table = calm_table(count(len(lines), "journal line"), "ledger", "account", ">debit", ">credit")
    for name, rows in _by_event(workflow, lines):
        _add_name(table, name)
        for row in rows:
            sides = (_side(row["dr_amt"]), _side(row["cr_amt"]))
            add_row(table, plain(row["amount_key"]), row["ledger"], row["account_code"], *sides)
    for ledger in LEDGERS:
        total = workflow["gl"][ledger]
        add_row(table, "total", ledger, "", amount(total["dr"]), amount(total["cr"]), style="dim")
    return table


def _side(text: str) -> str:
    return amount(text) if Decimal(text) else ""


def _by_event(workflow: Document, rows: Sequence[Document]) -> Iterator[tuple[str | None, Sequence[Document]]]:
    """Yield the rows part by part of the order, with the name of each part where there are several."""
    names = event_names(workflow)
    for event, own in groupby(rows, key=lambda row: row["event_id"]):
        yield (names.get(event) if len(names) > 1 else None), list(own)


def _add_name(table: Table, name: str | None) -> None:
    if name is not None:
        add_row(table, name, style="dim")


def _provenance(workflow: Document) -> Table | None:
    """Return each field of the order, its value, and the source of the value."""
    order = workflow["order"]
    if not order:
        return None
    table = calm_table("field", "value", "came from")
    for name, source in workflow["provenance"].items():
        value = amount(order["amount"]) if name == "amount" else _value(name, order.get(name))
        add_row(table, name.replace("_", " "), value, Text(SOURCES.get(source, source), style="dim"))
    return table


def _value(name: str, value: object) -> str:
    if value is None or value == []:
        return "chosen by the waterfall" if name == "entity_id" else "–"
    return plain(", ".join(str(each) for each in value)) if isinstance(value, list) else plain(value)


def _undo(workflow: Document) -> Group | None:
    """Return the steps of an undo, last first: equal steps in one line, and a note on each kind below."""
    steps = workflow["undo"]
    if not steps:
        return None
    table = calm_table(">undo", "what", "tables")
    for (action, reversible), group in groupby(steps, key=lambda step: (step["action"], step["reversible"])):
        own = list(group)
        first, last = own[0]["undoes"], own[-1]["undoes"]
        tables = Counter(plain(step["table"]) for step in own)
        add_row(
            table,
            str(first) if len(own) == 1 else f"{first}–{last}",
            Text(action, style="" if reversible else "yellow"),
            ", ".join(name if number == 1 else f"{name} ({number})" for name, number in tables.items()),
        )
    table.columns[1].no_wrap = True
    notes = {(step["action"], step["note"], step["reversible"]): None for step in steps}
    lines = [
        Text(f"{action}: {plain(note)}{'' if reversible else ' – not by HAWK alone'}", style="dim")
        for action, note, reversible in notes
    ]
    return Group(table, *lines)


def _operations(workflow: Document) -> Table | None:
    """Return every operation in order."""
    operations = workflow["operations_list"]
    if not operations:
        return None
    several = len({each["entity_id"] for each in operations} - {None}) > 1
    table = calm_table(">#", "stage", "kind", "table", *(["entity"] if several else []), "purpose", ">rows")
    for each in operations:
        entity = [each["entity_id"] or ""] if several else []
        rows = str(each["rows"]) if each["rows"] else "–"
        add_row(
            table,
            str(each["number"]),
            each["stage"],
            each["operation"],
            each["table"],
            *entity,
            plain(each["purpose"]),
            rows,
        )
    table.columns[3].no_wrap = True
    return table


#: The sections of the card, below the facts of a workflow.
SECTIONS: Final[tuple[Section, ...]] = (
    details_of,
    _capacity,
    _stages,
    partial(deal_table, status=False),
    _entries,
    _journal,
    _approval,
    _provenance,
    _undo,
    _operations,
)
