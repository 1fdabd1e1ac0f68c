"""The approval policy as facts of the one stream `policy`, and what the executor notes of it.

A table is proposed by one person and approved by two others, each of whom names the digest of the proposal; the second
of them puts it in force.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.approvals import Approver
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


#: Not written where there is none: tables of before are as they were, byte for byte.
SumsPercent = Annotated[int | None, Field(exclude_if=lambda value: value is None)]


class PolicyTable(Value):
    """The whole decision table, as `shared.policy.table.Policy` has it. `version` names it in outcomes and grants.

    `signed_from`: the tier from which on each who approves signs with a passkey.
    """

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
    sums_percent: SumsPercent = None
    signed_from: str | None = None


class PolicyDifference(Value):
    """A past request that would have needed other people. `refused`: those who approved it would not be enough."""

    workflow_id: str
    change: Literal["MORE", "FEWER", "OTHER"]
    before: tuple[str, ...]
    after: tuple[str, ...]
    refused: bool


class PolicyBacktest(Value):
    """The proposed table, run over all past requests up to `until`.

    `unknown`: requests of before their facts were recorded. `digest` covers every difference in the order in which the
    requests came; `examples` are the first of them.
    """

    until: datetime
    requests: int
    unknown: int
    same: int
    more: int
    fewer: int
    other: int
    refused: int
    digest: str
    examples: tuple[PolicyDifference, ...]


class PolicyChangeProposed(Event):
    """One person wants another table. It takes the place of a proposal that waited before.

    `based_on` is the decision that the person was shown; `digest` covers all that the others are shown.
    """

    table: PolicyTable
    based_on: DecisionName
    backtest: PolicyBacktest
    digest: str
    proposed_by: Approver
    comment: str
    expires_at: datetime


class PolicyChangeApproved(Event):
    """A person other than the one who proposed it agrees to the proposal with this digest."""

    digest: str
    approved_by: Approver


class PolicyChangeRejected(Event):
    """A person rejects the proposal with this digest, or the person who proposed it takes it back."""

    digest: str
    rejected_by: Approver
    reason: str


class PolicySet(Event):
    """From here on plans are judged by this table. `follows`: the one before it; None for the installation's own.

    `digest`, `proposed_by` and `approved_by` tell whose decision it was; empty for the installation's own.
    """

    table: PolicyTable
    follows: DecisionName | None
    set_at: datetime
    digest: str = ""
    proposed_by: Approver | None = None
    approved_by: tuple[Approver, ...] = ()


class PolicyTakenIn(Event):
    """From here on the executor plans by this table (stream `control-executor`)."""

    decision: DecisionName
    table: PolicyTable
    taken_in_at: datetime
