"""What Prometheus is told of the workflows."""

from datetime import timedelta

from services.monitor.facts import changes_of
from services.monitor.gauges import OLDEST_AWAITING_SECONDS, WORKFLOWS, count
from services.monitor.memory import MemoryReadModel
from tests.support.story import START, Story


def value(state: str) -> float:
    return float(WORKFLOWS.labels(state=state)._value.get())


async def test_gauges_show_every_state_and_the_longest_wait() -> None:
    model = MemoryReadModel()
    waiting = Story("resp-1").progress("PLANNED").progress("AWAITING_APPROVAL")
    for told in waiting.told:
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START + timedelta(seconds=61))
    assert (value("AWAITING_APPROVAL"), value("POSTED")) == (1, 0)
    assert OLDEST_AWAITING_SECONDS._value.get() == 60

    for told in waiting.progress("REJECTED", final=True).told:
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START + timedelta(seconds=70))
    assert (value("AWAITING_APPROVAL"), value("REJECTED")) == (0, 1)
    assert OLDEST_AWAITING_SECONDS._value.get() == 0
