"""The delegations that the executor knows after one more that was confirmed or ended. Pure.

They are judged again, as tables of the policy are: enough people, bounded days, nobody for himself. What does not hold
is refused, and a grant that rests on it gives no permission.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from shared.events.base import Event
from shared.events.decisions import DecisionName
from shared.events.delegations import DelegationConfirmed, DelegationEnded, DelegationTakenIn
from shared.policy.delegation import Delegated, Delegation, not_followed


@dataclass(frozen=True, slots=True)
class Known:
    """State of the stream `control-delegations`: each delegation as it was noted last, and every decision on them."""

    latest: Mapping[str, DelegationTakenIn] = field(default_factory=dict)
    taken: frozenset[tuple[int, str]] = frozenset()

    @property
    def delegated(self) -> Delegated:
        """What counts when a grant is judged."""
        known = tuple(
            Delegation(each.delegation_id, each.delegator, each.delegate, each.roles, each.starts_at, each.ends_at)
            for each in self.latest.values()
        )
        return Delegated(known, max((version for version, _ in self.taken), default=0))


NOTHING_KNOWN: Final = Known()


@dataclass(frozen=True, slots=True)
class Noting:
    """What is recorded, or why nothing is. Both None: a repeat, or nothing that matters here."""

    note: DelegationTakenIn | None = None
    refusal: str | None = None


def fold(events: Iterable[Event]) -> Known:
    """Return the state after these events."""
    latest: dict[str, DelegationTakenIn] = {}
    taken: set[tuple[int, str]] = set()
    for event in events:
        if isinstance(event, DelegationTakenIn):
            latest[event.delegation_id] = event
            taken.add((event.decision.version, event.decision.digest))
    return Known(latest, frozenset(taken))


def take(known: Known, event: DelegationConfirmed | DelegationEnded, name: DecisionName, now: datetime) -> Noting:
    """Return what a decision on a delegation leads to."""
    if (name.version, name.digest) in known.taken:
        return Noting()
    before = known.latest.get(event.delegation_id)
    if isinstance(event, DelegationEnded):
        if before is None:
            return Noting()  # a proposal that was taken away: it never counted
        ends_at = min(before.ends_at, event.ended_at)
        return Noting(before.model_copy(update={"decision": name, "ends_at": ends_at, "taken_in_at": now}))
    if (why := not_followed(event)) is not None:
        return Noting(refusal=f"Delegation {event.delegation_id} is not followed: {why}")
    if before is not None:
        return Noting(refusal=f"Delegation {event.delegation_id} was confirmed before, as another one.")
    return Noting(
        DelegationTakenIn(
            decision=name,
            delegation_id=event.delegation_id,
            delegator=event.proposed_by.person,
            delegate=event.delegate,
            roles=event.roles,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            taken_in_at=now,
        )
    )
