"""A person gives roles to another for some days, and says when he is away. Streams `delegations` and `absences`.

What counts is `DelegationConfirmed`, which says all of it; the executor notes it in `control-delegations`.
"""

from shared.events.approvals import Approver
from shared.events.base import Event, datetime
from shared.events.decisions import DecisionName


class DelegationProposed(Event):
    """A person wants another to decide in his place. `proposed_by` gives the roles; `digest` covers all of it."""

    delegation_id: str
    delegate: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    digest: str
    proposed_by: Approver
    expires_at: datetime


class DelegationConfirmed(Event):
    """Another person agreed. From `starts_at` until `ends_at` the delegate may decide with the roles of the delegator.

    `starts_at` is never before the confirmation.
    """

    delegation_id: str
    delegate: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    digest: str
    proposed_by: Approver
    confirmed_by: Approver


class DelegationEnded(Event):
    """A person ended it before its time, or took the proposal away."""

    delegation_id: str
    ended_by: str
    ended_at: datetime
    reason: str


class DelegationTakenIn(Event):
    """The executor knows this delegation as it is from here on (stream `control-delegations`)."""

    decision: DecisionName
    delegation_id: str
    delegator: str
    delegate: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    taken_in_at: datetime


class AbsenceNoted(Event):
    """A person says that he is away. `roles` are those with which he approves."""

    absence_id: str
    person: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    note: str
    noted_at: datetime


class AbsenceEnded(Event):
    """He is back before that time, or never went."""

    absence_id: str
    ended_at: datetime
