"""Takes Faust away from a running HAWK, and brings it back: `with faust_away(hawk.data): …`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.house.source import ROOT

SITE = Path(__file__).resolve().parent / "site"


def environment(data: Path) -> dict[str, str]:
    """With this the monitor of a HAWK obeys `faust_away`."""
    return {
        "HAWK_TEST_WITHOUT_FAUST": str(_file(data)),
        "PYTHONPATH": os.pathsep.join((str(SITE), str(ROOT))),
    }


@contextmanager
def faust_away(data: Path) -> Iterator[None]:
    """Let Faust fail at the next workflow that ends, and at every attempt after it, until the block ends."""
    _file(data).touch()
    try:
        yield
    finally:
        _file(data).unlink()


def _file(data: Path) -> Path:
    return data.with_name(f"{data.name}-without-faust")
