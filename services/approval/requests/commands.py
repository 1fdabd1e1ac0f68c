"""What people, messages and the clock ask of one approval. Times and people come in; nothing is looked up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from shared.events.approvals import PolicyFacts, PolicyOutcome
from shared.events.responses import Maker
from shared.policy.delegation import NOBODY, Delegated


@dataclass(frozen=True, slots=True)
class RequestApproval:
    """A plan waits for people; with tier AUTO the policy itself grants at once."""

    workflow_id: str
    response_id: str
    plan_digest: str
    effects_digest: str
    maker: Maker
    amount_usd: Decimal
    policy: PolicyOutcome
    at: datetime
    request_lifetime: timedelta
    grant_lifetime: timedelta
    judged: PolicyFacts | None = None


@dataclass(frozen=True, slots=True)
class RecordDecision:
    """A person decides on the plan whose digest was shown; `person` and `roles` are of a verified token."""

    person: str
    roles: tuple[str, ...]
    decision: Literal["APPROVE", "REJECT"]
    plan_digest: str
    comment: str
    at: datetime
    grant_lifetime: timedelta
    viewed: tuple[str, ...] = ()
    shown_at: datetime | None = None
    delegated: Delegated = NOBODY


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """The person who asked takes the request back."""

    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpireRequest:
    """Nobody decided in time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LapseGrant:
    """A grant was not used in time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """The executor ended the workflow: nothing is left to decide. `state` is the state it ended in."""

    workflow_id: str
    state: str
    reason: str


Command = RequestApproval | RecordDecision | WithdrawRequest | ExpireRequest | LapseGrant | CloseRequest
