"""Routes of what is no request: held rows, blocked messages, publications, dead letters, and what waits for me.

Each is built where its own decisions are; here they are put into the application, and counted for the console's menu.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import FastAPI

from services.approval.console.queue.port import QueueRows
from services.approval.delegations.view import delegations_document
from services.approval.emergency.view import review_document
from services.approval.held.view import held_document
from services.approval.http.delegations import DelegationParts, delegation_routes
from services.approval.http.emergencies import EmergencyParts, emergency_routes
from services.approval.http.held import HeldParts, held_routes
from services.approval.http.letters import LetterParts, Letters, letter_routes
from services.approval.http.notifications import NotificationParts, notification_routes
from services.approval.http.passkeys import PasskeyParts, passkey_routes
from services.approval.http.policy import PolicyParts, policy_routes
from services.approval.http.publications import PublicationParts, Publications, publication_routes
from services.approval.http.publications import document as publication_document
from services.approval.http.replays import Replays, replay_routes
from services.approval.http.set_aside import LISTED_MAX, SetAsideParts, set_aside_routes
from services.approval.http.signals import SignalParts, signal_routes
from services.approval.http.waiting import LatelyRead, WaitingParts, waiting_routes
from services.approval.passkeys.view import passkeys_document
from services.approval.policy.view import policy_document
from services.approval.ports import DelegationBook, HeldRows, Policies, Rollouts
from services.approval.requests.standing import Standing, nobody_away
from services.approval.rollout.view import rollout_document
from services.approval.set_aside import document as set_aside_document
from services.approval.signals.store import Signals
from shared.policy.table import Policy
from shared.security.tokens import Person
from shared.web.authentication import Authenticator


@dataclass(frozen=True, slots=True)
class ControlParts:
    """What the routes work with. `lifetime`: how long a proposal waits for its second person."""

    held: HeldRows
    rollouts: Rollouts
    policies: Policies
    delegations: DelegationBook
    signals: Signals
    letters: Letters
    replays: Replays
    publications: Publications
    set_aside: SetAsideParts
    notifications: NotificationParts
    emergencies: EmergencyParts
    passkeys: PasskeyParts
    queue: QueueRows
    authenticator: Authenticator
    clock: Callable[[], datetime]
    policy: Callable[[], Policy]
    lifetime: timedelta
    monitor_url: str
    standing: Callable[[], Awaitable[Standing]] = nobody_away


def add_control_routes(app: FastAPI, parts: ControlParts) -> None:
    """Put the routes into an application."""
    authenticator, clock = parts.authenticator, parts.clock
    app.include_router(held_routes(HeldParts(parts.held, authenticator, clock)))
    app.include_router(letter_routes(LetterParts(parts.letters, authenticator, clock)))
    app.include_router(replay_routes(authenticator, clock, parts.replays, parts.monitor_url))
    app.include_router(publication_routes(PublicationParts(parts.publications, authenticator, clock, parts.lifetime)))
    app.include_router(set_aside_routes(parts.set_aside))
    app.include_router(policy_routes(PolicyParts(parts.policies, authenticator, clock, parts.lifetime)))
    app.include_router(delegation_routes(DelegationParts(parts.delegations, authenticator, clock, parts.lifetime)))
    app.include_router(signal_routes(SignalParts(parts.signals, authenticator, clock)))
    app.include_router(notification_routes(parts.notifications))
    app.include_router(emergency_routes(parts.emergencies))
    app.include_router(passkey_routes(parts.passkeys))
    counts = _Counts(parts)
    app.include_router(
        waiting_routes(
            WaitingParts(
                requests=LatelyRead(parts.queue.waiting, clock),
                others={
                    "rollout": counts.rollout,
                    "policy": counts.policy,
                    "passkeys": counts.passkeys,
                    "delegations": counts.delegations,
                    "held": counts.held,
                    "messages": counts.messages,
                    "reviews": counts.reviews,
                },
                authenticator=authenticator,
                clock=clock,
                dashboard=parts.monitor_url,
                standing=parts.standing,
            )
        )
    )


class _Counts:
    """What waits for a person beside the requests: by the very documents that the pages show."""

    def __init__(self, parts: ControlParts) -> None:
        self._parts = parts

    async def rollout(self, person: Person) -> int:
        parts = self._parts
        state, taken_in = await parts.rollouts.read(), await parts.rollouts.taken_in()
        shown = rollout_document(state, taken_in, person, parts.policy(), parts.clock())
        return _confirmable([shown["pending"] or {}, shown["pending_resumption"] or {}])

    async def policy(self, person: Person) -> int:
        shown = policy_document(await self._parts.policies.read(), person, self._parts.clock())
        return _confirmable([shown["pending"] or {}])

    async def passkeys(self, person: Person) -> int:
        parts = self._parts.passkeys
        shown = passkeys_document(await parts.passkeys.everybody(), person, parts.clock(), parts.delay)
        return _confirmable(shown["waiting"])

    async def delegations(self, person: Person) -> int:
        given, away = await self._parts.delegations.read()
        return _confirmable(delegations_document(given, away, person, self._parts.clock())["delegations"])

    async def held(self, person: Person) -> int:
        return _confirmable([held_document(each, person) for each in await self._parts.held.listed(None)])

    async def messages(self, person: Person) -> int:
        parts, now = self._parts, self._parts.clock()
        asides = await parts.set_aside.waiting(now, LISTED_MAX)
        _, events = await parts.publications.waiting()
        shown = [set_aside_document(each, person, parts.policy()) for each in asides]
        return _confirmable([*shown, *(publication_document(*each, person, now)["pending"] or {} for each in events)])

    async def reviews(self, person: Person) -> int:
        waiting, now = await self._parts.emergencies.emergencies.under_review(), self._parts.clock()
        return sum(review_document(each.approval, person, now)["may_review"] for each in waiting)


def _confirmable(documents: list[dict[str, object]]) -> int:
    return sum(each.get("may_confirm") is True for each in documents)
