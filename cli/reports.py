"""`hawk report`: the daily reports of the desk, read from the views of schema public by the read-only role."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from cli.layout import add_row, calm_table
from cli.output import DataOption, JsonOption, connect, group_of, print_json, print_page, say
from cli.wording import Document, amount, count, moment

STUCK_SECONDS = 60
"""HAWK sends a deal to Murex three times, 15 seconds apart: without a reply after a minute something is wrong."""

CurrencyOption = Annotated[
    str | None, typer.Option("--currency", metavar="CCY", help="Only this exposure currency.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    text = "Daily reports for the desk: capacity, booking, stuck, export."
    app.add_typer(group_of(text, capacity, booking, stuck, export), name="report")


def capacity(currency: CurrencyOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the capacity of each entity (before HAWK's hedges, used by them, left) and the USD limits."""
    document = _read(data, "capacity", currency)
    if as_json:
        print_json(document)
    elif not document["entities"]:
        say("No position is loaded. Load positions with `hawk reference load`.")
    else:
        print_page(Group(capacity_page(document["entities"]), Text(), limits_page(document["usd_limits"])))


def booking(currency: CurrencyOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the hedges that are released for booking and not booked yet, with Murex's replies so far."""
    _list(_read(data, "booking", currency), booking_page, "Nothing waits for booking.", as_json)


def stuck(
    older_than: Annotated[
        int,
        typer.Option("--older-than", min=0, metavar="SECONDS", help="The age from which a booking counts as stuck."),
    ] = STUCK_SECONDS,
    currency: CurrencyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is stuck, worst first: it needs a person, a reply from Murex, or an open period for its journal."""
    _list(_read(data, "stuck", currency, older_than), stuck_page, "Nothing is stuck.", as_json)


def export(currency: CurrencyOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the posted journal lines that are not yet in the general ledger, with their totals."""
    document = _read(data, "export", currency)
    if as_json:
        print_json(document)
    elif not document["lines"]:
        say("No journal line waits for export.")
    else:
        print_page(export_page(document))


def _read(data: Any, name: str, currency: str | None, *further: object) -> Any:
    from cli.report_documents import report

    hawk = connect(data)
    return asyncio.run(report(hawk.dsn("hawk_reader"), name, currency.upper() if currency else None, *further))


def _list(documents: list[Document], page: Any, nothing: str, as_json: bool) -> None:
    if as_json:
        print_json(documents)
    elif documents:
        print_page(page(documents))
    else:
        say(nothing)


def capacity_page(entities: list[Document]) -> RenderableType:
    """Return a line for each entity and NAV part; the terms of the arithmetic are in the JSON."""
    table = calm_table("entity", "", "", ">before", ">reserved", ">hedged", ">after")
    for row in entities:
        add_row(
            table,
            f"{row['entity_id']} {row['entity_name'] or ''}".strip(),
            row["currency_code"],
            row["nav_type"],
            amount(row["available_before"]),
            _figure(row["reserved"]),
            _figure(row["hedged_by_hawk"]),
            _figure(row["available_after"]),
        )
    return table


def limits_page(limits: list[Document]) -> RenderableType:
    """Return a line for each currency: the USD in use over all entities against the maximum."""
    table = calm_table("USD limit", ">in use", ">of it reserved", ">maximum", ">left", "")
    for row in limits:
        figures = (amount(row[name]) for name in ("total", "reserved", "maximum"))
        style = "green" if row["status"] == "WITHIN" else "yellow" if row["status"] == "WARN" else "red"
        add_row(table, row["currency_code"], *figures, _figure(row["available"]), Text(row["status"], style=style))
    return table


def booking_page(rows: list[Document]) -> RenderableType:
    """Return a line for each event."""
    table = calm_table("order", "entity", "", ">amount", "model", ">acknowledged", ">missing", "value date", "since")
    for row in rows:
        deals = row["deals"]
        add_row(
            table,
            row["order_id"],
            row["entity_id"],
            f"{row['exposure_currency']} {row['nav_type']}",
            amount(row["amount"]),
            row["model"] or "–",
            f"{deals['acked']} of {deals['expected']}",
            Text(str(deals["missing"]), style="red" if deals["declined"] else ""),
            row["value_date"] or "–",
            moment(row["since"]),
        )
    return table


def stuck_page(rows: list[Document]) -> RenderableType:
    """Return a line for each thing that is stuck, and why."""
    styles = {"INTERVENTION": "red", "BOOKING": "yellow", "POSTING": "cyan"}
    table = calm_table("", "order", "workflow", "since", ">missing", "why")
    for row in rows:
        why = ": ".join(part for part in (row["code"], row["reason"]) if part)
        add_row(
            table,
            Text(row["kind"].lower(), style=styles[row["kind"]]),
            row["order_id"] or "–",
            row["workflow_id"],
            moment(row["since"]),
            "–" if row["missing_deals"] is None else str(row["missing_deals"]),
            why or "no reply from Murex",
        )
    return table


def export_page(document: Document) -> RenderableType:
    """Return the journal lines, and the totals of each ledger below them."""
    table = calm_table("journal", ">line", "ledger", "date", "period", "account", ">debit SGD", ">credit SGD")
    for row in document["lines"]:
        add_row(
            table,
            row["journal_id"],
            str(row["line_no"]),
            row["ledger"],
            row["accounting_date"],
            row["period_id"],
            row["account_code"],
            _figure(row["dr"]),
            _figure(row["cr"]),
        )
    lines = count(len(document["lines"]), "line")
    for ledger, sums in document["totals"].items():
        add_row(table, lines, "", ledger, "", "", "total", amount(sums["dr"]), amount(sums["cr"]))
        lines = ""
    return table


def _figure(text: str) -> Text:
    """Return an amount; zero is a faint dash."""
    nothing = not text.strip("0.")
    return Text("–" if nothing else amount(text), style="dim" if nothing else "")
