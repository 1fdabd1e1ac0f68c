"""The simulation holds for the code as it is, finds each planted bug by the invariant it breaks, and repeats itself."""

import os
import subprocess
import sys

import pytest

from cli.simulate import demo_desk
from tests.house.source import ROOT
from tests.unit.simulation.planted import BUGS, Bug
from tools.simulation.desk import Desk
from tools.simulation.run import Run
from tools.simulation.world import Shell

#: Seeds of the clean run here; `hawk simulate` runs thousands.
CLEAN = range(1, 41)
#: Seeds within which a planted bug has to be found.
FOUND_WITHIN = 500


@pytest.fixture(scope="module")
def desk() -> Desk:
    return demo_desk()


@pytest.mark.timeout(300)
def test_every_invariant_holds(desk: Desk) -> None:
    failed = [outcome for outcome in (Run(seed, desk).outcome() for seed in CLEAN) if outcome.invariant is not None]
    assert [(each.seed, each.invariant, each.what) for each in failed] == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found_by_name(bug: Bug, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.plant(monkeypatch)
    desk.forget()
    for seed in range(1, FOUND_WITHIN + 1):
        found = Run(seed, desk, bug.shell).outcome().invariant
        if found is not None:
            assert found in bug.breaks, f"seed {seed}"
            return
    pytest.fail(f"not found in {FOUND_WITHIN} seeds")


TRACE = "from cli.simulate import demo_desk as d; from tools.simulation.run import Run; " + (
    "print(*Run(7, d(), all_lines=True).outcome().lines, sep='\\n')"
)


@pytest.mark.timeout(300)
def test_the_same_seed_gives_the_same_trace_in_every_process(desk: Desk) -> None:
    here = "\n".join(Run(7, desk, Shell(), all_lines=True).outcome().lines)
    done = subprocess.run(
        (sys.executable, "-c", TRACE),
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "4711"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(here.splitlines()) > 50
    assert done.stdout.strip() == here.strip()
