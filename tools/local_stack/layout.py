"""The layout of a data directory, by which HAWK refuses data that this release would misread.

Layout 2 began when consumer groups took their present names (`hawk-<service>-<purpose>`). The inbox knows a message by
its group: under another name every message of every topic would be handled once more.
Layout 3 began when the migrations were rewritten to define each object once: a database of layout 2 has applied files
that no longer exist. From here on the shapes of events are frozen (`shared/events/schemas`); all else is migrated.
"""

import re
from typing import Final

from tools.local_stack.errors import StackError
from tools.local_stack.files import write_private
from tools.local_stack.paths import DataDir

#: The layout that this release reads and writes.
LAYOUT: Final = 3

_NUMBER: Final = re.compile(r"[0-9]{1,9}")


class LayoutDiffers(StackError):
    """The data directory was made by a release that lays its data out otherwise."""


def keep_layout(data: DataDir) -> None:
    """Refuse a data directory of another layout; write the layout of this release into one that holds no data yet.

    Raises:
        LayoutDiffers: names the directory and what to do.
    """
    mark = _mark_of(data)
    if mark is None:
        write_private(data.layout_mark, f"{LAYOUT}\n")
    elif mark != str(LAYOUT):
        raise LayoutDiffers(_why(data, mark))


def _mark_of(data: DataDir) -> str | None:
    """Return the layout in the mark; "1" for data without a mark; None for a directory without data."""
    if data.layout_mark.exists():
        return data.layout_mark.read_text(encoding="utf-8", errors="replace").strip()
    return "1" if data.ports_file.exists() or data.postgres.exists() else None


def _why(data: DataDir, mark: str) -> str:
    known = _NUMBER.fullmatch(mark) is not None
    held = f"{data.root} holds data of {f'layout {mark}' if known else 'an unknown layout'}"
    reads = f"this release of HAWK reads layout {LAYOUT}"
    if known and int(mark) > LAYOUT:
        return f"{held}; {reads}. Start it with the newer release that made it, or give another directory with --data."
    return (
        f"{held}; {reads}. Keep that directory for the release that made it and give another with --data, "
        "or delete its data with `hawk down --wipe`."
    )
