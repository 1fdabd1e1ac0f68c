"""What the executor believes of a grant that rests on a delegation: what it was told itself, and nothing else."""

from datetime import timedelta

import pytest

from services.executor.handlers.rollout.reading import HasToWait
from shared.events import identity
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.delegations import DelegationEnded, DelegationTakenIn
from tests.support import hedges
from tests.support.delegating import confirmed
from tests.support.desk import Desk

pytestmark = pytest.mark.integration

LARGE = hedges.order("USD", "60000000", entity_id="ENTITY0037", nav_type="COI")


async def told(desk: Desk, event: Event, version: int) -> str | None:
    return await desk.take(event, stream=identity.DELEGATIONS_STREAM, topic="hawk.control", version=version)


def given(desk: Desk, **more: object) -> Event:
    """Rita's role is sam's, from an hour ago for a day."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    event = confirmed(starts=desk.now - hour, ends=desk.now + day, **more)  # type: ignore[arg-type]
    at = {"at": desk.now - 2 * hour}
    people = {name: getattr(event, name).model_copy(update=at) for name in ("proposed_by", "confirmed_by")}
    return event.model_copy(update=people)


def stands_in(desk: Desk, person: str = "sam", role: str = "RISK_MANAGER", of: str = "rita") -> Approver:
    return Approver(person=person, role=role, at=desk.now, on_behalf_of=of)


def own(desk: Desk) -> Approver:
    """Nobody has proved who asked, so one person more is needed."""
    return Approver(person="tom", role="TRADER", at=desk.now)


async def test_a_grant_of_who_stands_in_is_used_once_the_delegation_was_told(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(LARGE))
    grant = {"tier": "RISK_MANAGER", "approvers": (stands_in(desk), own(desk)), "delegations_version": 2}
    with pytest.raises(HasToWait, match="delegation 2"):
        await desk.grant(drawn, message_id="the-grant", **grant)
    assert await told(desk, given(desk), 2) is None
    assert await told(desk, given(desk), 2) is None, "a second copy is a repeat"
    assert await desk.grant(drawn, message_id="the-grant", **grant) is None
    assert await desk.state(drawn.workflow_id) == "PREPARED"
    noted = await desk.events(identity.EXECUTOR_DELEGATIONS_STREAM)
    assert [(each.delegator, each.delegate) for each in noted if isinstance(each, DelegationTakenIn)] == [
        ("rita", "sam")
    ]


@pytest.mark.parametrize(
    ("person", "role", "of"),
    [("sam", "OPERATIONS", "rita"), ("tom", "RISK_MANAGER", "rita"), ("sam", "RISK_MANAGER", "olga")],
)
async def test_a_role_that_was_not_given_is_no_permission(desk: Desk, person: str, role: str, of: str) -> None:
    drawn = await desk.plan(await desk.propose(LARGE))
    await told(desk, given(desk), 2)
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=(stands_in(desk, person, role, of),)) == (
        "GRANT_INSUFFICIENT"
    )


async def test_the_delegate_of_the_maker_does_not_count_even_with_a_role_of_his_own(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(LARGE))
    maker = drawn.origin.maker.name
    alone = (Approver(person="sam", role="RISK_MANAGER", at=desk.now),)
    await told(desk, given(desk, delegator=maker, roles=("SENIOR_TRADER",)), 2)
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=alone) == "GRANT_INSUFFICIENT"
    other = (*alone, Approver(person="rosa", role="RISK_MANAGER", at=desk.now))
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=other) == "GRANT_INSUFFICIENT", "two are needed"
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=(*other, own(desk))) is None


async def test_what_was_ended_counts_no_more(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(LARGE))
    await told(desk, given(desk), 2)
    ended = DelegationEnded(
        delegation_id="d1", ended_by="rita", ended_at=desk.now - timedelta(minutes=1), reason="back"
    )
    assert await told(desk, ended, 3) is None
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=(stands_in(desk),)) == "GRANT_INSUFFICIENT"


async def test_a_delegation_on_the_topic_that_too_few_agreed_to_is_not_followed(desk: Desk) -> None:
    drawn = await desk.plan(await desk.propose(LARGE))
    assert await told(desk, given(desk, by=("sam", "OPERATIONS")), 2) == "DELEGATION_NOT_FOLLOWED"
    assert await told(desk, given(desk, by=("tom", "TRADER"), role="TRADER"), 2) == "DELEGATION_NOT_FOLLOWED"
    assert not await desk.events(identity.EXECUTOR_DELEGATIONS_STREAM)
    assert await desk.grant(drawn, tier="RISK_MANAGER", approvers=(stands_in(desk),)) == "GRANT_INSUFFICIENT"
