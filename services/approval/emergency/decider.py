"""Breaking the glass of a request, and reviewing it afterwards: what follows, or why nothing does. Pure."""

from typing import Final

from services.approval.emergency.commands import AnyCommand, BreakGlass, RecordReview
from services.approval.requests.decider import Outcome
from services.approval.requests.decider import decide as decide_on_request
from services.approval.requests.refusing import UNKNOWN, Fault, Refused, named
from services.approval.requests.state import Approval
from shared.events.approvals import ApprovalRequested, Emergency
from shared.events.emergency import GlassBroken, ReviewRecorded
from shared.people.identity import same_person
from shared.policy.emergency import GLASS_LIFETIME, may_be_broken, roles_missing
from shared.policy.scopes import held_anywhere, held_for
from shared.policy.table import LADDER, OPERATIONS

#: Different persons who look at it before a review is closed.
REVIEWERS: Final = 2
#: May review and decides nothing: whoever examines the desk afterwards.
AUDITOR: Final = "AUDITOR"
#: Roles that review, in the order in which one of a person's is recorded.
REVIEWING: Final = (AUDITOR, *LADDER, OPERATIONS)


def decide(state: Approval, command: AnyCommand) -> tuple[Outcome, ...] | Refused:
    """Return what any command about one approval leads to; what is no emergency is decided as ever."""
    match command:
        case BreakGlass():
            return _break(state, command)
        case RecordReview():
            return _review(state, command)
        case _:
            return decide_on_request(state, command)


def is_under_review(state: Approval) -> bool:
    """Return whether it was granted in an emergency and too few have looked at it since."""
    granted = state.grant is not None and state.grant.emergency is not None
    return granted and len(state.reviews) < REVIEWERS


def why_not_break(state: Approval, command: BreakGlass) -> Refused | None:
    """Return why a person may declare no emergency now; None for one who may."""
    outcome = _break(state, command)
    return outcome if isinstance(outcome, Refused) else None


def why_not_review(state: Approval, command: RecordReview) -> Refused | None:
    """Return why a person may not review now; None for one who may."""
    outcome = _review(state, command)
    return outcome if isinstance(outcome, Refused) else None


def _break(state: Approval, command: BreakGlass) -> tuple[Outcome, ...] | Refused:
    request = named(state, command.plan_digest, command.at, before="you declare an emergency")
    if isinstance(request, Refused):
        return request
    missing = roles_missing(request.policy, state.approvals, request.maker.name)
    refused = _not_in_emergency(state, request, missing) or _not_by(command, request)
    if refused is not None:
        return refused
    opened = command.at.replace(microsecond=0)  # in whole seconds, as the times of a grant
    role = _role_of(command.roles, request) or ""
    until = min(opened + GLASS_LIFETIME, request.expires_at.replace(microsecond=0))
    emergency = Emergency(
        person=command.person, role=role, reason=command.reason.strip(), opened_at=opened, until=until
    )
    return (
        GlassBroken(
            workflow_id=request.workflow_id, plan_digest=request.plan_digest, emergency=emergency, missing=missing
        ),
    )


def _not_in_emergency(state: Approval, request: ApprovalRequested, missing: tuple[str, ...]) -> Refused | None:
    """Return why nobody may declare an emergency about this request."""
    if request.judged is None or not may_be_broken(request.judged.kind):
        return Refused(
            Fault.CONFLICT,
            "NOT_IN_EMERGENCY",
            "The glass is broken for orders and reversals only. What changes the configuration or settles a deal by "
            "hand waits for the role that it names.",
        )
    if state.glass is not None:
        over = state.glass.emergency.until
        return Refused(
            Fault.CONFLICT,
            "GLASS_ALREADY_BROKEN",
            f"{state.glass.emergency.person} declared an emergency about this, until {over:%Y-%m-%d %H:%M:%S} UTC. "
            "A glass is broken once: when that time is over, ask for a new plan or wait for the role.",
        )
    if not missing:
        return Refused(
            Fault.CONFLICT,
            "NO_ROLE_MISSING",
            "No role is missing here: a person with any approving role may approve this, without an emergency.",
        )
    return None


def _not_by(command: BreakGlass, request: ApprovalRequested) -> Refused | None:
    """Return why this person may declare no emergency about a request."""
    if _role_of(command.roles, request) is None:
        anywhere = [role for base in (*LADDER, OPERATIONS) if (role := held_anywhere(command.roles, base))]
        if not anywhere:
            return Refused(
                Fault.FORBIDDEN,
                "NO_APPROVING_ROLE",
                "You may read this, but only a person with an approving role declares an emergency.",
            )
        of = ", ".join(request.policy.entities) or "no entity"
        return Refused(Fault.FORBIDDEN, "ROLE_OF_ANOTHER_ENTITY", f"You hold {', '.join(anywhere)}; this is of {of}.")
    if same_person(command.person, request.maker.name):
        return Refused(
            Fault.FORBIDDEN,
            "MAKER_IS_CHECKER",
            "You asked for this, so another person must declare an emergency about it.",
        )
    return None


def _role_of(roles: tuple[str, ...], request: ApprovalRequested) -> str | None:
    entities = request.policy.entities
    return next((role for base in (*LADDER, OPERATIONS) if (role := held_for(roles, base, entities))), None)


def _review(state: Approval, command: RecordReview) -> tuple[Outcome, ...] | Refused:
    request, grant = state.request, state.grant
    if request is None:
        return UNKNOWN
    entities = request.policy.entities
    role = next((held for base in REVIEWING if (held := held_for(command.roles, base, entities))), None)
    if role is None:
        return Refused(
            Fault.FORBIDDEN,
            "NO_REVIEWING_ROLE",
            f"This is reviewed by {', '.join(REVIEWING)}; you hold none of them for it.",
        )
    if grant is None or grant.emergency is None:
        return Refused(
            Fault.CONFLICT,
            "NOT_IN_REVIEW",
            "Nothing is to be reviewed here: this was not approved in an emergency.",
        )
    took_part = (request.maker.name, grant.emergency.person, *(each.person for each in grant.approvers))
    if any(same_person(command.person, each) for each in took_part):
        return Refused(
            Fault.FORBIDDEN,
            "TOOK_PART",
            "You asked for this, declared the emergency or approved it, so two others must review it.",
        )
    if any(same_person(command.person, each.person) for each in state.reviews):
        return Refused(Fault.FORBIDDEN, "SAME_PERSON", "You have already reviewed this; one person counts once.")
    if not is_under_review(state):
        return Refused(Fault.CONFLICT, "REVIEW_CLOSED", "Two persons have reviewed this; the review is closed.")
    return (
        ReviewRecorded(
            workflow_id=request.workflow_id,
            person=command.person,
            role=role,
            finding=command.finding,
            comment=command.comment,
            recorded_at=command.at,
        ),
    )
