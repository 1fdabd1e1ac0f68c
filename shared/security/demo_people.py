"""The people of the demo: names to sign in as, with their roles. They exist in the demo profile alone."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A name to sign in as."""

    name: str
    roles: tuple[str, ...]


DEMO_PEOPLE: Final = (
    DemoPerson("tom", ("TRADER",)),
    DemoPerson("mira", ("SENIOR_TRADER",)),
    DemoPerson("sam", ("SENIOR_TRADER",)),
    DemoPerson("rita", ("RISK_MANAGER",)),
    DemoPerson("olga", ("OPERATIONS",)),
    DemoPerson("ann", ("ANALYST",)),
)
