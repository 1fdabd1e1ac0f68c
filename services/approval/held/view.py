"""What waits, as `GET /reference/held` shows it. Pure."""

from typing import Any

from services.approval.held.state import Held, State
from shared.people.identity import same_person
from shared.policy.holding import HOLDING_ROLES, role_for_held
from shared.security.tokens import Person


def held_document(held: Held, viewer: Person) -> dict[str, Any]:
    """Return everything a person decides on, and whether this one may."""
    why = _why_not(held, viewer)
    return {
        **held.document,
        "held_id": held.held_id,
        "digest": held.digest,
        "state": held.state.value,
        "reason": held.reason,
        "confirmed_by": [each.model_dump(mode="json") for each in held.confirmed],
        "may_confirm": not why,
        "why": why or "You may confirm or reject this.",
    }


def _why_not(held: Held, viewer: Person) -> str:
    if held.state is not State.WAITING:
        return "It does not wait for people any more."
    if role_for_held(viewer.roles) is None:
        return f"This needs {' or '.join(HOLDING_ROLES)}."
    if any(same_person(each.person, viewer.name) for each in held.confirmed):
        return "You have confirmed this already; another person has to."
    return ""
