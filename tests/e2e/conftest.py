"""The HAWK that these tests share, and one of a test's own. The folder is a package so that the first ends with it."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.support.demo_answers import publish_demo_answers
from tests.support.hawk import SHARED_SCRIPT, Hawk
from tests.support.scratch import scratch_folder
from tests.support.tables import rebuilt_alike


@pytest.fixture(scope="package")
def hawk() -> Iterator[Hawk]:
    """A whole HAWK with the demo reference data, shared by the tests of this folder. It ends with the last of them: one
    that nobody uses takes a quarter of a core from the tests that follow.

    It has planned the demo's answers before anything else: what their table says holds while nothing is booked yet.
    After all tests it is verified and rebuilt: the last of them is shown as failed where that finds anything.
    """
    with scratch_folder() as folder:
        running = Hawk(folder / "data")
        script = folder / "murex.json"
        script.write_text(json.dumps(SHARED_SCRIPT), encoding="utf-8")
        try:
            running.up("--murex-script", str(script))
            publish_demo_answers(running)
            yield running
            rebuilt_alike(running)
        finally:
            running.down()


@pytest.fixture
def new_hawk() -> Iterator[Callable[..., Hawk]]:
    """Makes a HAWK of one's own, to kill or to start with options: `new_hawk("--murex-script", FILE)`."""
    made: list[Hawk] = []
    with scratch_folder() as folder:

        def start(*options: str, **environment: str) -> Hawk:
            one = Hawk(folder / f"hawk-{len(made)}", environment)
            made.append(one)
            one.up(*options)
            return one

        try:
            yield start
        finally:
            for one in made:
                one.down()
