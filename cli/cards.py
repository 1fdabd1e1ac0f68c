"""The plan card: what a person reads before deciding, and what became of it. Pure: documents in, renderables out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cli.clients import Document
from cli.wording import INSTRUCTIONS, amount, count, moment, plain, state_style

INDENT: Final = 2
LABEL_WIDTH: Final = 10

_UNDECIDED: Final = frozenset({"PROPOSED", "PLANNED", "AWAITING_APPROVAL"})


def workflow_table(workflows: Sequence[Document]) -> Table:
    """One line a workflow."""
    table = _table("state", "what", "asked by", "workflow")
    for workflow in workflows:
        what = (_amount_of(workflow), plain(workflow["nav_type"] or ""), _instruction(workflow))
        table.add_row(
            _state(workflow["state"]),
            Text(" ".join(part for part in what if part)),
            Text(plain(workflow["maker"] or "–")),
            workflow["workflow_id"],
        )
    for column in table.columns:
        column.overflow = "fold"
    for column in (table.columns[0], table.columns[-1]):
        column.no_wrap = True
    return table


def response_card(response: Document) -> Group:
    """A response: its outcome, what was refused of it, and the card of each workflow."""
    facts = _facts()
    _add(facts, "asked by", _maker(response), response["prompt"])
    _add(facts, "repeats", str(response["repeats"]) if response["repeats"] else None)
    if not response["workflows"]:
        _add(facts, "analysis", response["analysis"])
        _notices(facts, "warning", response["warnings"])
    parts: list[RenderableType] = [_title(Text(f"Response {plain(response['response_id'])}"), response["outcome"])]
    told_below = [refusal for workflow in response["workflows"] for refusal in workflow["refusals"]]
    _notices(facts, "refused", (each for each in response["refusals"] if each not in told_below), style="red")
    parts.append(_indented(facts))
    for workflow in response["workflows"]:
        parts += [Text(), workflow_card(workflow, told=True)]
    return Group(*parts)


def workflow_card(workflow: Document, *, told: bool = False) -> Group:
    """One workflow. `told`: who asked and what was refused stands above already."""
    parts = [_title(_headline(workflow), workflow["state"]), _indented(_about(workflow, told=told))]
    if workflow["entities"]:
        parts += [Text(), _indented(_capacity(workflow))]
    if workflow["operations"]["total"]:
        parts += [Text(), _indented(_operations(workflow))]
    if workflow["deals"]:
        parts += [Text(), _indented(_deals(workflow["deals"]))]
    parts += [Text(), _indented(_approval(workflow))]
    return Group(*parts)


def _title(text: Text, state: str | None) -> RenderableType:
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(overflow="fold")
    line.add_column(justify="right", no_wrap=True)
    text.stylize("bold")
    line.add_row(text, _state(state))
    return Group(line, Rule(style="dim"))


def _headline(workflow: Document) -> Text:
    parts = [_amount_of(workflow), workflow["nav_type"] or "", _instruction(workflow)]
    line = " ".join(plain(part) for part in parts if part)
    return Text(f"{line}, order {plain(workflow['order_id'])}" if workflow["order_id"] else line)


def _about(workflow: Document, *, told: bool) -> Table:
    facts = _facts()
    _add(facts, "workflow", workflow["workflow_id"])
    if not told:
        _add(facts, "asked by", _maker(workflow), workflow["prompt"])
    _add(facts, "analysis", workflow["analysis"])
    if workflow["reason"]:
        # The code alone is the reason where HAWK has no sentence for it.
        sentence = workflow["reason_text"] or ""
        _add(facts, "reason", f"{workflow['reason']}: {sentence}".rstrip(": "), style="red")
    for name, other in (("replaces", workflow["predecessor"]), ("goes on as", workflow["successor"])):
        _add(facts, name, other)
    _add(facts, "books", _books(workflow))
    _add(facts, "dates", _dates(workflow["dates"]))
    _add(facts, "ledger", _ledger(workflow["gl"]))
    _add(facts, "risk", _risk(workflow["risk"]))
    for name, value in (workflow["answer"] or {}).items():
        _add(facts, "answer", f"{name.replace('_', ' ')}: {amount(value)}")
    _notices(facts, "warning", workflow["warnings"])
    return facts


def _books(workflow: Document) -> str | None:
    if not workflow["deals"]:
        return None
    deals, entries = len(workflow["deals"]), workflow["gl"]["entries"]
    lines = count(entries, "ledger entry", "ledger entries")
    return f"model {workflow['model']}: {count(deals, 'deal')} in Murex, {lines}"


def _dates(dates: Document | None) -> str | None:
    if dates is None:
        return None
    return f"trade {dates['trade_date']}, value {dates['value_date']}, maturity {dates['maturity_date']}"


def _ledger(gl: Document) -> str | None:
    if not gl["entries"]:
        return None
    return "journal in SGD, " + "; ".join(
        f"{name} debit {amount(gl[name]['dr'])}, credit {amount(gl[name]['cr'])}" for name in ("IFRS", "LOCAL")
    )


def _risk(risk: Document) -> str | None:
    claimed = sorted({str(each["risk_score"]) for each in risk["claimed"] if each.get("risk_score")})
    said = f" (the AI said {', '.join(claimed)})" if claimed else ""
    if risk["level"] is None:
        return None
    return f"{risk['level']}{said}: {'; '.join(risk['reasons'])}" if risk["reasons"] else f"{risk['level']}{said}"


def _capacity(workflow: Document) -> Table:
    currency = plain(workflow["exposure_currency"])
    table = _table(f"capacity in {currency}", ">before", ">this order", ">after")
    for entity in workflow["entities"]:
        before, taken = Decimal(entity["available_before"]), Decimal(entity["allocated_amount"])
        name = f"{entity['entity_id']} {plain(entity['entity_name'])}"
        table.add_row(name, *(amount(str(each)) for each in (before, taken, before - taken)))
    check = workflow["usd_check"]
    if check:
        used, after, most = (Decimal(check[name]) for name in ("used_usd", "total_after_usd", "maximum_usd"))
        table.add_row(
            Text("USD prime-brokerage limit", style="dim"),
            *(Text(amount(str(each)), style="dim") for each in (most - used, after - used, most - after)),
        )
    return table


def _operations(workflow: Document) -> Table:
    operations = workflow["operations"]
    kinds = ", ".join(f"{operations[kind]} {kind}" for kind in ("READ", "INSERT", "UPDATE") if operations[kind])
    table = _table(f"{count(operations['total'], 'operation')}: {kinds}", ">planned", ">done", "state")
    for stage, told in operations["stages"].items():
        if told["total"]:
            state = told["status"].replace("_", " ").lower()
            table.add_row(_STAGES.get(stage, stage), str(told["total"]), str(told["completed"]), state)
    return table


_STAGES: Final = {
    "1A": "stage 1A, checks and instruction",
    "1B": "stage 1B, hedge event and allocation",
    "2": "stage 2, Murex and ledger",
}


def _deals(deals: Sequence[Document]) -> Table:
    table = _table(">#", "deal", "from → to", ">sell", ">buy", ">rate", "status")
    several = len({deal["entity_id"] for deal in deals}) > 1
    entity = None
    for deal in deals:
        if several and deal["entity_id"] != entity:
            entity = deal["entity_id"]
            table.add_row("", Text(plain(entity), style="dim"))
        table.add_row(
            str(deal["deal_sequence"]),
            deal["deal_type"],
            f"{deal['portfolio_from']} → {deal['portfolio_to']}",
            f"{amount(deal['sell_amount'])} {deal['sell_currency']}",
            f"{amount(deal['buy_amount'])} {deal['buy_currency']}",
            deal["fx_rate"] or "–",
            Text(deal["status"], style=state_style(deal["status"]) if deal["status"] != "Planned" else "dim"),
        )
    return table


def _approval(workflow: Document) -> Table:
    facts = _facts()
    policy = workflow["policy"]
    if policy:
        _add(facts, "approval", "; ".join(_people(policy)), style="bold")
        for rule in policy["rules"]:
            _add(facts, "", rule, style="dim")
    if workflow["state"] == "AWAITING_APPROVAL" and workflow["approval"]["expires_at"]:
        _add(facts, "until", moment(workflow["approval"]["expires_at"]))
    for decision in workflow["decisions"]:
        _add(facts, "decision", _decision(decision))
    if workflow["state"] not in _UNDECIDED:
        _reached(facts, workflow["times"])
    _add(facts, "undo", _undo(workflow["reversal"]))
    _add(facts, "digest", workflow["plan_digest"], style="dim")
    return facts


def _reached(facts: Table, times: Document) -> None:
    """When each state after the request was entered."""
    name = "reached"
    for state, at in sorted(times.items(), key=lambda each: str(each[1])):
        if state not in _UNDECIDED:
            _add(facts, name, f"{moment(at, 'milliseconds')}  {state}")
            name = ""


def _people(policy: Document) -> Iterator[str]:
    if not policy["required"]:
        yield f"{policy['tier']}: nobody needs to"
    for role in policy["required"]:
        yield "a second person with any approving role" if role == "ANY_APPROVER" else role


def _decision(decision: Document) -> str:
    word = {"APPROVE": "approved", "REJECT": "rejected"}.get(decision["decision"], decision["decision"])
    comment = f": {decision['comment']}" if decision.get("comment") else ""
    return f"{decision['person']} ({decision['role']}) {word} {moment(decision['decided_at'])}{comment}"


def _undo(steps: Sequence[Document]) -> str | None:
    """What an undo would do, counted; and what it cannot do."""
    if not steps:
        return None
    doable = Counter(step["action"] for step in steps if step["reversible"])
    rest = Counter(step["action"] for step in steps if not step["reversible"])
    told = ", ".join(f"{action} ({number})" for action, number in doable.most_common())
    left = "; ".join(dict.fromkeys(step["note"] for step in steps if not step["reversible"]))
    return f"{count(len(steps), 'step')}, last first: {told}" + (
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
    kind = workflow["instruction_type"] or ""
    return INSTRUCTIONS.get(kind, plain(kind))


def _maker(document: Document) -> str | None:
    if document["maker"] is None:
        return None
    return str(document["maker"]) if document["maker_verified"] else f"{document['maker']} (not verified)"


def _state(state: str | None) -> Text:
    return Text(state or "…", style=f"bold {state_style(state)}")


def _facts() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True, min_width=LABEL_WIDTH)
    grid.add_column(overflow="fold")
    return grid


def _add(facts: Table, name: str, value: Any, quoted: str | None = None, *, style: str = "") -> None:
    """A line of facts; none where there is nothing to say."""
    if value is None or value == "":
        return
    text = Text(plain(value), style=style)
    if quoted:
        text.append(f"  “{plain(quoted)}”", style="italic")
    facts.add_row(name, text)


def _notices(facts: Table, name: str, notices: Iterable[Document], *, style: str = "yellow") -> None:
    for notice in notices:
        place = f" [{notice['path']}]" if notice.get("path") else ""
        _add(facts, name, f"{notice['code']}: {notice['message']}{place}", style=style)


def _table(*headers: str) -> Table:
    """A calm table; a header that begins with > is of a column of figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for header in headers:
        figures = header.startswith(">")
        table.add_column(header.removeprefix(">"), justify="right" if figures else "left", no_wrap=figures)
    return table


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))
