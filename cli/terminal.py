"""The output of a command: stdout and stderr, through consoles that no text from outside can control.

No text is read as markup. No control or bidirectional character of a card, a table or an error reaches the terminal:
each is shown as a replacement character. Colours come from styles in the code.
"""

import json
import os
import sys
from collections.abc import Iterable
from typing import IO, Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from cli.wording import is_hidden, plain

PIPE_WIDTH: Final = 120
"""Columns of a table or card that goes into a file or a pipe; a terminal has its own width."""

Part = str | tuple[str, str] | Text
"""A piece of a sentence: text, or text with a style of rich's."""


class SafeConsole(Console):
    """A console that shows text literally: no markup, nothing that a terminal obeys."""

    def __init__(self, *, stderr: bool = False, width: int | None = None, file: IO[str] | None = None) -> None:
        super().__init__(
            stderr=stderr, width=width, file=file, highlight=False, soft_wrap=True, markup=False, emoji=False
        )

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of a renderable with harmless text; rich's own cursor control stays."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(plain(segment.text), segment.style)


out = SafeConsole(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH)
"""stdout, for results. Commands print by the functions below; a bar or a live table takes the console."""
err = SafeConsole(stderr=True)
"""stderr, for messages while a command works."""


def tell(*parts: Part) -> None:
    """Print a line of the result on stdout."""
    _print(out, parts)


def say(*parts: Part) -> None:
    """Print a message for a person on stderr."""
    _print(err, parts)


def print_page(page: RenderableType, *, wrapped: bool = True) -> None:
    """Print a table or a card on stdout, `wrapped` to its width or in lines of any length."""
    out.print(page, soft_wrap=not wrapped)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a document on stdout. Amounts must be strings: no Decimal or float is converted here."""
    sys.stdout.write(json_text(value, indent=indent) + "\n")
    sys.stdout.flush()


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Return a document as JSON in which every character that a terminal could obey is escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(each)[1:-1] if is_hidden(each) else each for each in text)


def print_bytes(content: bytes) -> None:
    """Write bytes on stdout unchanged; to a terminal as harmless text, with a warning."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    say(
        ("These bytes come from outside and could control this terminal: hidden ones are shown as \ufffd. ", "yellow"),
        "Redirect them to a file or a pipe to get them unchanged.",
    )
    tell(content.decode("utf-8", "backslashreplace"))


def _print(console: Console, parts: tuple[Part, ...]) -> None:
    console.print(Text.assemble(*parts))
