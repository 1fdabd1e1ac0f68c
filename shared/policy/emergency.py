"""What an emergency changes about who has to approve, and what it never changes. Pure.

It takes the place of a missing *role*: any approving role may fill each place. Never of four eyes: two persons at
least, none of them who asked. Amounts, digests, entities, caps, floors and the stop are not its business. The approval
service asks by it, the executor checks a grant by it, and the verification checks both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from shared.events.approvals import Approver, Emergency, PolicyOutcome
from shared.people.identity import same_person
from shared.policy.delegation import Delegated, counting
from shared.policy.floors import TWO_PERSONS
from shared.policy.people import CountedApproval, places, sufficient
from shared.policy.scopes import base_of, counts_for
from shared.policy.table import ANY_APPROVER, APPROVING_ROLES, SubjectKind

#: How long the glass stays broken: time to reach a second person, no time to get used to it.
GLASS_LIFETIME: Final = timedelta(minutes=30)
#: Persons who approve in an emergency, at least. An asker who is not proved may be any of them: then one more.
PERSONS_MIN: Final = 2
#: What the floors give to a named role, and what nobody decides, is decided in no emergency.
NEVER: Final = frozenset({*TWO_PERSONS, SubjectKind.CHECK})


def may_be_broken(kind: str) -> bool:
    """Return whether there can be an emergency about this kind of request at all."""
    return kind in {each.value for each in SubjectKind if each not in NEVER}


def roles_missing(outcome: PolicyOutcome, approvals: Sequence[CountedApproval], maker: str) -> tuple[str, ...]:
    """Return the open places that name a role; empty where whatever is open may be filled by any approving role."""
    return tuple(needed for needed, by in places(outcome, approvals, maker) if by is None and needed in APPROVING_ROLES)


def in_emergency(outcome: PolicyOutcome, *, maker_verified: bool) -> PolicyOutcome:
    """Return what is asked for in an emergency: as many people as before and two at least, each of any approving role.

    The person who asked is none of them, whatever the amount. Tier, version, entities and who decides jointly stay.
    """
    needed = max(len(outcome.required), PERSONS_MIN if maker_verified else PERSONS_MIN + 1)
    said = (
        f"In an emergency {needed} persons with any approving role approve, and the person who asked is none of them."
    )
    return outcome.model_copy(
        update={
            "required": (ANY_APPROVER,) * needed,
            "rules": (*outcome.rules, said),
            "four_eyes": True,
        }
    )


def is_open(emergency: Emergency, at: datetime) -> bool:
    """Return whether an emergency counts at a moment."""
    return emergency.opened_at <= at < emergency.until


def fault_of(emergency: Emergency, kind: str, issued: datetime, maker: str, entities: Iterable[str]) -> str | None:
    """Return why an emergency counts for nothing in a grant that was issued at a moment; None where it counts."""
    if not may_be_broken(kind):
        return f"no emergency can be declared about {kind}"
    if not timedelta(0) < emergency.until - emergency.opened_at <= GLASS_LIFETIME:
        return f"an emergency lasts {GLASS_LIFETIME.seconds // 60} minutes at most"
    if not is_open(emergency, issued):
        return f"its emergency was over at {emergency.until.isoformat()} and it was issued at {issued.isoformat()}"
    if same_person(emergency.person, maker):
        return f"{emergency.person}, who asked, declared the emergency"
    if base_of(emergency.role) not in APPROVING_ROLES or not counts_for(emergency.role, entities):
        return f"{emergency.person} ({emergency.role}) may declare no emergency here"
    return None if emergency.reason.strip() else "its emergency has no reason"


def enough(
    outcome: PolicyOutcome,
    approvals: Sequence[Approver],
    maker: str,
    delegated: Delegated,
    *,
    maker_verified: bool,
    emergency: Emergency | None,
) -> bool:
    """Return whether those in a grant are all that an outcome asks for: as it stands, or in the emergency of the grant.

    For whoever did not take the decision itself. An emergency that counts for nothing is to be refused before.
    """

    def filled(asked: PolicyOutcome) -> bool:
        return sufficient(asked, counting(approvals, maker, delegated, four_eyes=asked.four_eyes), maker)

    if not outcome.required or filled(outcome):
        return True
    return emergency is not None and filled(in_emergency(outcome, maker_verified=maker_verified))
