"""The approval service over streams in memory, with real keys: plans arrive, people decide, grants are read.

bench = Approving(tmp_path)
await bench.deliver(drawn())
assert await bench.approve(WORKFLOW, ("sam", "SENIOR_TRADER")) == "APPROVED"
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.approval import handlers
from services.approval.app import KeySigner
from services.approval.handlers import Dependencies, subscriptions
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Refused
from services.approval.requests.state import Approval, approval_of
from services.executor.execution.grant import Judge, check_grant
from shared.events.approvals import GrantIssued
from shared.events.base import Event
from shared.events.identity import approval_stream
from shared.messaging.message import Message
from shared.policy.table import DEFAULT_POLICY, Policy
from shared.security.grants import GrantClaims, verify_grant
from shared.security.keys import ensure_grant_keys, read_pem
from shared.security.maker_proof import proved_maker
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork, handlers_of, message_for, run_handler

DAY = timedelta(days=1)
TABLE = "INSERT INTO approval.plans"


class Statements:
    """Stands in for the connection: keeps the statements that follow an append."""

    def __init__(self) -> None:
        self.executed: list[tuple[str, tuple[Any, ...]]] = []

    async def execute(self, statement: str, *values: Any) -> None:
        self.executed.append((statement, values))


class Approving:
    """One approval service, and what an executor would say of its grants."""

    def __init__(self, folder: Path, policy: Policy = DEFAULT_POLICY) -> None:
        keys = ensure_grant_keys(folder)
        self.private, self.public = read_pem(keys.private), read_pem(keys.public)
        self.streams, self.connection = MemoryStreams(), Statements()
        self.signer = KeySigner(self.private)
        self.dependencies = Dependencies(
            signer=self.signer, policy=lambda: policy, request_lifetime=DAY, grant_lifetime=DAY, clock=lambda: WHEN,
            wake=lambda: None,
        )  # fmt: skip
        self._handlers = handlers_of(subscriptions(self.dependencies))

    async def deliver(self, event: Event, data: Mapping[str, Any] | None = None) -> tuple[Event, ...]:
        """A message arrives; gives what was appended. `data`: what it says instead of the event."""
        message = message_for(event)
        if data is not None:
            message = replace(message, value=json.dumps(data).encode())
        return await self._handled(type(event), message)

    async def _handled(self, kind: type[Event], message: Message) -> tuple[Event, ...]:
        unit = await run_handler(self._handlers[kind], message, self.streams, connection=self.connection)
        return tuple(event for events in unit.appended.values() for event in events)

    async def approve(self, workflow_id: str, *people: tuple[str, str]) -> str:
        """People approve, one after the other; gives the state after the last of them, or why they may not."""
        outcome = ""
        for person, role in people:
            unit = MemoryUnitOfWork(self.streams)
            request = (await self.approval(workflow_id)).request
            command = RecordDecision(
                person=person, roles=(role,), decision="APPROVE", comment="", at=WHEN, grant_lifetime=DAY,
                plan_digest="" if request is None else request.plan_digest,
            )  # fmt: skip
            done = await handlers.act(unit, workflow_id, command, self.signer)
            await unit.commit()
            outcome = done.code if isinstance(done, Refused) else str(done.status)
        return outcome

    async def approval(self, workflow_id: str) -> Approval:
        return approval_of((await MemoryUnitOfWork(self.streams).load(approval_stream(workflow_id))).events)

    async def claims(self, workflow_id: str) -> GrantClaims:
        """Of the grant that was issued."""
        grant = (await self.approval(workflow_id)).grant
        if not isinstance(grant, GrantIssued):
            raise AssertionError(f"no grant for {workflow_id}")
        return verify_grant(grant.grant, self.public, WHEN)

    def executor_takes(self, claims: GrantClaims, subject: Any, policy: Policy = DEFAULT_POLICY) -> None:
        """Raises InvalidInput where the executor refuses a grant for the plan it holds."""
        judge = Judge(policy, lambda planned: proved_maker(planned, self.public))
        check_grant(claims, subject.workflow_id, subject, judge)

    @property
    def cards(self) -> Sequence[tuple[Any, ...]]:
        """Workflow, summary and detail of every plan that is shown."""
        return [values for statement, values in self.connection.executed if TABLE in statement]
