"""One request as a row of the queue. Pure.

It is made of the short form of the plan, which a list reads for a thousand requests: without prompt, analysis and
warnings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.approval.console.view.attention import attention
from services.approval.console.view.money import USD, amount_text, count, figure, short
from services.approval.console.view.names import entities_title, instruction_title
from services.approval.console.view.plans import Kind, kind_of
from services.approval.requests.asking import shown_at
from services.approval.requests.cards import Card, Viewer, refusal_of, state_of, turn_document
from services.approval.requests.decider import Refused
from services.approval.requests.state import Status
from shared.money.amounts import ZERO
from shared.policy.people import places
from shared.policy.table import ANY_APPROVER

Document = dict[str, Any]

#: Places for any approver that are still open: one, or more.
_FURTHER: Final = ("any approver", "two approvers", "three approvers")
_BELOW: Final = re.compile(r", below (?P<code>[A-Z]{3}) (?P<number>[0-9,.]+): ")
_FROM: Final = re.compile(r", (?P<code>[A-Z]{3}) (?P<number>[0-9,.]+) or more: ")


@dataclass(frozen=True, slots=True)
class Listed:
    """A request in the queue. `plan` of its card is the short form; `before` says why its predecessor ended."""

    card: Card
    decided_at: datetime | None = None
    before: str | None = None

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return kind_of(self.card.plan)

    @property
    def risk(self) -> str | None:
        """The computed level; None for a kind without."""
        level: str | None = (self.card.plan.get("risk") or {}).get("level")
        return level


def row(listed: Listed, viewer: Viewer) -> Document:
    """Return the row: what, how much, how risky, who is needed, who has decided, until when, and may I."""
    card, request = listed.card, listed.card.approval.request
    if request is None:
        return {}
    refused = refusal_of(card.approval, viewer, "APPROVE")
    plan = card.plan
    return {
        "workflow_id": request.workflow_id,
        "kind": str(listed.kind),
        "title": title(plan, listed.kind),
        "subtitle": subtitle(plan, listed.kind),
        "order_id": plan.get("order_id"),
        "amount": plan.get("amount"),
        "currency": plan.get("exposure_currency"),
        "amount_usd": _usd(listed),
        "entities": [each.get("entity_id") for each in plan.get("entities") or []],
        "risk": listed.risk,
        "needs": _needs(card),
        "decided": _decided(card, viewer.at),
        "maker": {"name": request.maker.name, "verified": request.maker.verified},
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "decided_at": None if listed.decided_at is None else listed.decided_at.isoformat(),
        "state": str(state_of(card.approval, viewer.at)),
        "reason": card.approval.reason,
        "used_at": None if card.used_at is None else card.used_at.isoformat(),
        "turn": turn_document(card),
        "plan_digest": request.plan_digest,
        "attention": attention(card.approval, plan.get("predecessor"), listed.before, viewer.at),
        "mine": refused is None,
        "why_not": _why_not(refused),
        "why_not_code": None if refused is None else refused.code,
    }


def _why_not(refused: Refused | None) -> str | None:
    return None if refused is None else refused.reason


def title(plan: Mapping[str, Any], kind: Kind) -> str:
    """Return the first line of a request: "COI inception, India Branch1"."""
    if kind is Kind.CONFIGURATION:
        changed = plan["configuration"].get("columns") or []
        what = str(changed[0]["column"]) if len(changed) == 1 else count(len(changed), "column")
        return f"Configuration: {what} of {plan['configuration'].get('key', '')}"
    if kind is Kind.OVERRIDE:
        booked = plan["override"].get("resolution") == "BOOKED_MANUALLY"
        return f"Deal settled by hand: {'booked by hand' if booked else 'cancelled'}"
    if kind is Kind.REVERSAL:
        return f"Reversal of {plan.get('order_id', '')}"
    asked = instruction_title(str(plan.get("instruction_type", "")), str(plan.get("nav_type", "")))
    where = entities_title(str(each.get("entity_name", "")) for each in plan.get("entities") or [])
    partly = "partial" if _partly(plan) else ""
    named = f"Check of a {asked}, refused" if kind is Kind.CHECK else asked
    return ", ".join(part for part in (named, where, partly) if part) or "Plan"


def subtitle(plan: Mapping[str, Any], kind: Kind) -> str:
    """Return the second line: order, model and deals; before and after; or the reason given."""
    operations = count((plan.get("operations") or {}).get("total", 0), "operation")
    if kind is Kind.CONFIGURATION:
        return " · ".join(part for part in (_columns(plan["configuration"]), operations) if part)
    if kind is Kind.OVERRIDE:
        deal = plan["override"].get("deal") or {}
        return f"deal {deal.get('deal_sequence', '')} of {deal.get('event_id', '')} · {deal.get('status', '')}"
    if kind is Kind.REVERSAL:
        reversal = plan["reversal"]
        return f"“{reversal.get('reason', '')}” · {count(reversal.get('deals', 0), 'deal')} to cancel"
    if kind is Kind.CHECK:
        return str(plan["refusal"].get("code", ""))
    deals = sum(each.get("deals", 0) for each in plan.get("entities") or [])
    booked = count(deals, "deal") if deals else operations
    if _partly(plan):
        return f"{_fits(plan)} · {booked}"
    parts = (plan.get("order_id"), plan.get("model"), booked)
    return " · ".join(str(part) for part in parts if part)


def _columns(configuration: Mapping[str, Any]) -> str:
    """Return "5 → 7.5" for one column; the table for several."""
    columns = configuration.get("columns") or []
    if len(columns) != 1:
        return str(configuration.get("table", ""))
    before, after = (_shown(columns[0].get(name)) for name in ("before", "after"))
    return f"{before} → {after} · {configuration.get('table', '')}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _allocated(plan: Mapping[str, Any]) -> Decimal:
    return sum((Decimal(each["allocated"]) for each in plan.get("entities") or []), ZERO)


def _partly(plan: Mapping[str, Any]) -> bool:
    """Return whether some of an order does not fit. Other types take off what there is, whatever was asked."""
    inception = plan.get("instruction_type") == "I" and bool(plan.get("entities"))
    return inception and _allocated(plan) < Decimal(plan.get("amount") or 0)


def _fits(plan: Mapping[str, Any]) -> str:
    currency = str(plan.get("exposure_currency"))
    return f"{figure(_allocated(plan), currency)} of {figure(Decimal(plan['amount']), currency)} fits"


def _usd(listed: Listed) -> str | None:
    """Return the USD amount; None for a kind that has none."""
    request = listed.card.approval.request
    if request is None or listed.kind in {Kind.CONFIGURATION, Kind.OVERRIDE}:
        return None
    return amount_text(request.amount_usd, USD)


def _needs(card: Card) -> Document:
    request = card.approval.request
    if request is None:
        return {}
    policy = request.policy
    words = [_size(policy.rules[0])] if policy.rules else []
    if ANY_APPROVER in policy.required:
        words = [*(word for word in words if word), "and a second person"]
    elif policy.four_eyes:
        words.append("four eyes")
    return {"role": policy.tier, "text": ", ".join(word for word in words if word), "rules": list(policy.rules)}


def _size(rule: str) -> str:
    """Return "from USD 50M" or "below USD 10M" of the rule that judged the amount; empty for another rule."""
    if found := _BELOW.search(rule):
        return f"below {short(Decimal(found['number'].replace(',', '')), found['code'])}"
    if found := _FROM.search(rule):
        return f"from {short(Decimal(found['number'].replace(',', '')), found['code'])}"
    return ""


def _decided(card: Card, at: datetime) -> Document:
    """Return how many places are filled, a mark for each, and who or what is missing, in words."""
    request, approval = card.approval.request, card.approval
    if request is None:
        return {}
    filled = places(shown_at(approval, request, at), approval.approvals, request.maker.name)
    given = [by.person for _, by in filled if by is not None]
    missing = [needed for needed, by in filled if by is None]
    return {
        "given": len(given),
        "needed": len(filled),
        "marks": sorted((by is not None for _, by in filled), reverse=True),
        "people": [
            {"person": each.person, "role": each.role, "decision": each.decision} for each in approval.decisions
        ],
        "missing": missing,
        "text": _decided_text(card, given, missing),
    }


def _decided_text(card: Card, given: list[str], missing: list[str]) -> str:
    if card.approval.status is not Status.AWAITING_APPROVAL:
        return ", ".join(dict.fromkeys(each.person for each in card.approval.decisions)) or "by the policy"
    if not given:
        return "nobody yet"
    further = missing.count(ANY_APPROVER)
    named = [*(role for role in missing if role != ANY_APPROVER), *_FURTHER[: min(further, len(_FURTHER))][-1:]]
    return f"needs {', '.join(named)}"


def searched(listed: Listed) -> str:
    """Return all that a search looks at, in one case."""
    request, plan = listed.card.approval.request, listed.card.plan
    if request is None:
        return ""
    amount = plan.get("amount")
    parts = [request.workflow_id, request.response_id, request.maker.name, title(plan, listed.kind)]
    parts += [subtitle(plan, listed.kind), str(plan.get("exposure_currency") or ""), str(amount or "")]
    parts += [f"{each.get('entity_id', '')} {each.get('entity_name', '')}" for each in plan.get("entities") or []]
    if amount:
        parts.append(figure(Decimal(amount), str(plan.get("exposure_currency"))))
    return "\n".join(parts).casefold()
