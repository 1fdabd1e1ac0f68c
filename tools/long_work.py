"""How long work says how far it is: it calls whoever wants to know, and knows neither terminal nor clock."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """How far a piece of work is.

    Attributes:
        what: the piece, as a beginning of a sentence: "Replaying events".
        done: how much of it is done.
        total: how much there is of it; None where nobody knows.
        unit: what is counted, in the plural.
    """

    what: str
    done: int
    total: int | None
    unit: str


#: Is called as often as the work likes, and must be quick.
Report = Callable[[Step], None]


def unreported(step: Step) -> None:
    """Take a report that nobody wants."""
