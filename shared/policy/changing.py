"""Who changes the policy, and whether those who did are enough: judged by the policy itself, old and new. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from shared.events.approvals import Approver, PolicyOutcome
from shared.policy.evaluation import evaluate
from shared.policy.floors import beneath
from shared.policy.people import sufficient
from shared.policy.rules import stricter
from shared.policy.subject import PolicySubject
from shared.policy.table import Policy, SubjectKind

_ZERO = Decimal(0)
#: A change of the policy has no amount. Who proposes it is known by a token.
CHANGE = PolicySubject(SubjectKind.POLICY, _ZERO, _ZERO, "USD", _ZERO, maker_verified=True)


def change_outcome(old: Policy, new: Policy) -> PolicyOutcome:
    """Return who has to agree: the stricter of what the table in force and the proposed one ask for."""
    return stricter(evaluate(old, CHANGE), evaluate(new, CHANGE))


def shortage(old: Policy, new: Policy, proposed_by: Approver | None, approved_by: Sequence[Approver]) -> str | None:
    """Return what those who changed the policy lack; None where they are enough.

    For whoever did not take the decision itself: the executor before it follows a table, and the verification.
    """
    if proposed_by is None:
        return "nobody proposed it"
    outcome = change_outcome(old, new)
    if not sufficient(outcome, approved_by, proposed_by.person):
        people = ", ".join(f"{each.person} ({each.role})" for each in approved_by) or "nobody"
        return f"{people} approved; {', '.join(outcome.required)} are needed, none of them {proposed_by.person}"
    return beneath(CHANGE, approved_by, proposed_by.person)
