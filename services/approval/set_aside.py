"""Two persons set a message aside that holds up its partition: who may, and what follows. Pure but for `act`.

One proposes, another confirms what was proposed, by its digest; one of them holds OPERATIONS. The consumer that is held
up finds the confirmed order in the store (`shared.messaging.orders`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from services.approval.requests.decider import Fault, Refused
from shared.canonical import digest
from shared.events.approvals import Approver, PolicyOutcome
from shared.events.base import Event
from shared.events.deadletters import SetAsideConfirmed, SetAsideProposed, set_aside_stream
from shared.messaging.unit_of_work import UnitOfWork
from shared.people.identity import same_person
from shared.policy.people import may_decide, sufficient
from shared.policy.table import ANY_APPROVER, OPERATIONS, Policy
from shared.security.tokens import Person

Status = Literal["PROPOSED", "CONFIRMED"]

#: How long a proposal waits for its second person: a message that holds up others is not a matter of days.
PROPOSAL_LIFETIME: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Place:
    """The message, as `hawk status` shows it: consumer group, topic, partition, offset."""

    group: str
    topic: str
    partition: int
    offset: int

    @property
    def stream(self) -> str:
        """Where what people order about it stands."""
        return set_aside_stream(self.group, self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A person wants it. Without `digest` they propose; with it they confirm the proposal of that digest."""

    place: Place
    person: str
    roles: tuple[str, ...]
    reason: str
    digest: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What the stream of a place says: the proposal that waits, or the order that was confirmed last."""

    waits: SetAsideProposed | None = None
    confirmed: SetAsideConfirmed | None = None


def state_of(events: Iterable[Event]) -> State:
    """The state after these events."""
    state = State()
    for event in events:
        if isinstance(event, SetAsideProposed):
            state = replace(state, waits=event)
        elif isinstance(event, SetAsideConfirmed):
            state = State(None, event)
    return state


def outcome(policy: Policy) -> PolicyOutcome:
    """Who has to agree."""
    return PolicyOutcome(
        tier=OPERATIONS,
        required=(OPERATIONS, ANY_APPROVER),
        rules=("Setting a message aside needs OPERATIONS and a second person.",),
        version=policy.version,
        four_eyes=False,
    )


def decide(state: State, command: SetAside, policy: Policy) -> SetAsideProposed | SetAsideConfirmed | Refused:
    """What a command leads to."""
    waits = state.waits if state.waits is not None and command.at < state.waits.expires_at else None
    if command.digest is None:
        return _propose(waits, command, policy)
    if waits is None:
        return Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "Nobody proposed this, or too long ago. Propose it.")
    if command.digest != waits.digest:
        return Refused(
            Fault.CONFLICT,
            "DIGEST_MISMATCH",
            f"What waits here has the digest {waits.digest}, another one than you named. Read it again.",
        )
    return _confirm(waits, command, policy)


def _propose(waits: SetAsideProposed | None, command: SetAside, policy: Policy) -> SetAsideProposed | Refused:
    permission = may_decide(outcome(policy), "", command.person, command.roles, ())
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    if waits is not None and not same_person(waits.proposed_by.person, command.person):
        return Refused(
            Fault.CONFLICT,
            "PROPOSAL_WAITS",
            f"{waits.proposed_by.person} proposed it already: {waits.reason} Confirm that by its digest.",
        )
    by, place = Approver(person=command.person, role=permission.role, at=command.at), command.place
    return SetAsideProposed(
        group=place.group,
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        digest=digest({"place": place.stream, "by": by.model_dump(mode="json"), "reason": command.reason}),
        reason=command.reason,
        proposed_by=by,
        expires_at=command.at + PROPOSAL_LIFETIME,
    )


def _confirm(waits: SetAsideProposed, command: SetAside, policy: Policy) -> SetAsideConfirmed | Refused:
    needed = outcome(policy)
    permission = may_decide(needed, "", command.person, command.roles, (waits.proposed_by,))
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    by = Approver(person=command.person, role=permission.role, at=command.at)
    if not sufficient(needed, (waits.proposed_by, by)):
        return Refused(Fault.FORBIDDEN, "ROLE_INSUFFICIENT", f"The two of you are not enough. {needed.rules[0]}")
    said = waits.model_dump(exclude={"expires_at"})
    return SetAsideConfirmed.model_validate(said | {"confirmed_by": by})


async def act(unit: UnitOfWork, command: SetAside, policy: Policy) -> SetAsideProposed | SetAsideConfirmed | Refused:
    """Decide on a command and keep what follows."""
    loaded = await unit.load(command.place.stream)
    event = decide(state_of(loaded.events), command, policy)
    if not isinstance(event, Refused):
        unit.append(loaded.stream, loaded.version, event)
    return event


def document(event: SetAsideProposed | SetAsideConfirmed, viewer: Person, policy: Policy) -> dict[str, Any]:
    """A proposal or an order as people see it, and whether the viewer may confirm."""
    shown = event.model_dump(mode="json")
    if isinstance(event, SetAsideConfirmed):
        return {"status": "CONFIRMED", **shown}
    mine = may_decide(outcome(policy), "", viewer.name, viewer.roles, (event.proposed_by,))
    return {"status": "PROPOSED", **shown, "may_confirm": mine.allowed, "why": mine.reason}
