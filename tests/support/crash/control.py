"""What a test and the processes it lets crash tell each other, as files in one folder.

`plan.json`: who dies where. `hits/`: one file for each point that was reached, written just before the kill.
`trace.jsonl`: the points as they are passed, while the plan asks for it. `clock.json`: by how much clocks are ahead.
`settings.json`: environment of processes that start from now on.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.local_stack.files import write_private

CHAOS_DIR = "HAWK_CHAOS_DIR"
QUICK = "HAWK_CHAOS_QUICK"
SITE = Path(__file__).parent / "site"
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Just before the await with this number, in a turn of this kind. `what` names it for people: the statement's first
    words."""

    turn: str
    step: int
    what: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.turn} {self.step:03d}"

    def __str__(self) -> str:
        return f"{self.name} {self.what}".strip()


@dataclass(frozen=True, slots=True)
class Plan:
    """`by_workflow`: the one point at which each of these workflows kills the process. `anywhere`: points of turns that
    belong to no workflow. `traced`: note every point that is passed. `reversing`: workflows of which all that comes now
    belongs to a reversal, both those that are taken back and those that take back."""

    by_workflow: Mapping[str, Point] = field(default_factory=dict)
    anywhere: tuple[Point, ...] = ()
    traced: bool = False
    reversing: frozenset[str] = frozenset()


class Control:
    """The folder, from either side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hits = folder / "hits"
        self._plan = folder / "plan.json"
        self._clock = folder / "clock.json"
        self._trace = folder / "trace.jsonl"
        self._settings = folder / "settings.json"
        self._read: dict[Path, tuple[int, Any]] = {}

    def environment(self, *, quick: bool = True) -> dict[str, str]:
        """With this a HAWK and all its processes obey the folder. `quick`: what was killed comes back without the
        pauses of production, which only matter where hundreds of kills take turns.

        Bytecode is kept, whatever this process does: to compile everything is half of what a start costs."""
        self._hits.mkdir(parents=True, exist_ok=True)
        environment = {
            CHAOS_DIR: str(self.folder),
            "PYTHONPATH": os.pathsep.join((str(SITE), str(ROOT))),
            "PYTHONDONTWRITEBYTECODE": "",
        }
        return {**environment, QUICK: "1"} if quick else environment

    # --- the test's side

    def arm(self, plan: Plan) -> None:
        """From now on processes follow this plan."""
        document = {
            "by_workflow": {workflow: [point.turn, point.step] for workflow, point in plan.by_workflow.items()},
            "anywhere": [[point.turn, point.step] for point in plan.anywhere],
            "traced": plan.traced,
            "reversing": sorted(plan.reversing),
        }
        write_private(self._plan, json.dumps(document))

    def advance(self, clock: str, seconds: float) -> None:
        """Put a clock so far ahead of the real one. There are `executor` and `approval-deadlines`."""
        document = {**self._content(self._clock, dict, {}), clock: seconds}
        write_private(self._clock, json.dumps(document))

    def set_for_starts(self, **environment: str) -> None:
        """Let every process that starts from now on have these variables, and no others of an earlier call."""
        write_private(self._settings, json.dumps(environment))

    def traced(self) -> list[tuple[str, Point]]:
        """(workflow, point) in the order in which they were passed."""
        if not self._trace.exists():
            return []
        lines = [json.loads(line) for line in self._trace.read_text(encoding="utf-8").splitlines()]
        return [(line[0], Point(*line[1:])) for line in lines]

    def hits(self) -> set[str]:
        """Names of the points that were reached."""
        return {file.name for file in self._hits.iterdir()}

    # --- the side of the processes

    def plan(self) -> Plan:
        """What the test wants at this moment."""
        found: Plan = self._content(self._plan, _plan_of, Plan())
        return found

    def settings(self) -> dict[str, str]:
        """Variables that the test sets for a process that starts."""
        return dict(self._content(self._settings, dict, {}))

    def ahead(self, clock: str) -> float:
        """Seconds by which a clock is ahead."""
        return float(self._content(self._clock, dict, {}).get(clock, 0))

    def hit(self, point: Point) -> bool:
        """Note that a point is reached; False when that was noted before."""
        try:
            handle = os.open(self._hits / point.name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return False
        os.write(handle, point.what.encode())
        os.fsync(handle)
        os.close(handle)
        return True

    def note(self, lines: Iterable[tuple[str, Point]]) -> None:
        text = "".join(json.dumps([workflow, each.turn, each.step, each.what]) + "\n" for workflow, each in lines)
        with self._trace.open("a", encoding="utf-8") as file:
            file.write(text)

    def _content(self, file: Path, read: Callable[[Any], Any], empty: Any) -> Any:
        """The content of a file, read again when it was replaced: it is asked for at every statement."""
        try:
            changed = file.stat().st_mtime_ns
        except FileNotFoundError:
            return empty
        known = self._read.get(file)
        if known is None or known[0] != changed:
            known = self._read[file] = (changed, read(json.loads(file.read_text(encoding="utf-8"))))
        return known[1]


def _plan_of(document: Mapping[str, Any]) -> Plan:
    return Plan(
        {workflow: Point(*point) for workflow, point in document["by_workflow"].items()},
        tuple(Point(*point) for point in document["anywhere"]),
        document["traced"],
        frozenset(document["reversing"]),
    )
