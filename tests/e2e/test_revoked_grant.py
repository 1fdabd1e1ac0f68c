"""A granted approval is taken back with the command line: in time while it waits, and too late once it is executed."""

from collections.abc import Callable

import pytest

from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_revocation_is_won_while_the_grant_waits_and_lost_once_it_was_used(new_hawk: Callable[..., Hawk]) -> None:
    hawk = new_hawk()
    executed = hawk.planned(order("USD", "1000000", "ENTITY0037"))["workflow_id"]
    waiting = hawk.planned(order("USD", "2000000", "ENTITY0037"))["workflow_id"]
    hawk.approve(executed, "tom", "TRADER")
    hawk.in_state(executed, "POSTED")
    late = hawk.run("revoke", executed, "--reason", "wrong", "--as", "tom", "--role", "TRADER", expect=1)
    assert "too late" in late.stderr
    assert "Ask for a reversal" in late.stderr

    hawk.run("process", "stop", "executor")
    hawk.approve(waiting, "tom", "TRADER")
    for who, role in (("eve", "AUDITOR"), ("otto", "OPERATIONS")):
        refused = hawk.ask("POST", f"/approvals/{waiting}/revocation", hawk.token(who, role), {"reason": "wrong"})
        assert refused.status_code == 403, refused.text
    asked = hawk.ask("POST", f"/approvals/{waiting}/revocation", hawk.token("tom", "TRADER"), {"reason": "wrong"})
    assert (asked.status_code, asked.json()["revocation"]["state"]) == (202, "ASKED")
    hawk.run("process", "start", "executor")
    workflow = hawk.in_state(waiting, "REVOKED")
    assert workflow["reason"] == "REVOKED"
    done = hawk.json("revoke", waiting, "--reason", "again", "--as", "tom", "--role", "TRADER")
    assert (done["state"], done["revocation"]["state"], done["revocation"]["reason"]) == ("REVOKED", "REVOKED", "wrong")
    assert hawk.query("SELECT type FROM es.events WHERE stream = $1", f"execution-{waiting}") == [
        {"type": "GrantRevoked"}
    ]
    hawk.settled()
    hawk.verified()
