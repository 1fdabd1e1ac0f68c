"""What people ask for in an emergency and after it. Times and people come in; nothing is looked up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.approval.requests.commands import Command

Finding = Literal["JUSTIFIED", "NOT_JUSTIFIED"]


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """A person declares an emergency about the plan whose digest was shown."""

    person: str
    roles: tuple[str, ...]
    plan_digest: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordReview:
    """A person who had no part in it says whether what was granted in an emergency was justified."""

    person: str
    roles: tuple[str, ...]
    finding: Finding
    comment: str
    at: datetime


EmergencyCommand = BreakGlass | RecordReview
AnyCommand = Command | EmergencyCommand
