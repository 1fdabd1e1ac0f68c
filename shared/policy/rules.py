"""The rules of a decision table: AND within one, OR between them, and each that applies only asks for more. Pure."""

from decimal import Decimal
from typing import Final

from shared.events.approvals import PolicyOutcome
from shared.policy.subject import PolicySubject, money
from shared.policy.table import ANY_APPROVER, APPROVING_ROLES, LADDER, Condition, Fact, Rule, further_person

#: Where the asker may not approve and nobody knows who that is: with one person more, no asker is among enough.
UNVERIFIED_MAKER: Final = "The maker is not verified, so one more person must approve."


def applies(rule: Rule, subject: PolicySubject) -> bool:
    """Return whether every condition of a rule holds."""
    return all(_holds(condition, subject) for condition in rule.when)


def sentence(rule: Rule, subject: PolicySubject) -> str:
    """Return why a rule applies and what it asks for."""
    why = " and ".join(told(condition, subject.currency) for condition in rule.when)
    return f'Rule "{rule.name}" ({why}): {people(rule.required)}.'


def told(condition: Condition, currency: str = "") -> str:
    """Return a condition in words."""
    names = {
        Fact.KIND: "what is decided is",
        Fact.INSTRUCTION: "the instruction is",
        Fact.CURRENCY: "the currency is",
        Fact.ENTITY: "an entity of the order is",
        Fact.AMOUNT_USD: "the order is",
        Fact.AMOUNT_OWN: "the order is",
        Fact.LARGEST_DEAL_USD: "a single deal is",
    }
    if condition.at_least is not None:
        size = money(condition.at_least, currency if condition.fact is Fact.AMOUNT_OWN else "USD")
        return f"{names[condition.fact]} {size.strip()} or more"
    return f"{names[condition.fact]} {' or '.join(condition.any_of)}"


def people(required: tuple[str, ...]) -> str:
    """Return the people of a rule in words."""
    return " and ".join(
        further_person(number) if role == ANY_APPROVER else role for number, role in enumerate(required, start=1)
    )


def stands_in(role: str, needed: str) -> bool:
    """Return whether a role is enough where another is needed."""
    if needed == ANY_APPROVER:
        return role in APPROVING_ROLES
    if role in LADDER and needed in LADDER:
        return LADDER.index(role) >= LADDER.index(needed)
    return role == needed and role in APPROVING_ROLES


def together(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fewest places that fill both requirements, whoever fills them.

    Each place of the second is matched with one of the first, the hardest first: of the two the harder one stays. What
    finds no partner is a place more.
    """
    places, free = list(one), set(range(len(one)))
    for needed in sorted(other, key=rank, reverse=True):
        match = next((place for place in sorted(free) if _covers(places[place], needed)), None)
        if match is None:
            match = next((place for place in sorted(free) if _covers(needed, places[place])), None)
        if match is None:
            places.append(needed)
            continue
        free.remove(match)
        places[match] = max(places[match], needed, key=rank)
    return tuple(places)


def stricter(one: PolicyOutcome, other: PolicyOutcome) -> PolicyOutcome:
    """Return what satisfies both outcomes; rules and version are those of the first, then what the second adds."""
    tier = max(one.tier, other.tier, key=LADDER.index) if {one.tier, other.tier} <= set(LADDER) else one.tier
    return one.model_copy(
        update={
            "tier": tier,
            "required": together(one.required, other.required),
            "rules": tuple(dict.fromkeys((*one.rules, *other.rules))),
            "four_eyes": one.four_eyes or other.four_eyes,
            "entities": tuple(sorted({*one.entities, *other.entities})),
            "jointly": tuple(dict.fromkeys((*one.jointly, *other.jointly))),
            "signed": one.signed or other.signed,
        }
    )


def rank(role: str) -> int:
    """Return the difficulty of a place: ANY_APPROVER is the easiest, then the ladder, then OPERATIONS beside it."""
    return LADDER.index(role) + 1 if role in LADDER else (0 if role == ANY_APPROVER else len(LADDER) + 1)


def _covers(place: str, needed: str) -> bool:
    """Return whether whoever fills a place fills the other one too."""
    return place == needed or stands_in(place, needed)


def _holds(condition: Condition, subject: PolicySubject) -> bool:
    if condition.at_least is not None:
        return _amount(condition.fact, subject) >= condition.at_least
    return not _named(condition.fact, subject).isdisjoint(condition.any_of)


def _amount(fact: Fact, subject: PolicySubject) -> Decimal:
    match fact:
        case Fact.AMOUNT_OWN:
            return subject.amount_own
        case Fact.LARGEST_DEAL_USD:
            return subject.largest_deal_usd
        case _:
            return subject.amount_usd


def _named(fact: Fact, subject: PolicySubject) -> frozenset[str]:
    match fact:
        case Fact.KIND:
            return frozenset({subject.kind.value})
        case Fact.INSTRUCTION:
            return frozenset({subject.instruction_type})
        case Fact.CURRENCY:
            return frozenset({subject.currency})
        case _:
            return frozenset(subject.entities)
