"""Puts the approval service together: the only place that names concrete adapters."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from services.approval import handlers
from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.changes.store import PostgresChangeLog
from services.approval.console.pages import add_console
from services.approval.console.queue.store import PostgresQueueRows
from services.approval.emergency.store import PostgresEmergencies
from services.approval.handlers import SCHEMA, Dependencies, subscriptions
from services.approval.held.gauge import count_forever
from services.approval.http.control import ControlParts, add_control_routes
from services.approval.http.emergencies import EmergencyParts
from services.approval.http.notifications import NotificationParts
from services.approval.http.passkeys import PasskeyParts
from services.approval.http.reading import ReadingParts
from services.approval.http.requests import Parts, add_routes, new_app
from services.approval.http.set_aside import SetAsideParts
from services.approval.letters.handlers import letters_subscription
from services.approval.notifications.configured import configured
from services.approval.notifications.running import run_senders
from services.approval.notifications.store import PostgresOutbox, noting
from services.approval.opening import Opening
from services.approval.passkeys.nonces import Nonces
from services.approval.ports import Desk
from services.approval.previews.store import PostgresPreviews
from services.approval.projection import project
from services.approval.queries import PostgresDesk
from services.approval.requests.deadlines import DUE_MAX, due, pause_seconds
from services.approval.requests.decider import requested
from services.approval.settings import ApprovalSettings
from services.approval.signals.store import PostgresSignals
from services.approval.stored import (
    StoredApprovals,
    StoredDelegations,
    StoredHeld,
    StoredPasskeys,
    StoredPolicies,
    StoredPublications,
    StoredReplays,
    StoredRollouts,
)
from services.approval.tickets import PostgresTickets
from shared.events.identity import ROLLOUT_STREAM
from shared.events.responses import Maker, Originated
from shared.messaging.cause import Cause
from shared.messaging.replays import replay_subscription
from shared.security import maker_proof as proofs
from shared.security.grants import GrantClaims, sign_grant
from shared.security.issuers import DEMO_PROFILE
from shared.security.keys import public_half, read_pem, read_private_pem
from shared.service import Service
from shared.web.authentication import Authenticator
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


def _emergencies(
    service: Service,
    approvals: StoredApprovals,
    desk: PostgresDesk,
    queue: PostgresQueueRows,
    changes: ChangeFeed,
    feed: ProgressFeed,
    authenticator: Authenticator,
) -> EmergencyParts:
    reading = ReadingParts(desk, queue, changes, feed.log, authenticator, utc_now)
    return EmergencyParts(PostgresEmergencies(lambda: service.database.pool), approvals, reading)


def _dependencies(settings: ApprovalSettings, signer: KeySigner, opening: Opening, feed: ProgressFeed) -> Dependencies:
    return Dependencies(
        signer=signer,
        policy=opening.policy,
        request_lifetime=settings.request_lifetime,
        grant_lifetime=settings.grant_lifetime,
        clock=utc_now,
        wake=feed.wake,
        escalation=settings.escalation,
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
    desk, log = PostgresDesk(lambda: service.database.pool), PostgresChangeLog(lambda: service.database.pool)
    opening = Opening(settings, lambda work: service.unit(_opening_cause(service), work), utc_now)
    changes, approvals = ChangeFeed(log), StoredApprovals(service, signer, opening.policy)
    signed_in = browser_sign_in(settings, PostgresSessions(lambda: service.database.pool, SCHEMA), utc_now)
    authenticator = signed_in.authenticator
    dependencies = _dependencies(settings, signer, opening, feed)
    delegating = StoredDelegations(service)
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
            standing=delegating.standing,
            signals=PostgresSignals(lambda: service.database.pool),
            caps_left=approvals.caps_left,
        ),
    )
    app.include_router(signed_in.routes)
    install_localhost(app, settings)
    held, outbox = StoredHeld(service), PostgresOutbox(lambda: service.database.pool)
    told = NotificationParts(outbox, authenticator, on=notifying.audience is not None)
    emergencies = _emergencies(service, approvals, desk, queue, changes, feed, authenticator)
    rest = _Rest(service, settings, opening, approvals, desk, delegating, emergencies)
    add_control_routes(app, _control(rest, held, rolling, queue, told, _passkeys(settings, service, authenticator)))
    service.subscribe(*subscriptions(dependencies), replay_subscription(service.name), letters_subscription())
    add_console(app, "SIMULATOR" if settings.profile == DEMO_PROFILE else "LIVE", settings.embed_origins)
    service.background("sessions", lambda: clean_forever(signed_in.keeper.clean))
    service.background("streams", lambda: hold_streams(feed, changes))
    _watch(service, opening, desk, approvals, held)
    run_senders(service, notifying, outbox, utc_now)
    service.record_refusals()
    return service


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the routes of control have in common with the others."""

    service: Service
    settings: ApprovalSettings
    opening: Opening
    approvals: StoredApprovals
    desk: PostgresDesk
    delegating: StoredDelegations
    emergencies: EmergencyParts


def _control(
    rest: _Rest,
    held: StoredHeld,
    rolling: StoredRollouts,
    queue: PostgresQueueRows,
    told: NotificationParts,
    passkeys: PasskeyParts,
) -> ControlParts:
    authenticator = passkeys.authenticator
    policy, replays = rest.opening.policy, StoredReplays(rest.service)
    return ControlParts(
        held=held,
        rollouts=rolling,
        policies=StoredPolicies(rest.service),
        delegations=rest.delegating,
        signals=PostgresSignals(lambda: rest.service.database.pool),
        letters=replays.letters,
        replays=replays,
        publications=StoredPublications(rest.service),
        set_aside=SetAsideParts(rest.approvals.set_aside, rest.desk.set_asides, authenticator, utc_now, policy),
        notifications=told,
        emergencies=rest.emergencies,
        passkeys=passkeys,
        queue=queue,
        authenticator=authenticator,
        clock=utc_now,
        policy=policy,
        lifetime=rest.settings.request_lifetime,
        monitor_url=rest.settings.monitor_url,
        standing=rest.delegating.standing,
    )


def _passkeys(settings: ApprovalSettings, service: Service, authenticator: Authenticator) -> PasskeyParts:
    return PasskeyParts(
        passkeys=StoredPasskeys(service),
        nonces=Nonces(lambda: service.database.pool),
        authenticator=authenticator,
        clock=utc_now,
        site=settings.site(),
        delay=settings.passkey_delay,
        lifetime=settings.request_lifetime,
    )


def _watch(
    service: Service, opening: Opening, desk: PostgresDesk, approvals: StoredApprovals, held: StoredHeld
) -> None:
    """Let the service begin with its policy, and look at what others change: policy, deadlines, what is held."""
    service.first("opening", opening.open)
    service.background("policy", opening.watch)
    service.background("held", lambda: count_forever(held.waiting))
    service.background("deadlines", lambda: watch_deadlines(desk, approvals, utc_now))
