"""The approval policy as facts of the one stream `policy`, and what the executor notes of it."""

from typing import Literal

from shared.events.base import Amount, Event, Value, datetime
from shared.events.decisions import DecisionName


class PolicyThreshold(Value):
    """The role that is required from this amount upwards."""

    amount: Amount
    role: str


class PolicyPersons(Value):
    """A kind of workflow that needs a named role and a second person."""

    kind: str
    role: str


class PolicyCondition(Value):
    """A condition of a rule: the fact is one of a list, or an amount is at least so much."""

    fact: Literal["KIND", "INSTRUCTION", "CURRENCY", "ENTITY", "AMOUNT_USD", "AMOUNT_OWN", "LARGEST_DEAL_USD"]
    any_of: tuple[str, ...] = ()
    at_least: Amount | None = None


class PolicyRule(Value):
    """Where every condition holds, these people at least."""

    name: str
    when: tuple[PolicyCondition, ...]
    required: tuple[str, ...]


class PolicyAlone(Value):
    """The amount up to which a person, or everybody with a role, decides alone."""

    who: str
    up_to_usd: Amount


class PolicyCap(Value):
    """A limit of amount, of count or of both, per maker, approver or entity, and day or month of Singapore."""

    of: Literal["MAKER", "APPROVER", "ENTITY"]
    who: str = ""
    period: Literal["DAY", "MONTH"]
    amount_usd: Amount | None = None
    count: int | None = None


class PolicyTable(Value):
    """The whole decision table, as `shared.policy.table.Policy` has it. `version` names it in outcomes and grants."""

    version: str
    basis: Literal["USD_EQUIVALENT", "OWN_CURRENCY"]
    thresholds: tuple[PolicyThreshold, ...]
    deal_usd_above: Amount
    deal_role: str
    four_eyes_from: Amount
    two_persons: tuple[PolicyPersons, ...]
    rules: tuple[PolicyRule, ...] = ()
    alone: tuple[PolicyAlone, ...] = ()
    caps: tuple[PolicyCap, ...] = ()


class PolicySet(Event):
    """From here on plans are judged by this table. `follows`: the one before it; None for the installation's own."""

    table: PolicyTable
    follows: DecisionName | None
    set_at: datetime


class PolicyTakenIn(Event):
    """From here on the executor plans by this table (stream `control-executor`)."""

    decision: DecisionName
    table: PolicyTable
    taken_in_at: datetime
