"""A decision table in words, for pages and the command line. Pure."""

from collections.abc import Iterator

from shared.policy.floors import TWO_PERSONS, two_persons_role
from shared.policy.rules import people, told
from shared.policy.subject import money
from shared.policy.table import Basis, Cap, Policy, Rule

_KINDS = {"CONFIGURATION": "a change of the configuration", "POLICY": "a change of the policy",
          "OVERRIDE": "a deal settled by hand", "HEDGE": "an order", "REVERSAL": "a reversal"}  # fmt: skip


def in_words(policy: Policy) -> list[str]:
    """Return a table as sentences, in the order in which it is judged."""
    signed = [] if policy.signed_from is None else [_signed(policy.signed_from)]
    rows = (*map(_rule, policy.rules), *_alone(policy), *map(_cap, policy.caps), *_sums(policy))
    return [*_tiers(policy), *_two_persons(policy), *signed, *rows]


def _signed(tier: str) -> str:
    return f"Each who approves from the tier {tier} on, or a deal settled by hand, signs with a passkey."


def _tiers(policy: Policy) -> Iterator[str]:
    currency = "USD" if policy.basis is Basis.USD_EQUIVALENT else ""
    for threshold in policy.thresholds:
        yield f"From {money(threshold.amount, currency).strip()}: {threshold.role}."
    if not currency:
        yield "These amounts are in the currency of the order."
    yield f"A single deal above {money(policy.deal_usd_above, 'USD')}: at least {policy.deal_role}."
    if policy.four_eyes_from == 0:
        yield "The person who asked never approves."
    else:
        yield f"From {money(policy.four_eyes_from, currency).strip()} the person who asked does not approve."


def _two_persons(policy: Policy) -> Iterator[str]:
    for kind in dict.fromkeys((*TWO_PERSONS, *policy.two_persons)):
        role = two_persons_role(policy, kind) if kind in TWO_PERSONS else policy.two_persons[kind]
        yield f"For {_KINDS.get(kind.value, kind.value)}: {role} and a second person, neither of them who asked."


def _rule(rule: Rule) -> str:
    currency = next((each.any_of[0] for each in rule.when if each.fact == "CURRENCY" and each.any_of), "")
    why = " and ".join(told(each, currency) for each in rule.when)
    return f'Rule "{rule.name}": where {why}, {people(rule.required)}.'


def _alone(policy: Policy) -> Iterator[str]:
    for limit in policy.alone:
        yield f"{limit.who} decides alone up to {money(limit.up_to_usd, 'USD')}, beyond it with one person more."


def _sums(policy: Policy) -> Iterator[str]:
    if policy.sums_percent is not None:
        yield (
            f"Orders of one person for one entity in one currency are added up over a day: from {policy.sums_percent}% "
            "of an amount above on, their sum counts as that amount."
        )


def _cap(cap: Cap) -> str:
    amount = [] if cap.amount_usd is None else [money(cap.amount_usd, "USD")]
    count = [] if cap.count is None else [f"{cap.count} decisions"]
    who = cap.who or f"each {cap.of.value.lower()}"
    return f"Cap of {who} per {cap.period.value.lower()}: {' and '.join([*amount, *count])}."
