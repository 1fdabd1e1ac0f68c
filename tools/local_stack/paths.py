"""The layout of a data directory, which holds everything that a HAWK on one machine writes."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

PRIVATE_FOLDER_MODE = 0o700


class _Place:
    """A file or folder below the root of a data directory."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def __get__(self, data: "DataDir", owner: type["DataDir"]) -> Path:
        return data.root.joinpath(*self._names)


@dataclass(frozen=True, slots=True)
class DataDir:
    """The files and folders below `root`, an absolute path.

    Only their owner can read them: data, logs and segments hold the business of customers. Others can traverse the
    folder itself, because PostgreSQL refuses to run as root and then runs as a user of its own.
    """

    root: Path

    state_file = _Place("state.json")
    """The file of what the running supervisor has started, with the token for its commands."""
    ports_file = _Place("ports.json")
    """The ports for the next start."""
    lock_file = _Place("supervisor.lock")
    """Locked by a running supervisor."""
    keys = _Place("keys")
    """Key pairs and passwords."""
    role_passwords = _Place("keys", "role-passwords.json")
    """The passwords of database roles, and of the superuser where HAWK runs PostgreSQL."""
    kafka = _Place("kafka")
    """Kafka's configuration and storage."""
    postgres = _Place("postgres")
    """The PostgreSQL cluster."""
    murex = _Place("murex")
    """The Murex simulator."""
    murex_book = _Place("murex", "book.sqlite3")
    """The book of the Murex simulator, a SQLite file."""
    logs = _Place("logs")
    """The logs, one file per process."""
    runs = _Place("run")
    """The working directories of the processes."""
    reference_mark = _Place("reference.json")
    """Written once the reference data is loaded, with the time."""
    layout_mark = _Place("layout")
    """The number of the layout of the data (see `tools.local_stack.layout`)."""

    @classmethod
    def at(cls, path: Path) -> "DataDir":
        """Return the data directory at a path, which may be relative and need not exist yet."""
        return cls(path.expanduser().resolve())

    def public_keys(self, name: str) -> list[Path]:
        """Return the public keys of a signer: the current one, and earlier ones kept as `grant_public-2026.pem`."""
        return sorted(self.keys.glob(f"{name}_public*.pem"))

    def run(self, name: str) -> Path:
        """Return the working directory of a process; no other process uses it, so it also identifies the process."""
        return self.runs / name

    def log(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folders. Repeating it changes nothing."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.murex, self.runs, self.kafka, self.keys):
            folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
            folder.chmod(PRIVATE_FOLDER_MODE)

    def parts(self) -> tuple[Path, ...]:
        """Return everything that HAWK makes below `root`; `hawk down --wipe` removes these and nothing else."""
        folders = (self.kafka, self.postgres, self.murex, self.keys, self.logs, self.runs)
        return (*folders, self.reference_mark, self.layout_mark, self.ports_file, self.state_file, self.lock_file)


def allow_traversal(folder: Path) -> list[Path]:
    """Let other users pass through the folders above and including `folder`; return those that were changed.

    Only the right to traverse is added (never to list or to read), and only where it is missing. Needed when
    HAWK runs as root below a private home directory: PostgreSQL then runs as another user.
    """
    changed = []
    for place in (folder, *folder.parents):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH:
            os.chmod(place, stat.S_IMODE(mode) | stat.S_IXOTH)
            changed.append(place)
    return changed
