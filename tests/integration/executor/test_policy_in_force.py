"""The policy that a grant was asked under: it counts for that request, and a grant waits for it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.executor.handlers.rollout.reading import HasToWait
from shared.events import identity
from shared.events.catalogue import encode
from shared.events.decisions import DecisionName, name_of
from shared.events.policy import PolicySet, PolicyTakenIn
from shared.policy.table import DEFAULT_POLICY, STRICT_POLICY
from tests.support import hedges
from tests.support import rollout as rollouts
from tests.support.desk import Desk
from tests.support.policies import person, policy_changed

pytestmark = pytest.mark.integration

ORDER = hedges.order("USD", "1000000", entity_id="ENTITY0037", nav_type="COI")


def named(event: PolicySet, version: int) -> DecisionName:
    new = encode(event)
    return name_of(version, new.type, new.schema_version, new.data)


FIRST = named(rollouts.policy_set(), 1)
#: The proposal and two agreements lie between the two tables.
STRICTER = policy_changed(STRICT_POLICY, FIRST)


async def take(desk: Desk, event: PolicySet, version: int = 4) -> str | None:
    return await desk.take(event, stream=identity.POLICY_STREAM, topic="hawk.control", version=version)


async def policies(desk: Desk) -> list[str]:
    events = await desk.events(identity.EXECUTOR_CONTROL_STREAM)
    return [event.table.version for event in events if isinstance(event, PolicyTakenIn)]


async def test_a_policy_change_while_a_request_waits_changes_nothing_about_that_request(desk: Desk) -> None:
    before = await desk.plan(await desk.propose(ORDER))
    assert await take(desk, STRICTER) is None
    assert await policies(desk) == ["plan-1", "policy-2"]
    assert (before.policy.tier, before.policy.version) == ("TRADER", "plan-1")
    assert await desk.grant(before) is None, "asked under the policy of then, approved by a trader"
    assert await desk.state(before.workflow_id) == "PREPARED"
    after = await desk.plan(await desk.propose(ORDER))
    assert (after.policy.tier, after.policy.version) == ("RISK_MANAGER", "policy-2")
    traders = (person("sam", "TRADER"), person("sol", "TRADER"))
    for version in ("policy-2", "plan-1"):
        code = await desk.grant(after, tier="TRADER", approvers=traders, policy_version=version)
        assert code == "GRANT_INSUFFICIENT", "what is planned under the stricter policy is judged by it in any case"


async def test_a_grant_whose_policy_has_not_come_yet_waits_and_is_no_dead_letter(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(ORDER))
    approvers = (person("rita", "RISK_MANAGER"), person("sam", "TRADER"))
    grant = {"policy_version": "policy-2", "tier": "RISK_MANAGER", "approvers": approvers}
    for _ in range(3):
        with pytest.raises(HasToWait, match="policy-2"):
            await desk.grant(drawn, message_id="the-grant", **grant)
    assert desk.refused == []
    assert not await desk.sent(drawn.workflow_id)
    assert await take(desk, STRICTER) is None
    assert await desk.grant(drawn, message_id="the-grant", **grant) is None
    assert await desk.state(drawn.workflow_id) == "PREPARED"


async def test_a_grant_that_is_over_waits_for_no_policy(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(ORDER))
    desk.now += timedelta(hours=25)
    given = desk.now - timedelta(hours=25)
    await desk.grant(drawn, policy_version="policy-9", iat=given, exp=given + timedelta(hours=24))
    assert await desk.state(drawn.workflow_id) == "EXPIRED"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (policy_changed(replace(DEFAULT_POLICY, four_eyes_from=Decimal(10**9)), FIRST), "POLICY_BELOW_FLOOR"),
        (policy_changed(replace(DEFAULT_POLICY, two_persons={}), FIRST), "POLICY_BELOW_FLOOR"),
        (policy_changed(STRICT_POLICY, FIRST, approved_by=(person("rita", "RISK_MANAGER"),)), "POLICY_OUT_OF_ORDER"),
        (policy_changed(STRICT_POLICY, named(rollouts.policy_set(STRICT_POLICY), 1)), "POLICY_OUT_OF_ORDER"),
    ],
)
async def test_a_policy_on_the_topic_that_undercuts_a_floor_or_that_too_few_decided_is_not_followed(
    desk: Desk, event: PolicySet, code: str
) -> None:
    assert await take(desk, event) == code
    assert await policies(desk) == ["plan-1"]
    assert (await desk.plan(await desk.propose(ORDER))).policy.version == "plan-1"
