"""A permission that nobody used in time, because the executor was away."""

from collections.abc import Iterator

import pytest

from tests.support.crash.control import Control
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

LIFETIME_SECONDS = 3


@pytest.fixture
def hasty(chaos: Hawk, control: Control) -> Iterator[Hawk]:
    """Its grants live for a few seconds."""
    control.set_for_starts(HAWK_APPROVAL_GRANT_LIFETIME_SECONDS=str(LIFETIME_SECONDS))
    chaos.run("process", "restart", "approval")
    try:
        yield chaos
    finally:
        control.set_for_starts()
        chaos.run("process", "restart", "approval")


def unused(hawk: Hawk) -> str:
    """A workflow whose grant is out while nobody is there to use it."""
    workflow_id = str(hawk.planned(order("AUD", "1000000", "ENTITY0001"))["workflow_id"])
    hawk.run("process", "stop", "executor")
    hawk.approve(workflow_id)
    return workflow_id


def is_expired(hawk: Hawk, workflow_id: str) -> None:
    assert hawk.in_state(workflow_id, "EXPIRED")["reason"] == "GRANT_EXPIRED"
    assert hawk.query("SELECT FROM hawk.deal_bookings WHERE workflow_id = $1", workflow_id) == []
    card = hawk.ask("GET", f"/approvals/{workflow_id}", hawk.token("mira", "TRADER")).json()
    assert card["state"] in ("EXPIRED", "CLOSED")


def test_unused_grant_ends_expired_when_its_lifetime_is_over(hasty: Hawk) -> None:
    workflow_id = unused(hasty)
    events = "SELECT FROM es.events WHERE stream = 'approval-' || $1 AND type = 'GrantLapsed'"
    try:
        eventually(lambda: hasty.query(events, workflow_id), 10 * LIFETIME_SECONDS, what="GrantLapsed")
    finally:
        hasty.run("process", "start", "executor")
    is_expired(hasty, workflow_id)
    late = hasty.decide(workflow_id, hasty.token("sam", "SENIOR_TRADER"))
    assert late.status_code == 409, late.text
