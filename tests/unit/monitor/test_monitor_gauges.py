"""What Prometheus is told of the workflows."""

from datetime import timedelta

from services.monitor.facts import changes_of
from services.monitor.gauges import AT_REST, ATTENTION, OLDEST_AWAITING_SECONDS, STATES, WORKFLOWS, count
from services.monitor.memory import MemoryReadModel
from services.monitor.overview.lines import Attention
from services.monitor.overview.wanted import SILENT_SECONDS
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


async def test_what_has_ended_need_not_be_counted_with_what_is_under_way() -> None:
    model = MemoryReadModel()
    for told in Story("resp-2").progress("PLANNED").progress("REJECTED", final=True).told:
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START)
    assert (value("REJECTED"), value("PLANNED")) == (1, 0)
    for told in Story("resp-3").progress("PLANNED").told + Story("resp-4").progress("REJECTED", final=True).told:
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START, STATES - AT_REST)
    assert (value("REJECTED"), value("PLANNED")) == (1, 1), "one as before, the other as it is"
    await count(model, START)
    assert (value("REJECTED"), value("PLANNED")) == (2, 1)


def test_nobody_has_to_act_on_what_is_at_rest() -> None:
    assert AT_REST < STATES
    assert not AT_REST & {"AWAITING_APPROVAL", "NEEDS_INTERVENTION", "COMPLETED", "BOOKING"}


async def test_what_somebody_should_look_at_is_counted_by_why_and_a_silent_deal_only_after_a_while() -> None:
    def urgent() -> dict[str, float]:
        return {why.name: ATTENTION.labels(why=why.name.lower())._value.get() for why in Attention}

    model = MemoryReadModel()
    stories = [
        Story("resp-5").progress("PLANNED").progress("BOOKING"),
        Story("resp-6").progress("PLANNED").progress("NEEDS_INTERVENTION"),
    ]
    for told in (each for story in stories for each in story.told):
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START + timedelta(seconds=SILENT_SECONDS))
    assert urgent() == {"PERSON": 1, "POSTING": 0, "UNDOING": 0, "SILENT": 0, "MUREX": 0}
    await count(model, START + timedelta(days=1))
    assert urgent() == {"PERSON": 1, "POSTING": 0, "UNDOING": 0, "SILENT": 0, "MUREX": 1}
    for told in stories[0].progress("COMPENSATING").told + stories[1].progress("COMPENSATED", final=True).told:
        model.write(changes_of(told.event, "id"), told.at)
    await count(model, START + timedelta(days=1))
    assert urgent() == {"PERSON": 0, "POSTING": 0, "UNDOING": 1, "SILENT": 0, "MUREX": 0}
