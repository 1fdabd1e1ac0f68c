"""kill -9 of every process while twenty workflows are in flight, then both servers restart."""

import os
import signal

import pytest

from tests.support.crowd import approving, each_is_booked_once, orders, publish_until_taken, seeded, workflows_of
from tests.support.eventually import eventually
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

WORKFLOWS = 20
PROCESSES = ("parser", "approval", "executor", "monitor", "relay", "murex")
BATCHES = len(PROCESSES) + 1
BACK_SECONDS_MAX = 60
"""The supervisor starts it again at once; being ready on a loaded machine takes longer."""

DONE_SECONDS_MAX = 240


def kill(hawk: Hawk, name: str) -> None:
    """As the system's out-of-memory killer does; returns when another process has taken its place."""
    pid = hawk.pids()[name]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: hawk.pids().get(name, pid) != pid, BACK_SECONDS_MAX, what=f"another {name}")


def test_every_workflow_is_booked_once_when_each_process_is_killed_in_turn(chaos: Hawk) -> None:
    rng = seeded()
    answers = orders(rng, WORKFLOWS)
    turns = rng.sample(PROCESSES, len(PROCESSES))
    batches = [answers[number::BATCHES] for number in range(BATCHES)]
    with approving(chaos):
        response_ids = publish_until_taken(chaos, batches[0], BACK_SECONDS_MAX)
        workflow_ids = workflows_of(chaos, response_ids, DONE_SECONDS_MAX)
        chaos.in_state(workflow_ids[0], "PREPARED", "BOOKING", "COMPLETED", "POSTED", seconds_max=DONE_SECONDS_MAX)
        for name, batch in zip(turns, batches[1:], strict=True):
            response_ids += publish_until_taken(chaos, batch, BACK_SECONDS_MAX)
            kill(chaos, name)
        for server in rng.sample(("kafka", "postgres"), 2):
            chaos.run("process", "restart", server)
        workflow_ids = workflows_of(chaos, response_ids, DONE_SECONDS_MAX)
        chaos.all_in_state(workflow_ids, "POSTED", DONE_SECONDS_MAX)
    assert len(set(workflow_ids)) == WORKFLOWS
    each_is_booked_once(chaos, workflow_ids)
    found = chaos.verified()
    assert [one for one in found["unfinished"] if one["workflow_id"] in set(workflow_ids)] == []
