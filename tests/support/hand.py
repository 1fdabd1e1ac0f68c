"""Overrides at a desk: proposed, planned, and granted by the two persons they need."""

from typing import Any

from shared.events import identity
from shared.events.approvals import Approver
from shared.events.overrides import OverridePlanned
from shared.hedging.changes.override import DealOverride
from tests.support.desk import Desk
from tests.support.overriding import proposal


async def propose(desk: Desk, override: DealOverride, response: str) -> Any:
    """An override is proposed; gives its plan or refusal."""
    workflow = identity.workflow_id(response, 1, 1)
    asked = proposal(override, workflow, response)
    asked = asked.model_copy(update={"origin": asked.origin.model_copy(update={"maker": desk.proved(response)})})
    code = await desk.take(asked, stream=identity.response_stream(response), topic="hawk.proposals")
    if code is not None:
        raise AssertionError(f"the proposal is refused: {code}")
    return (await desk.events(identity.plan_stream(workflow)))[0]


def two_persons(desk: Desk) -> tuple[Approver, ...]:
    return (
        Approver(person="olga", role="OPERATIONS", at=desk.now),
        Approver(person="sam", role="TRADER", at=desk.now),
    )


async def settle(desk: Desk, override: DealOverride, response: str) -> str:
    """From the proposal to the settled deal; gives the override's workflow."""
    planned = await propose(desk, override, response)
    if not isinstance(planned, OverridePlanned):
        raise AssertionError(f"refused: {planned.refusals}")
    code = await desk.grant(planned, approvers=two_persons(desk))
    if code is not None:
        raise AssertionError(f"the grant is refused: {code}")
    return planned.workflow_id
