"""A new kind of workflow is a folder and a row: from proposal to applied and reported, with nothing else changed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.executor.handlers.grants import on_grant_issued
from services.executor.handlers.kinds import Kinds
from services.executor.handlers.proposals import on_proposed
from services.executor.ports import Ports
from shared.events import catalogue, identity
from shared.events.approvals import GrantIssued
from shared.events.responses import Maker, Origin
from shared.policy.table import DEFAULT_POLICY
from shared.security.grants import GrantClaims
from tests.support.rollout import FULL, policy_set
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork, message_for
from tests.unit.executor.toy_kind.note import Note, NotePlanned, NoteProposed, NoteWritten

WORKFLOW = identity.workflow_id("response-1", 1, 1)
ROLLOUT = {"version": 1, "terms": FULL, "stopped": False, "reason": "", "doubted": None, "behind_seconds": 0}
KINDS = Kinds((Note(),))


class Tables:
    """The rollout and the policy in force, all that is read from tables."""

    async def fetch(self, statement: str, *_: Any) -> Any:
        if "policy" in statement:
            return [{"policy": policy_set(DEFAULT_POLICY).table.model_dump()}]
        return [] if statement.startswith("LOCK") else [ROLLOUT]

    async def fetchval(self, *_: Any) -> Any:
        return ROLLOUT["version"]


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> MemoryStreams:
    for event in (NoteProposed, NotePlanned, NoteWritten):
        monkeypatch.setitem(catalogue.EVENTS, event.__name__, event)  # type: ignore[arg-type]
    return MemoryStreams()


async def handle(streams: MemoryStreams, turn: Any, event: Any, claims: Any = None) -> None:
    ports = Ports(lambda: WHEN, lambda _: claims, lambda asked: asked.origin.maker, lambda _: pytest.fail("no feed"))
    unit = MemoryUnitOfWork(streams, connection=Tables())
    await turn(KINDS, ports, unit, message_for(event))
    await unit.commit()


async def events(streams: MemoryStreams, stream: str) -> list[Any]:
    return list((await MemoryUnitOfWork(streams).load(stream)).events)


async def propose(streams: MemoryStreams, response: str) -> NotePlanned:
    workflow = identity.workflow_id(response, 1, 1)
    origin = Origin(component=1, attempt=1, maker=Maker(name="mira"))
    proposed = NoteProposed(workflow_id=workflow, response_id=response, origin=origin, text="Buy milk")
    await handle(streams, on_proposed, proposed)
    (planned,) = await events(streams, identity.plan_stream(workflow))
    return planned  # type: ignore[no-any-return]


async def grant(streams: MemoryStreams, planned: NotePlanned) -> None:
    claims = GrantClaims(
        jti=f"jti-{planned.workflow_id}", workflow_id=planned.workflow_id, plan_digest=planned.plan_digest,
        effects_digest=planned.effects_digest, amount_usd=Decimal(0), tier=planned.policy.tier, approvers=(),
        maker="mira", policy_version=planned.policy.version, maker_verified=False, iat=WHEN,
        exp=WHEN + timedelta(hours=1),
    )  # fmt: skip
    issued = GrantIssued(
        workflow_id=planned.workflow_id, jti=claims.jti, grant="signed", tier=claims.tier, approvers=(),
        plan_digest=claims.plan_digest, issued_at=claims.iat, expires_at=claims.exp,
    )  # fmt: skip
    await handle(streams, on_grant_issued, issued, claims)


async def test_a_note_goes_from_its_proposal_to_written_and_reported(streams: MemoryStreams) -> None:
    planned = await propose(streams, "response-1")
    await grant(streams, planned)
    (written,) = await events(streams, identity.execution_stream(WORKFLOW))
    assert (written.text, written.grant.plan_digest) == ("Buy milk", planned.plan_digest)
    told = await events(streams, identity.progress_stream(WORKFLOW))
    assert [(each.state, each.final) for each in told] == [("PLANNED", False), ("COMPLETED", True)]


async def test_a_note_that_went_stale_ends_with_a_successor(streams: MemoryStreams) -> None:
    first, second = await propose(streams, "response-1"), await propose(streams, "response-2")
    await grant(streams, second)
    await grant(streams, first)
    assert await events(streams, identity.execution_stream(WORKFLOW)) == []
    closed = (await events(streams, identity.plan_stream(WORKFLOW)))[-1]
    (successor,) = await events(streams, identity.plan_stream(closed.successor))
    assert (closed.state, successor.origin.predecessor, successor.plan.before) == ("STALE_CONTEXT", WORKFLOW, 1)
