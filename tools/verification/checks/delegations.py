"""Checks that every delegation was agreed to by enough people, and that the executor knew it as it was. Pure."""

from dataclasses import replace
from typing import Final

from shared.events.base import Event
from shared.events.decisions import DecisionName, name_of
from shared.events.delegations import DelegationConfirmed, DelegationEnded, DelegationProposed, DelegationTakenIn
from shared.events.identity import DELEGATIONS_STREAM, EXECUTOR_DELEGATIONS_STREAM
from shared.policy.delegation import Delegation, not_followed
from tools.verification.checks.history import Findings, PastEvent

EVENTS_OF_DELEGATIONS: Final = frozenset(
    {"DelegationProposed", "DelegationConfirmed", "DelegationEnded", "DelegationTakenIn"}
)


def keep_delegation(known: dict[str, Delegation], event: Event) -> None:
    """Keep a delegation as it is after an event of its stream."""
    if isinstance(event, DelegationConfirmed):
        known[event.delegation_id] = Delegation(
            event.delegation_id,
            event.proposed_by.person,
            event.delegate,
            event.roles,
            event.starts_at,
            event.ends_at,
        )
    elif isinstance(event, DelegationEnded) and event.delegation_id in known:
        before = known[event.delegation_id]
        known[event.delegation_id] = replace(before, ends_at=min(before.ends_at, event.ended_at))


class DelegationFold:
    """Keeps what was proposed and confirmed, and what the executor says it knows."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._proposals: dict[str, DelegationProposed] = {}
        self._known: dict[str, Delegation] = {}
        self._after: dict[DecisionName, Delegation] = {}
        self._taken: list[tuple[str, DelegationTakenIn]] = []

    def take(self, past: PastEvent, event: Event) -> None:
        """Take the next event; what too few people agreed to shows at once."""
        recorded = past.event
        if isinstance(event, DelegationTakenIn):
            if recorded.stream != EXECUTOR_DELEGATIONS_STREAM:
                self._findings.add(f"{past.place}: the executor notes a delegation in a wrong stream.")
            self._taken.append((past.place, event))
        elif recorded.stream != DELEGATIONS_STREAM:
            self._findings.add(f"{past.place}: {recorded.type} stands in a wrong stream.")
        elif isinstance(event, DelegationProposed):
            self._proposals[event.delegation_id] = event
        elif isinstance(event, DelegationConfirmed | DelegationEnded):
            if isinstance(event, DelegationConfirmed) and (why := self._fault(event)) is not None:
                self._findings.add(f"{past.place}: delegation {event.delegation_id} is confirmed, but {why}")
            keep_delegation(self._known, event)
            if event.delegation_id in self._known:
                name = name_of(recorded.version, recorded.type, recorded.schema_version, recorded.data)
                self._after[name] = self._known[event.delegation_id]

    def finish(self) -> None:
        """Report each delegation that the executor knows otherwise than it was confirmed."""
        for place, noted in self._taken:
            known = Delegation(
                noted.delegation_id, noted.delegator, noted.delegate, noted.roles, noted.starts_at, noted.ends_at
            )
            if self._after.get(noted.decision) != known:
                self._findings.add(
                    f"{place}: the executor knows delegation {noted.delegation_id} as it was never confirmed."
                )

    def _fault(self, event: DelegationConfirmed) -> str | None:
        proposal = self._proposals.get(event.delegation_id)
        if proposal is None:
            return "nobody proposed it."
        said = (proposal.digest, proposal.delegate, proposal.roles, proposal.ends_at, proposal.proposed_by)
        if said != (event.digest, event.delegate, event.roles, event.ends_at, event.proposed_by):
            return "something else was proposed."
        if event.starts_at < proposal.starts_at:
            return "it begins before the time that was proposed."
        return not_followed(event)
