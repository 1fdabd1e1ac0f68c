"""What follows when people ask that an event be published after all: events, or the reason why nothing does. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.approval.requests.decider import Fault, Refused
from services.approval.two_persons import Actor, outdated
from shared.canonical import digest
from shared.events.approvals import Approver
from shared.events.base import Event
from shared.events.publication import Cause, PublicationConfirmed, PublicationProposed
from shared.people.identity import same_person
from shared.policy.table import OPERATIONS, RISK_MANAGER

#: Any of these proposes, any of these confirms. Publishing gives no permission: its readers check it as ever.
PUBLISHING_ROLES: Final = (OPERATIONS, RISK_MANAGER)


@dataclass(frozen=True, slots=True)
class Listed:
    """An event in es.unpublishable. `tried_version`: the order that the relay tried last."""

    position: int
    event_id: UUID
    stream: str
    version: int
    type: str
    cause: Cause
    reason: str
    listed_at: datetime
    tried_version: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Publication:
    """State of the stream of one publication. `ordered` is the version of the latest confirmation, 0 for none."""

    version: int = 0
    proposal: PublicationProposed | None = None
    ordered: int = 0


@dataclass(frozen=True, slots=True)
class Propose:
    """The first person: what was in the way is put right."""

    by: Actor
    reason: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Confirm:
    """The second person, who names the digest of the proposal that was shown."""

    by: Actor
    digest: str


PublicationCommand = Propose | Confirm


def publication_of(events: Iterable[Event]) -> Publication:
    """Return the state after these events."""
    state = Publication()
    for event in events:
        state = evolve(state, event)
    return state


def evolve(state: Publication, event: Event) -> Publication:
    """Return the state after one more event; refuses nothing."""
    state = replace(state, version=state.version + 1)
    match event:
        case PublicationProposed():
            return replace(state, proposal=event)
        case PublicationConfirmed():
            return replace(state, proposal=None, ordered=state.version)
        case _:
            return state


def decide(
    listed: Listed, state: Publication, command: PublicationCommand
) -> PublicationProposed | PublicationConfirmed | Refused:
    """Return what a command leads to."""
    role = publishing_role(command.by.roles)
    if isinstance(role, Refused):
        return role
    if listed.published_at is not None:
        return Refused(Fault.CONFLICT, "ALREADY_PUBLISHED", f"It was published at {listed.published_at.isoformat()}.")
    if state.ordered > listed.tried_version:
        return Refused(Fault.CONFLICT, "ALREADY_ORDERED", "Two persons have ordered it; the relay is about to try.")
    person = Approver(person=command.by.person, role=role, at=command.by.at)
    if isinstance(command, Propose):
        return _propose(listed, state, command, person)
    return _confirm(listed, state, command, person)


def publishing_role(roles: Sequence[str]) -> str | Refused:
    """Return the role by which a person takes part, or why they may not."""
    role = _role(roles)
    return Refused(Fault.FORBIDDEN, "ROLE_INSUFFICIENT", why_not(roles) or "") if role is None else role


def why_not(roles: Sequence[str]) -> str | None:
    """Return why a person may not be one of the two; None when nothing is in the way."""
    if _role(roles) is not None:
        return None
    held = ", ".join(roles) or "no role"
    return f"An event is published by two persons, each {' or '.join(PUBLISHING_ROLES)}; you hold {held}."


def may_confirm(proposal: PublicationProposed, person: str, roles: Sequence[str], now: datetime) -> str | None:
    """Return why a person may not be the second one; None when nothing is in the way."""
    if now >= proposal.expires_at:
        return "Nobody confirmed this in time. Propose it again."
    if _role(roles) is None:
        return f"The second person holds {' or '.join(PUBLISHING_ROLES)}."
    if same_person(person, proposal.proposed_by.person):
        return "You proposed it; another person confirms."
    return None


def _propose(listed: Listed, state: Publication, command: Propose, person: Approver) -> PublicationProposed:
    return PublicationProposed(
        position=listed.position,
        event_id=listed.event_id,
        cause=listed.cause,
        reason=command.reason,
        # All that the second person is shown; two proposals never share one, since their versions differ.
        digest=digest(
            {
                "position": listed.position,
                "event_id": str(listed.event_id),
                "cause": str(listed.cause),
                "reason": command.reason,
                "proposed_by": person.model_dump(mode="json"),
                "based_on": state.version,
            }
        ),
        proposed_by=person,
        expires_at=command.by.at + command.lifetime,
    )


def _confirm(listed: Listed, state: Publication, command: Confirm, person: Approver) -> PublicationConfirmed | Refused:
    proposal = state.proposal
    if proposal is None:
        return Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "Nobody has proposed to publish this event.")
    fault = outdated(proposal, command.digest, command.by.at)
    if fault is not None:
        return fault
    if same_person(person.person, proposal.proposed_by.person):
        return Refused(Fault.FORBIDDEN, "SAME_PERSON", "You proposed it; another person confirms.")
    return PublicationConfirmed(
        position=listed.position,
        event_id=listed.event_id,
        digest=proposal.digest,
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
        confirmed_by=person,
    )


def _role(roles: Sequence[str]) -> str | None:
    return next((role for role in PUBLISHING_ROLES if role in roles), None)
