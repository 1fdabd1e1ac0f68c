"""What can go wrong with the servers and processes of one machine."""

from pathlib import Path

from shared.errors import HawkError


class StackError(HawkError):
    """The local stack cannot do what was asked. The sentence says what to do; nothing half-made is left
    behind."""


class JarMismatch(StackError):
    """A fetched jar is not the file the lock names. It was thrown away."""

    def __init__(self, *, jar: str, expected: str, found: str) -> None:
        self.jar = jar
        self.expected = expected
        self.found = found
        super().__init__(
            f"{jar}: expected SHA-256 {expected}, found {found}. The file was thrown away; "
            f"check what stands between this machine and the Maven repository, then start again."
        )


class StartFailed(StackError):
    """A process could not be brought up in time, or died again and again before it was ready."""

    def __init__(self, *, name: str, why: str, log: Path | None = None) -> None:
        self.name = name
        self.log = log
        see = f" Its log: {log}" if log else ""
        super().__init__(f"{name} did not start: {why}.{see}")


class AlreadyRunning(StackError):
    """Another supervisor holds this data directory."""

    def __init__(self, *, root: Path) -> None:
        self.root = root
        super().__init__(f"HAWK already runs on {root}. Stop it with `hawk down`, or use another --data.")


class NotRunning(StackError):
    """No supervisor answers for this data directory."""

    def __init__(self, *, root: Path) -> None:
        self.root = root
        super().__init__(f"HAWK is not running on {root}. Start it with `hawk up`.")


class CommandRefused(StackError):
    """The supervisor refuses a command; the sentence says why."""
