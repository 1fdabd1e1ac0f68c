"""What follows from a decision on a reference row that waits. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.approval.held.state import Held, Said, State
from services.approval.requests.decider import Fault, Refused
from shared.events import held as facts
from shared.events.base import Event
from shared.policy.holding import HOLDING_ROLES, persons_enough, role_for_held

Decision = Literal["CONFIRM", "REJECT"]

_ENDED = {
    State.CONFIRMED: "Enough people have confirmed it; the executor takes it in.",
    State.REJECTED: "It was rejected.",
    State.APPLIED: "It was confirmed and is in force.",
    State.DROPPED: "It does not wait any more",
}


@dataclass(frozen=True, slots=True)
class DecideHeld:
    """A person's decision on what was shown under this digest. `person` and `roles` are of a verified token."""

    held_id: str
    digest: str
    decision: Decision
    comment: str
    person: str
    roles: tuple[str, ...]
    at: datetime


def decide(held: Held | None, said: Said, command: DecideHeld) -> tuple[Event, ...] | Refused:
    """Return the events of a decision, or why there are none."""
    role = role_for_held(command.roles)
    if role is None:
        return Refused(Fault.FORBIDDEN, "ROLE_INSUFFICIENT", f"This needs {' or '.join(HOLDING_ROLES)}.")
    if held is None:
        return Refused(
            Fault.UNKNOWN,
            "HELD_UNKNOWN",
            "No reference row waits, or ever waited, under this id. List: hawk reference held.",
        )
    state = held.state if held.state is not State.WAITING else said.state
    if state is not State.WAITING:
        return Refused(Fault.CONFLICT, "ALREADY_DECIDED", f"{_ENDED[state]} {held.reason}".strip())
    if command.digest != held.digest:
        return Refused(
            Fault.CONFLICT,
            "DIGEST_MISMATCH",
            f"What waits here has the digest {held.digest}, another one than you named. Read it again before you "
            "decide.",
        )
    by = facts.HeldPerson(person=command.person, role=role, comment=command.comment, at=command.at)
    if command.decision == "REJECT":
        return (facts.HeldReferenceRejected(held_id=held.held_id, held_stream=held.stream, digest=held.digest, by=by),)
    return _confirm(held, said, by)


def _confirm(held: Held, said: Said, by: facts.HeldPerson) -> tuple[Event, ...] | Refused:
    if not persons_enough(len(said.confirmed) + 1, (*said.confirmed, by)):
        return Refused(
            Fault.FORBIDDEN,
            "SAME_PERSON",
            "You have confirmed this already; one person counts once. Another one has to.",
        )
    confirmed = facts.HeldReferenceConfirmed(held_id=held.held_id, held_stream=held.stream, digest=held.digest, by=by)
    everybody = (*said.confirmed, by)
    if not persons_enough(held.persons, everybody):
        return (confirmed,)
    released = facts.HeldReferenceReleased(
        held_id=held.held_id, held_stream=held.stream, digest=held.digest, by=everybody
    )
    return (confirmed, released)
