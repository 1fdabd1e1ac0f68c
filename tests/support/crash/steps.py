"""A crash at every step: which steps there are, one workflow that dies at each, and what must hold afterwards.

Which steps there are is not written down but observed: one workflow of each kind runs while every await is noted. Then
each step gets a workflow of its own. All are approved at once; the process dies at each of their steps, is started
again by the supervisor, and goes on with all of them until the next one is reached.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.support.crash.control import Control, Plan, Point
from tests.support.crash.turns import TURNS
from tests.support.crowd import DEALS, approving, each_is_booked_once, publish_until_taken, workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import Document, Hawk
from tests.support.orders import order

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

    def order(self, number: int = 0) -> Document:
        """One at a time at each of the places, so that few compete for the same exposure."""
        currency, entity = self.places[number % len(self.places)]
        return order(currency, AMOUNTS[currency], entity)


# Murex treats two entities badly, the last of their currencies; the orders of a storm go to the first two.
_FREE = {"USD": (37, 38, 39, 40), "HKD": (9, 10, 11), "AUD": (1, 2, 3), "JPY": (21, 22, 23, 24)}
BOOKED = Kind(
    "booked",
    tuple((currency, f"ENTITY{number:04d}") for currency, numbers in _FREE.items() for number in numbers),
    TURNS[: TURNS.index("posting") + 1],
    "POSTED",
)
DECLINED = Kind("declined", (("HKD", "ENTITY0012"),), ("decline", "cancellation", "compensation"), "COMPENSATED")
SILENT = Kind("silent", (("AUD", "ENTITY0004"),), ("enquiry", "sending again"), "POSTED")
KINDS = (BOOKED, DECLINED, SILENT)

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
        """Some of them, of different turns; and the rarest of all: between two servers."""
        by_turn: dict[str, list[tuple[Kind, Point]]] = {}
        for kind, point in self.of_kind:
            by_turn.setdefault(point.turn, []).append((kind, point))
        turns = rng.sample(sorted(by_turn), min(number, len(by_turn)))
        return Steps(tuple(rng.choice(by_turn[turn]) for turn in turns), ())

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
        ended(hawk, [*watched.items(), *((BOOKED, each) for each in others)], seconds_max)
        hawk.settled(seconds_max)
    control.arm(Plan())
    of_kind: dict[tuple[Kind, Point], None] = {}
    trace = control.traced()
    for kind, workflow in watched.items():
        points = {point for of, point in trace if of == workflow and point.turn in kind.turns}
        of_kind.update(dict.fromkeys((kind, point) for point in sorted(points, key=_place)))
    elsewhere = Counter(point for of, point in trace if not of)
    return Steps(tuple(of_kind), tuple(sorted(point for point, times in elsewhere.items() if times > 1)))


def crashed_at(hawk: Hawk, control: Control, steps: Steps, seconds_max: float) -> list[str]:
    """Kill a process at each of these steps and find everything in order; gives the names of the workflows.

    Raises:
        AssertionError: a step was not reached, or something is not as it should be.
    """
    kinds = [kind for kind, _ in steps.of_kind] + [BOOKED] * len(steps.anywhere)
    workflows = planned(hawk, [kind.order(number) for number, kind in enumerate(kinds)], seconds_max)
    by_workflow = {workflow: point for workflow, (_, point) in zip(workflows, steps.of_kind, strict=False)}
    control.arm(Plan(by_workflow, steps.anywhere))
    wanted = {point.name for point in (*by_workflow.values(), *steps.anywhere)}
    with approving(hawk):
        ended(hawk, zip(kinds, workflows, strict=True), seconds_max)
        eventually(lambda: control.hits() >= wanted, seconds_max, what="every step reached", every_seconds=LOOK_SECONDS)
    control.arm(Plan())
    hawk.settled(seconds_max)
    are_whole_or_nothing(hawk, zip(kinds, workflows, strict=True))
    return workflows


def planned(hawk: Hawk, answers: Sequence[Document], seconds_max: float) -> list[str]:
    """Publish orders; their workflows once they are planned."""
    return workflows_of(hawk, publish_until_taken(hawk, answers, seconds_max), seconds_max)


def ended(hawk: Hawk, workflows: Iterable[tuple[Kind, str]], seconds_max: float) -> None:
    """Each workflow has ended as its kind does."""
    ends: dict[str, set[str]] = {}
    for kind, workflow in workflows:
        ends.setdefault(kind.ends, set()).add(workflow)
    for state, wanted in ends.items():
        hawk.all_in_state(wanted, state, seconds_max)


def are_whole_or_nothing(hawk: Hawk, workflows: Iterable[tuple[Kind, str]]) -> None:
    """What was booked is there once, of what was declined nothing is effective and Murex holds nothing."""
    by_end: dict[str, list[str]] = {"POSTED": [], "COMPENSATED": []}
    for kind, workflow in workflows:
        by_end[kind.ends].append(workflow)
    if by_end["POSTED"]:
        each_is_booked_once(hawk, by_end["POSTED"])
    undone = by_end["COMPENSATED"]
    for table in ("hedge_instructions", "hedge_business_events", "deal_bookings", "gl_entries", "allocation_engine"):
        statement = f"SELECT count(*) AS rows FROM public.{table} WHERE workflow_id = ANY($1::text[])"  # noqa: S608
        assert hawk.query(statement, undone) == [{"rows": 0}], table
    held = [row for row in hawk.json("murex", "book") if row["workflow_id"] in set(undone)]
    assert Counter(row["status"] for row in held) == Counter(
        {"DECLINED": len(undone), "CANCELLED": (DEALS - 1) * len(undone)}
    )
    hawk.verified()


def _place(point: Point) -> tuple[int, int]:
    return TURNS.index(point.turn), point.step
