"""Who confirms a reference row that is not plausible, and whether those who did are enough. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from shared.people.identity import different_people
from shared.policy.people import CountedApproval
from shared.policy.table import OPERATIONS, RISK_MANAGER

#: Who knows what a feed should say. Traders do not: the rate would be that of their own order.
HOLDING_ROLES: Final = (OPERATIONS, RISK_MANAGER)


def role_for_held(roles: Iterable[str]) -> str | None:
    """Return the role under which a person may confirm or reject; None when the person may not."""
    held = frozenset(roles)
    return next((role for role in HOLDING_ROLES if role in held), None)


def persons_enough(needed: int, given: Sequence[CountedApproval]) -> bool:
    """Return whether enough different persons with such a role are among these."""
    return len(different_people(each.person for each in given if each.role in HOLDING_ROLES)) >= needed
