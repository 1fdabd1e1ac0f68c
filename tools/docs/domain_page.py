"""The generated parts of docs/domain.md: those of `pictures`, and the conventions for days as a table."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from shared.hedging.conventions import (
    CHOICES,
    END_OF_MONTH,
    FIXING_DAYS,
    MARKET_PRACTICE,
    ROLL_DAYS,
    ROLL_MONTHS,
    USD_HOLIDAYS,
)
from shared.hedging.desk_settings import RANGES
from tools.docs import pictures
from tools.docs.generated_parts import Parts

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "domain.md"

#: The meaning of each setting, and its value in market practice.
MEANINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        ROLL_DAYS: ("where a closed day leads, for days and weeks", MARKET_PRACTICE.roll_days.value),
        ROLL_MONTHS: ("where a closed day leads, for months and years", MARKET_PRACTICE.roll_months.value),
        END_OF_MONTH: (
            "months from a month's last business day lead to one",
            "Y" if MARKET_PRACTICE.end_of_month else "N",
        ),
        USD_HOLIDAYS: ("days on which a holiday of the dollar counts", MARKET_PRACTICE.usd_holidays.value),
        FIXING_DAYS: ("business days from the fixing of an NDF to its settlement", str(MARKET_PRACTICE.fixing_days)),
    }
)


def conventions_table() -> str:
    """Return a line for each setting."""
    heads = ("setting", "decides", "may be", "without a row")
    return pictures.table(
        heads, [(f"`{key}`", meaning, _may_be(key), practice) for key, (meaning, practice) in MEANINGS.items()]
    )


def _may_be(key: str) -> str:
    return " or ".join(CHOICES[key]) if key in CHOICES else str(RANGES[key])


BLOCKS: Final[Parts] = MappingProxyType(
    {
        "conventions": conventions_table,
        "models": pictures.models_table,
        "flows": pictures.pictures,
        "amounts": pictures.amounts_table,
        "entries": pictures.entries_table,
        "operations": pictures.operations_table,
    }
)
