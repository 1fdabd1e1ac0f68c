"""A person who approves 20 cards in 20 s, on the real stack: the figures say it, to those who look after approvers."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

CARDS = 20


def test_the_figures_of_a_person_who_approves_20_cards_in_20_seconds(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    responses = hawk.publish(*(order("USD", "100000", "ENTITY0037") for _ in range(CARDS)))
    workflows = [hawk.response(each)["workflows"][0]["workflow_id"] for each in responses]
    hawk.all_in_state(workflows, "AWAITING_APPROVAL", TURN_SECONDS_MAX)
    began = time.monotonic()
    token = hawk.token("tom", "TRADER")
    for workflow in workflows:
        card = hawk.ask("GET", f"/approvals/{workflow}", token).json()
        assert hawk.decide(workflow, token, digest=card["plan_digest"]).status_code == httpx.codes.CREATED
    assert time.monotonic() - began < CARDS
    found = hawk.json("signals", "--as", "rita", "--role", "RISK_MANAGER")
    (tom,) = found["approvers"]
    assert (tom["person"], tom["decisions"], tom["timed"], tom["yes_percent"]) == ("tom", CARDS, CARDS, 100)
    assert float(tom["seconds_p50"]) < 1
    assert len(tom["signs"]) == 2
    told = hawk.run("signals", "--as", "ada", "--role", "AUDITOR").stdout
    assert f"tom: {CARDS} decisions, 100% yes" in told
    refused = hawk.run("signals", "--as", "tom", "--role", "TRADER", expect=1)
    assert "RISK_MANAGER and AUDITOR" in refused.stderr
    hawk.all_in_state(workflows, "POSTED", TURN_SECONDS_MAX)
    hawk.settled()
    hawk.verified()
