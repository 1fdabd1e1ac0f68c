"""The HTTP status of a refusal, one for all routes of this service."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from services.approval.requests.decider import Fault, Refused
from shared.web.problems import Problem

T = TypeVar("T")

_STATUS_OF: Final[Mapping[Fault, int]] = MappingProxyType(
    {Fault.UNKNOWN: 404, Fault.FORBIDDEN: 403, Fault.CONFLICT: 409, Fault.INVALID: 422}
)


def problem_of(refused: Refused) -> Problem:
    """Return a refusal as the problem that a client reads."""
    return Problem(_STATUS_OF[refused.fault], refused.code, refused.reason)


def accepted(outcome: T | Refused) -> T:
    """Return the outcome of a command that was not refused.

    Raises:
        Problem: it was refused.
    """
    if isinstance(outcome, Refused):
        raise problem_of(outcome)
    return outcome
