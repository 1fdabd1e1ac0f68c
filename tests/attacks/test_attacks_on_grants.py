"""A client of the broker takes grants back in the name of a person."""

import pytest

from shared.events import identity, topics
from shared.events.revocations import AskedToRevoke, RevocationRequested
from tests.attacks.attack import Attacker, attack
from tests.support import hedges
from tests.support.attacked import CURE, REMAINS, Target, usd
from tests.support.without_broker import forged

pytestmark = pytest.mark.integration


@attack(
    by=Attacker.BROKER,
    does="takes a grant back in the name of a person who asked for nothing",
    before="The executor ended the workflow as revoked by that person; its true grant was dropped.",
    cure=CURE,
    remains=REMAINS,
)
async def test_forged_revocation_takes_no_grant_back(target: Target) -> None:
    workflow = await target.planned(usd("1000000"))
    drawn = await target.plan(workflow)
    by = AskedToRevoke(person="sam", role="TRADER", reason="forged", at=hedges.NOW)
    word = RevocationRequested(workflow_id=workflow, jti="any", plan_digest=drawn.plan_digest or "", by=by)
    await target.hawk.send(forged(word, identity.revocation_stream(workflow), topics.CONTROL))
    await target.decide(workflow, drawn.plan_digest)
    assert "ExecutionPrepared" in await target.executed(workflow)
