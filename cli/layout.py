"""The layout of cards: titles, lines of facts, plain tables. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from rich.console import Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cli.wording import Document, plain, state_style

INDENT: Final = 2
LABEL_WIDTH: Final = 10


def title_line(text: Text, state: str | None) -> RenderableType:
    """Return a title with its state at the right."""
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(overflow="fold")
    line.add_column(justify="right", no_wrap=True)
    text.stylize("bold")
    line.add_row(text, state_text(state))
    return Group(line, Rule(style="dim"))


def state_text(state: str | None) -> Text:
    """Return a state or an outcome in its colour."""
    return Text(state or "…", style=f"bold {state_style(state)}")


def fact_lines() -> Table:
    """Return an empty table of facts, for `add_fact`."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True, min_width=LABEL_WIDTH)
    grid.add_column(overflow="fold")
    return grid


def add_fact(facts: Table, name: str, value: Any, quoted: str | None = None, *, style: str = "") -> None:
    """Add a line with a name and a value; none where the value is empty."""
    if value is None or value == "":
        return
    text = Text(plain(value), style=style)
    if quoted:
        text.append(f"  “{plain(quoted)}”", style="italic")
    facts.add_row(name, text)


def add_notices(facts: Table, name: str, notices: Iterable[Document], *, style: str = "yellow") -> None:
    """Add a line for each notice or refusal: code, sentence, place."""
    for notice in notices:
        place = f" [{notice['path']}]" if notice.get("path") else ""
        add_fact(facts, name, f"{notice['code']}: {notice['message']}{place}", style=style)


def calm_table(*headers: str) -> Table:
    """Return a table without rules; a header that begins with > is for a column of figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for header in headers:
        figures = header.startswith(">")
        side: JustifyMethod = "right" if figures else "left"
        table.add_column(header.removeprefix(">"), justify=side, no_wrap=figures, overflow="fold")
    return table


def add_row(table: Table, *cells: str | Text, style: str = "") -> None:
    """Add a row of cells whose text is shown literally: no markup, nothing that a terminal obeys."""
    table.add_row(*(Text(plain(cell), style) if isinstance(cell, str) else cell for cell in cells))


def indented(part: RenderableType) -> Padding:
    """Return a part indented below its title."""
    return Padding(part, (0, 0, 0, INDENT))
