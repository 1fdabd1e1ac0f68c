"""What the processes are told about their crashes, and which steps a sample has."""

import random
from pathlib import Path

import pytest

from tests.support.crash import inside as inside_module
from tests.support.crash.control import Control, Plan, Point
from tests.support.crash.inside import Inside
from tests.support.crash.steps import BOOKED, DECLINED, REVERSED, Steps
from tests.support.crash.turns import OF_REVERSALS, REVERSAL


@pytest.fixture
def control(tmp_path: Path) -> Control:
    found = Control(tmp_path)
    found.environment()
    return found


def test_plan_reaches_the_processes_and_the_next_one_replaces_it(control: Control) -> None:
    assert control.plan() == Plan()
    for plan in (
        Plan({"wf": Point("reversal start", 7)}, (Point("relay", 1),), reversing=frozenset({"wf", "back"})),
        Plan(traced=True),
    ):
        control.arm(plan)
        assert control.plan() == plan


def test_the_same_message_is_another_turn_of_what_is_reversed(control: Control) -> None:
    control.arm(Plan(reversing=frozenset({"wf"})))
    inside = Inside(control)
    for turn, of_reversal in OF_REVERSALS.items():
        names = [found.name for workflow in ("wf", "other") if (found := inside.turn(turn, workflow))]
        assert names == [of_reversal, turn]
    assert inside.turn(None, "wf") is None


def test_a_point_is_hit_once_and_not_under_the_name_of_another_turn(control: Control) -> None:
    assert control.hit(Point("posting", 3))
    assert not control.hit(Point("posting", 3))
    assert control.hit(Point("reversal posting", 3))
    assert control.hits() == {"posting 003", "reversal posting 003"}


def test_a_step_that_a_shorter_transaction_lacks_is_its_end(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(inside_module.os, "kill", lambda pid, _: killed.append(pid))
    control.arm(Plan({"wf": Point("prepare", 7), "other": Point("prepare", 2)}))
    inside = Inside(control)
    inside.reach("prepare", 5, "committed", "wf")
    inside.reach("prepare", 5, "committed", "other", end=True)
    assert not killed
    inside.reach("prepare", 5, "committed", "wf", end=True)
    assert len(killed) == 1
    assert control.hits() == {"prepare 007"}


@pytest.mark.parametrize("seed", range(20))
def test_sample_has_a_step_of_each_kind_and_no_turn_twice(seed: int) -> None:
    steps = Steps(
        tuple(
            (kind, Point(turn, step))
            for kind in (BOOKED, DECLINED, REVERSED)
            for turn in kind.turns
            for step in range(5)
        ),
        (Point("relay", 1),),
    )
    sample = steps.sample(random.Random(seed), 6)  # noqa: S311 - nothing secret hangs on it
    assert {kind for kind, _ in sample.of_kind} == {BOOKED, DECLINED, REVERSED}
    assert len({point.turn for _, point in sample.of_kind}) == len(sample) == 6
    assert REVERSED.turns == REVERSAL
