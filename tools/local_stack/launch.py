"""The description of a process that the supervisor keeps running."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.local_stack.leftovers import Identity


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a process.

    `user`: the system user it runs as, None for ours. `environment` is complete (nothing is inherited).
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    user: str | None = None


class Runnable(Protocol):
    """A server or a service. All methods may be called again and again."""

    name: str
    identity: Identity
    stop_signal: signal.Signals
    stop_seconds_max: float

    def prepare(self) -> Launch:
        """Put everything in place for one start and say how to start. Blocks; called in a thread."""

    async def is_ready(self) -> bool:
        """Return True if the process is ready now. Never raises; takes at most `probes.PROBE_SECONDS_MAX`."""
