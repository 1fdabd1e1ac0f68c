"""kill -9 of every process while twenty workflows are in flight, then both servers restart."""

import os
import signal

import pytest

from tests.support.crowd import approving, each_is_booked_once, orders, publish_until_taken, seeded, workflows_of
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

WORKFLOWS = 20
PROCESSES = ("parser", "approval", "executor", "monitor", "relay", "murex")
TAKEN_SECONDS_MAX = 60
DONE_SECONDS_MAX = 240


UNDER_WAY = ("PREPARED", "BOOKING", "COMPLETED", "POSTED")


def test_every_workflow_is_booked_once_when_each_process_is_killed_in_turn(chaos: Hawk) -> None:
    rng = seeded()
    answers = orders(rng, WORKFLOWS)
    blows = [*rng.sample(PROCESSES, len(PROCESSES)), None]
    before = chaos.pids()
    response_ids: list[str] = []
    with approving(chaos):
        for number, name in enumerate(blows):
            batch = publish_until_taken(chaos, answers[number :: len(blows)], TAKEN_SECONDS_MAX)
            response_ids += batch
            (first,) = workflows_of(chaos, batch[:1], DONE_SECONDS_MAX)
            chaos.in_state(first, *UNDER_WAY, seconds_max=DONE_SECONDS_MAX)
            if name is not None:
                os.kill(before[name], signal.SIGKILL)
        for server in rng.sample(("kafka", "postgres"), 2):
            chaos.run("process", "restart", server)
        workflow_ids = workflows_of(chaos, response_ids, DONE_SECONDS_MAX)
        chaos.all_in_state(workflow_ids, "POSTED", DONE_SECONDS_MAX)
    now = chaos.pids()
    assert now.keys() == before.keys()
    assert [name for name in now if now[name] == before[name]] == []
    assert len(set(workflow_ids)) == WORKFLOWS
    each_is_booked_once(chaos, workflow_ids)
    found = chaos.verified()
    assert [one for one in found["unfinished"] if one["workflow_id"] in set(workflow_ids)] == []
