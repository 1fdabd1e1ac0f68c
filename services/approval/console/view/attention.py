"""Why a request needs attention before the others. Pure."""

from datetime import datetime, timedelta
from typing import Final

from services.approval.console.view.subject import Document
from services.approval.requests.cards import state_of
from services.approval.requests.state import Approval, Status

#: Time left at which a request that nobody has decided on comes to the top: long enough to find somebody.
SOON: Final = timedelta(minutes=30)

EXPIRES_SOON: Final = "EXPIRES_SOON"
ESCALATED: Final = "ESCALATED"
QUESTION: Final = "QUESTION"
NEW_PLAN: Final = "NEW_PLAN"


def attention(approval: Approval, predecessor: str | None, ended: str | None, at: datetime) -> list[Document]:
    """Return the reasons, the most urgent first; none for a request that does not wait.

    Args:
        predecessor: the workflow in whose place this one was planned.
        ended: why that one ended, where this is known.
        at: now.
    """
    request = approval.request
    if request is None or state_of(approval, at) is not Status.AWAITING_APPROVAL:
        return []
    found = []
    if request.expires_at - at <= SOON and not approval.decisions:
        found.append({"code": EXPIRES_SOON, "text": "Expires soon and nobody has decided"})
    if approval.escalated is not None:
        found.append({"code": ESCALATED, "text": f"Escalated to {approval.escalated.role}"})
    if any(each.answered is None for each in approval.questions):
        found.append({"code": QUESTION, "text": f"A question to {request.maker.name} is open"})
    if predecessor is not None:
        found.append({"code": NEW_PLAN, "text": f"New plan in place of an earlier one{_because(ended)}"})
    return found


def _because(ended: str | None) -> str:
    """Return ": rates moved …"; the code that a reason begins with is left out."""
    if not ended:
        return ""
    head, colon, rest = ended.partition(": ")
    return f": {rest if colon and head.isupper() else ended}"
