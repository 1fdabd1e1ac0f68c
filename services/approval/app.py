"""Puts the approval service together: the only place that names concrete adapters."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from services.approval import handlers, set_aside
from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.changes.store import PostgresChangeLog
from services.approval.console.pages import add_console
from services.approval.console.queue.store import PostgresQueueRows
from services.approval.handlers import SCHEMA, Dependencies, subscriptions
from services.approval.held import store
from services.approval.held.decider import DecideHeld
from services.approval.held.gauge import count_forever
from services.approval.held.state import Held
from services.approval.http.control import ControlParts, add_control_routes
from services.approval.http.notifications import NotificationParts
from services.approval.http.replays import keep_request
from services.approval.http.requests import Parts, add_routes, new_app
from services.approval.http.set_aside import SetAsideParts
from services.approval.letters.handlers import letters_subscription
from services.approval.letters.store import PostgresLetters
from services.approval.notifications.configured import configured
from services.approval.notifications.running import run_senders
from services.approval.notifications.store import PostgresOutbox, noting
from services.approval.opening import Opening
from services.approval.policy import handlers as policies
from services.approval.policy.commands import PolicyCommand
from services.approval.policy.state import PolicyState
from services.approval.policy.store import run_over_past
from services.approval.ports import Caller, Desk
from services.approval.previews.store import PostgresPreviews
from services.approval.projection import project, read_taken_in
from services.approval.publication import handlers as publications
from services.approval.publication.decider import Listed, Publication, PublicationCommand
from services.approval.queries import PostgresDesk
from services.approval.requests.commands import Command
from services.approval.requests.deadlines import DUE_MAX, due, pause_seconds
from services.approval.requests.decider import Refused, requested
from services.approval.requests.reversal import Asked, AskReversal
from services.approval.requests.state import Approval
from services.approval.requests.submission import Submission, Submitted
from services.approval.rollout import handlers as rollouts
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.state import Rollout, TakenIn
from services.approval.settings import ApprovalSettings
from services.approval.tickets import PostgresTickets
from shared.events.deadletters import ReplayRequested, SetAsideConfirmed, SetAsideProposed
from shared.events.identity import POLICY_STREAM, ROLLOUT_STREAM, approval_stream
from shared.events.policy import PolicyBacktest
from shared.events.publication import publication_stream
from shared.events.responses import Maker, Originated
from shared.messaging.cause import Cause
from shared.messaging.replays import replay_subscription
from shared.policy.table import Policy
from shared.security import maker_proof as proofs
from shared.security.grants import GrantClaims, sign_grant
from shared.security.issuers import DEMO_PROFILE
from shared.security.keys import public_half, read_pem, read_private_pem
from shared.service import Service
from shared.telemetry.tracing import span
from shared.web.browsers import browser_sign_in, install_localhost
from shared.web.progress_feed import ProgressFeed
from shared.web.progress_log import PostgresProgressLog
from shared.web.sign_in.store import PostgresSessions, clean_forever


def utc_now() -> datetime:
    """Return the clock of this process."""
    return datetime.now(UTC)


class KeySigner:
    """`ports.Signer` with a key in memory."""

    def __init__(self, private_pem: str, earlier_public_pems: str = "") -> None:
        self._public_pem = public_half(private_pem) + earlier_public_pems
        self._private_pem = private_pem

    def grant(self, claims: GrantClaims) -> str:
        """See `ports.Signer`."""
        return sign_grant(claims, self._private_pem)

    def maker_proof(self, *, response_id: str, maker: str, answer: str, prompt: str) -> str:
        """See `ports.Signer`."""
        return proofs.sign_maker_proof(
            response_id=response_id,
            maker=maker,
            answer=answer,
            prompt=prompt,
            private_pem=self._private_pem,
        )

    def reversal_proof(self, *, reverses: str, maker: str, reason: str) -> str:
        """See `ports.Signer`."""
        return proofs.sign_reversal_proof(reverses=reverses, maker=maker, reason=reason, private_pem=self._private_pem)

    def proved(self, asked: Originated) -> Maker:
        """Check the proof against the key of the service and the earlier keys it is configured with."""
        return proofs.proved_maker(asked, self._public_pem)


class StoredApprovals:
    """`ports.Approvals` on the event store: each act is a unit of work of its own; acts that come together share its
    transaction."""

    def __init__(self, service: Service, signer: KeySigner, policy: Callable[[], Policy]) -> None:
        self._service = service
        self._signer = signer
        self._policy = policy

    async def act(self, workflow_id: str, command: Command, caller: Caller) -> Approval | Refused:
        """Decide in one unit of work, correlated with the workflow; the span is the beginning of a trace of its own."""
        with span(f"approval {type(command).__name__}", caller.traceparent) as traceparent:
            return await self._service.unit_of_request(
                replace(self._cause(workflow_id, caller), traceparent=traceparent),
                lambda unit: handlers.act(unit, workflow_id, command, self._signer),
                (approval_stream(workflow_id),),
            )

    async def act_by_clock(self, workflow_id: str, command: Command) -> None:
        """Run a command on behalf of the clock."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=workflow_id)
        await self._service.unit(cause, lambda unit: handlers.act(unit, workflow_id, command, self._signer))

    async def set_aside(
        self, command: set_aside.SetAside, caller: Caller
    ) -> SetAsideProposed | SetAsideConfirmed | Refused:
        """Decide on setting a blocked message aside, and keep what follows."""
        return await self._service.unit(
            self._cause(command.place.stream, caller),
            lambda unit: set_aside.act(unit, command, self._policy()),
        )

    async def ask_reversal(self, command: AskReversal, caller: Caller) -> Asked | Refused:
        """Decide in one unit of work, correlated with the workflow to be reversed."""
        return await self._service.unit(
            self._cause(command.reverses, caller),
            lambda unit: handlers.ask_reversal(unit, command, self._signer),
        )

    async def submit(self, submission: Submission, caller: Caller) -> Submitted:
        """Keep the answer in one unit of work, correlated with its response id."""
        with span("approval submit", caller.traceparent) as traceparent:
            return await self._service.unit(
                replace(self._cause(submission.response_id, caller), traceparent=traceparent),
                lambda unit: handlers.submit(unit, submission, self._signer),
            )

    def _cause(self, correlation_id: str, caller: Caller) -> Cause:
        return _cause_of(self._service, correlation_id, caller)


class StoredReplays:
    """`replays.Replays` on the event store and the table of letters."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.letters = PostgresLetters(lambda: service.database.pool)

    async def known(self, letter: str) -> bool:
        """Look the letter up in `approval.letters`."""
        return await self.letters.known(letter)

    async def ask(self, request: ReplayRequested, caller: Caller) -> None:
        """Append the request in one unit of work, correlated with the letter."""
        cause = _cause_of(self._service, request.letter, caller)
        await self._service.unit(cause, lambda unit: keep_request(unit, request))


class StoredRollouts:
    """`ports.Rollouts` on the event store."""

    def __init__(self, service: Service, policy: Callable[[], Policy]) -> None:
        self._service = service
        self._policy = policy

    async def read(self) -> Rollout:
        """Fold the stream of the rollout; raises NotOpened (a Transient) until the first start has opened it."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=ROLLOUT_STREAM)
        return await self._service.unit(cause, rollouts.read)

    async def taken_in(self) -> TakenIn | None:
        """Read `approval.executor_control`, the projection of what the executor reports."""
        return await read_taken_in(self._service.database.pool)

    async def change(self, command: RolloutCommand, caller: Caller) -> Rollout | Refused:
        """Decide in one unit of work; raises NotOpened (a Transient) until the first start has opened it."""
        cause = self._service.cause(
            request_id=str(uuid4()),
            correlation_id=ROLLOUT_STREAM,
            actor=f"person:{caller.person}",
            traceparent=caller.traceparent,
        )
        return await self._service.unit(cause, lambda unit: rollouts.act(unit, command, self._policy()))


class StoredPolicies:
    """`ports.Policies` on the event store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def read(self) -> PolicyState:
        """Fold the stream of the policy; raises NotOpened (a Transient) until the first start has opened it."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id=POLICY_STREAM)
        return await self._service.unit(cause, policies.read)

    async def over_past(self, candidate: Policy, until: datetime) -> PolicyBacktest:
        """Read `approval.queue` page by page, outside of any unit of work."""
        return await run_over_past(self._service.database.pool, candidate, until)

    async def change(self, command: PolicyCommand, caller: Caller) -> PolicyState | Refused:
        """Decide in one unit of work; raises NotOpened (a Transient) until the first start has opened it."""
        cause = _cause_of(self._service, POLICY_STREAM, caller)
        return await self._service.unit(cause, lambda unit: policies.act(unit, command))


class StoredPublications:
    """`publication.http.Publications` on the event store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def waiting(self) -> tuple[int, list[tuple[Listed, Publication]]]:
        """Read the list of the relay; at most `publications.SHOWN_MAX` events are returned."""
        cause = self._service.cause(request_id=str(uuid4()), correlation_id="relay")
        return await self._service.unit(cause, publications.waiting)

    async def act(
        self, position: int, command: PublicationCommand, caller: Caller
    ) -> tuple[Listed, Publication] | Refused:
        """Decide in one unit of work, correlated with the stream of the publication."""
        cause = self._service.cause(
            request_id=str(uuid4()),
            correlation_id=publication_stream(position),
            actor=f"person:{caller.person}",
            traceparent=caller.traceparent,
        )
        return await self._service.unit(cause, lambda unit: publications.act(unit, position, command))


def _cause_of(service: Service, correlation_id: str, caller: Caller) -> Cause:
    """Return the cause of what a person does over HTTP."""
    return service.cause(
        request_id=str(uuid4()),
        correlation_id=correlation_id,
        actor=f"person:{caller.person}",
        traceparent=caller.traceparent,
    )


class StoredHeld:
    """`ports.HeldRows` on the event store and the service's table."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def listed(self, held_id: str | None) -> Sequence[Held]:
        """Read `approval.held`; see `ports.HeldRows`."""
        return await store.listed(self._service.database.pool, held_id)

    async def waiting(self) -> int:
        """Return how much waits for people."""
        return await store.waiting(self._service.database.pool)

    async def decide(self, command: DecideHeld, caller: Caller) -> Held | Refused:
        """Decide in one unit of work, correlated with the held id."""
        cause = self._service.cause(
            request_id=str(uuid4()),
            correlation_id=command.held_id,
            actor=f"person:{caller.person}",
            traceparent=caller.traceparent,
        )
        return await self._service.unit(cause, lambda unit: store.act(unit, command))


async def watch_deadlines(desk: Desk, approvals: StoredApprovals, clock: Callable[[], datetime]) -> None:
    """Let requests expire and grants lapse when their time is over; a restart goes on where it was.

    Raises:
        Exception: the first failure of a round, after every other deadline of the round was tried.
    """
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


async def hold_streams(*feeds: ProgressFeed | ChangeFeed) -> None:
    """End the open streams when the process stops, so that it need not wait for browsers."""
    try:
        await asyncio.Event().wait()
    finally:
        for feed in feeds:
            await feed.close()


def _opening_cause(service: Service) -> Cause:
    return service.cause(request_id=str(uuid4()), correlation_id=ROLLOUT_STREAM)


def _dependencies(settings: ApprovalSettings, signer: KeySigner, opening: Opening, feed: ProgressFeed) -> Dependencies:
    return Dependencies(
        signer=signer,
        policy=opening.policy,
        request_lifetime=settings.request_lifetime,
        grant_lifetime=settings.grant_lifetime,
        clock=utc_now,
        wake=feed.wake,
    )


def build(settings: ApprovalSettings) -> Service:
    """Return the service, ready to run.

    Raises:
        Defect: a key file cannot be used, or an issuer is configured by halves.
    """
    earlier = settings.grant_public_key_file
    signer = KeySigner(read_private_pem(settings.grant_private_key_file), "" if earlier is None else read_pem(earlier))
    app, notifying = new_app(), configured(settings)
    service = Service(SCHEMA, settings, app=app, projector=noting(project, notifying.audience))
    feed = ProgressFeed(PostgresProgressLog(lambda: service.database.pool, SCHEMA))
    desk = PostgresDesk(lambda: service.database.pool)
    changes = ChangeFeed(PostgresChangeLog(lambda: service.database.pool))
    opening = Opening(settings, lambda work: service.unit(_opening_cause(service), work), utc_now)
    approvals = StoredApprovals(service, signer, opening.policy)
    signed_in = browser_sign_in(settings, PostgresSessions(lambda: service.database.pool, SCHEMA), utc_now)
    authenticator = signed_in.authenticator
    dependencies = _dependencies(settings, signer, opening, feed)
    rolling, queue = StoredRollouts(service, opening.policy), PostgresQueueRows(lambda: service.database.pool)
    add_routes(
        app,
        Parts(
            approvals=approvals,
            desk=desk,
            feed=feed,
            authenticator=authenticator,
            clock=utc_now,
            grant_lifetime=settings.grant_lifetime,
            monitor_url=settings.monitor_url,
            rollouts=rolling,
            policy=opening.policy,
            proposal_lifetime=settings.request_lifetime,
            queue=queue,
            changes=changes,
            previews=PostgresPreviews(lambda: service.database.pool),
            tickets=PostgresTickets(lambda: service.database.pool),
            ask=lambda event: requested(handlers.request_of(event, dependencies)),
        ),
    )
    app.include_router(signed_in.routes)
    install_localhost(app, settings)
    held, replays, outbox = StoredHeld(service), StoredReplays(service), PostgresOutbox(lambda: service.database.pool)
    add_control_routes(
        app,
        ControlParts(
            held=held,
            rollouts=rolling,
            policies=StoredPolicies(service),
            letters=replays.letters,
            replays=replays,
            publications=StoredPublications(service),
            set_aside=SetAsideParts(approvals.set_aside, desk.set_asides, authenticator, utc_now, opening.policy),
            notifications=NotificationParts(outbox, authenticator, on=notifying.audience is not None),
            queue=queue,
            authenticator=authenticator,
            clock=utc_now,
            policy=opening.policy,
            lifetime=settings.request_lifetime,
            monitor_url=settings.monitor_url,
        ),
    )
    service.subscribe(*subscriptions(dependencies), replay_subscription(service.name), letters_subscription())
    service.first("opening", opening.open)
    add_console(app, "SIMULATOR" if settings.profile == DEMO_PROFILE else "LIVE", settings.embed_origins)
    service.background("sessions", lambda: clean_forever(signed_in.keeper.clean))
    service.background("held", lambda: count_forever(held.waiting))
    service.background("deadlines", lambda: watch_deadlines(desk, approvals, utc_now))
    service.background("policy", opening.watch)
    service.background("streams", lambda: hold_streams(feed, changes))
    run_senders(service, notifying, outbox, utc_now)
    service.record_refusals()
    return service
