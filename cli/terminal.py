"""The two ways out of a command: stdout and stderr, through consoles that nothing from outside can command.

No text is read as markup, and whatever a card, a table or an error holds, no control or bidirectional character of it
reaches the terminal: each is shown as a replacement character. Colours come from styles that the code names.
"""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from cli.wording import is_hidden, plain

PIPE_WIDTH: Final = 120
"""Columns of a table or card that goes into a file or a pipe; a terminal says its own."""

Part = str | tuple[str, str] | Text
"""A piece of a sentence: text as it stands, or text with a style of rich's."""


class SafeConsole(Console):
    """A console whose every piece of text is shown as it stands and obeyed by nobody."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Give the segments of a renderable with their text made harmless; rich's own cursor control stays."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(plain(segment.text), segment.style)


out = SafeConsole(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH)
"""stdout, for what was asked for. Commands print by the functions below; a bar or a live table takes the console."""
err = SafeConsole(stderr=True)
"""stderr, for what is said meanwhile."""


def tell(*parts: Part) -> None:
    """Print a line of what was asked for on stdout."""
    _print(out, parts)


def say(*parts: Part) -> None:
    """Tell a person something on stderr."""
    _print(err, parts)


def print_page(page: RenderableType, *, wrapped: bool = True) -> None:
    """Print a table or a card on stdout, laid out for its width; not `wrapped`: in lines as long as they are."""
    out.print(page, soft_wrap=not wrapped)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a document on stdout. Amounts must be strings already: a Decimal or a float is not made one here."""
    sys.stdout.write(json_text(value, indent=indent) + "\n")
    sys.stdout.flush()


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Give a document as JSON in which every character that a terminal could obey is written as an escape."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(each)[1:-1] if is_hidden(each) else each for each in text)


def print_bytes(content: bytes) -> None:
    """Write bytes on stdout as they are; to a terminal as harmless text, and say so."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    say(
        (
            "These bytes come from outside and could command this terminal: hidden ones are shown as \ufffd. ",
            "yellow",
        ),
        "Send them into a file or a pipe to get them as they are.",
    )
    tell(content.decode("utf-8", "backslashreplace"))


def _print(console: Console, parts: tuple[Part, ...]) -> None:
    console.print(Text.assemble(*parts))
