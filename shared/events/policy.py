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


class PolicyTable(Value):
    """The whole decision table, as `shared.policy.table.Policy` has it. `version` names it in outcomes and grants."""

    version: str
    basis: Literal["USD_EQUIVALENT", "OWN_CURRENCY"]
    thresholds: tuple[PolicyThreshold, ...]
    deal_usd_above: Amount
    deal_role: str
    four_eyes_from: Amount
    two_persons: tuple[PolicyPersons, ...]


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
