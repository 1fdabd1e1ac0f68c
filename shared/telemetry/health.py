"""Is this process able to do its work? A part each for the database, the consumers, the background tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a part is. One that waits for a server it has worked with is healthy: it goes on by itself."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    AWAY = "away"
    FAILED = "failed"
    DEFECT = "defect"
    FINISHED = "finished"


_ABLE = frozenset({State.RUNNING, State.WAITING, State.FINISHED})


@dataclass(frozen=True, slots=True)
class Part:
    """State of a part and, where it is not running, why."""

    state: State
    detail: str = ""


class Health:
    """What the parts of a process reported last."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._started = False

    def report(self, part: str, state: State, detail: str = "") -> bool:
        """Note the state of a part; True when it differs from the one before."""
        before = self._parts.get(part)
        self._parts[part] = Part(state, detail)
        return before is None or before.state is not state

    def started(self) -> None:
        """Note that the first start is over: from now on a waiting part does not make the process unready."""
        self._started = True

    def part(self, name: str) -> Part | None:
        """Return what a part reported last."""
        return self._parts.get(name)

    @property
    def parts(self) -> Mapping[str, Part]:
        """All parts by name."""
        return dict(self._parts)

    @property
    def ready(self) -> bool:
        """True when the process has started and every part can work, or waits for a server it knows."""
        return self._started and all(part.state in _ABLE for part in self._parts.values())

    def document(self) -> dict[str, Any]:
        """Return the JSON of `/health/ready`."""
        parts = {name: {"state": part.state.value, "detail": part.detail} for name, part in self._parts.items()}
        return {"ready": self.ready, "started": self._started, "parts": parts}
