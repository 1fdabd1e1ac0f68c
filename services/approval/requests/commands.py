"""What people, messages and the clock ask of one approval. Times and people come in; nothing is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from shared.events.approvals import PolicyFacts, PolicyOutcome
from shared.events.assertions import Assertion
from shared.events.responses import Maker
from shared.policy.delegation import NOBODY, Delegated


@dataclass(frozen=True, slots=True)
class Escalation:
    """After so long a request is put before people with the fallback role too."""

    after: timedelta
    role: str


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
    escalation: Escalation | None = None


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
    assertion: Assertion | None = None


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
class EscalateRequest:
    """Not enough people have decided for so long that others are asked too."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AskMaker:
    """A person asks who asked for the request; `person` and `roles` are of a verified token."""

    person: str
    roles: tuple[str, ...]
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """The person who asked for the request answers a question; `person` is of a verified token."""

    person: str
    number: int
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AmendRequest:
    """The person who asked changes the amount; `order` is that of the plan that waits, as JSON values."""

    person: str
    amount: Decimal
    reason: str
    order: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """The executor ended the workflow: nothing is left to decide. `state` is the state it ended in."""

    workflow_id: str
    state: str
    reason: str


OfClock = EscalateRequest | ExpireRequest | LapseGrant
"""What the clock asks."""
Command = RequestApproval | RecordDecision | WithdrawRequest | CloseRequest | AskMaker | AnswerQuestion | OfClock
