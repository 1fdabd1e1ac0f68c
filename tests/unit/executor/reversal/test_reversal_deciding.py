"""The decisions about a reversal: planned, refused with names, started, finished, posted; pure, without a database."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.executor.execution.commands import RecordAnswer, RecordCancel
from services.executor.execution.posting import Books, Period
from services.executor.execution.state import DealStatus, ExecutionState, Status, evolve
from services.executor.exposure.usage import CapacityUse
from services.executor.progress.reporting import Progress
from services.executor.projections.folding import PROJECTIONS
from services.executor.reversal import decider, planning
from services.executor.reversal.commands import (
    Dependant,
    ReversalFacts,
    Reversing,
    StartReversal,
)
from services.executor.reversal.state import fold as fold_reversal
from services.executor.workflow import saga
from services.executor.workflow.process import Next, next_step
from shared.errors import Defect
from shared.events import identity, murex, reversals, undoing
from shared.events.base import Event
from shared.eventstore.port import NO_STREAM
from shared.plans.digests import plan_digest
from tests.support import executions
from tests.support.executions import NOW, WORKFLOW, used_grant
from tests.support.reversing import PERIOD, POLICY, REVERSAL, ZERO, Executed, asked, executed, planned, started


def refused(facts: ReversalFacts) -> reversals.ReversalRefused:
    drawn = planning.decide(asked(facts), POLICY)
    assert isinstance(drawn, reversals.ReversalRefused)
    return drawn


def moved(state: ExecutionState, events: tuple[Event, ...]) -> ExecutionState:
    for event in events:
        state = evolve(state, event)
    return state


def test_executed_workflow_is_planned_under_its_own_amount_and_tier() -> None:
    of = executed()
    subject = planned(of.facts())
    assert subject.policy.tier == of.done.subject.policy.tier == "TRADER"
    assert subject.plan.amount_usd == of.done.subject.amount_usd
    assert "The reversal is USD 25,000,000.00" in subject.policy.rules[0]
    assert subject.plan.steps == of.done.subject.plan.reversal
    assert planned(of.facts()) == subject


def test_undo_that_the_plan_shows_is_under_its_digest() -> None:
    """What is shown of the undo cannot be changed without changing what was approved."""
    drawn = executions.drawn()
    shown = drawn.model_dump(mode="json")
    assert [step["number"] for step in shown["plan"]["reversal"]] == [step.number for step in drawn.plan.reversal]
    other = drawn.model_copy(update={"plan": replace(drawn.plan, reversal=drawn.plan.reversal[1:])})
    assert plan_digest(shown) == drawn.plan_digest
    assert plan_digest(other.model_dump(mode="json")) != drawn.plan_digest


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"state": ExecutionState()}, "NOT_EXECUTED", "not executed"),
        ({"state": ExecutionState(status=Status.BOOKING)}, "NOT_EXECUTED", "BOOKING"),
        ({"kind": "a change of the configuration"}, "NOT_REVERSIBLE", "configuration"),
        ({"state": ExecutionState(status=Status.COMPLETED)}, "NOT_REVERSIBLE", "check"),
        ({"dependants": (Dependant("later-1", "ORD-2", "Rollover", "EVT-2"),)}, "HAS_DEPENDANTS", "later-1"),
        ({"periods": (replace(PERIOD, is_open=False),)}, "PERIOD_CLOSED", "gl_periods"),
    ],
)
def test_what_cannot_be_reversed_is_refused_and_named(changes: dict[str, object], code: str, named: str) -> None:
    refusal = refused(executed().facts(**changes))
    assert refusal.refusals[0].code == code
    assert named in refusal.refusals[0].message


def test_workflow_that_is_being_reversed_names_its_reversal() -> None:
    of = executed()
    _, changes = started(of)
    state = moved(of.state, changes[1].events)
    refusal = refused(of.facts(state=state))
    assert (refusal.refusals[0].code, refusal.related) == ("ALREADY_REVERSED", (REVERSAL,))


def test_start_uses_the_grant_and_cancels_every_deal_on_the_stream_of_the_workflow() -> None:
    of = executed()
    _, (own, original, exposure, *limits) = started(of)
    assert (own.stream, own.expected) == (identity.execution_stream(REVERSAL), NO_STREAM)
    assert isinstance(own.events[0], reversals.ReversalPrepared)
    assert (original.stream, original.expected) == (identity.execution_stream(WORKFLOW), of.state.version)
    sent = [event for event in original.events if isinstance(event, murex.DealCancelSent)]
    assert {event.deal_booking_id for event in sent} == set(of.state.deals)
    assert {event.contract_id for event in sent} == {deal.contract_id for deal in of.state.deals.values()}
    assert exposure.expected == of.done.capacity[exposure.stream].version
    assert len(limits) == 1
    state = moved(of.state, original.events)
    assert (state.status, next_step(state)) == (Status.REVERSING, Next.NOTHING)


def cancelled(of: Executed) -> tuple[ExecutionState, Reversing]:
    """Every cancel confirmed but the finish not decided yet."""
    subject, (own, original, *_) = started(of)
    state = moved(of.state, original.events)
    for event in original.events:
        if isinstance(event, murex.DealCancelSent):
            confirmed = undoing.CancelConfirmed(
                workflow_id=WORKFLOW,
                event_id=event.event_id,
                deal_booking_id=event.deal_booking_id,
                deal_sequence=event.deal_sequence,
                in_reply_to=event.message_sequence,
                outcome="CANCELLED",
                confirmed_at=NOW,
            )
            state = evolve(state, confirmed)
    prepared = own.events[0]
    assert isinstance(prepared, reversals.ReversalPrepared)
    return state, Reversing(subject, prepared, 1)


def test_finish_takes_every_operation_back_last_first_and_gives_the_capacity_back() -> None:
    of = executed()
    state, reversing = cancelled(of)
    assert next_step(state) is Next.FINISH_REVERSAL
    original, own, exposure, limit = decider.finish(state, reversing, of.done.capacity, of.done.usd, NOW)
    undone = [event for event in original.events if isinstance(event, reversals.OperationReversed)]
    writes = [step.undoes for step in reversing.subject.plan.steps]
    assert [event.operation for event in undone] == writes == sorted(writes, reverse=True)
    assert all(
        type(event) in PROJECTIONS
        for event in (*original.events, *own.events)
        if not isinstance(event, reversals.ReversalCompleted)
    )
    assert isinstance(original.events[-1], reversals.ExecutionReversed)
    assert isinstance(own.events[-1], reversals.ReversalCompleted)
    (hedged,) = exposure.events
    use = of.done.capacity[exposure.stream]
    assert getattr(hedged, "hedged_total") == use.hedged - Decimal(25_000_000) == ZERO  # noqa: B009
    assert getattr(limit.events[0], "amount_usd") == Decimal("-25000000.00")  # noqa: B009
    after = moved(state, original.events)
    assert (after.status, next_step(after)) == (Status.REVERSED, Next.NOTHING)


def test_finish_without_a_reversal_is_a_defect() -> None:
    of = executed()
    with pytest.raises(Defect, match="never started"):
        decider.finish(of.state, None, of.done.capacity, of.done.usd, NOW)


def test_cancel_that_murex_refuses_asks_a_person_and_goes_on_once_it_is_settled() -> None:
    of = executed()
    _, (_, original, *_) = started(of)
    state = moved(of.state, original.events)
    sent = [event for event in original.events if isinstance(event, murex.DealCancelSent)]
    progress = Progress(WORKFLOW, response_id="r", state="REVERSING", version=30, completed_operations=47)
    for number, event in enumerate(sent):
        outcome = "REFUSED" if number == 0 else "CANCELLED"
        turn = saga.advance(state, RecordCancel(executions.cancelled(event, outcome), NOW), progress, NOW)
        assert turn is not None
        state = moved(state, turn.changes[0].events + sum((each.events for each in turn.changes[1:]), ()))
    assert state.status is Status.NEEDS_INTERVENTION
    assert state.failure_code == "REVERSAL_UNFINISHED"
    assert [deal.status for deal in state.cancels_refused] == [DealStatus.CANCEL_REFUSED]
    assert turn is not None
    assert turn.progress is not None
    assert turn.progress.completed_operations == 47
    (kept,) = state.cancels_refused
    deals = {**state.deals, kept.deal.deal_booking_id: replace(kept, status=DealStatus.CANCELLED)}
    assert next_step(replace(state, deals=deals)) is Next.FINISH_REVERSAL


def test_late_acknowledgement_after_the_reversal_is_cancelled_again() -> None:
    of = executed()
    state, reversing = cancelled(of)
    original, *_ = decider.finish(state, reversing, of.done.capacity, of.done.usd, NOW)
    state = moved(state, original.events)
    late = executions.answer_of(of.done.sent[0], "ACK", contract_id="MX-again")
    turn = saga.advance(state, RecordAnswer(late, NOW), Progress(WORKFLOW, state="REVERSED"), NOW)
    assert turn is not None
    assert any(isinstance(event, murex.DealCancelSent) for event in turn.changes[0].events)


@pytest.mark.parametrize("is_open", [True, False])
def test_reversing_journal_is_posted_only_in_an_open_period(is_open: bool) -> None:
    of = executed()
    state, reversing = cancelled(of)
    _, own, *_ = decider.finish(state, reversing, of.done.capacity, of.done.usd, NOW)
    reversal = fold_reversal((reversing.prepared, *own.events))
    assert reversal.to_post
    plan = reversing.subject.plan
    accounts = frozenset(line.account_code for each in plan.journal for line in each.lines)
    books = Books({"2026-11": Period("2026-11", PERIOD.start, PERIOD.end, is_open)}, accounts)
    plan = replace(
        plan,
        journal=tuple(
            replace(each, lines=tuple(replace(line, period_id="2026-11") for line in each.lines))
            for each in plan.journal
        ),
    )
    changes = decider.post(reversal, plan, books, 99, NOW)
    if is_open:
        assert isinstance(changes[0].events[0], reversals.ReversalPosted)
        assert isinstance(changes[1].events[0], reversals.JournalReversed)
        assert (changes[1].expected, changes[0].expected) == (99, reversal.version)
    else:
        (deferred,) = changes[0].events
        assert isinstance(deferred, reversals.ReversalPostingDeferred)
        assert (deferred.code, len(changes)) == ("PERIOD_CLOSED", 1)


def test_closing_that_has_no_room_any_more_is_not_reversed() -> None:
    of = executed()
    stream = next(iter(of.done.capacity))
    plan = planned(of.facts()).plan
    again = replace(plan, exposures=tuple(replace(each, amount=-each.amount) for each in plan.exposures), usd=-plan.usd)
    facts = of.facts(room={stream: Decimal(24_999_999)}, usd_room=Decimal(10**9))
    full = planning.no_room(again, facts)
    assert full is not None
    assert full.code == "CAPACITY_EXHAUSTED"
    limit = planning.no_room(again, of.facts(room={stream: Decimal(10**9)}, usd_room=Decimal(1)))
    assert limit is not None
    assert limit.code == "USD_PB_LIMIT_EXCEEDED"
    assert planning.no_room(again, of.facts(room={stream: Decimal(25_000_000)})) is None


def test_use_of_an_exposure_that_was_not_loaded_is_a_defect() -> None:
    of = executed()
    subject = planned(of.facts())
    nothing: dict[str, CapacityUse] = {}
    command = StartReversal(subject, subject.plan, used_grant(subject), of.state, nothing, of.done.usd, NOW)
    with pytest.raises(Defect, match="was not loaded"):
        decider.start(command)
