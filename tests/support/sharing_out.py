"""How a run's tests are shared out to its processes: servers are started once, and what takes long comes first.

With `--dist=loadgroup` the tests of one group run in one process, one after another, and groups are handed out in the
order in which their first tests stand.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

WHOLE = "hawk"
CHAOS = "chaos"
BROKER = "broker"
DATABASE = "database"

LONG_GROUPS = (WHOLE, CHAOS, BROKER, DATABASE)
"""Each has servers of its own that take seconds to start; together these four take most of the time of a run."""

FOLDERS = ("tests/e2e", "tests/integration", "tests/property")
"""What is left of these takes longer than what is left of the others."""


def group_of(path: str, fixtures: Collection[str]) -> str:
    """The group of a test in this file (relative, with /) that uses these fixtures, also through others."""
    if "hawk" in fixtures:
        return WHOLE
    if "battered" in fixtures:
        return CHAOS
    if "kafka_bootstrap" in fixtures:
        return BROKER
    if "stack" in fixtures:
        return DATABASE
    return path


def first_to_last(files_and_groups: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Group to its place: the long ones, then folder by folder, in each the one with most tests first."""
    folders: dict[str, str] = {}
    tests: Counter[str] = Counter()
    for path, group in files_and_groups:
        folders.setdefault(group, path)
        tests[group] += 1

    def weight(group: str) -> tuple[int, int, int, str]:
        long = LONG_GROUPS.index(group) if group in LONG_GROUPS else len(LONG_GROUPS)
        return long, _folder(folders[group]), -tests[group], group

    return {group: place for place, group in enumerate(sorted(tests, key=weight))}


def _folder(path: str) -> int:
    parents = {str(parent) for parent in PurePosixPath(path).parents}
    return next((place for place, folder in enumerate(FOLDERS) if folder in parents), len(FOLDERS))
