"""Two persons set a message aside that blocks its partition: who may, and what follows. Pure but for `act`.

One proposes, another confirms what was proposed, by its digest; one of them holds OPERATIONS. The consumer that is held
up finds the confirmed order in the store (`shared.messaging.orders`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

from services.approval.requests.decider import Fault, Refused
from services.approval.two_persons import Actor, permitted, second_person
from shared.canonical import digest
from shared.events.approvals import PolicyOutcome
from shared.events.base import Event
from shared.events.deadletters import SetAsideConfirmed, SetAsideProposed, set_aside_stream
from shared.messaging.unit_of_work import UnitOfWork
from shared.people.identity import same_person
from shared.policy.people import may_decide
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
        """The stream of what people order about it."""
        return set_aside_stream(self.group, self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A person wants it. Without `digest` they propose; with it they confirm the proposal of that digest."""

    place: Place
    by: Actor
    reason: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What the stream of a place says: the proposal that waits, or the order that was confirmed last."""

    waits: SetAsideProposed | None = None
    confirmed: SetAsideConfirmed | None = None


def state_of(events: Iterable[Event]) -> State:
    """Return the state after these events."""
    state = State()
    for event in events:
        if isinstance(event, SetAsideProposed):
            state = replace(state, waits=event)
        elif isinstance(event, SetAsideConfirmed):
            state = State(None, event)
    return state


def outcome(policy: Policy) -> PolicyOutcome:
    """Return who has to agree."""
    return PolicyOutcome(
        tier=OPERATIONS,
        required=(OPERATIONS, ANY_APPROVER),
        rules=("Setting a message aside needs OPERATIONS and a second person.",),
        version=policy.version,
        four_eyes=False,
    )


def decide(state: State, command: SetAside, policy: Policy) -> SetAsideProposed | SetAsideConfirmed | Refused:
    """Return what a command leads to."""
    waits = state.waits if state.waits is not None and command.by.at < state.waits.expires_at else None
    if command.digest is None:
        return _propose(waits, command, policy)
    if waits is None:
        return Refused(Fault.CONFLICT, "NOTHING_PROPOSED", "Nobody proposed this, or too long ago. Propose it.")
    confirmed_by = second_person(outcome(policy), waits, command.by, command.digest)
    if isinstance(confirmed_by, Refused):
        return confirmed_by
    order = waits.model_dump(exclude={"expires_at"})
    return SetAsideConfirmed.model_validate(order | {"confirmed_by": confirmed_by})


def _propose(waits: SetAsideProposed | None, command: SetAside, policy: Policy) -> SetAsideProposed | Refused:
    by, place = permitted(outcome(policy), command.by), command.place
    if isinstance(by, Refused):
        return by
    if waits is not None and not same_person(waits.proposed_by.person, by.person):
        return Refused(
            Fault.CONFLICT,
            "PROPOSAL_WAITS",
            f"{waits.proposed_by.person} proposed it already: {waits.reason} Confirm that by its digest.",
        )
    return SetAsideProposed(
        group=place.group,
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        digest=digest({"place": place.stream, "by": by.model_dump(mode="json"), "reason": command.reason}),
        reason=command.reason,
        proposed_by=by,
        expires_at=command.by.at + PROPOSAL_LIFETIME,
    )


async def act(unit: UnitOfWork, command: SetAside, policy: Policy) -> SetAsideProposed | SetAsideConfirmed | Refused:
    """Decide on a command and keep what follows."""
    loaded = await unit.load(command.place.stream)
    event = decide(state_of(loaded.events), command, policy)
    if not isinstance(event, Refused):
        unit.append(loaded.stream, loaded.version, event)
    return event


def document(event: SetAsideProposed | SetAsideConfirmed, viewer: Person, policy: Policy) -> dict[str, Any]:
    """Return a proposal or an order as people see it, and whether the viewer may confirm."""
    shown = event.model_dump(mode="json")
    if isinstance(event, SetAsideConfirmed):
        return {"status": "CONFIRMED", **shown}
    mine = may_decide(outcome(policy), "", viewer.name, viewer.roles, (event.proposed_by,))
    return {"status": "PROPOSED", **shown, "may_confirm": mine.allowed, "why": mine.reason}


def may_propose(viewer: Person, policy: Policy) -> dict[str, Any]:
    """Return whether the viewer may be the first person, and why not."""
    mine = may_decide(outcome(policy), "", viewer.name, viewer.roles, ())
    return {"may_propose": mine.allowed, "why": "" if mine.allowed else mine.reason}
