"""The approval policy as a value: a versioned decision table, data only (design section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

TRADER: Final = "TRADER"
SENIOR_TRADER: Final = "SENIOR_TRADER"
RISK_MANAGER: Final = "RISK_MANAGER"
OPERATIONS: Final = "OPERATIONS"
#: May hand in answers of the AI, and decides nothing.
ANALYST: Final = "ANALYST"
#: The tier of what needs no person: the policy itself grants.
AUTO: Final = "AUTO"
#: In `required`: a further person, with any approving role.
ANY_APPROVER: Final = "ANY_APPROVER"

#: Each can replace those before it. OPERATIONS is separate: it replaces none, and none replaces it.
LADDER: Final = (TRADER, SENIOR_TRADER, RISK_MANAGER)
APPROVING_ROLES: Final = frozenset({*LADDER, OPERATIONS})
#: Roles that may hand in answers; those who only read (an auditor, a dashboard) may not.
SUBMITTING_ROLES: Final = frozenset({ANALYST, *APPROVING_ROLES})


def further_person(place: int) -> str:
    """Return the name of a place for any approver, by its number from 1 in `required`."""
    which = ("a", "a second", "a third", "a fourth", "a fifth")[min(place, 5) - 1]
    return f"{which} person with any approving role"


class SubjectKind(StrEnum):
    """What is to be approved."""

    HEDGE = "HEDGE"
    CONFIGURATION = "CONFIGURATION"
    POLICY = "POLICY"
    OVERRIDE = "OVERRIDE"
    REVERSAL = "REVERSAL"
    CHECK = "CHECK"


class Basis(StrEnum):
    """Which amount the table's thresholds are compared with."""

    USD_EQUIVALENT = "USD_EQUIVALENT"
    OWN_CURRENCY = "OWN_CURRENCY"


@dataclass(frozen=True, slots=True)
class RoleThreshold:
    """From this amount upwards (the amount itself included), this role."""

    amount: Decimal
    role: str


class Fact(StrEnum):
    """What a condition of a rule looks at."""

    KIND = "KIND"
    INSTRUCTION = "INSTRUCTION"
    CURRENCY = "CURRENCY"
    ENTITY = "ENTITY"
    AMOUNT_USD = "AMOUNT_USD"
    AMOUNT_OWN = "AMOUNT_OWN"
    LARGEST_DEAL_USD = "LARGEST_DEAL_USD"


#: Facts that are compared with an amount; the others are looked up in a list.
AMOUNT_FACTS: Final = frozenset({Fact.AMOUNT_USD, Fact.AMOUNT_OWN, Fact.LARGEST_DEAL_USD})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the fact is one of a list, or an amount is at least so much (the amount itself included)."""

    fact: Fact
    any_of: tuple[str, ...] = ()
    at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Where every condition holds, these people at least: a role for each, `ANY_APPROVER` for a further one."""

    name: str
    when: tuple[Condition, ...]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AloneLimit:
    """The amount up to which a person, or everybody with a role, decides alone; beyond it only with another person."""

    who: str
    up_to_usd: Decimal


class CapOf(StrEnum):
    """Whose decisions a cap counts."""

    MAKER = "MAKER"
    APPROVER = "APPROVER"
    ENTITY = "ENTITY"


class Period(StrEnum):
    """The time a cap counts over, by the calendar of Singapore."""

    DAY = "DAY"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of amount, of count, or of both. `who` is a person or an entity; empty: each has this cap of its own."""

    of: CapOf
    who: str
    period: Period
    amount_usd: Decimal | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A decision table.

    Args:
        version: part of every outcome and grant; a changed table has another version.
        thresholds: ascending, the first from zero. The highest that is reached wins.
        deal_usd_above: a single deal of more USD than this asks for `deal_role` at least.
        four_eyes_from: from this amount on the asker never approves; zero: never at all.
        two_persons: kinds that need a named role and a second person, neither of them the asker.
        rules: each that applies adds what it requires; they only ever ask for more.
        alone: who decides alone only up to an amount.
        caps: limits per maker, approver or entity, and day or month.
        sums_percent: the share of an amount from which a person's orders of a day, added up, count as that amount.
            None: they are not added up.
        signed_from: from this tier on each who approves signs with a passkey; None: nobody has to.
    """

    version: str
    basis: Basis
    thresholds: tuple[RoleThreshold, ...]
    deal_usd_above: Decimal
    deal_role: str
    four_eyes_from: Decimal
    two_persons: Mapping[SubjectKind, str]
    rules: tuple[Rule, ...] = ()
    alone: tuple[AloneLimit, ...] = ()
    caps: tuple[Cap, ...] = ()
    sums_percent: int | None = None
    signed_from: str | None = None

    def __post_init__(self) -> None:
        amounts = [threshold.amount for threshold in self.thresholds]
        if not amounts or amounts[0] != 0 or amounts != sorted(set(amounts)):
            raise ValueError(f"Policy {self.version}: thresholds must begin at zero and ascend.")
        if any(threshold.role not in LADDER for threshold in self.thresholds):
            raise ValueError(f"Policy {self.version}: a threshold names one of {', '.join(LADDER)}.")
        ranks = [LADDER.index(threshold.role) for threshold in self.thresholds]
        if ranks != sorted(ranks):
            raise ValueError(f"Policy {self.version}: a higher amount may not ask for a lower role.")


_MILLION: Final = Decimal(1_000_000)

_TWO_PERSONS: Final = MappingProxyType(
    {
        SubjectKind.CONFIGURATION: RISK_MANAGER,
        SubjectKind.POLICY: RISK_MANAGER,
        SubjectKind.OVERRIDE: OPERATIONS,
    }
)

#: The plan's own table. The step at 10M has one role on both sides; it is there to be moved.
DEFAULT_POLICY: Final = Policy(
    version="plan-1",
    basis=Basis.USD_EQUIVALENT,
    thresholds=(
        RoleThreshold(Decimal(0), TRADER),
        RoleThreshold(10 * _MILLION, TRADER),
        RoleThreshold(50 * _MILLION, SENIOR_TRADER),
        RoleThreshold(100 * _MILLION, RISK_MANAGER),
    ),
    deal_usd_above=50 * _MILLION,
    deal_role=SENIOR_TRADER,
    four_eyes_from=50 * _MILLION,
    two_persons=_TWO_PERSONS,
)

#: Four eyes always, every instruction by a risk manager.
STRICT_POLICY: Final = Policy(
    version="strict-1",
    basis=Basis.USD_EQUIVALENT,
    thresholds=(RoleThreshold(Decimal(0), RISK_MANAGER),),
    deal_usd_above=50 * _MILLION,
    deal_role=RISK_MANAGER,
    four_eyes_from=Decimal(0),
    two_persons=_TWO_PERSONS,
)

#: The presets by the name an installation chooses them by (`HAWK_POLICY`).
PRESETS: Final = MappingProxyType({"plan": DEFAULT_POLICY, "strict": STRICT_POLICY})

#: Every policy of this release by its version.
VERSIONS: Final = MappingProxyType({policy.version: policy for policy in PRESETS.values()})
