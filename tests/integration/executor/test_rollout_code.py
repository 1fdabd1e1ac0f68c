"""OBSERVE names its code: in the trail, and on the table that dashboards read."""

import pytest

from shared.events.plans import PlanClosed
from tests.support import hedges
from tests.support.desk import Desk
from tests.support.rollout import OBSERVE, terms_set

pytestmark = pytest.mark.integration

USD_25M = hedges.order("USD", "25000000", entity_id="ENTITY0037", nav_type="COI")


async def test_a_grant_under_observe_ends_with_the_code_of_the_rollout(desk: Desk) -> None:
    await desk.control(terms_set(OBSERVE))
    workflow_id = await desk.propose(USD_25M)
    await desk.grant(await desk.plan(workflow_id))
    closed = (await desk.events(f"plan-{workflow_id}"))[-1]
    assert isinstance(closed, PlanClosed)
    assert (closed.state, closed.code) == ("REFUSED", "ROLLOUT_NOT_ALLOWED")
    (row,) = await desk.rows("SELECT failure_reason FROM hawk.execution_status")
    assert row["failure_reason"].startswith("ROLLOUT_NOT_ALLOWED: ")
