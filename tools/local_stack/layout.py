"""Which layout a data directory has, so that HAWK never goes on with data that another release would read otherwise.

Layout 2 began when consumer groups took their names of today (`hawk-<service>-<purpose>`). The inbox knows a message by
its group: under another name every message of every topic would be handled once more. From here on the shapes of events
are frozen (`shared/events/schemas`), and whatever else changes is migrated.
"""

from typing import Final

from tools.local_stack.errors import StackError
from tools.local_stack.files import write_private
from tools.local_stack.paths import DataDir

#: The layout that this release reads and writes.
LAYOUT: Final = 2


class LayoutDiffers(StackError):
    """The data directory was made by a release that lays its data out otherwise."""


def check_layout(data: DataDir) -> None:
    """Refuse a data directory of another layout; one that holds no data yet has none.

    Raises:
        LayoutDiffers: names the directory and what to do. Nothing was touched.
    """
    found = _layout_of(data)
    if found is None or found == str(LAYOUT):
        return
    kept = f"{data.root} holds data of layout {found}; this release of HAWK reads layout {LAYOUT}."
    if found.isdecimal() and int(found) > LAYOUT:
        raise LayoutDiffers(f"{kept} Start it with the newer release that made it, or name another --data.")
    raise LayoutDiffers(
        f"{kept} Keep that directory for the release that made it and name another with --data, "
        "or remove its data with `hawk down --wipe`."
    )


def keep_layout(data: DataDir) -> None:
    """Check the layout, and write it down in a directory that holds no data yet.

    Raises:
        LayoutDiffers: as `check_layout`.
    """
    check_layout(data)
    if not data.layout_mark.exists():
        write_private(data.layout_mark, f"{LAYOUT}\n")


def _layout_of(data: DataDir) -> str | None:
    """What the mark says; "1" for data without one; None where there are no data."""
    if data.layout_mark.exists():
        return data.layout_mark.read_text(encoding="utf-8", errors="replace").strip()
    return "1" if data.ports_file.exists() or data.postgres.exists() else None
