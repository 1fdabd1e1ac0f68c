"""How long something took, counted in buckets: what is kept does not grow with what is counted. Pure, whole numbers.

A percentile is the upper bound of the bucket it lies in: "at most 650 ms". It is never below the true one.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

#: The plan's objective, and a bound of a bucket, so that the share within it is exact.
OBJECTIVE_MS: Final = 2_000
#: Upper bounds, each within its bucket: close together around what is usual and around the objective. Behind the last
#: there is one more bucket.
BOUNDS_MS: Final = (
    100, 150, 200, 300, 400, 500, 650, 800, 1_000, 1_250, 1_500, 1_750, OBJECTIVE_MS,
    2_500, 3_000, 4_000, 5_000, 7_500, 10_000, 20_000, 30_000, 60_000, 300_000,
)  # fmt: skip
BUCKETS: Final = len(BOUNDS_MS) + 1

#: The counts by the number of the bucket; a bucket without any may be missing.
Counts = Mapping[int, int]


def bucket_of(milliseconds: int) -> int:
    """Return the number of the bucket of a duration."""
    return bisect_left(BOUNDS_MS, milliseconds)


def bound_of(bucket: int) -> int | None:
    """Return the upper bound of a bucket in milliseconds; None for the last one, which has none."""
    return BOUNDS_MS[bucket] if bucket < len(BOUNDS_MS) else None


def percentile(counts: Counts, per_cent: int) -> int | None:
    """Return the number of the bucket in which a percentile lies, by nearest rank; None where nothing is counted."""
    total = sum(counts.values())
    rank = max(1, -(-total * per_cent // 100))
    for bucket in range(BUCKETS):
        rank -= counts.get(bucket, 0)
        if total and rank <= 0:
            return bucket
    return None


def within_objective(counts: Counts) -> int:
    """Return how many took no longer than the objective."""
    return sum(count for bucket, count in counts.items() if bucket <= bucket_of(OBJECTIVE_MS))
