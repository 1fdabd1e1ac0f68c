"""What the approval service needs of the world around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.approval.delegations.commands import AbsenceCommand, DelegationCommand
from services.approval.delegations.state import Absences, Delegations
from services.approval.emergency.commands import AnyCommand
from services.approval.held.decider import DecideHeld
from services.approval.held.state import Held
from services.approval.passkeys.commands import PasskeyCommand
from services.approval.policy.commands import PolicyCommand
from services.approval.policy.state import PolicyState
from services.approval.previews.preview import Preview
from services.approval.requests.cards import Card
from services.approval.requests.commands import AmendRequest
from services.approval.requests.deadlines import Deadline
from services.approval.requests.decider import Refused
from services.approval.requests.reversal import Asked as AskedReversal
from services.approval.requests.reversal import AskReversal
from services.approval.requests.revocation import AskRevocation
from services.approval.requests.state import Approval, Status
from services.approval.requests.submission import Submission, Submitted
from services.approval.rollout.commands import RolloutCommand
from services.approval.rollout.state import Rollout, TakenIn
from services.approval.tickets import Watched
from shared.events.approvals import ApprovalAmended
from shared.events.policy import PolicyBacktest
from shared.events.responses import Maker, Originated
from shared.events.revocations import RevocationRequested
from shared.passkeys.challenge import Signed
from shared.passkeys.keys import Keys
from shared.policy.table import Policy
from shared.security.grants import GrantClaims


class Signer(Protocol):
    """Signs with the service's private key, which nobody else has."""

    def grant(self, claims: GrantClaims) -> str:
        """Return the grant as a compact JWS."""

    def maker_proof(self, *, response_id: str, maker: str, answer: str, prompt: str) -> str:
        """Return the proof of who handed in an answer."""

    def reversal_proof(self, *, reverses: str, maker: str, reason: str) -> str:
        """Return the proof of who asked for a reversal."""

    def proved(self, asked: Originated) -> Maker:
        """Return who asked.

        `verified` exactly where a proof of this service came along and holds for what was asked.
        """


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf something is written: goes into the metadata of the events."""

    person: str
    traceparent: str | None = None


class Approvals(Protocol):
    """The writing side."""

    async def act(self, workflow_id: str, command: AnyCommand, caller: Caller) -> Approval | Refused:
        """Decide on a command and keep what follows; gives the state after it.

        Raises:
            Transient: the database is away; nothing happened.
        """

    async def ask_reversal(self, command: AskReversal, caller: Caller) -> AskedReversal | Refused:
        """Ask for a reversal, or find the one that is open or done. Raises Transient likewise."""

    async def amend(self, workflow_id: str, command: AmendRequest, caller: Caller) -> ApprovalAmended | Refused:
        """End a request in favour of a changed order. Raises Transient likewise."""

    async def revoke(self, workflow_id: str, command: AskRevocation, caller: Caller) -> RevocationRequested | Refused:
        """Ask the executor to take a grant back, or find what was asked for before. Raises Transient likewise."""

    async def submit(self, submission: Submission, caller: Caller) -> Submitted:
        """Keep a submitted answer once. Raises Transient likewise."""


class Rollouts(Protocol):
    """Mode, limits and stop switch."""

    async def read(self) -> Rollout:
        """Return what is in force, and what waits for a second person."""

    async def taken_in(self) -> TakenIn | None:
        """Return what the executor says it keeps to; None before it has said anything."""

    async def change(self, command: RolloutCommand, caller: Caller) -> Rollout | Refused:
        """Decide on a command and keep what follows; gives the state after it.

        Raises:
            Transient: the database is away; nothing happened.
        """


class Policies(Protocol):
    """The approval policy and its changes."""

    async def read(self) -> PolicyState:
        """Return what is in force, and what waits for people."""

    async def over_past(self, candidate: Policy, until: datetime) -> PolicyBacktest:
        """Return what a policy would have asked for in every request up to a time."""

    async def change(self, command: PolicyCommand, caller: Caller) -> PolicyState | Refused:
        """Decide on a command and keep what follows; gives the state after it.

        Raises:
            Transient: the database is away; nothing happened.
        """


class DelegationBook(Protocol):
    """Who stands in for whom, and who is away."""

    async def read(self) -> tuple[Delegations, Absences]:
        """Return both as they are."""

    async def change(self, command: DelegationCommand, caller: Caller) -> Refused | None:
        """Decide on a command on delegations and keep what follows; gives why nothing does.

        Raises:
            Transient: the database is away; nothing happened.
        """

    async def note(self, command: AbsenceCommand, caller: Caller) -> Refused | None:
        """Decide on a command on absences likewise."""


class Passkeys(Protocol):
    """The passkeys of those who approve."""

    async def everybody(self) -> Sequence[Keys]:
        """Return the passkeys of each person who has, had or proposed one."""

    async def of(self, person: str) -> Keys:
        """Return the passkeys of one person."""

    async def change(self, command: PasskeyCommand, caller: Caller) -> Keys | Refused:
        """Decide on a command and keep what follows; gives the state after it.

        Raises:
            Transient: the database is away; nothing happened.
        """


class PasskeyNonces(Protocol):
    """What passkeys sign once."""

    async def give(self, person: str, signed: Signed | None, at: datetime) -> str:
        """Return a new nonce for a decision of a person, or for the registration of a key (None)."""

    async def take(self, nonce: str, person: str, at: datetime) -> bool:
        """Use up a nonce of a registration; False where it is not one of this person, or its time is over."""


class HeldRows(Protocol):
    """Reference rows that are not plausible and wait for people."""

    async def listed(self, held_id: str | None) -> Sequence[Held]:
        """Return what waits or is about to be taken in; or one of any state."""

    async def decide(self, command: DecideHeld, caller: Caller) -> Held | Refused:
        """Decide on a command and keep what follows; gives what it is about.

        Raises:
            Transient: the database is away; nothing happened.
        """


class Previews(Protocol):
    """What answers would become, for a short time."""

    async def preview(self, response_id: str, at: datetime) -> Preview | None:
        """Return a preview; None for one that nobody asked for here, or whose time is over at `at`."""


class Tickets(Protocol):
    """What opens a stream for a page that can send no token."""

    async def give(self, person: str, watched: Watched, at: datetime) -> str:
        """Return a new ticket for a person; it opens this stream once, within its lifetime."""

    async def take(self, ticket: str, watched: Watched, at: datetime) -> str | None:
        """Use a ticket up; return the person it was given to, None where it opens nothing at `at`."""


class Desk(Protocol):
    """The reading side, from the service's own tables."""

    async def card(self, workflow_id: str) -> Card | None:
        """Return the card of a workflow; None for one that never waited here."""

    async def queue(self, status: Status | None, limit: int) -> Sequence[Card]:
        """Return cards without `detail`: what waits first by its deadline, then the latest of the others."""

    async def latest_response(self, person: str) -> str | None:
        """Return the response that this person asked for last."""

    async def deadlines(self, limit: int) -> Sequence[Deadline]:
        """Return the next deadlines of each kind."""
