"""What happens to a request while it waits, besides decisions: kept with its row, and shown on its card. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from services.approval.requests.commands import AskMaker
from services.approval.requests.questions import ask
from services.approval.requests.refusing import Refused
from services.approval.requests.state import Approval, Question, Status, evolve
from shared.events.approvals import QuestionAnswered, QuestionAsked, RequestEscalated
from shared.people.identity import same_person
from shared.security.tokens import Person

Happening = RequestEscalated | QuestionAsked | QuestionAnswered

_KINDS: Final[Mapping[str, type[Happening]]] = {
    kind.__name__: kind for kind in (RequestEscalated, QuestionAsked, QuestionAnswered)
}
#: On a card with an open question.
OPEN_QUESTION: Final = "An open question holds up neither the deadline nor the decision of others."


def happened(event: Happening) -> dict[str, Any]:
    """Return an event as the row of its request keeps it."""
    return {"type": type(event).__name__, "data": event.model_dump(mode="json")}


def lived(approval: Approval, kept: Iterable[Mapping[str, Any]]) -> Approval:
    """Return a request with what its row keeps."""
    for each in kept:
        approval = evolve(approval, _KINDS[each["type"]].model_validate(each["data"]))
    return approval


def life_document(approval: Approval, person: Person, at: datetime) -> dict[str, Any]:
    """Return escalation and questions as a card shows them, and whether the viewer may ask or answers."""
    request = approval.request
    asked = ask(approval, AskMaker(person.name, person.roles, "", at))
    why_not = asked.reason if isinstance(asked, Refused) else None
    waits = approval.status is Status.AWAITING_APPROVAL and request is not None and at < request.expires_at
    open_ = waits and any(each.answered is None for each in approval.questions)
    return {
        "escalation": _escalation(approval),
        "questions": [_question(each) for each in approval.questions],
        "question_note": OPEN_QUESTION if open_ else None,
        "may_ask": why_not is None,
        "why_not_ask": why_not,
        "may_amend": waits and request is not None and same_person(person.name, request.maker.name),
        "may_answer": open_ and request is not None and same_person(person.name, request.maker.name),
    }


def _escalation(approval: Approval) -> dict[str, Any] | None:
    request, escalated = approval.request, approval.escalated
    if request is None or request.escalates_at is None:
        return None
    return {
        "at": request.escalates_at.isoformat(),
        "to": request.escalates_to,
        "escalated_at": None if escalated is None else escalated.escalated_at.isoformat(),
    }


def _question(each: Question) -> dict[str, Any]:
    asked, answered = each.asked, each.answered
    return {
        "number": asked.number,
        "person": asked.person,
        "role": asked.role,
        "question": asked.question,
        "asked_at": asked.asked_at.isoformat(),
        "answer": None if answered is None else answered.answer,
        "answered_by": None if answered is None else answered.person,
        "answered_at": None if answered is None else answered.answered_at.isoformat(),
    }
