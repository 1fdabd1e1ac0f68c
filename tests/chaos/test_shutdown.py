"""`hawk down` after everything that was done to it."""

import pytest

from tests.support.hawk import Hawk, processes_below

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


def test_no_process_is_left_when_it_is_down(chaos: Hawk) -> None:
    assert processes_below(chaos.data)
    chaos.down()
    assert processes_below(chaos.data) == []
    assert chaos.run("status", expect=3).stdout == ""
    assert chaos.run("down").returncode == 0
