"""The monitor shows the same whatever order its topics arrive in, and however often."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view
from tests.support.examples import examples
from tests.support.story import Story, Told, by_topic

STORY = Story().received().repeated().planned().approved().executed()


async def seen(told: Sequence[Told]) -> dict[str, Any]:
    model = MemoryReadModel()
    for each in told:
        model.write(changes_of(each.event, f"{each.stream}:{each.version}"), each.at)
    row = await model.response("resp-1")
    assert row is not None
    return response_view(row)


@st.composite
def interleaved(draw: st.DrawFn) -> list[Told]:
    """Each topic in its own order, the topics mixed at random, some messages delivered twice."""
    left = {topic: list(told) for topic, told in by_topic(STORY.told).items()}
    arrived: list[Told] = []
    while any(left.values()):
        topic = draw(st.sampled_from([topic for topic, told in left.items() if told]))
        arrived.append(left[topic].pop(0))
        if draw(st.booleans()):
            arrived.append(draw(st.sampled_from(arrived)))
    return arrived


@given(interleaved())
@examples(40)
async def test_view_is_the_same_when_topics_interleave_and_messages_repeat(arrived: list[Told]) -> None:
    assert await seen(arrived) == await seen(STORY.told)


@given(st.permutations(STORY.told))
@examples(40)
async def test_view_is_the_same_when_even_one_topic_arrives_out_of_order(arrived: list[Told]) -> None:
    assert await seen(arrived) == await seen(STORY.told)


@given(st.permutations([each for each in STORY.told if each.topic == "hawk.progress"]))
@examples(40)
async def test_state_never_moves_back_when_older_progress_arrives_late(arrived: list[Told]) -> None:
    model = MemoryReadModel()
    highest = 0
    for each in arrived:
        model.write(changes_of(each.event, "id"), each.at)
        row = await model.workflow(STORY.workflow_id)
        assert row is not None
        assert row.sequence >= highest
        highest = row.sequence
