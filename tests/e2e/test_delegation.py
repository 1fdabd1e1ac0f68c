"""A role is given from one moment until another: it begins, is used and ends by its times, and `hawk verify` agrees."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.eventually import eventually
from tests.support.hawk import TURN_SECONDS_MAX, Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TAKEN_IN = "SELECT data->>'delegate' AS delegate FROM es.events WHERE type = 'DelegationTakenIn'"
USED = """
    SELECT data->'grant'->'approvers'->0->>'person' AS person, data->'grant'->'approvers'->0->>'on_behalf_of' AS of
    FROM es.events WHERE type = 'ExecutionPrepared'"""


def moment(seconds: float) -> str:
    """So many seconds from now, as somebody would write it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def test_a_delegation_that_starts_and_ends(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    first = asked(hawk)
    times = ("--from", moment(15), "--until", moment(45))
    hawk.run("delegations", "give", "tom", "--give", "RISK_MANAGER", *times, "--reason", "leave", "--as", "rita",
             "--role", "RISK_MANAGER")  # fmt: skip
    found = hawk.json("delegations", "list")["delegations"][0]
    name = found["delegation_id"][:8]
    hawk.run("delegations", "confirm", name, "--as", "tom", "--role", "RISK_MANAGER", expect=1)
    hawk.run("delegations", "confirm", name, "--as", "olga", "--role", "OPERATIONS")
    hawk.run("absence", "say", *times, "--note", "on leave", "--as", "rita", "--role", "RISK_MANAGER")
    early = hawk.run("approve", first, "--as", "tom", "--role", "TRADER", expect=1)
    assert "This needs" in early.stderr, "it has not begun"
    _until(hawk, "HOLDS")
    told = hawk.run("approve", first, "--as", "tom", "--role", "TRADER").stdout
    assert "Approved by tom (RISK_MANAGER) for rita" in told
    hawk.in_state(first, "COMPLETED", "POSTED")
    assert {"delegate": "tom"} in hawk.query(TAKEN_IN)
    assert hawk.query(USED) == [{"person": "tom", "of": "rita"}], "the grant names on whose behalf the role was used"
    second = asked(hawk)
    _until(hawk, "OVER")
    hawk.run("approve", second, "--as", "tom", "--role", "TRADER", expect=1)
    hawk.run("reject", second, "--as", "rita", "--role", "RISK_MANAGER", "--comment", "not today")
    hawk.settled()
    hawk.verified()


def test_delegation_cannot_make_two_persons_of_one(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    mine = asked(hawk)
    day = datetime.now(UTC).date().isoformat()
    give = ("--from", day, "--until", moment(86_400), "--reason", "leave")
    hawk.run("delegations", "give", "sam", "--give", "SENIOR_TRADER", *give, "--as", "mira", "--role", "SENIOR_TRADER")
    found = hawk.json("delegations", "list")["delegations"][0]["delegation_id"]
    hawk.run("delegations", "confirm", found, "--as", "rita", "--role", "RISK_MANAGER")
    refused = hawk.run("approve", mine, "--as", "sam", "--role", "SENIOR_TRADER", expect=1)
    assert "count as one person" in refused.stderr
    hawk.run("delegations", "end", found, "--reason", "back", "--as", "rita", "--role", "RISK_MANAGER")
    hawk.run("approve", mine, "--as", "sam", "--role", "SENIOR_TRADER")
    hawk.in_state(mine, "COMPLETED", "POSTED")
    hawk.settled()
    hawk.verified()


def asked(hawk: Hawk) -> str:
    """Mira asks for what needs a senior trader; the workflow, once it waits."""
    response = hawk.hand_in(order("USD", "50000000", "ENTITY0037")["answer"])
    (workflow,) = hawk.response(response)["workflows"]
    return str(hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")["workflow_id"])


def _until(hawk: Hawk, state: str) -> Any:
    return eventually(
        lambda: hawk.json("delegations", "list")["delegations"][0]["state"],
        TURN_SECONDS_MAX + 60,
        until=lambda found: found == state,
        what=f"the delegation {state}",
    )
