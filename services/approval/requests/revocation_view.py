"""What a card says about taking a grant back. Pure; permission comes from the function that decides."""

from datetime import datetime
from typing import Any

from services.approval.requests.decider import Refused
from services.approval.requests.revocation import TOO_LATE, AskRevocation, decide
from services.approval.requests.state import Approval, Status
from shared.events.revocations import RevocationRequested
from shared.security.tokens import Person


def document(
    approval: Approval, asked: RevocationRequested | None, person: Person, at: datetime, *, used: bool
) -> dict[str, Any]:
    """Return what was asked for and what became of it, and whether the viewer may ask for it and why not."""
    outcome = decide(approval, asked, AskRevocation(person.name, person.roles, "", at), used=used)
    why_not = outcome.reason if isinstance(outcome, Refused) else None
    if asked is not None:
        why_not = "This was asked for already."
    return {
        "revocation": None if asked is None else _asked(approval, asked, used=used),
        "may_revoke": why_not is None,
        "why_not_revoke": why_not,
    }


def _asked(approval: Approval, asked: RevocationRequested, *, used: bool) -> dict[str, Any]:
    state, text = _state(approval, used=used)
    by = asked.by
    return {
        "state": state,
        "text": text,
        "person": by.person,
        "role": by.role,
        "reason": by.reason,
        "asked_at": by.at.isoformat(),
    }


def _state(approval: Approval, *, used: bool) -> tuple[str, str]:
    """Return what has become of it, as the executor says: the use of the grant, or that it never can be used."""
    if used:
        return "TOO_LATE", TOO_LATE
    if approval.status is Status.REVOKED:
        return "REVOKED", "The approval was taken back before it was executed. Nothing was executed."
    if approval.status is not Status.APPROVED:
        return "ENDED", "The workflow had ended before without being executed."
    return "ASKED", "It was asked that the approval is taken back; the executor decides whether it is in time."
