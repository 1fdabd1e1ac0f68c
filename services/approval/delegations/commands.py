"""What people ask of delegations and absences. `by` is of a verified token; times come in with the command."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.approval.two_persons import Actor


@dataclass(frozen=True, slots=True)
class Give:
    """Another person is to decide in the place of the one who asks, with these roles, from one time until another."""

    by: Actor
    delegation_id: str
    delegate: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Confirm:
    """The second person agrees, who names the digest of what was shown."""

    by: Actor
    delegation_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class End:
    """A person ends a delegation before its time, or takes away one that waits. One person is enough."""

    by: Actor
    delegation_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GoAway:
    """A person says that he is away."""

    by: Actor
    absence_id: str
    starts_at: datetime
    ends_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class ComeBack:
    """A person is back before that time, or does not go."""

    by: Actor
    absence_id: str


DelegationCommand = Give | Confirm | End
AbsenceCommand = GoAway | ComeBack
