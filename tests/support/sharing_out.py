"""How a run's tests are shared out to its processes: servers are started once, and what takes long comes first.

The tests of one group run in one process, one after another; groups are handed out in the order of `place_of`.
"""

from collections import Counter
from collections.abc import Collection, Iterable
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

PAGES = {
    "cards": ("tests/browser/cards/*",),
    "control": ("tests/browser/control/*",),
    "embedding": ("tests/browser/embedding/*",),
    "pages": ("tests/browser/*",),
}
"""Group to its files, the first that fits. Each has a browser of its own, and no servers."""

ALONE = (
    "tests/e2e/test_alerts_on_a_broken_hawk.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_several_processes.py",
    "tests/e2e/test_rollout_and_stop.py",
    "tests/integration/executor/test_capacity_races.py",
)
"""Files that share nothing dear with the others of their folder, and long enough to run beside them."""

WITH_SERVERS = ("tests/attacks/*", "tests/chaos/*", "tests/contract/*", "tests/e2e/*", "tests/integration/*")
WITH_SERVERS_MAX = 2
"""Processes that work on groups of these files at a time: each has servers, and what runs on them waits as often as it
computes. More would meet the time limits of their tests where the machine is small."""

NEXT = ("tests/e2e/*", "tests/integration/*", "tests/property/*")
"""After the long groups, in this order; then the rest."""


def group_of(path: str) -> str:
    """The group of a test in this file (relative, with /): a long one, or the file itself."""
    if not _is_one_of(path, ALONE):
        for group, files in (LONG_GROUPS | PAGES).items():
            if _is_one_of(path, files):
                return group
    return path


def may_take(group: str, others: Iterable[Collection[str]]) -> bool:
    """Whether a process may begin a group, given what each of the others still has to do."""
    busy = sum(1 for theirs in others if any(map(needs_servers, theirs)))
    return busy < WITH_SERVERS_MAX or not needs_servers(group)


def needs_servers(group: str) -> bool:
    """Whether tests of this group start Kafka and PostgreSQL, or find them started."""
    return group in LONG_GROUPS or _is_one_of(group, WITH_SERVERS)


def first_to_last(paths: Iterable[str]) -> dict[str, int]:
    """Group to its place, given the file of each test: of files that are alike the one with most tests first."""
    tests = Counter(group_of(path) for path in paths)
    return {group: place for place, group in enumerate(sorted(tests, key=lambda each: _weight(each, tests[each])))}


def _weight(group: str, tests: int) -> tuple[int, int, str]:
    long = [*LONG_GROUPS, *PAGES]
    if group in long:
        return long.index(group), 0, group
    step = next((number for number, pattern in enumerate(NEXT) if fnmatch(group, pattern)), len(NEXT))
    return len(long) + step, -tests, group


def _is_one_of(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)
