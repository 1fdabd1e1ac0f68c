"""A card, and its JSON document for the person who looks at it. Pure.

What it says about permission comes from the same function that decides on a real decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.approval.requests.asking import shown_at
from services.approval.requests.commands import RecordDecision
from services.approval.requests.decider import Outcome, Refused, decide
from services.approval.requests.life import life_document
from services.approval.requests.revocation_view import document as revocation
from services.approval.requests.standing import NOBODY_AWAY, Standing, stand_ins
from services.approval.requests.state import Approval, Status
from shared.events.approvals import Approver, DecisionRecorded, PolicyFacts
from shared.events.revocations import RevocationRequested
from shared.hedging.planning.same_day import ONCE_A_DAY, Other, beside_others
from shared.people.identity import same_person
from shared.plans.turns import WAITING_FOR_TURN, waiting_sentence
from shared.policy.delegation import counting
from shared.policy.people import Decision
from shared.policy.table import ANY_APPROVER, LADDER, OPERATIONS, further_person
from shared.security.tokens import Person


@dataclass(frozen=True, slots=True)
class Turn:
    """An approved workflow waits: how many before it, and a guess for how long."""

    before: int
    about_seconds: int


@dataclass(frozen=True, slots=True)
class Card:
    """One request as people see it. `plan` is the summary of the plan, `detail` the whole of it.

    `others`: those beside it as it is looked at, while it is open.
    """

    approval: Approval
    used_at: datetime | None
    turn: Turn | None
    plan: dict[str, Any]
    detail: dict[str, Any]
    others: tuple[Other, ...] = ()
    revocation: RevocationRequested | None = None


@dataclass(frozen=True, slots=True)
class CapsLeft:
    """What is left of the caps that an approval would count for, as sentences, and the one that is used up."""

    lines: tuple[str, ...] = ()
    refused: Refused | None = None


#: The policy has no caps, or nobody asked for them.
NO_CAPS: Final = CapsLeft()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when."""

    person: Person
    at: datetime
    standing: Standing = NOBODY_AWAY
    caps: CapsLeft = NO_CAPS


def card_document(card: Card, viewer: Viewer) -> dict[str, Any]:
    """Return what waits, what the policy asks for, who has decided, whether the viewer may and why not."""
    request = card.approval.request
    if request is None:
        return {}
    policy = request.policy
    return {
        "workflow_id": request.workflow_id,
        "response_id": request.response_id,
        "state": str(state_of(card.approval, viewer.at)),
        "reason": card.approval.reason,
        "maker": request.maker.name,
        "maker_verified": request.maker.verified,
        "plan_digest": request.plan_digest,
        "effects_digest": request.effects_digest,
        "amount_usd": format(request.amount_usd, "f"),
        "policy": {
            "tier": policy.tier,
            "required": list(policy.required),
            "rules": list(policy.rules),
            "version": policy.version,
            "four_eyes": policy.four_eyes,
            "signed": policy.signed,
        },
        "earlier": _earlier(request.judged),
        "who_may_approve": _who(card.approval, viewer.at),
        "decisions": [_decision(decision.model_dump(mode="json")) for decision in card.approval.decisions],
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "grant": _grant(card),
        "plan": plan_now(card),
        "turn": turn_document(card),
        **({"detail": card.detail} if card.detail else {}),
        **permission_of(card.approval, viewer),
        **life_document(card.approval, viewer.person, viewer.at),
        **revocation(card.approval, card.revocation, viewer.person, viewer.at, used=card.used_at is not None),
    }


def plan_now(card: Card) -> dict[str, Any]:
    """Return the summary of the plan, with what is true of other orders now."""
    if not card.others:
        return card.plan
    kind, currency = str(card.plan.get("instruction_type")), str(card.plan.get("exposure_currency"))
    return {**card.plan, "warnings": beside_others(card.plan.get("warnings", []), kind, currency, card.others)}


def once_a_day(plan: Mapping[str, Any]) -> str | None:
    """Return type and currency of an order of which a second one of the day is worth a look; None for other plans.

    Args:
        plan: its summary. A reversal has the type of what it reverses and is not an order.
    """
    kind, currency = plan.get("instruction_type"), plan.get("exposure_currency")
    return f"{kind} {currency}" if currency and kind in ONCE_A_DAY and "reversal" not in plan else None


def state_of(approval: Approval, at: datetime) -> Status:
    """Return a request whose time is over has expired, also when nobody has noted it yet."""
    request = approval.request
    over = request is not None and at >= request.expires_at
    return Status.EXPIRED if over and approval.status is Status.AWAITING_APPROVAL else approval.status


def permission_of(approval: Approval, viewer: Viewer) -> dict[str, Any]:
    """Return whether the viewer may decide, reject and withdraw, and why not to decide: from the decider itself."""
    approve, reject = refusal_of(approval, viewer, "APPROVE"), refusal_of(approval, viewer, "REJECT")
    request = approval.request
    mine = request is not None and same_person(viewer.person.name, request.maker.name)
    waiting = state_of(approval, viewer.at) is Status.AWAITING_APPROVAL
    return {
        "may_decide": approve is None,
        "why_not": None if approve is None else approve.reason,
        "why_not_code": None if approve is None else approve.code,
        "may_reject": reject is None,
        "caps": list(viewer.caps.lines),
        "may_withdraw": mine and waiting,
        "away": stand_ins(viewer.standing, request, viewer.person.name, viewer.at) if waiting and request else [],
    }


def refusal_of(approval: Approval, viewer: Viewer, decision: Decision) -> Refused | None:
    """Return why a decision of the viewer would be refused; None for one that would count. Nothing is recorded."""
    outcome = _try(approval, viewer, decision)
    if isinstance(outcome, Refused):
        return outcome
    return viewer.caps.refused if decision == "APPROVE" else None


def tried(approval: Approval, viewer: Viewer) -> tuple[Outcome, ...]:
    """Return what would come of the viewer's approval; empty where the viewer may not."""
    outcome = _try(approval, viewer, "APPROVE")
    return () if isinstance(outcome, Refused) else outcome


def permitted_role(approval: Approval, viewer: Viewer) -> str | None:
    """Return the role under which the viewer would approve; None for one who may not."""
    decided = _approving(approval, viewer)
    return None if decided is None else decided.role


def stands_in_for(approval: Approval, viewer: Viewer) -> str | None:
    """Return in whose place the viewer would approve; None for one who has the role himself, or may not."""
    decided = _approving(approval, viewer)
    return None if decided is None else decided.on_behalf_of or None


def counted(approval: Approval, viewer: Viewer) -> list[Approver | DecisionRecorded]:
    """Return the approvals that fill places, as the decider counts them."""
    request = approval.request
    if request is None:
        return []
    delegated, asked = viewer.standing.delegated, shown_at(approval, request, viewer.at)
    return counting(approval.approvals, request.maker.name, delegated, four_eyes=asked.four_eyes)


def _approving(approval: Approval, viewer: Viewer) -> DecisionRecorded | None:
    return next((each for each in tried(approval, viewer) if isinstance(each, DecisionRecorded)), None)


def _try(approval: Approval, viewer: Viewer, decision: Decision) -> tuple[Outcome, ...] | Refused:
    """Return what would come of it; nothing is recorded."""
    command = RecordDecision(
        person=viewer.person.name,
        roles=viewer.person.roles,
        decision=decision,
        plan_digest=approval.request.plan_digest if approval.request else "",
        comment="",
        at=viewer.at,
        grant_lifetime=timedelta(seconds=1),
        delegated=viewer.standing.delegated,
    )
    return decide(approval, command)


def _earlier(judged: PolicyFacts | None) -> list[dict[str, Any]]:
    """Return the earlier orders that a request was judged with, as its card lists them."""
    if judged is None:
        return []
    return [
        {"entity": each.entity, "usd": format(each.usd, "f"), "count": len(each.orders), "orders": list(each.orders)}
        for each in judged.earlier
    ]


def _who(approval: Approval, at: datetime) -> str:
    request = approval.request
    if request is None or not request.policy.required:
        return "Nobody needs to: the policy itself grants."
    asked = shown_at(approval, request, at)
    places = " and ".join(_place(role, number) for number, role in enumerate(asked.required, start=1))
    return places + (f"; not {request.maker.name}, who asked." if asked.four_eyes else ".")


def _place(role: str, number: int) -> str:
    if role == ANY_APPROVER:
        return further_person(number)
    if role == OPERATIONS or role == LADDER[-1]:
        return f"a person with {role}"
    return f"a person with {role} or higher"


def _decision(data: dict[str, Any]) -> dict[str, Any]:
    shown = {key: data[key] for key in ("person", "role", "decision", "comment", "decided_at", "plan_digest")}
    return {**shown, "on_behalf_of": data.get("on_behalf_of") or None}


def turn_document(card: Card) -> dict[str, Any] | None:
    """Return how long an approved workflow still waits for its turn; None for one that does not."""
    if card.turn is None:
        return None
    before, seconds = card.turn.before, card.turn.about_seconds
    text = waiting_sentence(before, seconds)
    return {"code": WAITING_FOR_TURN, "text": text, "before": before, "about_seconds": seconds}


def _grant(card: Card) -> dict[str, Any] | None:
    grant = card.approval.grant
    if grant is None:
        return None
    return {
        "jti": grant.jti,
        "tier": grant.tier,
        "issued_at": grant.issued_at.isoformat(),
        "expires_at": grant.expires_at.isoformat(),
        "used_at": None if card.used_at is None else card.used_at.isoformat(),
    }
