"""Documents of cards as the approval service gives them, of real plans; people and times are invented."""

import copy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from services.approval.console.view.document import view_of
from services.approval.console.view.subject import Beside
from services.approval.requests.cards import Card, card_document
from services.approval.requests.state import Question, Status
from shared.events.approvals import DecisionRecorded, GrantIssued, QuestionAnswered, QuestionAsked, RequestEscalated
from shared.events.plans import PlanDrawn
from shared.events.responses import Claimed, Notice
from shared.events.revocations import AskedToRevoke, RevocationRequested
from tests.support import configuration, plans_of_each_kind
from tests.support.cards import card, viewer
from tests.support.executions import NOW, drawn

Document = dict[str, Any]

WORKFLOW = "wf-1"
SUCCESSOR = "wf-2"
ANALYSIS = (
    "Hong Kong holds HKD 535M of COI exposure over four entities. After CAR protection and buffers, 417.5M can still "
    "be hedged. An inception of 400M fits when it is spread over the branch, the subsidiary and the associate in "
    "waterfall order. The desk has already agreed to the order."
)


@cache
def spread() -> PlanDrawn:
    """HKD 400M over three entities."""
    return drawn("HKD", "400000000")


@cache
def one_entity(currency: str = "USD", amount: str = "25000000", nav: str = "COI") -> PlanDrawn:
    return drawn(currency, amount, nav_type=nav)


def of_spread(workflow: str = WORKFLOW, **more: Any) -> Card:
    """The card of the plan over three entities, with a claim that differs and a trade date that moved."""
    warnings = (
        Notice(
            code="CLAIM_DIFFERS",
            message="The answer claims entry_count 8; the plan has 24. The plan counts.",
            path="a3",
        ),
        Notice(
            code="TRADE_DATE_ROLLED",
            message="The cut-off at 16:00 has passed (Asia/Singapore); the trade date is 2026-11-24, the next "
            "business day.",
            path="trade_date",
        ),
    )
    claimed = (Claimed(action_id="a1", risk_score="MEDIUM", approval_required=True, approval_level=None),)
    given = {"warnings": warnings, "claimed": claimed, "analysis": ANALYSIS, "prompt": "Create HKD 400M COI hedge"}
    return card(spread(), workflow, **(given | more))


def document(of: Card, person: str = "sara", *roles: str, beside: Beside | None = None) -> Document:
    """What `GET /approvals/{id}` answers to a person."""
    who = viewer(person, *roles)
    made = card_document(of, who) | {"view": view_of(of, who, beside or Beside())}
    return copy.deepcopy(made)


def waiting(person: str = "sara", *roles: str, **more: Any) -> Document:
    return document(of_spread(**more), person, *roles)


def small(**more: Any) -> Document:
    """One entity, six deals."""
    return document(card(one_entity(), WORKFLOW, **more))


def proxy() -> Document:
    """A currency that cannot be delivered: seven books, ten deals."""
    return document(card(one_entity("KRW", "12000000000"), WORKFLOW))


def mismatched() -> Document:
    return document(card(one_entity("CNY", "150000000"), WORKFLOW))


def decision(
    person: str, role: str, what: str = "APPROVE", *, of: Card | None = None, comment: str = ""
) -> DecisionRecorded:
    request = (of or of_spread()).approval.request
    digest = "" if request is None else request.plan_digest
    return DecisionRecorded(
        workflow_id=WORKFLOW,
        plan_digest=digest,
        decision="APPROVE" if what == "APPROVE" else "REJECT",
        person=person,
        role=role,
        comment=comment,
        decided_at=NOW + timedelta(minutes=1, seconds=7),
    )


def after(of: Card, status: Status, *decisions: DecisionRecorded, reason: str = "") -> Card:
    """The card when something has become of it."""
    approval = replace(of.approval, status=status, decisions=decisions, reason=reason)
    return replace(of, approval=approval, used_at=NOW if status is Status.APPROVED else None)


def approved(person: str = "sara", role: str = "SENIOR_TRADER") -> Document:
    of = of_spread()
    return document(after(of, Status.APPROVED, decision(person, role)), "sara")


def granted(person: str = "sara", *roles: str, asked: bool = False) -> Document:
    """Granted by sara and not begun; she asked to take it back, or nobody did."""
    made = after(of_spread(), Status.APPROVED, decision("sara", "SENIOR_TRADER"))
    request = made.approval.request
    digest = "" if request is None else request.plan_digest
    grant = GrantIssued(
        workflow_id=WORKFLOW, jti="g-1", grant="signed", tier="SENIOR_TRADER", plan_digest=digest, approvers=(),
        issued_at=NOW, expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    by = AskedToRevoke(person="sara", role="SENIOR_TRADER", reason="Wrong rate", at=NOW)
    word = RevocationRequested(workflow_id=WORKFLOW, jti="g-1", plan_digest=digest, by=by) if asked else None
    approval = replace(made.approval, grant=grant)
    return document(replace(made, approval=approval, used_at=None, revocation=word), person, *roles)


def asked(person: str = "sara", *roles: str, answer: str = "", escalated: bool = False) -> Document:
    """sara has asked mira, who has answered, or not yet; it has escalated, or never does."""
    of = of_spread()
    request = of.approval.request
    assert request is not None
    question = QuestionAsked(
        workflow_id=WORKFLOW, plan_digest=request.plan_digest, number=1, person="sara", role="SENIOR_TRADER",
        question="Why today?", asked_at=NOW,
    )  # fmt: skip
    said = QuestionAnswered(workflow_id=WORKFLOW, number=1, person="mira", answer=answer, answered_at=NOW)
    approval = replace(of.approval, questions=(Question(question, said if answer else None),))
    if escalated:
        request = request.model_copy(update={"escalates_at": NOW, "escalates_to": "RISK_MANAGER"})
        event = RequestEscalated(workflow_id=WORKFLOW, role="RISK_MANAGER", escalated_at=NOW)
        approval = replace(approval, request=request, escalated=event)
    return document(replace(of, approval=approval), person, *roles)


def successor() -> Document:
    """The plan that took the place of the first one: the rates moved."""
    before = after(of_spread(), Status.CLOSED, decision("rita", "RISK_MANAGER"), reason="STALE_CONTEXT: rates moved")
    fresh = drawn("HKD", "395000000")
    of = card(fresh, SUCCESSOR, predecessor=WORKFLOW, analysis=ANALYSIS, prompt="Create HKD 400M COI hedge")
    return document(of, beside=Beside(before))


def of_configuration() -> Document:
    return document(card(configuration.planned(), WORKFLOW), "rita", "RISK_MANAGER")


def of_override() -> Document:
    return document(card(plans_of_each_kind.override(), WORKFLOW), "olga", "OPERATIONS")


def of_reversal() -> Document:
    return document(card(plans_of_each_kind.reversal(), WORKFLOW))


def of_reading_by_two() -> Document:
    """Two persons are asked for, and rita has approved; she looks."""
    of = card(configuration.planned(), WORKFLOW)
    given = decision("rita", "RISK_MANAGER", of=of)
    return document(after(of, Status.AWAITING_APPROVAL, given), "rita", "RISK_MANAGER")


def expired() -> Document:
    return document(after(of_spread(), Status.EXPIRED))


def ended(how: str, *decisions: DecisionRecorded, reason: str = "") -> Document:
    return document(after(of_spread(), Status(how), *decisions, reason=reason))


def small_approved() -> Document:
    of = card(one_entity(), WORKFLOW)
    return document(after(of, Status.APPROVED, decision("sara", "SENIOR_TRADER", of=of)))


def ending(*, minutes: int = 0, seconds: int = 0) -> Document:
    """A card whose time is nearly over."""
    left = timedelta(minutes=minutes, seconds=seconds)
    return document(of_spread(asked=NOW + left - timedelta(days=1)))
