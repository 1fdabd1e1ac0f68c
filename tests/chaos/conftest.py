"""One HAWK for everything that is done to it, with a Murex that takes its time."""

import json
from collections.abc import Iterator

import pytest

from tests.support.hawk import Hawk, processes_below
from tests.support.scratch import scratch_folder

UNHURRIED = [
    {"match": {"deal_sequence": sequence}, "answer": "ACK", "after_seconds": sequence / 2} for sequence in range(1, 7)
]
"""The six deals of a workflow are answered over three seconds, so that what is killed is killed in their midst."""


@pytest.fixture
def chaos(battered: Hawk) -> Hawk:
    """The HAWK of all chaos tests, up also when another test took it down."""
    if not processes_below(battered.data):
        battered.up()
    return battered


@pytest.fixture(scope="session")
def battered() -> Iterator[Hawk]:
    """Started once, stopped at the end in whatever state it is."""
    with scratch_folder() as folder:
        script = folder / "murex.json"
        script.write_text(json.dumps(UNHURRIED), encoding="utf-8")
        made = Hawk(folder / "chaos")
        try:
            made.up("--murex-script", str(script))
            yield made
        finally:
            made.down()
