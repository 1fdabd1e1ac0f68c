"""What was measured: a name, a number with its unit, and what it was measured on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `key` is stable, for programs; the rest is for people."""

    key: str
    name: str
    value: float
    unit: str
    sample: str


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    title: str
    figures: tuple[Figure, ...]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile: the smallest value that at least so many percent do not exceed.

    Of fewer than a hundred values the 99th is the largest.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("There is no percentile of nothing.")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def milliseconds(key: str, name: str, seconds: Sequence[float], sample: str) -> tuple[Figure, Figure]:
    """p50 and p99 of durations."""
    return (
        Figure(f"{key}_p50_ms", f"{name}, p50", 1000 * percentile(seconds, 50), "ms", sample),
        Figure(f"{key}_p99_ms", f"{name}, p99", 1000 * percentile(seconds, 99), "ms", sample),
    )
