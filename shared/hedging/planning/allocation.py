"""Spreading an order over entities (domain facts 5.2, 5.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from shared.hedging.capacity import Assessment, CapacityResult, capacity_result
from shared.money.amounts import ZERO, floor_to, quantize

CANDIDATES_MAX: Final = 1_000  # entities of one currency; the bank has four per currency


class DuplicateCandidate(ValueError):
    """An entity and NAV type occur twice among the candidates and would lend their capacity twice."""


class LimitExceeded(ValueError):
    """More candidates than `CANDIDATES_MAX`."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """All candidates with what each takes, in the sequence given, and the result of the check."""

    assessments: tuple[Assessment, ...]
    result: CapacityResult

    @property
    def shares(self) -> tuple[Assessment, ...]:
        """Those that take something."""
        return tuple(each for each in self.assessments if each.allocated > ZERO)


def allocate(amount: Decimal, candidates: Sequence[Assessment], lot_decimals: int) -> Allocation:
    """Spread an amount over candidates, in the sequence given, until it is placed.

    Each takes the smaller of its available capacity and what is still to place, rounded down to whole lots
    of 10**-lot_decimals; no residual is filled back. Too little capacity is a result, not an error.

    Args:
        amount: above zero, a whole number of lots, in the candidates' currency.
        candidates: in waterfall sequence, never sorted here; `available` zero or more.
        lot_decimals: the rounding precision of the currency.
    Returns:
        Always: allocated + not_allocated = amount, no share above its available.
    Raises:
        DuplicateCandidate, LimitExceeded.

    Example: 400M over 187.5M, 155M, 75M gives 187.5M, 155M, 57.5M, nothing left, PASS.
    """
    if len(candidates) > CANDIDATES_MAX:
        raise LimitExceeded(f"{len(candidates)} candidates: at most {CANDIDATES_MAX} are allowed.")
    if len({(each.entity_id, each.nav_type) for each in candidates}) != len(candidates):
        raise DuplicateCandidate("An entity and NAV type occur twice among the candidates. Give each once.")
    remaining = amount
    taken = []
    for candidate in candidates:
        take = floor_to(min(candidate.available, remaining), lot_decimals)
        taken.append(replace(candidate, allocated=quantize(take, candidate.currency)))
        remaining -= take
    available = sum((each.available for each in candidates), ZERO)
    return Allocation(tuple(taken), capacity_result(amount, available, amount - remaining))
