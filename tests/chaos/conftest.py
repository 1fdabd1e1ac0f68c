"""One HAWK for everything that is done to it, with a Murex that takes its time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.crash.control import Control
from tests.support.crash.steps import SCRIPT
from tests.support.hawk import Hawk, processes_below
from tests.support.scratch import scratch_folder

UNHURRIED = [
    {"match": {"deal_sequence": sequence}, "answer": "ACK", "after_seconds": sequence / 2} for sequence in range(1, 7)
]
"""The six deals of a workflow are answered over three seconds, so that what is killed is killed in their midst."""


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


@pytest.fixture(scope="session")
def battered() -> Iterator[Battered]:
    """Started once, stopped at the end in whatever state it is."""
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
