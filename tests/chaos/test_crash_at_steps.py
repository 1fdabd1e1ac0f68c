"""A process dies just before an await that has an effect, wherever it is, and nothing is lost or doubled."""

import sys

import pytest

from tests.support.crash.control import Control
from tests.support.crash.steps import BOOKED, DECLINED, crashed_at, observed
from tests.support.crowd import seeded
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

SAMPLE = 6
DONE_SECONDS_MAX = 180


def test_crashes_at_a_sample_of_all_steps_leave_everything_in_order(chaos: Hawk, control: Control) -> None:
    # Silence takes as long as HAWK waits for Murex, a reversal needs a booked hedge: `make chaos` has time for both.
    steps = observed(chaos, control, DONE_SECONDS_MAX, (BOOKED, DECLINED))
    sample = steps.sample(seeded(), SAMPLE)
    sys.stderr.write(f"{steps.told()}\nkilled at: {', '.join(str(point) for _, point in sample.of_kind)}\n")
    crashed_at(chaos, control, sample, DONE_SECONDS_MAX)
