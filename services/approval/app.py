"""Puts the approval service together: the only place that names concrete adapters."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from services.approval import handlers
from services.approval.commands import Command
from services.approval.deadlines import DUE_MAX, due, pause_seconds
from services.approval.decider import Refused
from services.approval.desk import PostgresDesk
from services.approval.handlers import SCHEMA, Around, subscriptions
from services.approval.http import Parts, add_routes, new_app
from services.approval.opening import Opening
from services.approval.ports import Caller, Desk
from services.approval.projection import project, read_taken_in
from services.approval.replays import keep_request, replay_routes
from services.approval.reversal import Asked, AskReversal
from services.approval.rollout import handlers as rollouts
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.state import Rollout, TakenIn
from services.approval.settings import ApprovalSettings
from services.approval.state import Approval
from services.approval.submission import Submission, Submitted
from shared.events.deadletters import ReplayRequested
from shared.events.identity import ROLLOUT_STREAM
from shared.messaging.cause import Cause
from shared.messaging.replays import replay_subscription
from shared.policy.table import Policy
from shared.security.grants import GrantClaims, sign_grant
from shared.security.keys import read_pem, signing_key
from shared.security.maker_proof import sign_maker_proof
from shared.service import Service
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import PostgresProgressLog


def utc_now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)


class KeySigner:
    """`ports.Signer` with a key in memory."""

    def __init__(self, private_pem: str) -> None:
        signing_key(private_pem)
        self._private_pem = private_pem

    def grant(self, claims: GrantClaims) -> str:
        return sign_grant(claims, self._private_pem)

    def maker_proof(self, *, response_id: str, maker: str, answer: str, prompt: str) -> str:
        return sign_maker_proof(
            response_id=response_id,
            maker=maker,
            answer=answer,
            prompt=prompt,
            private_pem=self._private_pem,
        )


class StoredApprovals:
    """`ports.Approvals` on the event store: each act is a unit of work of its own."""

    def __init__(self, service: Service, signer: KeySigner) -> None:
        self._service = service
        self._signer = signer

    async def act(self, workflow_id: str, command: Command, caller: Caller) -> Approval | Refused:
        return await self._service.unit(
            self._cause(workflow_id, caller),
            lambda unit: handlers.act(unit, workflow_id, command, self._signer),
        )

    async def act_by_clock(self, workflow_id: str, command: Command) -> None:
        """The same on behalf of the clock."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=workflow_id)
        await self._service.unit(cause, lambda unit: handlers.act(unit, workflow_id, command, self._signer))

    async def ask_replay(self, request: ReplayRequested, caller: Caller) -> None:
        """Keep what a person asks about a dead letter."""
        await self._service.unit(self._cause(request.letter, caller), lambda unit: keep_request(unit, request))

    async def ask_reversal(self, command: AskReversal, caller: Caller) -> Asked | Refused:
        return await self._service.unit(
            self._cause(command.reverses, caller),
            lambda unit: handlers.ask_reversal(unit, command),
        )

    async def submit(self, submission: Submission, caller: Caller) -> Submitted:
        return await self._service.unit(
            self._cause(submission.response_id, caller),
            lambda unit: handlers.submit(unit, submission, self._signer),
        )

    def _cause(self, correlation_id: str, caller: Caller) -> Cause:
        return self._service.cause(
            request_id=str(uuid4()),
            correlation_id=correlation_id,
            actor=f"person:{caller.person}",
            traceparent=caller.traceparent,
        )


class StoredRollouts:
    """`ports.Rollouts` on the event store."""

    def __init__(self, service: Service, policy: Callable[[], Policy]) -> None:
        self._service = service
        self._policy = policy

    async def read(self) -> Rollout:
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=ROLLOUT_STREAM)
        return await self._service.unit(cause, rollouts.read)

    async def taken_in(self) -> TakenIn | None:
        return await read_taken_in(self._service.database.pool)

    async def change(self, command: RolloutCommand, caller: Caller) -> Rollout | Refused:
        cause = self._service.cause(
            request_id=str(uuid4()),
            correlation_id=ROLLOUT_STREAM,
            actor=f"person:{caller.person}",
            traceparent=caller.traceparent,
        )
        return await self._service.unit(cause, lambda unit: rollouts.act(unit, command, self._policy()))


async def watch_deadlines(desk: Desk, approvals: StoredApprovals, clock: Callable[[], datetime]) -> None:
    """Let requests expire and grants lapse when their time is over; a restart goes on where it was."""
    while True:
        now = clock()
        waiting = await desk.deadlines(DUE_MAX)
        failures: list[Exception] = []
        for workflow_id, command in due(waiting, now):
            try:
                await approvals.act_by_clock(workflow_id, command)
            except Exception as error:
                failures.append(error)
        if failures:
            # One workflow that cannot be decided must not stop the others' time; the task is then seen to fail.
            raise failures[0]
        await asyncio.sleep(pause_seconds(waiting, now))


async def hold_streams(feed: ProgressFeed) -> None:
    """End the open progress streams when the process stops, so that it need not wait for browsers."""
    try:
        await asyncio.Event().wait()
    finally:
        await feed.close()


def _opening_cause(service: Service) -> Cause:
    return service.cause(request_id=str(uuid4()), correlation_id=ROLLOUT_STREAM)


def build(settings: ApprovalSettings) -> Service:
    """The service, ready to run.

    Raises:
        Defect: a key file cannot be used, or an issuer is configured by halves.
    """
    signer = KeySigner(read_pem(settings.grant_private_key_file))
    app = new_app()
    service = Service(SCHEMA, settings, app=app, projector=project)
    feed = ProgressFeed(PostgresProgressLog(lambda: service.database.pool, SCHEMA))
    desk = PostgresDesk(lambda: service.database.pool)
    approvals = StoredApprovals(service, signer)
    opening = Opening(settings, lambda work: service.unit(_opening_cause(service), work), utc_now)
    around = Around(
        signer=signer,
        policy=opening.policy,
        request_lifetime=settings.request_lifetime,
        grant_lifetime=settings.grant_lifetime,
        clock=utc_now,
        wake=feed.wake,
    )
    add_routes(
        app,
        Parts(
            approvals=approvals,
            desk=desk,
            feed=feed,
            authenticator=Authenticator(settings.tokens(), utc_now),
            clock=utc_now,
            grant_lifetime=settings.grant_lifetime,
            monitor_url=settings.monitor_url,
            rollouts=StoredRollouts(service, opening.policy),
            policy=opening.policy,
            proposal_lifetime=settings.request_lifetime,
        ),
    )
    authenticator = Authenticator(settings.tokens(), utc_now)
    app.include_router(replay_routes(authenticator, utc_now, approvals.ask_replay, settings.monitor_url))
    service.subscribe(*subscriptions(around), replay_subscription(service.name))
    service.first("opening", opening.open)
    service.background("deadlines", lambda: watch_deadlines(desk, approvals, utc_now))
    service.background("progress-streams", lambda: hold_streams(feed))
    return service
