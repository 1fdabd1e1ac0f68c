"""What is told of an event of this service, whom it concerns, and when it is tried again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from services.approval.requests.state import NOTHING, evolve
from shared.events.approvals import (
    ApprovalAmended,
    ApprovalClosed,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ApprovalWithdrawn,
    DecisionRecorded,
    GrantIssued,
    GrantLapsed,
    RequestEscalated,
)
from shared.events.base import Event
from shared.policy.table import ANY_APPROVER, LADDER

#: Of these a person is asked to decide.
WAITING: Final = frozenset({"requested", "escalated", "reminded"})
#: Attempts at one notification. With the pauses below the last one is made some five hours after the first, so that a
#: server may be away for a morning; whoever has not heard by then learns it from the console.
ATTEMPTS_MAX: Final = 13
#: Seconds before the second attempt; each further pause is twice as long.
PAUSE_SECONDS: Final = 10.0
#: The longest pause: a server that comes back is tried within the hour.
PAUSE_SECONDS_MAX: Final = 3_600.0
#: Matches what a webhook asks for: everything.
EVERYTHING: Final = "*"


class Channel(StrEnum):
    """A way out."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Kind(StrEnum):
    """What happened to a request."""

    REQUESTED = "requested"
    DECIDED = "decided"
    GRANTED = "granted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    AMENDED = "amended"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    PASSKEY = "passkey"


_KIND_OF: Final[Mapping[type[Event], Kind]] = {
    ApprovalRequested: Kind.REQUESTED,
    DecisionRecorded: Kind.DECIDED,
    GrantIssued: Kind.GRANTED,
    ApprovalRejected: Kind.REJECTED,
    ApprovalExpired: Kind.EXPIRED,
    ApprovalWithdrawn: Kind.WITHDRAWN,
    ApprovalClosed: Kind.CLOSED,
    ApprovalAmended: Kind.AMENDED,
    GrantLapsed: Kind.LAPSED,
    RequestEscalated: Kind.ESCALATED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one event. `person` is who acted, empty for the clock and for HAWK itself.

    `to`: the role that is asked; empty: those that the request asks for. Of a passkey, its owner.
    """

    kind: Kind
    workflow_id: str
    state: str
    person: str = ""
    role: str = ""
    decision: str = ""
    mailed: bool = True
    to: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event for one recipient, with what never changes about its request.

    `order` is the summary of its plan; what of it is written depends on the installation.
    """

    notification_id: str
    told: Told
    at: datetime
    response_id: str = ""
    maker: str = ""
    required: tuple[str, ...] = ()
    expires_at: datetime | None = None
    order: Mapping[str, Any] = field(default_factory=dict)


def told_of(event: Event) -> Told | None:
    """Return what is told of an event; None for one that is no step of a request.

    What people wrote is not in it: a comment may say an amount.
    """
    kind = _KIND_OF.get(type(event))
    if kind is None:
        return None
    name: str = event.workflow_id  # type: ignore[attr-defined]  # each of these events has it
    match event:
        case ApprovalRequested():
            return Told(kind, name, "AWAITING_APPROVAL", event.maker.name, mailed=bool(event.policy.required))
        case DecisionRecorded():
            # What follows at once says more, and the next person was asked already: no mail.
            return Told(kind, name, "AWAITING_APPROVAL", event.person, event.role, event.decision, mailed=False)
        case GrantIssued():
            return Told(kind, name, "APPROVED", mailed=bool(event.approvers))
        case ApprovalClosed(state="REVOKED"):
            return Told(Kind.REVOKED, name, str(evolve(NOTHING, event).status))
        case RequestEscalated():
            return Told(kind, name, "AWAITING_APPROVAL", to=event.role)
        case ApprovalRejected() | ApprovalWithdrawn() | ApprovalAmended():
            return Told(kind, name, str(evolve(NOTHING, event).status), event.person)
        case _:
            return Told(kind, name, str(evolve(NOTHING, event).status))


def places_of(mail: Mapping[str, Sequence[str]], webhooks: Iterable[str]) -> list[tuple[Channel, str, str]]:
    """Return channel, place and recipient: who hears of a request that has such a place to fill.

    Args:
        mail: role to addresses.
        webhooks: their names; each hears everything.
    """
    found = {(Channel.MAIL, role, address) for role, addresses in mail.items() for address in addresses}
    found |= {(channel, ANY_APPROVER, address) for channel, role, address in found if role in LADDER}
    return sorted(found | {(Channel.WEBHOOK, EVERYTHING, name) for name in webhooks})


def pause_seconds(attempts: int, chance: float) -> float | None:
    """Return the pause after so many failed attempts; None when it is given up.

    Args:
        chance: a number in [0, 1), so that many do not come back at once.
    """
    if attempts >= ATTEMPTS_MAX:
        return None
    bound = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * float(2 ** max(attempts - 1, 0)))
    return bound * (0.5 + chance / 2)
