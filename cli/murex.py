"""`hawk murex book`: what the Murex simulator holds."""

from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from cli.output import DataOption, JsonOption, meant_data_dir, print_json, print_page, say
from cli.wording import plain, state_style
from murex.simulator.book import BookRow, read_book
from tools.local_stack.errors import NotRunning


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(no_args_is_help=True, help="The Murex simulator.")
    group.callback()(_group)
    group.command()(book)
    app.add_typer(group, name="murex")


def _group() -> None:
    """The Murex simulator."""


def book(data: DataOption = None, as_json: JsonOption = False) -> None:
    """The deals that Murex holds. The book is a file: it can be read while HAWK is down, too.
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
    elif rows:
        print_page(_table(rows))
    else:
        say("Murex holds no deal.")


def _table(rows: list[BookRow]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("contract", "status", "event", "deal", "booking", "reason"):
        table.add_column(name, overflow="fold", justify="right" if name == "deal" else "left")
    for row in rows:
        table.add_row(
            plain(row.contract_id or "–"),
            Text(row.status, state_style(row.status)),
            row.event_id,
            str(row.deal_sequence),
            plain(row.booking_reference or "–"),
            plain(row.reason or ""),
        )
    return table
