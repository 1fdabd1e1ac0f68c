"""How a run's tests are shared out to its processes: servers are started once, and what takes long comes first.

The tests of one group run in one process, one after another; groups are handed out in the order of `place_of`.
"""

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch

LONG_GROUPS = {
    "hawk": ("tests/e2e/*",),
    "chaos": ("tests/chaos/*",),
    "broker": (
        "tests/attacks/*",
        "tests/integration/eventstore/*",
        "tests/integration/messaging/*",
        "tests/integration/monitor/*",
        "tests/integration/murex/*",
        "tests/integration/parser/*",
    ),
    "database": (
        "tests/contract/*",
        "tests/integration/approval/*",
        "tests/integration/executor/*",
        "tests/integration/verification/*",
    ),
}
"""Group to its files. Each has servers of its own that take seconds to start, and these take most of a run."""

ALONE = (
    "tests/e2e/test_demo.py",
    "tests/e2e/test_rollout_and_stop.py",
    "tests/integration/executor/test_capacity_races.py",
)
"""Files that share nothing dear with the others of their folder, and long enough to run beside them."""

NEXT = ("tests/e2e/*", "tests/integration/*", "tests/property/*")
"""After the long groups, in this order; then the rest."""


def group_of(path: str) -> str:
    """The group of a test in this file (relative, with /): a long one, or the file itself."""
    if not _is_one_of(path, ALONE):
        for group, files in LONG_GROUPS.items():
            if _is_one_of(path, files):
                return group
    return path


def first_to_last(paths: Iterable[str]) -> dict[str, int]:
    """Group to its place, given the file of each test: of files that are alike the one with most tests first."""
    tests = Counter(group_of(path) for path in paths)
    return {group: place for place, group in enumerate(sorted(tests, key=lambda each: _weight(each, tests[each])))}


def _weight(group: str, tests: int) -> tuple[int, int, str]:
    if group in LONG_GROUPS:
        return list(LONG_GROUPS).index(group), 0, group
    step = next((number for number, pattern in enumerate(NEXT) if fnmatch(group, pattern)), len(NEXT))
    return len(LONG_GROUPS) + step, -tests, group


def _is_one_of(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)
