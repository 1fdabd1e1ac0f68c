"""Settings that planning and execution compute with, and what they may be. Pure.

A setting is text. One that cannot be used would be a defect in every plan and stop them all, so it is refused where it
comes in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from shared.hedging.calendar import tenor_of
from shared.hedging.conventions import CHOICES, FIXING_DAYS
from shared.hedging.order import NavType

_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `low` to `high`, both included."""

    low: int
    high: int
    decimals: bool = False

    def __str__(self) -> str:
        return f"{'a' if self.decimals else 'a whole'} number from {self.low} to {self.high}"

    def holds(self, text: str) -> bool:
        """Decide whether the text of a setting is such a number, in digits without sign or exponent."""
        pattern = _DECIMAL if self.decimals else _WHOLE
        return pattern.fullmatch(text) is not None and self.low <= Decimal(text) <= self.high


#: The bounds are wide: they keep out what makes no sense, not what a desk may want.
RANGES: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "murex.retry.attempts": Range(1, 100),
        "murex.retry.interval_seconds": Range(1, 86_400),
        "rates.validity_hours": Range(0, 8_760),
        "rates.tolerance_bp": Range(0, 10_000, decimals=True),
        "rates.stale_days": Range(0, 3_650),
        "positions.stale_business_days": Range(0, 3_650),
        "feeds.rate_move_bp": Range(1, 10_000, decimals=True),
        "feeds.rate_days_ahead": Range(0, 31),
        "feeds.position_factor": Range(1, 1_000, decimals=True),
        FIXING_DAYS: Range(0, 10),
    }
)


def expected_of(key: str, value: str) -> str | None:
    """Return what the setting must be, if this value is invalid; None for a usable value or free text."""
    if key == "desk.default.nav_type" and value not in {each.value for each in NavType}:
        return f"one of {', '.join(each.value for each in NavType)}"
    if key == "desk.default.tenor" and tenor_of(value) is None:
        return "a tenor such as 3M, of ten years at most"
    if value not in CHOICES.get(key, (value,)):
        return f"one of {', '.join(CHOICES[key])}"
    allowed = RANGES.get(key)
    return str(allowed) if allowed is not None and not allowed.holds(value) else None
