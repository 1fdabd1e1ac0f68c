"""The approval service without servers: its routes over streams in memory, with a clock that the test moves.

async with world.client() as client:
    answer = await client.get("/approvals", headers=world.token("bob", "TRADER"))
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.approval import handlers, revocations
from services.approval.app import KeySigner
from services.approval.console.changes.feed import ChangeFeed
from services.approval.console.queue.rows import Listed
from services.approval.emergency.commands import AnyCommand
from services.approval.held.decider import DecideHeld
from services.approval.held.decider import decide as decide_held
from services.approval.held.state import Held, said_of
from services.approval.http.control import ControlParts, add_control_routes
from services.approval.http.emergencies import EmergencyParts
from services.approval.http.notifications import NotificationParts
from services.approval.http.passkeys import PasskeyParts
from services.approval.http.reading import ReadingParts
from services.approval.http.requests import Parts, add_routes, new_app
from services.approval.http.set_aside import SetAsideParts
from services.approval.ports import Caller
from services.approval.previews.preview import Preview
from services.approval.requests.cards import Card
from services.approval.requests.commands import AmendRequest, RequestApproval
from services.approval.requests.deadlines import Deadline
from services.approval.requests.decider import Refused, requested
from services.approval.requests.reversal import Asked, AskReversal
from services.approval.requests.revocation import AskRevocation
from services.approval.requests.state import Approval, Status, approval_of
from services.approval.requests.submission import Submission, Submitted
from services.approval.rollout import handlers as rollouts
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.state import Rollout, TakenIn
from shared.events.approvals import AnswerSubmitted, ApprovalAmended, ApprovalRequested, PolicyOutcome
from shared.events.base import Event
from shared.events.identity import ROLLOUT_STREAM, approval_stream, revocation_stream
from shared.events.responses import Maker
from shared.events.revocations import RevocationRequested
from shared.events.rollout import RolloutOpened
from shared.plans.digests import Planned
from shared.policy.backtest import facts_of
from shared.policy.evaluation import PolicySubject, evaluate
from shared.policy.table import DEFAULT_POLICY, SubjectKind
from shared.security.keys import ensure_grant_keys, ensure_issuer_keys, read_pem
from shared.security.tokens import TokenSettings, issue_demo_token
from shared.web.authentication import Authenticator
from shared.web.progress_feed import ProgressFeed
from tests.support.authenticators import ORIGIN
from tests.support.control import MemoryLetters, MemoryPublications, MemorySetAsides
from tests.support.delegating import MemoryDelegations
from tests.support.emergencies import MemoryEmergencies
from tests.support.notifying import MemoryNotifications
from tests.support.passkeys_in_memory import MemoryNonces, MemoryPasskeys
from tests.support.policies import MemoryPolicies
from tests.support.progress_logs import MemoryProgressLog
from tests.support.queues import MemoryChangeLog, MemoryQueueRows
from tests.support.rollout import opened
from tests.support.shown_cards import MemorySignals
from tests.support.tickets_in_memory import MemoryTickets
from tests.support.units import WHEN, MemoryStreams, MemoryUnitOfWork

DAY = timedelta(days=1)
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "c" * 64


def outcome_for(usd: str, kind: SubjectKind = SubjectKind.HEDGE, *, verified: bool = True) -> PolicyOutcome:
    """What the shipped policy asks for."""
    return evaluate(DEFAULT_POLICY, subject_for(usd, kind, verified=verified))


def subject_for(usd: str, kind: SubjectKind = SubjectKind.HEDGE, *, verified: bool = True) -> PolicySubject:
    """What the policy is asked about."""
    amount = Decimal(usd)
    return PolicySubject(kind, amount, amount, "USD", amount, "I", maker_verified=verified)


def request_for(
    workflow: str = "w1",
    usd: str = "25000000",
    *,
    maker: str = "ann",
    kind: SubjectKind = SubjectKind.HEDGE,
    at: datetime = WHEN,
    verified: bool = True,
) -> RequestApproval:
    """The request of a plan for an amount, with a day to decide and a day to use the grant."""
    return RequestApproval(
        workflow_id=workflow,
        response_id=f"resp-{workflow}",
        plan_digest=DIGEST,
        effects_digest="sha256:" + "b" * 64,
        maker=Maker(name=maker, verified=verified),
        amount_usd=Decimal(usd),
        policy=outcome_for(usd, kind, verified=verified),
        at=at,
        request_lifetime=DAY,
        grant_lifetime=DAY,
        judged=facts_of(subject_for(usd, kind, verified=verified)),
    )


class _NothingUsed:
    """In place of the table of requests: the executor has used no grant."""

    async def fetchval(self, *_: object) -> None:
        return None


@dataclass
class MemoryApprovals:
    """`ports.Approvals` and `ports.Desk` over streams in memory."""

    signer: KeySigner
    streams: MemoryStreams = field(default_factory=MemoryStreams)
    nonces: MemoryNonces = field(default_factory=MemoryNonces)
    workflows: list[str] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)

    async def act(self, workflow_id: str, command: AnyCommand, caller: Caller) -> Approval | Refused:
        unit = MemoryUnitOfWork(self.streams, connection=self.nonces)
        outcome = await handlers.act(unit, workflow_id, command, self.signer)
        await unit.commit()
        if isinstance(command, RequestApproval) and workflow_id not in self.workflows:
            self.workflows.append(workflow_id)
        return outcome

    async def ask_reversal(self, command: AskReversal, caller: Caller) -> Asked | Refused:
        unit = MemoryUnitOfWork(self.streams)
        asked = await handlers.ask_reversal(unit, command, self.signer)
        await unit.commit()
        return asked

    async def amend(self, workflow_id: str, command: AmendRequest, caller: Caller) -> ApprovalAmended | Refused:
        unit = MemoryUnitOfWork(self.streams)
        amended = await handlers.amend(unit, workflow_id, command, self.signer)
        await unit.commit()
        return amended

    async def revoke(self, workflow_id: str, command: AskRevocation, caller: Caller) -> RevocationRequested | Refused:
        unit = MemoryUnitOfWork(self.streams, connection=_NothingUsed())
        asked = await revocations.revoke(unit, workflow_id, command)
        await unit.commit()
        return asked

    async def submit(self, submission: Submission, caller: Caller) -> Submitted:
        unit = MemoryUnitOfWork(self.streams)
        submitted = await handlers.submit(unit, submission, self.signer)
        if await unit.commit():
            self.submissions.append(submission)
        return submitted

    async def approval(self, workflow_id: str) -> Approval:
        loaded = await MemoryUnitOfWork(self.streams).load(approval_stream(workflow_id))
        return approval_of(loaded.events)

    async def card(self, workflow_id: str) -> Card | None:
        approval = await self.approval(workflow_id)
        if approval.request is None:
            return None
        loaded = await MemoryUnitOfWork(self.streams).load(revocation_stream(workflow_id))
        asked = next((each for each in loaded.events if isinstance(each, RevocationRequested)), None)
        return Card(approval, None, None, {"model": "A-COI"}, {"whole": "plan"}, revocation=asked)

    async def queue(self, status: Status | None, limit: int) -> Sequence[Card]:
        cards = [await self.card(workflow) for workflow in self.workflows]
        return [card for card in cards if card and status in {None, card.approval.status}][:limit]

    async def listed(self) -> Sequence[Listed]:
        """Every request as the queue lists it, the latest first."""
        cards = [await self.card(workflow) for workflow in reversed(self.workflows)]
        return [Listed(card) for card in cards if card]

    async def latest_response(self, person: str) -> str | None:
        mine = [submission.response_id for submission in self.submissions if submission.maker == person]
        return mine[-1] if mine else None

    async def deadlines(self, limit: int) -> Sequence[Deadline]:
        return []

    async def submitted(self, response: str) -> AnswerSubmitted:
        loaded = await MemoryUnitOfWork(self.streams).load(f"submission-{response}")
        (event,) = loaded.events
        assert isinstance(event, AnswerSubmitted)
        return event


@dataclass
class MemoryRollouts:
    """`ports.Rollouts` over streams in memory, of an installation that starts in FULL."""

    streams: MemoryStreams
    executor: TakenIn | None = None
    opening: RolloutOpened = field(default_factory=opened)

    async def _open(self) -> None:
        unit = MemoryUnitOfWork(self.streams)
        if not (await unit.load(ROLLOUT_STREAM)).version:
            unit.append(ROLLOUT_STREAM, 0, self.opening)
            await unit.commit()

    async def read(self) -> Rollout:
        await self._open()
        return await rollouts.read(MemoryUnitOfWork(self.streams))

    async def taken_in(self) -> TakenIn | None:
        return self.executor

    async def change(self, command: RolloutCommand, caller: Caller) -> Rollout | Refused:
        await self._open()
        unit = MemoryUnitOfWork(self.streams)
        outcome = await rollouts.act(unit, command, DEFAULT_POLICY)
        await unit.commit()
        return outcome


@dataclass
class MemoryHeld:
    """`ports.HeldRows` in memory."""

    rows: dict[str, Held] = field(default_factory=dict)
    said: dict[str, list[Event]] = field(default_factory=dict)

    async def listed(self, held_id: str | None) -> Sequence[Held]:
        shown = [self._shown(each) for each in self.rows.values()]
        return [each for each in shown if held_id in {None, each.held_id}]

    async def decide(self, command: DecideHeld, caller: Caller) -> Held | Refused:
        held, said = self.rows.get(command.held_id), self.said.setdefault(command.held_id, [])
        events = decide_held(held, said_of(said), command)
        if isinstance(events, Refused):
            return events
        said += events
        return self.rows[command.held_id]

    def _shown(self, held: Held) -> Held:
        said = said_of(self.said.get(held.held_id, []))
        return replace(held, state=said.state, confirmed=said.confirmed)


@dataclass
class MemoryPreviews:
    """`ports.Previews` in memory."""

    kept: dict[str, Preview] = field(default_factory=dict)

    async def preview(self, response_id: str, at: datetime) -> Preview | None:
        found = self.kept.get(response_id)
        return found if found is not None and found.lapses_at > at else None


class World:
    """Everything around the routes."""

    def __init__(self, folder: Path, *, issuer: bool = True, authenticator: Authenticator | None = None) -> None:
        grant, people = ensure_grant_keys(folder), ensure_issuer_keys(folder)
        self.grant_public = read_pem(grant.public)
        self._issuer_private = read_pem(people.private)
        self.now = WHEN
        self.approvals = MemoryApprovals(KeySigner(read_pem(grant.private)))
        self.rollouts = MemoryRollouts(self.approvals.streams)
        self.policies = MemoryPolicies(self.approvals.streams)
        self.signals = MemorySignals(self.approvals)
        self.delegations = MemoryDelegations(self.approvals.streams)
        self.passkeys, self.nonces = MemoryPasskeys(self.approvals.streams), self.approvals.nonces
        self.held = MemoryHeld()
        self.notifications = MemoryNotifications()
        self.letters, self.publications = MemoryLetters(), MemoryPublications()
        self.set_asides = MemorySetAsides(self.approvals.streams)
        self.log = MemoryProgressLog()
        self.feed = ProgressFeed(self.log)
        self.change_log = MemoryChangeLog()
        self.changes = ChangeFeed(self.change_log, poll_seconds=0.01)
        self.previews = MemoryPreviews()
        self.tickets = MemoryTickets()
        self.tokens = TokenSettings(read_pem(people.public) if issuer else None)
        self.app = self._app(authenticator or Authenticator(self.tokens, lambda: self.now))

    def _app(self, authenticator: Authenticator) -> FastAPI:
        app = new_app()
        add_routes(
            app,
            Parts(
                approvals=self.approvals,
                desk=self.approvals,
                feed=self.feed,
                authenticator=authenticator,
                clock=lambda: self.now,
                grant_lifetime=DAY,
                monitor_url="http://127.0.0.1:9999/",
                rollouts=self.rollouts,
                policy=lambda: DEFAULT_POLICY,
                proposal_lifetime=DAY,
                queue=MemoryQueueRows(self.approvals.listed),
                changes=self.changes,
                previews=self.previews,
                tickets=self.tickets,
                ask=self.ask,
                standing=self.delegations.standing,
                signals=self.signals,
            ),
        )
        clock, policy = (lambda: self.now), (lambda: DEFAULT_POLICY)
        add_control_routes(
            app,
            ControlParts(
                held=self.held,
                rollouts=self.rollouts,
                policies=self.policies,
                delegations=self.delegations,
                signals=self.signals,
                letters=self.letters,
                replays=self.letters,
                publications=self.publications,
                set_aside=SetAsideParts(self.set_asides.act, self.set_asides.waiting, authenticator, clock, policy),
                notifications=NotificationParts(self.notifications, authenticator, on=True),
                emergencies=EmergencyParts(
                    MemoryEmergencies(self.approvals.listed),
                    self.approvals,
                    ReadingParts(
                        self.approvals,
                        MemoryQueueRows(self.approvals.listed),
                        self.changes,
                        self.log,
                        authenticator,
                        clock,
                    ),
                ),
                passkeys=PasskeyParts(
                    passkeys=self.passkeys,
                    nonces=self.nonces,
                    authenticator=authenticator,
                    clock=clock,
                    site=ORIGIN,
                    delay=DAY,
                    lifetime=DAY,
                ),
                queue=MemoryQueueRows(self.approvals.listed),
                authenticator=authenticator,
                clock=clock,
                policy=policy,
                lifetime=DAY,
                monitor_url="http://127.0.0.1:9999/",
                standing=self.delegations.standing,
            ),
        )
        return app

    def ask(self, event: Planned) -> ApprovalRequested:
        """The request that a plan of a preview would lead to."""
        dependencies = handlers.Dependencies(
            signer=self.approvals.signer,
            policy=lambda: DEFAULT_POLICY,
            request_lifetime=DAY,
            grant_lifetime=DAY,
            clock=lambda: self.now,
            wake=lambda: None,
        )
        return requested(handlers.request_of(event, dependencies))

    def token(self, person: str, *roles: str) -> dict[str, str]:
        """Headers of a person with these roles."""
        token = issue_demo_token(person, roles, self._issuer_private, self.now)
        return {"Authorization": f"Bearer {token}"}

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")

    async def request(self, workflow: str = "w1", usd: str = "25000000", **changes: Any) -> None:
        """Let a plan wait for approval."""
        command = request_for(workflow, usd, at=self.now, **changes)
        await self.approvals.act(workflow, command, Caller("service"))
