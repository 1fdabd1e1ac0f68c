"""What a person says to a reference row that waits. `person` and `roles` are of a verified token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Decision = Literal["CONFIRM", "REJECT"]


@dataclass(frozen=True, slots=True)
class DecideHeld:
    """A decision on what was shown under this digest."""

    held_id: str
    digest: str
    decision: Decision
    comment: str
    person: str
    roles: tuple[str, ...]
    at: datetime
