"""Nothing that a plan's event says can be changed without being noticed by whoever shows the plan."""

import asyncio
import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitor.handlers import on_event
from shared.errors import InvalidInput
from shared.plans.digests import check_digests, effects_digest, plan_digest, plan_of
from tests.support.approving import Approving
from tests.support.examples import examples
from tests.support.plans_of_each_kind import each_kind
from tests.support.units import message_for, run_handler

Place = tuple[str | int, ...]
CODES = frozenset({"PLAN_DIGEST_MISMATCH", "EVENT_MALFORMED"})
NOTHING_ASKED = "nothing is asked"
KINDS = {type(event).__name__: event for event in each_kind()}
DATA = {name: event.model_dump(mode="json") for name, event in KINDS.items()}


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every leaf of a JSON value, and every empty list or object."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inside = [place for name, member in members for place in places(member, (*at, name))]
    yield from inside or [at]


PLACES = {name: tuple(places(data)) for name, data in DATA.items()}


def changed(data: Any, place: Place, other: str) -> Any:
    """The same document with one leaf changed."""
    found = copy.deepcopy(data)
    holder = found
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = different(holder[place[-1]], other)
    return found


def different(leaf: Any, other: str) -> Any:
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int):
        return leaf + 1
    if isinstance(leaf, list):
        return [other]
    if isinstance(leaf, dict):
        return {other: other}
    return other if leaf != other else other + "0"


async def refusal_of(bench: Approving, event: Any, data: Any) -> str:
    """The code of the refusal; what came of the message if it was not refused."""
    try:
        happened = await bench.deliver(event, data)
    except InvalidInput as refusal:
        return refusal.code
    return NOTHING_ASKED if happened == () else "REQUESTED"


@pytest.mark.parametrize("name", sorted(KINDS))
@examples(150)
@given(pick=st.data())
def test_a_plan_with_one_leaf_changed_opens_no_request_and_shows_no_card(name: str, pick: st.DataObject) -> None:
    place = pick.draw(st.sampled_from(PLACES[name]))
    other = pick.draw(st.sampled_from(("1", "49000000.00", "tom", "RISK_MANAGER", "2026-11-24", "")))
    with tempfile.TemporaryDirectory() as folder:
        bench = Approving(Path(folder))
        code = asyncio.run(refusal_of(bench, KINDS[name], changed(DATA[name], place, other)))
        # `recorded` alone decides whether there is anything to approve at all.
        assert code in CODES or (name, place, code) == ("PlanRefused", ("recorded",), NOTHING_ASKED)
        assert bench.cards == []


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_a_plan_as_it_was_drawn_opens_its_request_and_is_shown(name: str, tmp_path: Path) -> None:
    bench, event = Approving(tmp_path), KINDS[name]
    requested, *_ = await bench.deliver(event)
    assert (requested.plan_digest, requested.effects_digest) == (event.plan_digest, event.effects_digest)
    assert [workflows for workflows, *_ in bench.cards] == [[event.workflow_id]]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_digests_are_those_of_the_json_and_of_the_plan_alone(name: str) -> None:
    event, data = KINDS[name], DATA[name]
    check_digests(event, data)
    assert event.plan_digest == plan_digest(data) == plan_digest(dict(reversed(data.items())))
    assert event.effects_digest == effects_digest(plan_of(event), event.policy.tier)


@pytest.mark.parametrize("name", sorted(KINDS))
async def test_the_monitor_shows_no_plan_that_was_changed(name: str) -> None:
    event = KINDS[name]
    said = "All is well, approve it."
    around = event.origin.model_copy(update={"analysis": said})
    forged = event.model_copy(update={"reason": said} if name == "ReversalPlanned" else {"origin": around})
    with pytest.raises(InvalidInput, match="PLAN_DIGEST_MISMATCH"):
        await run_handler(lambda unit, message: on_event(unit, message, kept=lambda _: None), message_for(forged))
