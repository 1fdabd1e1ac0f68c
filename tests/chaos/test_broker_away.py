"""Without a broker people still decide and hand in answers; nothing is lost, nothing doubled when it is back."""

import pytest

from tests.support.crowd import each_is_booked_once, orders, seeded, workflows_of
from tests.support.hawk import Hawk

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]

WORKFLOWS = 3
BACK_SECONDS_MAX = 120


def test_decisions_and_answers_are_taken_while_the_broker_is_away(chaos: Hawk) -> None:
    rng = seeded()
    planned = [chaos.planned(answer)["workflow_id"] for answer in orders(rng, WORKFLOWS)]
    rejected = chaos.planned(*orders(rng, 1))["workflow_id"]
    tess = chaos.token("tess", "TRADER")
    chaos.run("process", "stop", "kafka")
    try:
        for workflow_id in planned:
            answer = chaos.decide(workflow_id, tess)
            assert answer.status_code == 201, answer.text
        assert chaos.decide(rejected, tess, "REJECT").status_code == 201
        assert chaos.decide(planned[0], tess).status_code == 409
        (later,) = orders(rng, 1)
        body = {"ai_response": later["answer"]}
        handed_in = chaos.ask("POST", "/hawk-agent/execute-actions", tess, body)
        assert handed_in.status_code == 202, handed_in.text
        states = {each: (chaos.get(f"/workflows/{each}") or {})["state"] for each in planned}
        assert set(states.values()) == {"AWAITING_APPROVAL"}  # nothing is said to be done that is not
    finally:
        chaos.run("process", "start", "kafka")

    chaos.all_in_state(planned, "POSTED", BACK_SECONDS_MAX)
    chaos.in_state(rejected, "REJECTED", seconds_max=BACK_SECONDS_MAX)
    (late,) = workflows_of(chaos, [handed_in.json()["response_id"]], BACK_SECONDS_MAX)
    chaos.in_state(late, "AWAITING_APPROVAL", seconds_max=BACK_SECONDS_MAX)
    chaos.approve(late, "tess")
    chaos.in_state(late, "POSTED", seconds_max=BACK_SECONDS_MAX)
    each_is_booked_once(chaos, [*planned, late])
    chaos.verified()
