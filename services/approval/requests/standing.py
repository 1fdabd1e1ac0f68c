"""Who is away and who stands in, as cards and lists say it. Pure.

A decision of somebody who is away is taken all the same: only that person says to be away, and a person who came back
early, or is reached in an emergency, is the person who decides. The card says so, to that person too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.events.approvals import ApprovalRequested
from shared.events.delegations import AbsenceNoted
from shared.people.identity import same_person
from shared.policy.delegation import NOBODY, Delegated
from shared.policy.people import stands_in
from shared.policy.scopes import base_of, held_for
from shared.policy.table import LADDER, OPERATIONS


@dataclass(frozen=True, slots=True)
class Standing:
    """What others have given to whom, and who is or will be away."""

    delegated: Delegated = NOBODY
    absences: tuple[AbsenceNoted, ...] = ()


#: Everybody is here and decides with roles of their own.
NOBODY_AWAY: Final = Standing()


async def nobody_away() -> Standing:
    """Return that nobody is away, for what shows cards without asking."""
    return NOBODY_AWAY


def stand_ins(standing: Standing, request: ApprovalRequested, viewer: str, at: datetime) -> list[dict[str, Any]]:
    """Return who of those that could decide about a request is away, until when, and who stands in meanwhile."""
    policy = request.policy
    shown = []
    for each in (away for away in standing.absences if away.starts_at <= at < away.ends_at):
        held = [role for base in (*LADDER, OPERATIONS) if (role := held_for(each.roles, base, policy.entities))]
        if not any(stands_in(base_of(role), needed) for role in held for needed in policy.required):
            continue
        by = [tie for tie in standing.delegated.at(at) if same_person(tie.delegator, each.person)]
        shown.append(
            {
                "person": each.person,
                "roles": list(each.roles),
                "until": each.ends_at.isoformat(),
                "mine": same_person(each.person, viewer),
                "by": [
                    {"person": tie.delegate, "roles": list(tie.roles), "until": tie.ends_at.isoformat()} for tie in by
                ],
            }
        )
    return shown
