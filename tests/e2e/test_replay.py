"""Every message twice: Kafka promises "at least once", and the tables must not notice (design section 5)."""

from collections.abc import Mapping

import pytest

from shared.events.topics import TOPICS
from tests.support.eventually import eventually
from tests.support.hawk import Hawk
from tests.support.orders import order
from tests.support.tables import digests
from tests.support.wire import Wire

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CAUGHT_UP_SECONDS_MAX = 120


def tables(hawk: Hawk) -> dict[str, str]:
    return digests(hawk.known["postgres"]["dsn_by_role"]["hawk_reader"])


def deliver_again(wire: Wire) -> Mapping[str, int]:
    """Publish every message of every topic once more, in its order; gives their numbers."""
    numbers = {}
    for topic in TOPICS:
        kept = wire.read(topic.name)
        wire.again(topic.name, kept)
        numbers[topic.name] = len(kept)
    return numbers


def test_answer_published_three_times_is_one_workflow_and_one_booking(hawk: Hawk) -> None:
    answer = order("AUD", "3000000", "ENTITY0001")
    response_id, *_ = hawk.publish(answer, answer, answer)
    # The repeats are the parser's to count and the workflow comes from the plan: either may be known first.
    response = eventually(
        lambda: hawk.get(f"/responses/{response_id}") or {},
        60,
        until=lambda found: found.get("repeats") == 2 and found["workflows"],
    )
    (workflow,) = response["workflows"]
    workflow_id = workflow["workflow_id"]
    hawk.in_state(workflow_id, "AWAITING_APPROVAL")
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")
    hawk.publish(answer)
    eventually(lambda: hawk.get(f"/responses/{response_id}") or {}, 60, until=lambda found: found.get("repeats") == 3)
    assert len(hawk.query("SELECT FROM hawk.deal_bookings WHERE workflow_id = $1", workflow_id)) == 6
    requests = hawk.query("SELECT workflow_id FROM hawk.hedge_instructions WHERE response_id = $1", response_id)
    assert {row["workflow_id"] for row in requests} == {workflow_id}
    assert len([row for row in hawk.json("murex", "book") if row["workflow_id"] == workflow_id]) == 6


def test_every_message_of_every_topic_delivered_twice_changes_no_table(hawk: Hawk) -> None:
    workflow_id = hawk.planned(order("AUD", "1100000", "ENTITY0001"))["workflow_id"]
    hawk.approve(workflow_id)
    hawk.in_state(workflow_id, "POSTED")
    hawk.settled(CAUGHT_UP_SECONDS_MAX)
    before = tables(hawk)
    book = hawk.json("murex", "book")
    states = {row["workflow_id"]: row["state"] for row in hawk.json("list")}
    assert states[workflow_id] == "POSTED"

    numbers = deliver_again(hawk.wire)
    assert all(
        numbers[name] for name in ("hawk.ai.responses", "hawk.approvals", "hawk.murex.answers", "hawk.reference")
    )
    hawk.settled(CAUGHT_UP_SECONDS_MAX)

    after = tables(hawk)
    assert {name for name in before if before[name] != after[name]} == set()
    assert hawk.json("murex", "book") == book
    assert {row["workflow_id"]: row["state"] for row in hawk.json("list")} == states
