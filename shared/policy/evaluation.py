"""What the policy asks for: a pure function of the table and the facts of a plan."""

from decimal import Decimal
from typing import Final

from shared.events.approvals import PolicyOutcome
from shared.policy.floors import FOUR_EYES_USD_MAX, TWO_PERSONS, two_persons_role
from shared.policy.rules import UNVERIFIED_MAKER, applies, sentence, stricter
from shared.policy.subject import PolicySubject, money
from shared.policy.sums import outcome_of_sums
from shared.policy.table import ANY_APPROVER, AUTO, LADDER, OPERATIONS, Basis, Policy, SubjectKind

#: Why a decision is asked for with a passkey.
SIGNED: Final = "Each person who approves this signs it with a passkey."

__all__ = ["UNVERIFIED_MAKER", "PolicySubject", "covers", "evaluate", "money"]


def evaluate(policy: Policy, subject: PolicySubject) -> PolicyOutcome:
    """Return tier, people and reasons for a plan.

    `required` names a role for each person needed, `ANY_APPROVER` for a further one. `four_eyes` says that the asker
    may not approve; where the asker is not known for sure, it asks for one person more. Every rule that fired is a
    sentence of `rules`.

    Raises:
        ValueError: an amount is negative or no number.
    """
    for amount in (subject.amount_usd, subject.amount_own, subject.largest_deal_usd):
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"The policy judges amounts of zero or more, not {amount}.")
    if subject.kind is SubjectKind.CHECK:
        return _automatic(policy)
    outcome = _by_rules(policy, subject, _with_sums(policy, subject, _of_kind(policy, subject)))
    outcome = _signed(policy, outcome)
    return outcome if subject.maker_verified or not outcome.four_eyes else _one_more(outcome)


def covers(granted: str, needed: str) -> bool:
    """Return whether a grant of one tier is enough where the policy asks for another.

    Higher roles stand in for lower ones. AUTO and OPERATIONS are enough for themselves alone.
    """
    if granted in LADDER and needed in LADDER:
        return LADDER.index(granted) >= LADDER.index(needed)
    return granted == needed


def _signed(policy: Policy, outcome: PolicyOutcome) -> PolicyOutcome:
    """Return the outcome with whether passkeys sign it. OPERATIONS is on no ladder: what is settled by hand is signed
    wherever anything is."""
    if policy.signed_from is None or not (outcome.tier == OPERATIONS or covers(outcome.tier, policy.signed_from)):
        return outcome
    # The sentence about the asker stays the last.
    rules = (*outcome.rules[:-1], SIGNED, *outcome.rules[-1:])
    return outcome.model_copy(update={"signed": True, "rules": rules})


def _automatic(policy: Policy) -> PolicyOutcome:
    return PolicyOutcome(
        tier=AUTO,
        required=(),
        rules=("This is a check: nothing is booked, so nobody needs to approve it.",),
        version=policy.version,
        four_eyes=False,
    )


def _of_kind(policy: Policy, subject: PolicySubject) -> PolicyOutcome:
    """Return what the table asks for without its rules."""
    if subject.kind in TWO_PERSONS:
        return _two_persons(policy, subject.kind, two_persons_role(policy, subject.kind))
    outcome = _by_amount(policy, subject)
    role = policy.two_persons.get(subject.kind)
    # The sentence about the asker comes last.
    return outcome if role is None else stricter(_two_persons(policy, subject.kind, role), outcome)


def _with_sums(policy: Policy, subject: PolicySubject, outcome: PolicyOutcome) -> PolicyOutcome:
    """Return the outcome with what the person's orders of the day ask for together; the asker's sentence stays last."""
    more = outcome_of_sums(policy, subject, outcome)
    if more is None:
        return outcome
    last = outcome.rules[-1]
    if more.four_eyes and not outcome.four_eyes:
        limit = money(policy.four_eyes_from, _judged(policy, subject)[1])
        last = f"As from {limit}, the person who asked may not approve."
    return stricter(outcome, more).model_copy(update={"rules": (*outcome.rules[:-1], *more.rules, last)})


def _by_rules(policy: Policy, subject: PolicySubject, outcome: PolicyOutcome) -> PolicyOutcome:
    """Return the outcome with what the rules that apply ask for beyond it, and the facts that decide who counts."""
    jointly = tuple(each.who for each in policy.alone if subject.amount_usd > each.up_to_usd)
    outcome = outcome.model_copy(update={"entities": subject.entities, "jointly": jointly})
    for rule in policy.rules:
        if applies(rule, subject):
            more = PolicyOutcome(
                tier=max((role for role in rule.required if role in LADDER), key=LADDER.index, default=LADDER[0]),
                required=rule.required,
                rules=(sentence(rule, subject),),
                version=policy.version,
                four_eyes=False,
            )
            both = stricter(outcome, more)
            # The sentence about the asker stays the last.
            outcome = both.model_copy(update={"rules": (*outcome.rules[:-1], *more.rules, outcome.rules[-1])})
    return outcome


_WHAT: Final = {
    SubjectKind.CONFIGURATION: "A change of configuration",
    SubjectKind.POLICY: "A change of the policy",
    SubjectKind.OVERRIDE: "A manual override of a deal",
    SubjectKind.HEDGE: "An order",
    SubjectKind.REVERSAL: "A reversal",
}


def _two_persons(policy: Policy, kind: SubjectKind, role: str) -> PolicyOutcome:
    return PolicyOutcome(
        tier=role,
        required=(role, ANY_APPROVER),
        rules=(f"{_WHAT[kind]} needs {role} and a second person; the person who asked is neither of them.",),
        version=policy.version,
        four_eyes=True,
    )


def _one_more(outcome: PolicyOutcome) -> PolicyOutcome:
    """Return the outcome where the asker may be any of those who approve."""
    required, rules = (*outcome.required, ANY_APPROVER), (*outcome.rules, UNVERIFIED_MAKER)
    return outcome.model_copy(update={"required": required, "rules": rules})


def _by_amount(policy: Policy, subject: PolicySubject) -> PolicyOutcome:
    amount, currency = _judged(policy, subject)
    reached = [threshold for threshold in policy.thresholds if amount >= threshold.amount][-1]
    rules = [_amount_rule(policy, subject, reached.role)]
    tier = reached.role
    if subject.largest_deal_usd > policy.deal_usd_above:
        rules.append(
            f"One deal alone is {money(subject.largest_deal_usd, 'USD')}, above "
            f"{money(policy.deal_usd_above, 'USD')}: at least {policy.deal_role}."
        )
        tier = max(tier, policy.deal_role, key=LADDER.index)
    if amount < policy.four_eyes_from and subject.amount_usd >= FOUR_EYES_USD_MAX:
        four_eyes = True  # the floor, for a table whose amounts are in other currencies
        rules.append(f"From {money(FOUR_EYES_USD_MAX, 'USD')} the person who asked may not approve.")
    else:
        four_eyes = amount >= policy.four_eyes_from
        rules.append(_four_eyes_rule(policy, currency, four_eyes))
    return PolicyOutcome(tier=tier, required=(tier,), rules=tuple(rules), version=policy.version, four_eyes=four_eyes)


def _judged(policy: Policy, subject: PolicySubject) -> tuple[Decimal, str]:
    if policy.basis is Basis.USD_EQUIVALENT:
        return subject.amount_usd, "USD"
    return subject.amount_own, subject.currency


def _amount_rule(policy: Policy, subject: PolicySubject, role: str) -> str:
    amount, currency = _judged(policy, subject)
    what = "The reversal" if subject.kind is SubjectKind.REVERSAL else "The order"
    size = money(amount, currency)
    if policy.basis is Basis.USD_EQUIVALENT and subject.currency != "USD":
        size += f" ({money(subject.amount_own, subject.currency)} at the plan's rate)"
    index = max(i for i, threshold in enumerate(policy.thresholds) if amount >= threshold.amount)
    if len(policy.thresholds) == 1:
        return f"{what} is {size}; every amount needs {role}."
    if index == 0:
        return f"{what} is {size}, below {money(policy.thresholds[1].amount, currency)}: {role}."
    return f"{what} is {size}, {money(policy.thresholds[index].amount, currency)} or more: {role}."


def _four_eyes_rule(policy: Policy, currency: str, four_eyes: bool) -> str:
    if policy.four_eyes_from == 0:
        return "The person who asked may never approve."
    limit = money(policy.four_eyes_from, currency)
    if four_eyes:
        return f"From {limit} the person who asked may not approve."
    return f"Below {limit} the person who asked may approve with a sufficient role."
