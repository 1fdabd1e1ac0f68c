"""An emergency as people see it: on the card, in the queue, and in the list of reviews. Pure.

What it says about permission comes from the same function that decides.
"""

from datetime import datetime
from typing import Any

from services.approval.emergency.commands import BreakGlass, RecordReview
from services.approval.emergency.decider import REVIEWERS, is_under_review, why_not_break, why_not_review
from services.approval.requests.asking import asked_at, emergency_at
from services.approval.requests.decider import Refused
from services.approval.requests.state import Approval
from shared.policy.emergency import GLASS_LIFETIME
from shared.security.tokens import Person


def emergency_document(approval: Approval, person: Person, at: datetime) -> dict[str, Any]:
    """Return what a card says of an emergency: the one there was, and whether the viewer may declare one or review."""
    digest = approval.request.plan_digest if approval.request else ""
    breaking = why_not_break(approval, BreakGlass(person.name, person.roles, digest, "imagined", at))
    return {
        "emergency": _said(approval, at),
        "may_break_glass": breaking is None,
        "why_not_break_glass": None if breaking is None else breaking.reason,
        "glass_minutes": int(GLASS_LIFETIME.total_seconds() // 60),
    }


def review_document(approval: Approval, person: Person, at: datetime) -> dict[str, Any]:
    """Return what the list of reviews says of one emergency."""
    reviewing = _why_not_review(approval, person, at)
    request, grant = approval.request, approval.grant
    if request is None:
        return {}
    missing = [] if approval.glass is None else list(approval.glass.missing)
    return {
        "workflow_id": request.workflow_id,
        "maker": request.maker.name,
        "amount_usd": format(request.amount_usd, "f"),
        "missing": missing,
        "emergency": _said(approval, at),
        "approvers": [{"person": each.person, "role": each.role} for each in (grant.approvers if grant else ())],
        "granted_at": None if grant is None else grant.issued_at.isoformat(),
        "may_review": reviewing is None,
        "why_not": None if reviewing is None else reviewing.reason,
    }


def banner(approval: Approval, at: datetime) -> str | None:
    """Return the sentence that marks a request with an emergency; None for a request without one."""
    if approval.glass is None:
        return None
    said = approval.glass.emergency
    told = f"{said.person} ({said.role}) declared an emergency"
    if approval.grant is not None:
        if approval.grant.emergency is None:
            return f"{told}, which was not needed: the policy's own roles approved this."
        return f"{told}, and this was approved without {_missing(approval)}. {_reviewed(approval)}"
    if emergency_at(approval, at) is None:
        return f"{told}, which is over since {_minute(said.until)} UTC: this waits for the policy's own roles again."
    needed = 0 if approval.request is None else len(asked_at(approval, approval.request, at).required)
    return f"{told}: until {_minute(said.until)} UTC {needed} persons with any approving role may approve this."


def mark(approval: Approval, at: datetime) -> dict[str, str] | None:
    """Return what marks a row of the queue; None for a request without an emergency."""
    if approval.glass is None or (approval.grant is not None and approval.grant.emergency is None):
        return None
    if approval.grant is not None:
        return {"code": "EMERGENCY", "text": f"Approved in an emergency. {_reviewed(approval)}"}
    now = emergency_at(approval, at)
    return {"code": "EMERGENCY", "text": "Emergency: the glass is broken" if now else "The emergency is over"}


def _said(approval: Approval, at: datetime) -> dict[str, Any] | None:
    glass = approval.glass
    if glass is None:
        return None
    said = glass.emergency
    return {
        "person": said.person,
        "role": said.role,
        "reason": said.reason,
        "opened_at": said.opened_at.isoformat(),
        "until": said.until.isoformat(),
        "missing": list(glass.missing),
        "open": approval.grant is None and emergency_at(approval, at) is not None,
        "used": approval.grant is not None and approval.grant.emergency is not None,
        "under_review": is_under_review(approval),
        "reviewers": REVIEWERS,
        "reviews": [
            {
                "person": each.person,
                "role": each.role,
                "finding": each.finding,
                "comment": each.comment,
                "at": each.recorded_at.isoformat(),
            }
            for each in approval.reviews
        ],
        "text": banner(approval, at),
    }


def _why_not_review(approval: Approval, person: Person, at: datetime) -> Refused | None:
    return why_not_review(approval, RecordReview(person.name, person.roles, "JUSTIFIED", "", at))


def _missing(approval: Approval) -> str:
    return " and ".join(approval.glass.missing) if approval.glass else ""


def _reviewed(approval: Approval) -> str:
    found = len(approval.reviews)
    if found < REVIEWERS:
        return f"Its review is open: {found} of {REVIEWERS} persons have looked at it."
    doubts = sum(each.finding == "NOT_JUSTIFIED" for each in approval.reviews)
    return f"Its review is closed: {_counted(doubts)} of {REVIEWERS} found it not justified."


def _counted(number: int) -> str:
    return "none" if number == 0 else str(number)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
