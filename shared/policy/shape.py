"""What a decision table must be before its amounts and people are looked at: bounds, names, conditions. Pure."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from shared.people.identity import fault_of_person
from shared.policy.table import (
    AMOUNT_FACTS,
    ANY_APPROVER,
    APPROVING_ROLES,
    LADDER,
    Cap,
    CapOf,
    Condition,
    Fact,
    Policy,
    Rule,
)
from shared.policy.table import SubjectKind as Kind

#: Rows of each list: far more than a desk has people and entities, and still read in one look at a page.
ROWS_MAX: Final = 200
#: Places of a rule: four people at one decision are more than any desk asks for.
PLACES_MAX: Final = 4
#: Conditions of a rule: one for each fact.
CONDITIONS_MAX: Final = len(Fact)
#: Characters of a rule's name, which stands on cards.
NAME_CHARACTERS_MAX: Final = 80
#: Characters of a version, as in a grant.
VERSION_CHARACTERS_MAX: Final = 40
#: USD, or units of a currency. Larger amounts are a slip of the keyboard.
AMOUNT_MAX: Final = Decimal(1_000_000_000_000_000)
#: Below it every second order would count as a large one.
SUMS_PERCENT_MIN: Final = 50
#: Decisions of a cap.
COUNT_MAX: Final = 1_000_000

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_ENTITY: Final = re.compile(r"[A-Z0-9_-]{1,40}")
_INSTRUCTIONS: Final = frozenset("UIRTAQ")
_DECIDED: Final = frozenset(kind.value for kind in Kind if kind is not Kind.CHECK)


def faults_of_shape(policy: Policy) -> list[str]:
    """Return what is wrong with a table, each with its place; empty for one that can be evaluated."""
    rows = _sums(policy), _amounts(policy), _rules(policy), _alone(policy), _caps(policy), _signed(policy)
    return [*_sizes(policy), *(fault for faults in rows for fault in faults)]


def _signed(policy: Policy) -> Iterator[str]:
    if policy.signed_from not in {None, *LADDER}:
        yield f"signed_from: {policy.signed_from!r} is none of {', '.join(LADDER)}."


def _sums(policy: Policy) -> Iterator[str]:
    if policy.sums_percent is not None and not SUMS_PERCENT_MIN <= policy.sums_percent <= 100:
        yield f"sums_percent: a whole number from {SUMS_PERCENT_MIN} to 100, or none."


def _sizes(policy: Policy) -> Iterator[str]:
    if not 1 <= len(policy.version) <= VERSION_CHARACTERS_MAX:
        yield f"version: a name of 1 to {VERSION_CHARACTERS_MAX} characters."
    for name in ("thresholds", "rules", "alone", "caps"):
        if len(getattr(policy, name)) > ROWS_MAX:
            yield f"{name}: at most {ROWS_MAX} rows."


def _amounts(policy: Policy) -> Iterator[str]:
    named = {"deal_usd_above": policy.deal_usd_above, "four_eyes_from": policy.four_eyes_from}
    named |= {f"thresholds.{at}.amount": each.amount for at, each in enumerate(policy.thresholds)}
    named |= {f"alone.{at}.up_to_usd": each.up_to_usd for at, each in enumerate(policy.alone)}
    for name, amount in named.items():
        if not _usable(amount):
            yield f"{name}: an amount from zero to {AMOUNT_MAX:,f}."


def _rules(policy: Policy) -> Iterator[str]:
    names = [rule.name for rule in policy.rules]
    for at, rule in enumerate(policy.rules):
        if not rule.name.strip() or len(rule.name) > NAME_CHARACTERS_MAX or not rule.name.isprintable():
            yield f"rules.{at}.name: a name of 1 to {NAME_CHARACTERS_MAX} characters, which cards show."
        if names.count(rule.name) > 1:
            yield f"rules.{at}.name: {rule.name!r} is the name of another rule."
        if not 1 <= len(rule.required) <= PLACES_MAX:
            yield f"rules.{at}.required: one to {PLACES_MAX} people."
        for role in rule.required:
            if role not in {ANY_APPROVER, *APPROVING_ROLES}:
                yield f"rules.{at}.required: {role!r} is none of {', '.join(sorted({ANY_APPROVER, *APPROVING_ROLES}))}."
        yield from _conditions(f"rules.{at}.when", rule)


def _conditions(place: str, rule: Rule) -> Iterator[str]:
    facts = [condition.fact for condition in rule.when]
    if not 1 <= len(facts) <= CONDITIONS_MAX or len(set(facts)) != len(facts):
        yield f"{place}: one to {CONDITIONS_MAX} conditions, each of another fact."
    currencies = [len(each.any_of) for each in rule.when if each.fact is Fact.CURRENCY]
    if Fact.AMOUNT_OWN in facts and currencies != [1]:
        yield f"{place}: AMOUNT_OWN needs a condition CURRENCY with one currency, whose units it counts."
    for at, condition in enumerate(rule.when):
        if (fault := _fault(condition)) is not None:
            yield f"{place}.{at}: {fault}"


def _fault(condition: Condition) -> str | None:
    if condition.fact in AMOUNT_FACTS:
        usable = condition.at_least is not None and _usable(condition.at_least) and not condition.any_of
        return None if usable else f"{condition.fact} is compared with an amount: give at_least, and no any_of."
    if condition.at_least is not None or not 1 <= len(condition.any_of) <= ROWS_MAX:
        return f"{condition.fact} is looked up in a list: give any_of with 1 to {ROWS_MAX} names, and no at_least."
    strange = next((name for name in condition.any_of if not _known(condition.fact, name)), None)
    return None if strange is None else f"{strange!r} is no {condition.fact}."


def _known(fact: Fact, name: str) -> bool:
    match fact:
        case Fact.KIND:
            return name in _DECIDED
        case Fact.INSTRUCTION:
            return name in _INSTRUCTIONS
        case Fact.CURRENCY:
            return _CURRENCY.fullmatch(name) is not None
        case _:
            return _ENTITY.fullmatch(name) is not None


def _alone(policy: Policy) -> Iterator[str]:
    for at, limit in enumerate(policy.alone):
        if limit.who not in APPROVING_ROLES and (fault := fault_of_person(limit.who)) is not None:
            yield f"alone.{at}.who: {limit.who!r} {fault}."
        if [each.who for each in policy.alone].count(limit.who) > 1:
            yield f"alone.{at}.who: {limit.who!r} has another row."


def _caps(policy: Policy) -> Iterator[str]:
    keys = [(cap.of, cap.who, cap.period) for cap in policy.caps]
    for at, cap in enumerate(policy.caps):
        if keys.count(keys[at]) > 1:
            yield f"caps.{at}: {cap.of} {cap.who or 'each'} has another cap per {cap.period}."
        yield from (f"caps.{at}.{fault}" for fault in _faults_of_cap(cap))


def _faults_of_cap(cap: Cap) -> Iterator[str]:
    if cap.amount_usd is None and cap.count is None:
        yield "amount_usd: a cap limits an amount, a count, or both."
    if cap.amount_usd is not None and not _usable(cap.amount_usd):
        yield f"amount_usd: an amount from zero to {AMOUNT_MAX:,f}."
    if cap.count is not None and not 0 <= cap.count <= COUNT_MAX:
        yield f"count: a whole number from zero to {COUNT_MAX:,}."
    if not cap.who:
        return
    if cap.of is CapOf.ENTITY:
        if not _ENTITY.fullmatch(cap.who):
            yield f"who: {cap.who!r} is no entity."
    elif (fault := fault_of_person(cap.who)) is not None:
        yield f"who: {cap.who!r} {fault}."


def _usable(amount: Decimal) -> bool:
    return amount.is_finite() and 0 <= amount <= AMOUNT_MAX
