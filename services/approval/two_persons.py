"""One person proposes, another confirms what was proposed, by its digest. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.approval.requests.decider import Fault, Refused
from shared.events.approvals import Approver, PolicyOutcome
from shared.policy.people import may_decide, sufficient


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, of a verified token, and when."""

    person: str
    roles: tuple[str, ...]
    at: datetime


class Proposal(Protocol):
    """What waits for a second person."""

    @property
    def digest(self) -> str:
        """The digest of all that the second person is shown."""

    @property
    def proposed_by(self) -> Approver:
        """The first person."""

    @property
    def expires_at(self) -> datetime:
        """The end of the wait."""


def permitted(outcome: PolicyOutcome, by: Actor, *given: Approver) -> Approver | Refused:
    """Return the person with the role that counts, or why they may not decide; `given` have decided before."""
    permission = may_decide(outcome, "", by.person, by.roles, given)
    if not permission.allowed:
        return Refused(Fault.FORBIDDEN, permission.code, permission.reason)
    return Approver(person=by.person, role=permission.role, at=by.at)


def outdated(proposal: Proposal, named: str, now: datetime) -> Refused | None:
    """Return why a proposal cannot be confirmed under the digest that was named."""
    if now >= proposal.expires_at:
        return Refused(Fault.CONFLICT, "EXPIRED", "Nobody confirmed this in time. Propose it again.")
    if named != proposal.digest:
        reason = f"The proposal that waits has the digest {proposal.digest}, not the one you named. "
        return Refused(Fault.CONFLICT, "DIGEST_MISMATCH", f"{reason}Read it again before you confirm.")
    return None


def second_person(outcome: PolicyOutcome, proposal: Proposal, by: Actor, named: str) -> Approver | Refused:
    """Return the person who makes a proposal count: another one, whose role is what is still missing."""
    fault = outdated(proposal, named, by.at)
    if fault is not None:
        return fault
    second = permitted(outcome, by, proposal.proposed_by)
    if isinstance(second, Approver) and not sufficient(outcome, (proposal.proposed_by, second)):
        return Refused(Fault.FORBIDDEN, "ROLE_INSUFFICIENT", f"The two of you are not enough. {outcome.rules[0]}")
    return second
