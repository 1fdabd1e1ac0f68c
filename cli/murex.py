"""`hawk murex book`: the deals in the Murex simulator."""

from dataclasses import asdict

import typer
from rich.text import Text

from cli.layout import add_row, calm_table
from cli.output import DataOption, JsonOption, group_of, meant_data_dir, print_json, print_page, say
from cli.wording import state_style
from murex.simulator.book import read_book
from tools.local_stack.errors import NotRunning


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group_of("Look into the Murex simulator.", book), name="murex")


def book(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the deals in the book of the simulator. The book is a file: it can be read while HAWK is down.
    \f

    Raises:
        NotRunning: the data directory has no folder of the simulator.
    """
    place = meant_data_dir(data)
    if not place.murex.exists():
        raise NotRunning(root=place.root)
    rows = read_book(place.murex_book)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    if not rows:
        say("Murex holds no deal.")
        return
    table = calm_table("contract", "status", "event", ">deal", "booking", "reason")
    for row in rows:
        status = Text(row.status, state_style(row.status))
        booking = (str(row.deal_sequence), row.booking_reference or "–", row.reason or "")
        add_row(table, row.contract_id or "–", status, row.event_id, *booking)
    print_page(table)
