"""The market's conventions for dates: rows of system_configuration, and the defaults. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Roll(StrEnum):
    """The rule for a date that falls on a closed day. MODIFIED_FOLLOWING: forward, but never into another month."""

    FOLLOWING = "FOLLOWING"
    MODIFIED_FOLLOWING = "MODIFIED_FOLLOWING"


class UsdHolidays(StrEnum):
    """The days on which a holiday of the dollar counts."""

    VALUE_DATE = "VALUE_DATE"
    EVERY_DAY = "EVERY_DAY"


@dataclass(frozen=True, slots=True)
class Conventions:
    """The conventions of the desk.

    `roll_days` is for tenors in days and weeks, `roll_months` for those in months and years. `end_of_month`: from the
    last business day of a month, months lead to the last business day of a month.
    """

    roll_days: Roll = Roll.FOLLOWING
    roll_months: Roll = Roll.MODIFIED_FOLLOWING
    end_of_month: bool = True
    usd_holidays: UsdHolidays = UsdHolidays.VALUE_DATE
    fixing_days: int = 2


MARKET_PRACTICE: Final = Conventions()

ROLL_DAYS: Final = "dates.roll.days"
ROLL_MONTHS: Final = "dates.roll.months"
END_OF_MONTH: Final = "dates.end_of_month"
USD_HOLIDAYS: Final = "dates.usd_holidays"
FIXING_DAYS: Final = "dates.fixing_days"

#: What the settings with a closed list of values may be.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        ROLL_DAYS: tuple(each.value for each in Roll),
        ROLL_MONTHS: tuple(each.value for each in Roll),
        END_OF_MONTH: ("Y", "N"),
        USD_HOLIDAYS: tuple(each.value for each in UsdHolidays),
    }
)


def conventions_of(settings: Mapping[str, str]) -> Conventions:
    """Return the conventions that these settings give; a missing setting takes the market's value.

    Raises:
        ValueError: a value is none of those that the setting takes.
    """
    practice = MARKET_PRACTICE
    end_of_month = settings.get(END_OF_MONTH, "Y" if practice.end_of_month else "N")
    if end_of_month not in CHOICES[END_OF_MONTH]:
        raise ValueError(f"{end_of_month!r} is neither Y nor N")
    return Conventions(
        Roll(settings.get(ROLL_DAYS, practice.roll_days)),
        Roll(settings.get(ROLL_MONTHS, practice.roll_months)),
        end_of_month == "Y",
        UsdHolidays(settings.get(USD_HOLIDAYS, practice.usd_holidays)),
        int(settings.get(FIXING_DAYS, practice.fixing_days)),
    )
