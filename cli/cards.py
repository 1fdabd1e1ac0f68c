"""The plan card: what a person reads before deciding, and the result. Pure: documents in, renderables out."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.kinds import details_of, stage_names, subject_of
from cli.layout import add_fact, add_notices, add_row, calm_table, fact_lines, indented, state_text, title_line
from cli.wording import Document, amount, count, moment, plain, state_style
from shared.hedging.order import INSTRUCTION_NAMES
from shared.plans.turns import WAITING_FOR_TURN
from shared.policy.table import ANY_APPROVER, further_person

WorkflowCard = Callable[[Document], RenderableType]
Section = Callable[[Document], RenderableType | None]

#: The state in which a person has to settle deals.
INTERVENTION: Final = "NEEDS_INTERVENTION"

_UNDECIDED: Final = frozenset({"PROPOSED", "PLANNED", "AWAITING_APPROVAL"})


def workflow_table(workflows: Sequence[Document]) -> Table:
    """Return a line for each workflow."""
    table = calm_table("state", "what", "asked by", "workflow")
    for workflow in workflows:
        what = (_amount_of(workflow), plain(workflow["nav_type"] or ""), _instruction(workflow))
        said = Text(" ".join(part for part in what if part))
        if workflow["reason"] == WAITING_FOR_TURN:
            said.append(f"\n{plain(workflow['reason_text'] or '')}", style="yellow")
        add_row(
            table,
            state_text(workflow["state"]),
            said,
            Text(plain(workflow["maker"] or "–")),
            workflow["workflow_id"],
        )
    for column in table.columns:
        column.overflow = "fold"
    for column in (table.columns[0], table.columns[-1]):
        column.no_wrap = True
    return table


def response_card(response: Document, card: WorkflowCard | None = None) -> Group:
    """Return a response: its outcome, what was refused of it, and the card of each workflow."""
    card = card or partial(workflow_card, nested=True)
    facts = fact_lines()
    add_fact(facts, "asked by", _maker(response), response["prompt"])
    add_fact(facts, "repeats", str(response["repeats"]) if response["repeats"] else None)
    if not response["workflows"]:
        add_fact(facts, "analysis", response["analysis"])
        add_notices(facts, "warning", response["warnings"])
    shown_below = [refusal for workflow in response["workflows"] for refusal in workflow["refusals"]]
    add_notices(facts, "refused", (each for each in response["refusals"] if each not in shown_below), style="red")
    title = title_line(Text(f"Response {plain(response['response_id'])}"), response["outcome"])
    parts: list[RenderableType] = [title, indented(facts)]
    for workflow in response["workflows"]:
        parts += [Text(), card(workflow)]
    return Group(*parts)


def workflow_card(workflow: Document, *, nested: bool = False) -> Group:
    """Return the card of one workflow; a `nested` one leaves out what the response above it shows."""
    return card_of(workflow, (details_of, capacity, _operations, deal_table, _external_ids, approval), nested=nested)


def card_of(workflow: Document, sections: Sequence[Section], *, nested: bool) -> Group:
    """Return a card: title, facts, and the sections that have something to show."""
    parts = [title_line(headline(workflow), workflow["state"]), indented(_about(workflow, nested=nested))]
    for section in sections:
        shown = section(workflow)
        if shown is not None:
            parts += [Text(), indented(shown)]
    return Group(*parts)


def headline(workflow: Document) -> Text:
    """Return what is asked for, in one line."""
    parts = [_amount_of(workflow), workflow["nav_type"] or "", _instruction(workflow)]
    line = " ".join(plain(part) for part in parts if part)
    return Text(f"{line}, order {plain(workflow['order_id'])}" if workflow["order_id"] else line)


def _about(workflow: Document, *, nested: bool) -> Table:
    facts = fact_lines()
    add_fact(facts, "workflow", workflow["workflow_id"])
    if not nested:
        add_fact(facts, "asked by", _maker(workflow), workflow["prompt"])
    add_fact(facts, "analysis", workflow["analysis"])
    if workflow["reason"]:
        # The code alone is the reason where HAWK has no sentence for it.
        sentence = workflow["reason_text"] or ""
        place = next((each["path"] for each in workflow["refusals"] if each["code"] == workflow["reason"]), "")
        reason = f"{workflow['reason']}: {sentence}".rstrip(": ")
        style = "yellow" if workflow["reason"] == WAITING_FOR_TURN else "red"
        add_fact(facts, "reason", f"{reason} [{place}]" if place else reason, style=style)
        add_notices(facts, "refused", workflow["refusals"][1:], style="red")
    for name, other in _others(workflow):
        add_fact(facts, name, other)
    add_fact(facts, "books", _books(workflow))
    add_fact(facts, "dates", _dates(workflow["dates"]))
    add_fact(facts, "ledger", _ledger(workflow["gl"]))
    add_fact(facts, "risk", _risk(workflow["risk"]))
    for name, value in (workflow["answer"] or {}).items():
        add_fact(facts, "answer", f"{name.replace('_', ' ')}: {amount(value)}")
    add_notices(facts, "warning", workflow["warnings"])
    return facts


def _others(workflow: Document) -> Iterator[tuple[str, str | None]]:
    """Yield the related workflows: before and after this one, the one it reverses, those that reverse it."""
    yield "replaces", workflow["predecessor"]
    reversals = workflow.get("reversals") or []
    if not reversals:
        yield "replaced by", workflow["successor"]
    yield "reverses", workflow.get("reverses")
    for each in reversals:
        yield "reversal", f"{each['workflow_id']}, requested by {each['asked_by']}: {each['reason']}"


def _books(workflow: Document) -> str | None:
    if not workflow["deals"]:
        return None
    deals, entries = len(workflow["deals"]), workflow["gl"]["entries"]
    lines = count(entries, "ledger entry", "ledger entries")
    if workflow.get("reverses"):
        return f"model {workflow['model']}: cancels {count(deals, 'deal')} in Murex, posts {lines} in reverse"
    return f"model {workflow['model']}: {count(deals, 'deal')} in Murex, {lines}"


def _dates(dates: Document | None) -> str | None:
    if dates is None:
        return None
    if "value_date" not in dates:
        return f"capacity {dates['trade_date']}, ledger {dates['accounting_date']} in period {dates['period_id']}"
    return f"trade {dates['trade_date']}, value {dates['value_date']}, maturity {dates['maturity_date']}"


def _ledger(gl: Document) -> str | None:
    if not gl["entries"]:
        return None
    return "journal in SGD, " + "; ".join(
        f"{name} debit {amount(gl[name]['dr'])}, credit {amount(gl[name]['cr'])}" for name in ("IFRS", "LOCAL")
    )


def _risk(risk: Document) -> str | None:
    claimed = sorted({str(each["risk_score"]) for each in risk["claimed"] if each.get("risk_score")})
    level = f"{risk['level']} (the AI said {', '.join(claimed)})" if claimed else risk["level"]
    return f"{level}: {'; '.join(risk['reasons'])}" if risk["level"] and risk["reasons"] else risk["level"] and level


def capacity(workflow: Document) -> Table | None:
    """Return what is available before, what the order takes or gives back, and what is left, by entity."""
    if not workflow["entities"]:
        return None
    table = calm_table(f"capacity in {plain(workflow['exposure_currency'])}", ">before", ">this order", ">after")
    left: dict[str, Decimal] = {}
    for entity in workflow["entities"]:
        name = f"{entity['entity_id']} {plain(entity['entity_name'])}"
        before = left.get(entity["entity_id"], Decimal(entity["available_before"]))
        taken = Decimal(entity.get("net_amount", entity["allocated_amount"]))
        left[entity["entity_id"]] = before - taken
        add_row(table, _with_event(name, entity), *(amount(str(each)) for each in (before, taken, before - taken)))
    check = workflow["usd_check"]
    if check and check["maximum_usd"] is not None:
        used, after, most = (Decimal(check[name]) for name in ("used_usd", "total_after_usd", "maximum_usd"))
        # An order that only closes hedges needs no capacity, so the check does not know what it gives back.
        taken = (after - used) or sum((Decimal(each.get("net_usd", 0)) for each in workflow["entities"]), Decimal(0))
        figures = (amount(str(each)) for each in (most - used, taken, most - used - taken))
        add_row(table, "USD prime-brokerage limit", *figures, style="dim")
    return table


def _with_event(name: str, entity: Document) -> str:
    """Return an entity, with what happens there unless it is a new hedge."""
    event = entity.get("event_type", OPENING)
    return name if event == OPENING else f"{name}, {plain(event).lower()}"


#: The event of a new hedge, which a card does not name.
OPENING: Final = "Initiation"


def _operations(workflow: Document) -> Table | None:
    operations = workflow["operations"]
    if not operations["total"]:
        return None
    names = stage_names(workflow)
    kinds = ", ".join(f"{operations[kind]} {kind}" for kind in ("READ", "INSERT", "UPDATE") if operations[kind])
    table = calm_table(f"{count(operations['total'], 'operation')}: {kinds}", ">planned", ">done", "state")
    for stage, progress in operations["stages"].items():
        if progress["total"]:
            state = progress["status"].replace("_", " ").lower()
            add_row(table, names.get(stage, stage), str(progress["total"]), str(progress["completed"]), state)
    return table


def deal_table(workflow: Document, *, status: bool = True) -> Table | None:
    """Return the deals, by entity and event where there are several; with their `status` if wanted."""
    if not workflow["deals"]:
        return None
    table = calm_table(">#", "deal", "from → to", ">sell", ">buy", ">rate", *(["status"] if status else []))
    names = event_names(workflow)
    event = None
    for deal in workflow["deals"]:
        if len(names) > 1 and deal["event_id"] != event:
            event = deal["event_id"]
            add_row(table, "", Text(names.get(event, plain(deal["entity_id"])), style="dim"))
        cells = [
            str(deal["deal_sequence"]),
            deal["deal_type"],
            f"{deal['portfolio_from']} → {deal['portfolio_to']}",
            f"{amount(deal['sell_amount'])} {deal['sell_currency']}",
            f"{amount(deal['buy_amount'])} {deal['buy_currency']}",
            deal["fx_rate"] or "–",
        ]
        style = state_style(deal["status"]) if deal["status"] != "Planned" else "dim"
        add_row(table, *cells, *([Text(deal["status"], style=style)] if status else []))
    table.columns[1].no_wrap = True
    return table


def _external_ids(workflow: Document) -> Table | None:
    """Return the id of each deal in Murex and in an override, where a person has to look it up."""
    if workflow["state"] != INTERVENTION or not workflow["deals"]:
        return None
    table = calm_table(">#", "event", "external id")
    for deal in workflow["deals"]:
        add_row(table, str(deal["deal_sequence"]), deal["event_id"], deal["deal_booking_id"])
    table.columns[2].no_wrap = True
    return table


def event_names(workflow: Document) -> dict[str, str]:
    """Return the names of the parts of an order, by the id of their event."""
    return {entity["event_id"]: _with_event(plain(entity["entity_id"]), entity) for entity in workflow["entities"]}


def approval(workflow: Document) -> Table:
    """Return who must approve and why, what was decided, and what an undo would do."""
    facts = fact_lines()
    policy = workflow["policy"]
    if policy:
        add_fact(facts, "approval", "; ".join(people(policy)), style="bold")
        for rule in policy["rules"]:
            add_fact(facts, "", rule, style="dim")
    if workflow["state"] == "AWAITING_APPROVAL" and workflow["approval"]["expires_at"]:
        add_fact(facts, "until", moment(workflow["approval"]["expires_at"]))
    for decision in workflow["decisions"]:
        add_fact(facts, "decision", _decision(decision))
    if workflow["state"] not in _UNDECIDED:
        _reached(facts, workflow["times"])
    add_fact(facts, "undo", _undo(workflow["reversal"]))
    add_fact(facts, "digest", workflow["plan_digest"], style="dim")
    return facts


def _reached(facts: Table, times: Document) -> None:
    """Add when each state after the request was entered."""
    name = "reached"
    for state, at in sorted(times.items(), key=lambda each: str(each[1])):
        if state not in _UNDECIDED:
            add_fact(facts, name, f"{moment(at, 'milliseconds')}  {state}")
            name = ""


def people(policy: Document) -> Iterator[str]:
    """Yield each person the policy asks for."""
    if not policy["required"]:
        yield f"{policy['tier']}: no approval needed"
    for number, role in enumerate(policy["required"], start=1):
        yield further_person(number) if role == ANY_APPROVER else role


def _decision(decision: Document) -> str:
    word = {"APPROVE": "approved", "REJECT": "rejected"}.get(decision["decision"], decision["decision"])
    comment = f": {decision['comment']}" if decision.get("comment") else ""
    return f"{decision['person']} ({decision['role']}) {word} {moment(decision['decided_at'])}{comment}"


def _undo(steps: Sequence[Document]) -> str | None:
    """Return the counted steps of an undo, and those that HAWK cannot take alone."""
    if not steps:
        return None
    doable = Counter(step["action"] for step in steps if step["reversible"])
    rest = Counter(step["action"] for step in steps if not step["reversible"])
    actions = ", ".join(f"{action} ({number})" for action, number in doable.most_common())
    left = "; ".join(dict.fromkeys(step["note"] for step in steps if not step["reversible"]))
    return f"{count(len(steps), 'step')}, last first: {actions}" + (
        f". Not by HAWK alone ({rest.total()}): {left}" if left else ""
    )


def _amount_of(workflow: Document) -> str:
    if workflow["amount"] is None:
        return plain(workflow["exposure_currency"] or "")
    asked = f"{plain(workflow['exposure_currency'] or '')} {amount(workflow['amount'])}"
    allocated = workflow["allocated_amount"]
    is_placed = workflow.get("deals") or workflow.get("deal_count")
    is_part = allocated is not None and is_placed and Decimal(allocated) != Decimal(workflow["amount"])
    return f"{asked} (placed {amount(allocated)})" if is_part else asked


def _instruction(workflow: Document) -> str:
    if subject := subject_of(workflow):
        return subject
    kind = workflow["instruction_type"] or ""
    named = INSTRUCTION_NAMES.get(kind, plain(kind))
    return f"reversal of the {named}".rstrip() if workflow.get("reverses") else named


def _maker(document: Document) -> str | None:
    if document["maker"] is None:
        return None
    return str(document["maker"]) if document["maker_verified"] else f"{document['maker']} (not verified)"
