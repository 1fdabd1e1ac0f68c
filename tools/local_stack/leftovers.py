"""Find and end what an earlier run left behind, for example after `kill -9` of the supervisor.

Processes are recognised by what they are, not by a remembered number, which the system may have given to another
process since: a process is ours when it works in a directory that only our process uses *and* runs our program.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.local_stack.errors import StackError

END_SECONDS_MAX = 10
"""A process that still exists so long after SIGKILL hangs in the kernel; a second one would corrupt data, so this is an
error."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The marks of one of our processes, independent of its parent.

    `folder` is its working directory; `marker` is part of its command line (PostgreSQL's children rename
    themselves to "postgres: …", which contains "postgres").
    """

    folder: Path
    marker: str

    def matches(self, process: psutil.Process) -> bool:
        """Decide whether a process is this one; False when it has ended or may not be inspected."""
        try:
            folder = process.cwd().removesuffix(" (deleted)")
            return Path(folder) == self.folder and any(self.marker in part for part in process.cmdline())
        except (psutil.Error, OSError):
            return False


def find(identities: Iterable[Identity]) -> list[psutil.Process]:
    """Return all running processes with one of these identities."""
    wanted = list(identities)
    return [
        process
        for process in psutil.process_iter()
        if any(identity.matches(process) for identity in wanted) and process.status() != psutil.STATUS_ZOMBIE
    ]


def end(identities: Iterable[Identity]) -> list[int]:
    """Kill all processes with one of these identities, wait until they are gone, and return their ids.

    Kills at once: a leftover has lost the one who could stop it in good order, and both servers recover
    from a kill. Repeats until none is found, since a dying server may still be starting children.

    Raises:
        StackError: a process cannot be ended.
    """
    wanted = list(identities)
    ended: list[int] = []
    while found := find(wanted):
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
            except psutil.AccessDenied as error:
                raise StackError(
                    f"Process {process.pid} of an earlier run still works in {process.cwd()} and belongs to "
                    "another user. Stop it, then start again."
                ) from error
        _, alive = psutil.wait_procs(found, timeout=END_SECONDS_MAX)
        if alive:
            raise StackError(f"Process {alive[0].pid} of an earlier run cannot be stopped. Stop it, then start again.")
        ended += [process.pid for process in found]
    return ended
