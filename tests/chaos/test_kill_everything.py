"""The power goes out: kill -9 of all there is, in the midst of work, then `hawk up`. And `hawk rebuild`."""

import os
import signal

import pytest

from tests.support.crowd import approving, each_is_booked_once, orders, publish_until_taken, seeded, workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import Hawk, processes_below
from tests.support.tables import rebuilt_alike

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

DONE_SECONDS_MAX = 180


def kill_everything(hawk: Hawk) -> None:
    """The supervisor first, so that it starts nothing again."""
    supervisor = [process for process in processes_below(hawk.data) if "up" in process.cmdline()]
    assert supervisor
    for process in (*supervisor, *processes_below(hawk.data)):
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    eventually(lambda: not processes_below(hawk.data), 30, what="nothing left")


def test_work_in_flight_ends_when_everything_was_killed(chaos: Hawk) -> None:
    answers = orders(seeded(), 4)
    with approving(chaos):
        response_ids = publish_until_taken(chaos, answers, DONE_SECONDS_MAX)
        first, *_ = workflows_of(chaos, response_ids, DONE_SECONDS_MAX)
        chaos.in_state(first, "PREPARED", "BOOKING", seconds_max=DONE_SECONDS_MAX)
        kill_everything(chaos)
        assert chaos.run("status", expect=3)
        chaos.up()
        workflow_ids = workflows_of(chaos, response_ids, DONE_SECONDS_MAX)
        chaos.all_in_state(workflow_ids, "POSTED", DONE_SECONDS_MAX)
    each_is_booked_once(chaos, workflow_ids)
    chaos.verified()


def test_rebuilt_tables_are_the_same(chaos: Hawk) -> None:
    rebuilt_alike(chaos)
