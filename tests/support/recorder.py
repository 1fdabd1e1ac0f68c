"""What the services that are not there would have recorded before their messages came, as `hawk verify` asks for it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from services.approval.requests.submission import submission_stream
from shared.events import identity
from shared.events.approvals import AnswerSubmitted, ApprovalRequested, DecisionRecorded, GrantIssued
from shared.events.base import Event
from shared.events.catalogue import decode, encode
from shared.events.configuration import ConfigurationProposed
from shared.events.overrides import OverrideProposed
from shared.events.policy import PolicySet
from shared.events.responses import ProposalMade, ResponseReceived
from shared.events.reversals import ReversalRequested
from shared.events.revocations import RevocationRequested
from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutOpened, RolloutTermsSet
from shared.eventstore.port import event_id
from shared.eventstore.postgres import recorded_event
from tests.support import proofs
from tests.support.history import INSERT_EVENT, KEEP_ANSWER
from tools.verification.checks.requests import amount_of

READ_PLAN = """
SELECT stream, version, event_id, type, schema_version, data::text AS data, metadata::text AS metadata, recorded_at
FROM es.events WHERE stream = $1 ORDER BY version LIMIT 1
"""


#: What people decide on hawk.control, one after the other on a stream.
_CONTROL = (RolloutOpened, RolloutTermsSet, ExecutionStopped, ExecutionResumed, PolicySet)

#: What the parser makes of an answer.
_PROPOSED = (ProposalMade, ConfigurationProposed, OverrideProposed)


class Recorder:
    """Parser and approval service, as far as their events go. `pool` is an administrator's."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def foretell(self, event: Event, stream: str) -> str | None:
        """The id that an event will have; None for one that no service of HAWK records."""
        before = await self._before(event)
        return None if before is None else str(event_id(stream, await self._version(stream) + len(before) + 1))

    async def keep(self, event: Event, stream: str) -> None:
        """Record an event with what led to it."""
        before = await self._before(event)
        if before is None:
            return
        version = await self._version(stream)
        if isinstance(event, _CONTROL):
            if await self._is_recorded(event, stream):
                return
        elif version and not isinstance(event, GrantIssued):
            return
        await self._keep_submission(event)
        for number, each in enumerate((*before, event), start=version + 1):
            await self._insert(stream, number, each)

    async def _before(self, event: Event) -> Sequence[Event] | None:
        match event:
            case ProposalMade() | ConfigurationProposed() | OverrideProposed():
                return (await self._response(event),)
            case ReversalRequested() | RolloutOpened() | RolloutTermsSet() | ExecutionStopped() | ExecutionResumed():
                return ()
            case PolicySet() | RevocationRequested():
                return ()
            case GrantIssued():
                return await self._decisions(event)
            case _:
                return None

    async def _keep_submission(self, event: Event) -> None:
        """A maker with a proof handed the answer in over HTTP."""
        if not isinstance(event, _PROPOSED):
            return
        maker = event.origin.maker
        if maker.proof is None or not maker.verified:
            return
        submitted = AnswerSubmitted(
            response_id=event.response_id, maker=maker.name, maker_proof=maker.proof, prompt=proofs.PROMPT,
            answer=proofs.ANSWER, submitted_at=await self._pool.fetchval("SELECT now()"),
        )  # fmt: skip
        await self._insert(submission_stream(event.response_id), 1, submitted)

    async def _response(self, proposal: Any) -> ResponseReceived:
        content = f"answer {proposal.response_id}"
        digest = hashlib.sha256(content.encode()).hexdigest()
        await self._pool.execute(KEEP_ANSWER, digest, len(content), content.encode())
        origin = proposal.origin
        return ResponseReceived(
            response_id=proposal.response_id, content_sha256=digest, size_bytes=len(content), shape="plan",
            maker=origin.maker, prompt=origin.prompt, analysis=origin.analysis, outcome="PROPOSED",
            workflows=(proposal.workflow_id,), refusals=(), warnings=(), content=content,
        )  # fmt: skip

    async def _decisions(self, grant: GrantIssued) -> Sequence[Event]:
        row = await self._pool.fetchrow(READ_PLAN, identity.plan_stream(grant.workflow_id))
        if row is None:
            return ()
        plan: Any = decode(recorded_event(row))
        request = ApprovalRequested(
            workflow_id=grant.workflow_id, response_id=plan.response_id, plan_digest=plan.plan_digest,
            effects_digest=plan.effects_digest, maker=plan.origin.maker, amount_usd=amount_of(plan), policy=plan.policy,
            expires_at=grant.issued_at + timedelta(days=1), requested_at=grant.issued_at,
        )  # fmt: skip
        decisions = [
            DecisionRecorded(
                workflow_id=grant.workflow_id,
                plan_digest=grant.plan_digest,
                decision="APPROVE",
                person=each.person,
                role=each.role,
                comment="",
                decided_at=each.at,
            )
            for each in grant.approvers
        ]
        return (request, *decisions)

    async def _version(self, stream: str) -> int:
        return int(await self._pool.fetchval("SELECT count(*) FROM es.events WHERE stream = $1", stream))

    async def _is_recorded(self, event: Event, stream: str) -> bool:
        """A decision that is handed over again is the same one."""
        new = encode(event)
        query = "SELECT exists(SELECT FROM es.events WHERE stream = $1 AND type = $2 AND data = $3::text::jsonb)"
        return bool(await self._pool.fetchval(query, stream, new.type, json.dumps(new.data)))

    async def _insert(self, stream: str, version: int, event: Event) -> None:
        new = encode(event)
        at = await self._pool.fetchval("SELECT now()")
        await self._pool.execute(
            INSERT_EVENT, stream, version, event_id(stream, version), new.type, new.schema_version,
            json.dumps(new.data), json.dumps(_metadata(event)), at,
        )  # fmt: skip


def _metadata(event: Event) -> dict[str, str]:
    workflow = getattr(event, "workflow_id", "")
    actor = f"person:{event.person}" if isinstance(event, DecisionRecorded) else "service:test"
    actor = f"person:{event.by.person}" if isinstance(event, RevocationRequested) else actor
    caused = isinstance(event, ApprovalRequested)
    cause = str(event_id(identity.plan_stream(workflow), 1)) if caused else "request"
    return {"actor": actor, "correlation_id": workflow, "causation_id": cause, "traceparent": ""}
