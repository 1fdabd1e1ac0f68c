"""A limit on asking Murex again about what it did not answer: lateness must not make more work than there was."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

#: Messages a second that one executor may repeat. Two cores send some 30 deals a second at their best: what is said
#: again takes at most a third of that from what is new.
REPEATS_PER_SECOND: Final = 10
#: Repeats at once after a quiet time: ten workflows of six deals, each of which Murex has not answered.
REPEATS_AT_ONCE: Final = 60


@dataclass(slots=True)
class RepeatBudget:
    """Enquiries, deals sent again and cancels that follow from silence. What does not fit in is looked at later.

    A bucket of tokens that fills with time. More than it ever holds is paid for with all of it, so that nothing waits
    for ever.
    """

    per_second: int = REPEATS_PER_SECOND
    at_once: int = REPEATS_AT_ONCE
    _left_ms: int | None = None
    _as_of: datetime | None = field(default=None)

    def take(self, repeats: int, now: datetime) -> bool:
        """Return True if so many messages may be repeated now, and count them."""
        full = self.at_once * 1000
        left = full if self._left_ms is None else self._left_ms
        if self._as_of is not None and now > self._as_of:
            passed_ms = int((now - self._as_of).total_seconds() * 1000)
            left = min(full, left + passed_ms * self.per_second)
        self._as_of = now
        cost = min(repeats, self.at_once) * 1000
        granted = left >= cost
        self._left_ms = left - cost if granted else left
        return granted
