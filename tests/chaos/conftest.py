"""One HAWK for everything that is done to it, with a Murex that takes its time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.crash.control import Control
from tests.support.crash.steps import SCRIPT
from tests.support.hawk import Hawk, processes_below
from tests.support.scratch import scratch_folder

UNHURRIED = [
    {"match": {"deal_sequence": sequence}, "answer": "ACK", "after_seconds": sequence / 2} for sequence in range(1, 7)
]
"""The six deals of a workflow are answered over three seconds, so that what is killed is killed in their midst."""

HERE = Path(__file__).parent
LAST = ("test_damaged_segments_of_hawk.py", "test_shutdown.py")
"""After all others, in the order of their names. A broker that was killed cuts a damaged segment off where the damage
is, and nothing starts again what is down."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those behind the others of this folder that can be followed by nobody."""
    places = [place for place, item in enumerate(items) if item.path.parent == HERE]
    here = sorted((items[place] for place in places), key=lambda item: (item.path.name in LAST, item.path.name))
    for place, item in zip(places, here, strict=True):
        items[place] = item


@dataclass(frozen=True)
class Battered:
    """A HAWK, and how its processes are told to crash."""

    hawk: Hawk
    control: Control


@pytest.fixture
def chaos(battered: Battered) -> Hawk:
    """The HAWK of all chaos tests, up also when another test took it down."""
    if not processes_below(battered.hawk.data):
        battered.hawk.up()
    return battered.hawk


@pytest.fixture
def control(battered: Battered) -> Control:
    """Of the same HAWK."""
    return battered.control


@pytest.fixture(scope="package")
def battered() -> Iterator[Battered]:
    """Started once, stopped after the last of these tests in whatever state it is."""
    with scratch_folder() as folder:
        script = folder / "murex.json"
        script.write_text(json.dumps([*SCRIPT, *UNHURRIED]), encoding="utf-8")
        control = Control(folder / "control")
        made = Hawk(folder / "chaos", control.environment())
        try:
            made.up("--murex-script", str(script))
            yield Battered(made, control)
        finally:
            made.down()
