"""The last hour as the speed page shows it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from services.monitor.speed.histogram import BUCKETS, OBJECTIVE_MS, bound_of, percentile, within_objective

PERCENTILES: Final = (50, 90, 99)


class Window(Protocol):
    """What is counted of one minute; see `windows.WindowCount`."""

    @property
    def start(self) -> datetime:
        """When the minute begins."""

    @property
    def completed(self) -> int:
        """Workflows that completed."""

    @property
    def failed(self) -> int:
        """Workflows that ended without success."""

    @property
    def reasons(self) -> Mapping[str, int]:
        """The failed ones by the code of the reason."""

    @property
    def took(self) -> Mapping[int, int]:
        """The timed ones by the number of their bucket."""

    @property
    def untimed(self) -> int:
        """Completed ones whose approval is not known."""


class Counting(Protocol):
    """The counter; see `windows.Windows`."""

    window_seconds: int
    running: bool
    since: datetime
    why: str

    def counts(self, now: datetime | None = None) -> Sequence[Window]:
        """Return the windows of the last hour in which something ended."""


def speed(counting: Counting, now: datetime) -> dict[str, Any]:
    """Return the document of the speed page."""
    counts = counting.counts(now)
    took: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for each in counts:
        took.update(each.took)
        reasons.update(each.reasons)
    return {
        "running": counting.running,
        "since": counting.since.isoformat(),
        "why": counting.why,
        "window_seconds": counting.window_seconds,
        "approval_to_completed": _timed(took) | {"untimed": sum(each.untimed for each in counts)},
        "minutes": _minutes(counts, counting.window_seconds, now),
        "completed": sum(each.completed for each in counts),
        "failed": sum(each.failed for each in counts),
        "reasons": [
            {"code": code, "count": count}
            for code, count in sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
        ],
        "as_of": now.isoformat(),
    }


def _timed(took: Mapping[int, int]) -> dict[str, Any]:
    """Return the histogram with what follows from it. A percentile is its bucket's upper bound, null above the last."""
    return {
        "objective_ms": OBJECTIVE_MS,
        "timed": sum(took.values()),
        "within_objective": within_objective(took),
        "percentiles": [{"per_cent": each, **_place(percentile(took, each))} for each in PERCENTILES],
        "histogram": [
            {"over_ms": _bound(bucket - 1), "up_to_ms": bound_of(bucket), "count": took.get(bucket, 0)}
            for bucket in range(BUCKETS)
        ],
    }


def _place(bucket: int | None) -> dict[str, int | None]:
    """Return the bounds of a bucket; both are null where nothing was timed."""
    if bucket is None:
        return {"over_ms": None, "up_to_ms": None}
    return {"over_ms": _bound(bucket - 1), "up_to_ms": bound_of(bucket)}


def _bound(bucket: int) -> int | None:
    return bound_of(bucket) if bucket >= 0 else 0


def _minutes(counts: Sequence[Window], seconds: int, now: datetime) -> list[dict[str, Any]]:
    """Return every minute of the hour, the oldest first; the last one is not over yet."""
    found = {int(each.start.timestamp()): each for each in counts}
    last = int(now.timestamp()) // seconds * seconds
    hour = int(timedelta(hours=1).total_seconds())
    return [
        {
            "start": datetime.fromtimestamp(start, UTC).isoformat(),
            "completed": found[start].completed if start in found else 0,
            "failed": found[start].failed if start in found else 0,
            "reasons": dict(found[start].reasons) if start in found else {},
        }
        for start in range(last - hour + seconds, last + seconds, seconds)
    ]
