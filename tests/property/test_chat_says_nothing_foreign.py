"""Whatever the documents of a response hold, the text for the chat has HAWK's words and harmless values alone."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.configuration import messages as configured
from services.monitor.chat.message import Sites, chat_message
from services.monitor.facts import changes_of
from services.monitor.memory import MemoryReadModel
from services.monitor.views import response_view, workflow_view
from shared.events.base import Event
from tests.support import configuration, hedges, plans_of_each_kind
from tests.support.hostile_texts import HOSTILE
from tests.support.story import Story

SITES = Sites(console="https://hawk.bank.example", dashboard="https://monitor.bank.example")
#: What HAWK itself decides, and no text from outside: which sentence is said.
STRUCTURE = frozenset({
    "state", "decision", "tier", "operation", "table", "instruction_type", "expires_at", "outcome", "successor",
})  # fmt: skip
#: Of ASCII: what neither Markdown nor HTML nor a terminal obeys. Outside it, letters of people's names.
HARMLESS = re.compile(r"[A-Za-z0-9 \n.,:;()'/_%+-]")
LINK = re.compile(r"[A-Za-z]\.[A-Za-z]|//|www\.|@", re.IGNORECASE)
ADDRESS = re.compile(r"https://(?:hawk|monitor)\.bank\.example/[A-Za-z0-9/._~%?=&+-]*")

foreign = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=80),
    st.sampled_from(
        ("evil.example", "[Approve](https://evil.example)", "**done**", "a\nb", "1. Approved", "<b>", "`x`")
    ),
)


def view_of(*events: Event) -> dict[str, Any]:
    model = MemoryReadModel()
    for number, event in enumerate(events):
        model.write(changes_of(event, str(number)), hedges.NOW)
    rows = model.response_now(events[0].response_id)  # type: ignore[attr-defined]
    flows = list(rows.workflows) if rows is not None else []
    return workflow_view(flows[0])


@cache
def responses() -> dict[str, dict[str, Any]]:
    """The documents of a response of each kind."""
    story, model = Story().received().planned().approved().executed(), MemoryReadModel()
    for told in story.told:
        model.write(changes_of(told.event, f"{told.stream}:{told.version}"), told.at)
    row = model.response_now("resp-1")
    assert row is not None
    whole = response_view(row)
    change = configuration.planned()
    kinds = {
        "hedge": whole["workflows"][0],
        "configuration": view_of(change, *configured.opening(change).reports),
        "override": view_of(plans_of_each_kind.override()),
    }
    kinds["reversal"] = {**kinds["hedge"], "reverses": "wf-0"}
    kinds["question"] = {**kinds["hedge"], "answer": {
        "requested": "1.00", "available": "1.00", "allocated": "1.00", "not_allocated": "0.00", "can_proceed": "true",
        "open_hedges": "1", "outstanding": "1.00",
    }}  # fmt: skip
    refused = [{"code": "LOT_SIZE", "message": "m", "path": "$"}]
    return {kind: {**whole, "workflows": [{**flow, "refusals": refused}]} for kind, flow in kinds.items()}


def replaced(value: Any, by: Callable[[], str], name: str = "") -> Any:
    """Return a document with a foreign text wherever a text stands that is no structure."""
    if isinstance(value, dict):
        return {key: replaced(each, by, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(each, by, name) for each in value]
    return by() if isinstance(value, str) and name not in STRUCTURE else value


STATES = (
    "PROPOSED", "PLANNED", "AWAITING_APPROVAL", "APPROVED", "BOOKING", "COMPLETED", "POSTED", "REFUSED", "REJECTED",
    "EXPIRED", "STALE_CONTEXT", "FAILED", "COMPENSATED", "NEEDS_INTERVENTION", "REVERSING", "REVERSED",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["hedge", "configuration", "override", "reversal", "question"])
@given(data=st.data(), state=st.sampled_from(STATES), person=foreign)
def test_no_foreign_text_gets_in(kind: str, data: st.DataObject, state: str, person: str) -> None:
    known = responses()[kind]
    texts = data.draw(st.lists(foreign, min_size=1, max_size=8))
    place = iter(range(10**9))
    response = replaced(known, lambda: texts[next(place) % len(texts)])
    (flow,) = response["workflows"]
    flow |= {"state": state, "decisions": [{"person": person, "decision": "REJECT"}], "reason": texts[0]}
    flow["approval"]["approvers"] = [{"person": person}]
    response["workflows"] = [flow]
    message = chat_message(response, SITES)
    strange = {each for each in message.text if not HARMLESS.match(each)}
    assert all(each in "\ufffd…" or (ord(each) > 127 and each.isalnum()) for each in strange), strange
    assert not LINK.search(message.text), message.text
    benign = {**known["workflows"][0], **{each: flow[each] for each in ("state", "decisions")}, "reason": "x"}
    benign["approval"] = {**benign["approval"], "approvers": [{"person": "ann"}]}
    assert message.text.count("\n") <= chat_message({**known, "workflows": [benign]}, SITES).text.count("\n") + 1
    for link in (message.links.approve, message.links.review, message.links.cancel, message.links.status):
        assert link is None or ADDRESS.fullmatch(link), link


@given(text=foreign)
def test_id_of_a_response_cannot_leave_the_query(text: str) -> None:
    whole = {**responses()["hedge"], "response_id": text}
    link = chat_message(whole, SITES).links.status
    assert link is not None
    assert ADDRESS.fullmatch(link), link
    assert link.count("?") == link.count("=") == 1
