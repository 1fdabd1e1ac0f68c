"""What people ask of the rollout. `person` and `roles` are of a verified token; times come in with the command."""

from dataclasses import dataclass
from datetime import timedelta

from services.approval.two_persons import Actor
from shared.events.decisions import DecisionName
from shared.events.rollout import RolloutTerms


@dataclass(frozen=True, slots=True)
class ProposeChange:
    """Other terms. `expected_version` is the version of the rollout that the person was shown."""

    by: Actor
    terms: RolloutTerms
    expected_version: int
    comment: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ConfirmChange:
    """The second person, who names the digest of the proposal that was shown."""

    by: Actor
    digest: str


@dataclass(frozen=True, slots=True)
class Stop:
    """At once. Nothing has to be read before: a stop never fails because somebody else was faster.

    `kept`: the decision the executor keeps to, as far as this service knows. A stop that it does not keep to is thrown
    again.
    """

    by: Actor
    reason: str
    kept: DecisionName | None = None


@dataclass(frozen=True, slots=True)
class ProposeResumption:
    """Go on. `expected_version` as in `ProposeChange`: who resumes has seen the latest stop."""

    by: Actor
    expected_version: int
    reason: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class ConfirmResumption:
    """The second person, as in `ConfirmChange`."""

    by: Actor
    digest: str


RolloutCommand = ProposeChange | ConfirmChange | Stop | ProposeResumption | ConfirmResumption
