"""Every process is killed, both servers restart and all connections break while workflows of all models are under way;
the short form of `make chaos`."""

import pytest

from tests.support.crash.control import Control
from tests.support.crowd import seeded
from tests.support.hawk import Hawk
from tests.support.storm.faults import SERVERS, SERVICES
from tests.support.storm.invariants import checked
from tests.support.storm.orders import MODELS, asked
from tests.support.storm.report import verdict
from tests.support.storm.storm import Storm

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

WORKFLOWS = 20
FAULTS = (
    *(f"kill -9 {name}" for name in SERVICES), *(f"restart {name}" for name in SERVERS),
    "cut all connections to postgres",
)  # fmt: skip


def test_nothing_is_lost_or_doubled_in_a_short_storm(chaos: Hawk, control: Control) -> None:
    rng = seeded()
    orders = asked(rng, f"short-{rng.random()}", WORKFLOWS, closing_share=0.0, troubled=False)
    assert len({one.model for one in orders}) >= len(MODELS) // 2
    before = chaos.pids()
    outcome = Storm(chaos, control, rng, orders, rng.sample(FAULTS, len(FAULTS)), patient=False).run()
    found = checked(chaos, outcome)
    assert found.ok, verdict(found)
    now = chaos.pids()
    assert now.keys() == before.keys()
    assert [name for name in now if now[name] == before[name]] == []
