"""A proposed policy, run over past requests: who would have decided otherwise. Pure, and of bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from shared.canonical import digest
from shared.events.approvals import ApprovalRequested, PolicyEarlier, PolicyFacts, PolicyOutcome
from shared.events.policy import PolicyBacktest, PolicyDifference
from shared.policy.evaluation import evaluate
from shared.policy.people import CountedApproval, sufficient
from shared.policy.rules import together
from shared.policy.subject import EarlierOrders, PolicySubject
from shared.policy.table import Policy, SubjectKind

#: Differences that are shown one by one; the others are counted, and covered by the digest.
EXAMPLES_MAX: Final = 20

_Change = Literal["MORE", "FEWER", "OTHER"]


@dataclass(frozen=True, slots=True)
class PastRequest:
    """A request that was made; `approvals` are those given; `granted`: they were enough then."""

    request: ApprovalRequested
    approvals: Sequence[CountedApproval]
    granted: bool


def facts_of(subject: PolicySubject) -> PolicyFacts:
    """Return the facts of a subject as a request keeps them."""
    return PolicyFacts(
        kind=subject.kind.value,
        amount_usd=subject.amount_usd,
        amount_own=subject.amount_own,
        currency=subject.currency,
        largest_deal_usd=subject.largest_deal_usd,
        instruction_type=subject.instruction_type,
        maker_verified=subject.maker_verified,
        entities=subject.entities,
        earlier=tuple(
            PolicyEarlier(entity=each.entity, usd=each.usd, own=each.own, orders=each.orders)
            for each in subject.earlier
        ),
    )


def subject_of_facts(facts: PolicyFacts) -> PolicySubject:
    """Return the subject that a request was judged by.

    Raises:
        ValueError: it is of a kind that this release does not know.
    """
    return PolicySubject(
        kind=SubjectKind(facts.kind),
        amount_usd=facts.amount_usd,
        amount_own=facts.amount_own,
        currency=facts.currency,
        largest_deal_usd=facts.largest_deal_usd,
        instruction_type=facts.instruction_type,
        maker_verified=facts.maker_verified,
        entities=facts.entities,
        earlier=tuple(EarlierOrders(each.entity, each.usd, each.own, each.orders) for each in facts.earlier),
    )


class Backtest:
    """Takes past requests one by one, in the order in which they came."""

    def __init__(self, candidate: Policy) -> None:
        self._candidate = candidate
        self._counts = dict.fromkeys(("requests", "unknown", "same", "MORE", "FEWER", "OTHER", "refused"), 0)
        self._examples: list[PolicyDifference] = []
        self._covered = sha256()

    def take(self, past: PastRequest) -> None:
        """Judge one request by the proposed policy."""
        request = past.request
        self._counts["requests"] += 1
        if request.judged is None:
            self._counts["unknown"] += 1
            return
        outcome = evaluate(self._candidate, subject_of_facts(request.judged))
        unsigned = outcome.signed and any(getattr(each, "assertion", None) is None for each in past.approvals)
        refused = past.granted and (unsigned or not sufficient(outcome, past.approvals, request.maker.name))
        change = compared(request.policy, outcome)
        self._counts["refused"] += refused
        if change is None:
            self._counts["same"] += 1
            return
        self._counts[change] += 1
        difference = PolicyDifference(
            workflow_id=request.workflow_id,
            change=change,
            before=request.policy.required,
            after=outcome.required,
            refused=refused,
        )
        self._covered.update(digest(difference.model_dump(mode="json")).encode())
        if len(self._examples) < EXAMPLES_MAX:
            self._examples.append(difference)

    def result(self, until: datetime) -> PolicyBacktest:
        """Return what was found in the requests up to a time."""
        counts = self._counts
        said = {**counts, "differences": self._covered.hexdigest(), "until": until.isoformat()}
        return PolicyBacktest(
            until=until,
            requests=counts["requests"],
            unknown=counts["unknown"],
            same=counts["same"],
            more=counts["MORE"],
            fewer=counts["FEWER"],
            other=counts["OTHER"],
            refused=counts["refused"],
            digest=digest(said),
            examples=tuple(self._examples),
        )


def compared(before: PolicyOutcome, after: PolicyOutcome) -> _Change | None:
    """Return whether an outcome asks for more people than another, for fewer, or for others; None for neither.

    That the asker may no longer approve, that somebody no longer decides alone, or that passkeys sign, is more.
    """
    signs = {
        _sign_of_places(before.required, after.required),
        "more" if after.four_eyes > before.four_eyes else "fewer" if after.four_eyes < before.four_eyes else "",
        "more" if after.signed > before.signed else "fewer" if after.signed < before.signed else "",
        _sign_of_sets(frozenset(before.jointly), frozenset(after.jointly)),
    } - {""}
    if not signs:
        return None
    return "MORE" if signs == {"more"} else "FEWER" if signs == {"fewer"} else "OTHER"


def _sign_of_places(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    if sorted(before) == sorted(after):
        return ""
    both = sorted(together(before, after))
    return "more" if both == sorted(after) else "fewer" if both == sorted(before) else "other"


def _sign_of_sets(before: frozenset[str], after: frozenset[str]) -> str:
    if before == after:
        return ""
    return "more" if before < after else "fewer" if after < before else "other"
