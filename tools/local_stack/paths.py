"""The layout of a data directory, which holds everything that a HAWK on one machine writes."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

PRIVATE_FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class DataDir:
    """Names of the files and folders below `root`, an absolute path.

    All of it is readable by its owner alone: data, logs and segments hold what customers do. The folder itself may be
    traversed by others, because PostgreSQL refuses to run as root and then runs as a user of its own.
    """

    root: Path

    @classmethod
    def at(cls, path: Path) -> "DataDir":
        """Return the data directory at a path, which may be relative and need not exist yet."""
        return cls(path.expanduser().resolve())

    @property
    def state_file(self) -> Path:
        """The file that says what the running supervisor has started, with the token that commands it."""
        return self.root / "state.json"

    @property
    def ports_file(self) -> Path:
        """The file that keeps the ports for the next start."""
        return self.root / "ports.json"

    @property
    def lock_file(self) -> Path:
        """The file that a running supervisor holds a lock on."""
        return self.root / "supervisor.lock"

    @property
    def keys(self) -> Path:
        """The folder of key pairs and passwords."""
        return self.root / "keys"

    @property
    def role_passwords(self) -> Path:
        """The file with the passwords of database roles; that of the superuser too, where HAWK runs PostgreSQL."""
        return self.keys / "role-passwords.json"

    def public_keys(self, name: str) -> list[Path]:
        """Return the public keys of a signer: the current one, and earlier ones that were kept as
        `grant_public-2026.pem`."""
        return sorted(self.keys.glob(f"{name}_public*.pem"))

    @property
    def kafka(self) -> Path:
        """The folder of Kafka's configuration and storage."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The folder of the PostgreSQL cluster."""
        return self.root / "postgres"

    @property
    def murex(self) -> Path:
        """The folder of the Murex simulator."""
        return self.root / "murex"

    @property
    def murex_book(self) -> Path:
        """The book of the Murex simulator, a SQLite file."""
        return self.murex / "book.sqlite3"

    @property
    def logs(self) -> Path:
        """The folder of the logs, one file per process."""
        return self.root / "logs"

    @property
    def reference_mark(self) -> Path:
        """Written once the demo reference data is in; holds when it was loaded."""
        return self.root / "reference.json"

    @property
    def layout_mark(self) -> Path:
        """Holds the number of the layout that the data have (see `tools.local_stack.layout`)."""
        return self.root / "layout"

    def run(self, name: str) -> Path:
        """Return the working directory of a process, which no other process uses, so that it also identifies the
        process."""
        return self.root / "run" / name

    def log(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folders. Repeating it changes nothing."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.murex, self.root / "run", self.kafka, self.keys):
            folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
            folder.chmod(PRIVATE_FOLDER_MODE)

    def parts(self) -> tuple[Path, ...]:
        """Return everything that HAWK makes below `root`; `hawk down --wipe` removes these and nothing else."""
        return (
            self.kafka,
            self.postgres,
            self.murex,
            self.keys,
            self.logs,
            self.root / "run",
            self.reference_mark,
            self.layout_mark,
            self.ports_file,
            self.state_file,
            self.lock_file,
        )


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
