"""The same order twice, on a whole HAWK: both cards say so while they are open, both orders are executed."""

from typing import Any

import pytest

from shared.hedging.planning.same_day import SECOND_INSTRUCTION
from tests.support.hawk import Hawk
from tests.support.orders import order

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

#: A currency that neither the demo's answers nor other tests of this installation hedge.
IDR = order("IDR", "20000000000", "ENTITY0013")


def told(warnings: list[dict[str, Any]]) -> str:
    return " ".join(each["message"] for each in warnings if each["code"] == SECOND_INSTRUCTION)


def shown(hawk: Hawk, workflow_id: str) -> tuple[str, str]:
    """What the approver's card and `hawk show` say of other orders."""
    card = hawk.ask("GET", f"/approvals/{workflow_id}", hawk.token("tom", "TRADER")).json()
    return told(card["plan"]["warnings"]), told(hawk.json("show", workflow_id)["warnings"])


def test_the_same_order_again_is_told_of_while_both_wait_and_as_each_is_applied(hawk: Hawk) -> None:
    first = hawk.planned(IDR)
    assert told(first["warnings"]) == ""
    second = hawk.planned(order("IDR", "20000000000", "ENTITY0013", user="tom"))
    assert first["order_id"] in told(second["warnings"])
    ids = [each["workflow_id"] for each in (first, second)]
    digests = {each: hawk.in_state(each, "AWAITING_APPROVAL")["plan_digest"] for each in ids}
    for workflow_id, other in zip(ids, (second, first), strict=True):
        for said in shown(hawk, workflow_id):
            assert f"waits to be applied: {other['order_id']}." in said
    hawk.approve(second["workflow_id"])
    hawk.in_state(second["workflow_id"], "POSTED")
    for said in shown(hawk, first["workflow_id"]):
        assert f"received today: {second['order_id']}." in said
    hawk.approve(first["workflow_id"])
    done = hawk.in_state(first["workflow_id"], "POSTED")
    assert f"received today: {second['order_id']}." in told(done["warnings"])
    assert {each: hawk.json("show", each)["plan_digest"] for each in ids} == digests
    rows = hawk.query(
        "SELECT workflow_id FROM hawk.audit_trail WHERE sub_action = $1 AND workflow_id = ANY($2::text[])",
        SECOND_INSTRUCTION,
        ids,
    )
    assert {row["workflow_id"] for row in rows} == set(ids)
