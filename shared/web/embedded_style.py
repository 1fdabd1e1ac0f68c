"""The style sheet of elements in other sites: what pages have, made to hold inside an element. Pure.

A page's sheet counts on the page: its root, its window, the size of its letters. Inside another site these belong to
somebody else, so here they become the element's own: a class, its width, a length that the element sets.
"""

import re
from collections.abc import Iterable
from typing import Final

#: The class of the box that every part of an element is in, and of the room around it, which is measured.
SCOPE: Final = ".hawk-scope"
ROOM: Final = ".hawk-room"
#: The name by which rules ask how wide the room is.
CONTAINER: Final = "hawk"

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_ROOT: Final = re.compile(r":root\b")
_PAGE: Final = re.compile(r"^(\s*)(?:html|body)(?=\s*\{)", re.MULTILINE)
_WINDOW: Final = re.compile(r"@media \(max-width: (\d+)px\)(?= \{)")
#: Pixels below which tables become lists: a page's window, and an element's room, which has no page around it to grow
#: into and is seldom a telephone's.
_LISTS_BELOW: Final = {"639": "767"}
_REM: Final = re.compile(r"(?<![\w.-])(\d*\.?\d+)rem\b")
_USED: Final = re.compile(r"var\((--[a-z0-9-]+)")


def embedded_style(sheets: Iterable[str]) -> str:
    """Return one sheet of several, in their order.

    Nothing that the other site inherits to the element, nor a variable of its own by the same name, comes in.
    """
    text = _COMMENT.sub("", "\n".join(sheets))
    text = _PAGE.sub(rf"\1{SCOPE}", _ROOT.sub(SCOPE, text))
    text = _WINDOW.sub(lambda found: f"@container {CONTAINER} (max-width: {_of_room(found[1])}px)", text)
    text = _REM.sub(r"calc(\1 * var(--rem))", text)
    closed = "".join(f" {name}: initial;" for name in sorted(set(_USED.findall(text)) - {"--rem"}))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join([_frame(closed), *lines, ""])


def _of_room(window: str) -> str:
    return _LISTS_BELOW.get(window, window)


def _frame(closed: str) -> str:
    """Return the rules of host and room. `all` leaves direction and variables; those are set by name."""
    return "\n".join(
        (
            ":host { display: block; }",
            ":host([hidden]) { display: none; }",
            f"{ROOM} {{ all: initial;{closed} --rem: 16px; direction: ltr; unicode-bidi: isolate; display: block; "
            f"container: {CONTAINER} / inline-size; color-scheme: inherit; }}",
        )
    )
