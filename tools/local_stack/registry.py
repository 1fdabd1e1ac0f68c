"""Remembers which data directories of this user are in use, so that `hawk status` finds a HAWK from
anywhere."""

import contextlib
import hashlib
import os
from pathlib import Path

from tools.local_stack.errors import NotRunning
from tools.local_stack.files import write_private
from tools.local_stack.paths import DataDir
from tools.local_stack.state import running_state


def remember(data: DataDir) -> None:
    """Record that a HAWK is started on this data directory."""
    note = _note(data)
    note.parent.mkdir(parents=True, exist_ok=True)
    write_private(note, f"{data.root}\n")


def forget(data: DataDir) -> None:
    """Take the note away."""
    _note(data).unlink(missing_ok=True)


def running() -> list[DataDir]:
    """Return the data directories on which a HAWK of this user runs now, the one started last first."""
    notes = sorted(_folder().glob("*.path"), key=lambda note: note.stat().st_mtime, reverse=True)
    found = []
    for note in notes:
        with contextlib.suppress(NotRunning, OSError):
            data = DataDir.at(Path(note.read_text(encoding="utf-8").strip()))
            running_state(data)
            found.append(data)
    return found


def _folder() -> Path:
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "hawk"


def _note(data: DataDir) -> Path:
    return _folder() / f"{hashlib.sha256(str(data.root).encode()).hexdigest()[:16]}.path"
