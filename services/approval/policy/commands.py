"""What people ask of the policy. `by` is of a verified token; times come in with the command."""

from dataclasses import dataclass
from datetime import timedelta

from services.approval.two_persons import Actor
from shared.events.policy import PolicyBacktest, PolicyTable


@dataclass(frozen=True, slots=True)
class ProposeTable:
    """Another table. `expected_version` is the version of the policy that the person was shown.

    `backtest`: the table, run over all past requests.
    """

    by: Actor
    table: PolicyTable
    expected_version: str
    comment: str
    backtest: PolicyBacktest
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ApproveTable:
    """One of those who have to agree, who names the digest of the proposal that was shown."""

    by: Actor
    digest: str


@dataclass(frozen=True, slots=True)
class RejectTable:
    """A person says no, or takes the own proposal back."""

    by: Actor
    digest: str
    reason: str


PolicyCommand = ProposeTable | ApproveTable | RejectTable
