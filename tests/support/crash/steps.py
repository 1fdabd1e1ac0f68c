"""A crash at every step: which steps there are, one workflow that dies at each, and what must hold afterwards.

Which steps there are is not written down but observed: one workflow of each kind runs while every await is noted. Then
each step gets a workflow of its own. All are approved at once; the process dies at each of their steps, is started
again by the supervisor, and goes on with all of them until the next one is reached. Those that are to die while they
are taken back are booked with the others, and reversed together when all have ended.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.events.identity import reversal_id
from tests.support.crash.control import Control, Plan, Point
from tests.support.crash.turns import REVERSAL, TURNS
from tests.support.crowd import DEALS, approving, each_is_booked_once, publish_until_taken, workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import Document, Hawk
from tests.support.orders import order
from tests.support.undone import asked_for_reversal, leave_nothing, nothing_is_in_effect
from tools.long_work import Report, Step, unreported

AMOUNTS = {"USD": "20000", "HKD": "100000", "AUD": "20000", "JPY": "2000000"}
WATCHED = Point("watched", 0)
"""The plan's entry of a workflow that is to be observed and never to be a reason to die."""

BATCHED = 6
"""Workflows beside the observed ones, whose answers share transactions."""

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Kind:
    """What befalls a workflow. `turns`: those of its turns that others do not have."""

    name: str
    places: tuple[tuple[str, str], ...]
    turns: tuple[str, ...]
    ends: str

    @property
    def is_reversed(self) -> bool:
        """Whether a person takes it back when it is over."""
        return self.ends == "REVERSED"

    @property
    def rests(self) -> str:
        """The state in which nothing more happens unless somebody asks for a reversal."""
        return "POSTED" if self.is_reversed else self.ends

    def order(self, number: int = 0) -> Document:
        """One at a time at each of the places, so that few compete for the same exposure."""
        currency, entity = self.places[number % len(self.places)]
        return order(currency, AMOUNTS[currency], entity)


# Murex treats two entities badly, the last of their currencies; the orders of a storm go to the first two.
_FREE = {"USD": (37, 38, 39, 40), "HKD": (9, 10, 11), "AUD": (1, 2, 3), "JPY": (21, 22, 23, 24)}
_FREE_PLACES = tuple((currency, f"ENTITY{number:04d}") for currency, numbers in _FREE.items() for number in numbers)
BOOKED = Kind("booked", _FREE_PLACES, TURNS[: TURNS.index("posting") + 1], "POSTED")
DECLINED = Kind("declined", (("HKD", "ENTITY0012"),), ("decline", "cancellation", "compensation"), "COMPENSATED")
SILENT = Kind("silent", (("AUD", "ENTITY0004"),), ("enquiry", "sending again"), "POSTED")
REVERSED = Kind("reversed", _FREE_PLACES, REVERSAL, "REVERSED")
KINDS = (BOOKED, DECLINED, SILENT, REVERSED)

SCRIPT: list[Document] = [
    {
        "match": {"entity_id": DECLINED.places[0][1], "deal_sequence": 3},
        "answer": "NOK",
        "reason": "Credit line exhausted",
    },
    {"match": {"entity_id": SILENT.places[0][1], "deal_sequence": 2, "attempt": 1}, "answer": "SILENT"},
]
"""What Murex must do to these entities; further rules may follow."""


@dataclass(frozen=True, slots=True)
class Steps:
    """All that were observed. `of_kind`: steps in the turns of a workflow; `anywhere`: those of other turns."""

    of_kind: tuple[tuple[Kind, Point], ...]
    anywhere: tuple[Point, ...]

    def __len__(self) -> int:
        return len(self.of_kind) + len(self.anywhere)

    def sample(self, rng: random.Random, number: int) -> "Steps":
        """Some of them, of different turns, one of each kind at least; and the rarest of all: between two servers."""
        by_turn: dict[tuple[Kind, str], list[Point]] = {}
        for kind, point in self.of_kind:
            by_turn.setdefault((kind, point.turn), []).append(point)
        kinds = dict.fromkeys(kind for kind, _ in by_turn)
        chosen = [rng.choice([turn for turn in by_turn if turn[0] == kind]) for kind in kinds]
        others = [turn for turn in by_turn if turn not in chosen]
        chosen += rng.sample(others, min(max(number - len(chosen), 0), len(others)))
        return Steps(tuple((kind, rng.choice(by_turn[kind, turn])) for kind, turn in chosen), ())

    def told(self) -> str:
        """How many there are, in all and by turn."""
        points = [point for _, point in self.of_kind] + list(self.anywhere)
        by_turn = Counter(point.turn for point in points)
        return f"{len(points)} steps: " + ", ".join(f"{turn} {number}" for turn, number in by_turn.items())


def observed(hawk: Hawk, control: Control, seconds_max: float, kinds: Sequence[Kind] = KINDS) -> Steps:
    """Let one workflow of each kind run, with every step noted, and some more whose answers come in batches."""
    watched = dict(zip(kinds, planned(hawk, [kind.order() for kind in kinds], seconds_max), strict=True))
    others = planned(hawk, [BOOKED.order(number) for number in range(1, BATCHED + 1)], seconds_max)
    control.arm(Plan(dict.fromkeys(watched.values(), WATCHED), traced=True))
    with approving(hawk):
        resting(hawk, [*watched.items(), *((BOOKED, each) for each in others)], seconds_max)
        reversed_ = {workflow: WATCHED for kind, workflow in watched.items() if kind.is_reversed}
        control.arm(_reversing(reversed_, traced=True))
        taken_back(hawk, reversed_, seconds_max)
        hawk.settled(seconds_max)
    control.arm(Plan())
    of_kind: dict[tuple[Kind, Point], None] = {}
    trace = control.traced()
    for kind, workflow in watched.items():
        whose = {workflow, reversal_id(workflow)} if kind.is_reversed else {workflow}
        points = {point for of, point in trace if of in whose and point.turn in kind.turns}
        of_kind.update(dict.fromkeys((kind, point) for point in sorted(points, key=_place)))
    elsewhere = Counter(point for of, point in trace if not of)
    return Steps(tuple(of_kind), tuple(sorted(point for point, times in elsewhere.items() if times > 1)))


def crashed_at(
    hawk: Hawk, control: Control, steps: Steps, seconds_max: float, report: Report = unreported
) -> list[str]:
    """Kill a process at each of these steps and find everything in order; gives the names of the workflows.

    Raises:
        AssertionError: a step was not reached, or something is not as it should be.
    """
    points = [*steps.of_kind, *((BOOKED, None) for _ in steps.anywhere)]
    names = planned(hawk, [kind.order(number) for number, (kind, _) in enumerate(points)], seconds_max)
    workflows = [(kind, name) for name, (kind, _) in zip(names, points, strict=True)]
    booking, undoing = (
        {name: point for name, (kind, point) in zip(names, points, strict=True) if point and kind.is_reversed is later}
        for later in (False, True)
    )
    control.arm(Plan(booking, steps.anywhere))
    with approving(hawk):
        reached(control, [*booking.values(), *steps.anywhere], seconds_max, report)
        resting(hawk, workflows, seconds_max)
        control.arm(_reversing(undoing))
        taken_back(hawk, undoing, seconds_max)
        reached(control, undoing.values(), seconds_max, report)
    control.arm(Plan())
    hawk.settled(seconds_max)
    are_whole_or_nothing(hawk, workflows)
    return [*names, *map(reversal_id, undoing)]


def planned(hawk: Hawk, answers: Sequence[Document], seconds_max: float) -> list[str]:
    """Publish orders; their workflows once they are planned."""
    return workflows_of(hawk, publish_until_taken(hawk, answers, seconds_max), seconds_max)


def reached(control: Control, points: Iterable[Point], seconds_max: float, report: Report = unreported) -> None:
    """A process has died at each of these points."""
    wanted = {point.name for point in points}

    def missing() -> set[str]:
        left = wanted - control.hits()
        report(Step("Killing at every step", len(wanted) - len(left), len(wanted), "kills"))
        return left

    eventually(
        missing,
        seconds_max,
        until=lambda missing: not missing,
        what="every step reached",
        every_seconds=LOOK_SECONDS,
    )


def resting(hawk: Hawk, workflows: Iterable[tuple[Kind, str]], seconds_max: float) -> None:
    """Each workflow has come to where its kind rests."""
    states: dict[str, set[str]] = {}
    for kind, workflow in workflows:
        states.setdefault(kind.rests, set()).add(workflow)
    for state, wanted in states.items():
        hawk.all_in_state(wanted, state, seconds_max)


def taken_back(hawk: Hawk, workflows: Collection[str], seconds_max: float) -> None:
    """Somebody asks for the reversal of each of these; all are done, while somebody else approves."""
    token = hawk.token("mira", "TRADER")
    for each in workflows:
        asked_for_reversal(hawk, each, token)
    hawk.all_in_state(workflows, "REVERSED", seconds_max)
    hawk.all_in_state(map(reversal_id, workflows), "POSTED", seconds_max)


def are_whole_or_nothing(hawk: Hawk, workflows: Iterable[tuple[Kind, str]]) -> None:
    """What was booked is there once; of what was declined or reversed nothing is effective and Murex holds nothing."""
    by_end: dict[str, list[str]] = {"POSTED": [], "COMPENSATED": [], "REVERSED": []}
    for kind, workflow in workflows:
        by_end[kind.ends].append(workflow)
    if by_end["POSTED"]:
        each_is_booked_once(hawk, by_end["POSTED"])
    undone = by_end["COMPENSATED"]
    nothing_is_in_effect(hawk, undone)
    held = [row for row in hawk.json("murex", "book") if row["workflow_id"] in set(undone)]
    assert Counter(row["status"] for row in held) == Counter(
        {"DECLINED": len(undone), "CANCELLED": (DEALS - 1) * len(undone)}
    )
    if by_end["REVERSED"]:
        leave_nothing(hawk, {each: reversal_id(each) for each in by_end["REVERSED"]})
    hawk.verified()


def _reversing(points: Mapping[str, Point], *, traced: bool = False) -> Plan:
    """Some turns of a reversal are those of the workflow that it takes back, so both may die at the point."""
    by_workflow = {each: point for workflow, point in points.items() for each in (workflow, reversal_id(workflow))}
    return Plan(by_workflow, traced=traced, reversing=frozenset(by_workflow))


def _place(point: Point) -> tuple[int, int]:
    return (*TURNS, *REVERSAL).index(point.turn), point.step
