"""Orders of one person that are small one by one: what their sum of a day asks for. Pure.

Whoever splits an order stays below the amount that needs more people. So the sum of a person's orders on one entity, in
one currency and on one day of Singapore, counts as an amount of the table from a share of it on: the policy names the
share (`sums_percent`), and none of it only ever asks for less.
"""

from collections.abc import Iterator
from decimal import Decimal

from shared.events.approvals import PolicyOutcome
from shared.policy.rules import rank
from shared.policy.subject import EarlierOrders, PolicySubject, money
from shared.policy.table import LADDER, Basis, Policy, SubjectKind


def outcome_of_sums(policy: Policy, subject: PolicySubject, reached: PolicyOutcome) -> PolicyOutcome | None:
    """Return what the sums ask for beyond what the order alone has reached; None where that is nothing."""
    if policy.sums_percent is None or subject.kind is not SubjectKind.HEDGE:
        return None
    found = [each for one in subject.earlier for each in _steps(policy, subject, one)]
    more = [(role, four_eyes, why) for role, four_eyes, why in found if _asks_more(reached, role, four_eyes)]
    if not more:
        return None
    tier = max((role for role, _, _ in more), key=LADDER.index)
    return PolicyOutcome(
        tier=tier,
        required=(tier,),
        rules=tuple(dict.fromkeys(why for _, _, why in more)),
        version=policy.version,
        four_eyes=any(four_eyes for _, four_eyes, _ in more),
    )


def _steps(policy: Policy, subject: PolicySubject, one: EarlierOrders) -> Iterator[tuple[str, bool, str]]:
    """Yield each amount of the table that the sum reaches and the order alone does not: role, four eyes, sentence."""
    usd = policy.basis is Basis.USD_EQUIVALENT
    amount, before = (subject.amount_usd, one.usd) if usd else (subject.amount_own, one.own)
    currency, total = "USD" if usd else subject.currency, amount + before
    said = (
        f"With {one.count} earlier order{'s' if one.count > 1 else ''} of this person for {one.entity} in "
        f"{subject.currency} on this day the sum is {money(total, currency)}, "
    )
    for threshold in policy.thresholds:
        if amount < threshold.amount and _near(policy, total, threshold.amount):
            yield threshold.role, False, f"{said}{_of(total, threshold.amount, currency)}: {threshold.role}."
    if amount < policy.four_eyes_from and _near(policy, total, policy.four_eyes_from):
        reached = _of(total, policy.four_eyes_from, currency)
        yield LADDER[0], True, f"{said}{reached}: the person who asked may not approve."


def _near(policy: Policy, total: Decimal, amount: Decimal) -> bool:
    return total * 100 >= amount * (policy.sums_percent or 100)


def _of(total: Decimal, amount: Decimal, currency: str) -> str:
    return f"{'from' if total >= amount else 'just below'} {money(amount, currency)}"


def _asks_more(reached: PolicyOutcome, role: str, four_eyes: bool) -> bool:
    return rank(role) > rank(reached.tier) or (four_eyes and not reached.four_eyes)
