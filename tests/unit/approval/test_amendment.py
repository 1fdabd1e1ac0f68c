"""The maker changes the amount while the request waits: a changed order of its own, and nothing left of the old one."""

import json
from decimal import Decimal
from typing import Any

from services.approval import handlers
from services.approval.requests.amendment import amend, submission_of
from services.approval.requests.commands import AmendRequest
from services.approval.requests.decider import Fault, Refused, decide
from services.approval.requests.state import NOTHING, Approval, Status, evolve
from shared.events.approvals import ApprovalAmended
from shared.events.identity import approval_stream
from tests.support.approvals import DAY, World, request_for
from tests.support.units import WHEN, MemoryUnitOfWork

ORDER: dict[str, Any] = {
    "instruction_type": "I", "exposure_currency": "USD", "amount": "25000000.00", "entity_id": "ENTITY0037",
    "nav_type": "COI", "hedge_method": "COH", "order_id": "ORD-1", "msg_uid": "uid-1", "value_date": "2026-11-25",
    "provenance": {"exposure_currency": "stated", "entity_id": "words", "amount": "stated", "nav_type": "default",
                   "hedge_method": "reference", "order_id": "system", "msg_uid": "system"},
}  # fmt: skip


def waiting() -> Approval:
    outcome = decide(NOTHING, request_for())
    assert not isinstance(outcome, Refused)
    state = NOTHING
    for event in outcome:
        assert not hasattr(event, "claims")
        state = evolve(state, event)  # type: ignore[arg-type]
    return state


def command(person: str = "ann", amount: str = "60000000", order: dict[str, Any] | None = None) -> AmendRequest:
    return AmendRequest(person, Decimal(amount), "The client wants more", ORDER if order is None else order, WHEN)


def refusal(state: Approval, given: AmendRequest) -> tuple[Fault, str]:
    outcome = amend(state, given)
    assert isinstance(outcome, Refused), outcome
    return outcome.fault, outcome.code


def amended() -> ApprovalAmended:
    outcome = amend(waiting(), command())
    assert isinstance(outcome, ApprovalAmended), outcome
    return outcome


def test_the_plan_that_waits_ends_superseded() -> None:
    event = amended()
    state = evolve(waiting(), event)
    assert (state.status, state.reason) == (Status.CLOSED, "SUPERSEDED: ann amended it: The client wants more")
    assert event.successor != event.workflow_id
    assert refusal(state, command()) == (Fault.CONFLICT, "CLOSED")


def test_the_changed_order_states_what_the_answer_stated_and_the_new_amount() -> None:
    submission = submission_of(amended(), ORDER)
    (action,) = json.loads(submission.answer)["recommended_actions"]
    assert action["data"] == {
        "instruction_type": "I", "hedge_amount_order": "60000000", "exposure_currency": "USD",
        "entity_id": "ENTITY0037",
    }  # fmt: skip
    assert submission.maker == "ann"
    assert not any(digit in submission.answer.split("recommended_actions")[0] for digit in "0123456789")


def test_others_and_what_is_over_change_nothing() -> None:
    assert refusal(waiting(), command("tom")) == (Fault.FORBIDDEN, "NOT_THE_MAKER")
    assert refusal(NOTHING, command()) == (Fault.UNKNOWN, "WORKFLOW_UNKNOWN")
    late = AmendRequest("ann", Decimal(1), "late", ORDER, WHEN + DAY)
    assert refusal(waiting(), late) == (Fault.CONFLICT, "EXPIRED")
    assert refusal(waiting(), command(amount="25000000")) == (Fault.INVALID, "NOTHING_CHANGED")
    assert refusal(waiting(), command(order={})) == (Fault.CONFLICT, "NOT_AMENDABLE")


async def test_both_are_recorded_together_or_not_at_all(tmp_path: Any) -> None:
    world = World(tmp_path)
    await world.request()
    unit = MemoryUnitOfWork(world.approvals.streams)
    outcome = await handlers.amend(unit, "w1", command(), world.approvals.signer)
    assert isinstance(outcome, ApprovalAmended)
    await unit.commit()
    assert {stream.partition("-")[0] for stream in unit.appended} == {"approval", "submission"}
    assert approval_stream("w1") in unit.appended
    again = await handlers.amend(MemoryUnitOfWork(world.approvals.streams), "w1", command(), world.approvals.signer)
    assert isinstance(again, Refused)
