"""Who decides: may I and why not, the places and who fills them, the rules that fired, until when. Pure."""

from collections.abc import Sequence
from typing import Any

from services.approval.console.view.money import rate_with_decimals
from services.approval.console.view.subject import Document, Shown
from services.approval.console.view.wording import sentence
from services.approval.requests.asking import shown_at
from services.approval.requests.cards import counted, permission_of, permitted_role, stands_in_for
from services.approval.requests.state import Status
from shared.hedging.plan import HedgePlan
from shared.policy.people import CountedApproval, places, stands_in
from shared.policy.table import ANY_APPROVER, LADDER, OPERATIONS, further_person


def who(of: Shown) -> Document:
    """Return permissions of the viewer, open and filled places, rules, policy and deadlines."""
    request, approval = of.request, of.card.approval
    policy = shown_at(approval, request, of.viewer.at)
    filled = places(policy, counted(approval, of.viewer), request.maker.name)
    return {
        **permission_of(approval, of.viewer),
        "as_role": permitted_role(approval, of.viewer),
        "as_person": stands_in_for(approval, of.viewer),
        "viewer": {"person": of.viewer.person.name, "roles": list(of.viewer.person.roles)},
        "maker": {"name": request.maker.name, "verified": request.maker.verified},
        "given": sum(each is not None for _, each in filled),
        "needed": len(filled),
        "places": [_place(number, needed, by) for number, (needed, by) in enumerate(filled, start=1)],
        "rules": [sentence(rule) for rule in policy.rules],
        "earlier": []
        if request.judged is None
        else [{"entity": each.entity, "orders": list(each.orders)} for each in request.judged.earlier],
        "tier": policy.tier,
        "four_eyes": policy.four_eyes,
        "policy": policy.version,
        "decisions": [
            {
                "person": each.person,
                "role": each.role,
                "decision": each.decision,
                "comment": each.comment,
                "decided_at": each.decided_at.isoformat(),
                "on_behalf_of": each.on_behalf_of or None,
                "viewed": list(each.viewed),
            }
            for each in approval.decisions
        ],
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "escalates": _escalates(of),
        "pinned": _pinned(of.plan),
    }


def _escalates(of: Shown) -> Document | None:
    """Return when others are asked too; None for a request that never escalates or does not wait any more."""
    request = of.request
    if request.escalates_at is None or of.card.approval.status is not Status.AWAITING_APPROVAL:
        return None
    escalated = of.card.approval.escalated
    return {
        "at": request.escalates_at.isoformat(),
        "to": request.escalates_to,
        "escalated_at": None if escalated is None else escalated.escalated_at.isoformat(),
    }


def _place(number: int, needed: str, by: CountedApproval | None) -> Document:
    return {
        "role": needed,
        "roles": _roles(needed),
        "label": _label(number, needed),
        "filled_by": None if by is None else {"person": by.person, "role": by.role},
    }


def _roles(needed: str) -> list[str]:
    """Return the roles that fill a place, the lowest first."""
    return [role for role in (*LADDER, OPERATIONS) if stands_in(role, needed)]


def _label(number: int, needed: str) -> str:
    return further_person(number) if needed == ANY_APPROVER else " or ".join(_roles(needed))


def _pinned(plan: Any) -> Document | None:
    """Return the rates that the plan fixed. For how long, and how far they may move, the executor decides later."""
    if not isinstance(plan, HedgePlan):
        return None
    return {
        "pinned_at": plan.pins.pinned_at.isoformat(),
        "valid_until": None,
        "tolerance_bp": None,
        "rates": [
            {
                "pair": each.currency_pair,
                "type": each.rate_type,
                "ledger": each.ledger.value,
                "value": rate_with_decimals(each.value),
            }
            for each in plan.pins.rates
        ],
    }


def missing(of: Shown) -> Sequence[str]:
    """Return the places that are still open."""
    asked = shown_at(of.card.approval, of.request, of.viewer.at)
    filled = places(asked, counted(of.card.approval, of.viewer), of.request.maker.name)
    return [needed for needed, by in filled if by is None]
