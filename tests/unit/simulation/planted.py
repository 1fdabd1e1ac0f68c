"""Bugs that are planted on purpose: each is one wrong line in the real decisions, or one broken promise of the shell.

Each names the invariant that has to be found broken.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from services.executor.execution import answers, commands, decider, grant, slots
from services.executor.execution import state as execution
from services.executor.execution.decider import Changes
from services.executor.execution.state import DealState, DealStatus, ExecutionState
from services.executor.progress import messages
from services.executor.workflow import saga
from services.executor.workflow.process import Next
from shared.events import murex, undoing
from shared.policy import emergency
from tools.simulation import turns
from tools.simulation.world import ANSWERS, Shell, World

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Bug:
    """`plant` changes the code, `shell` how transactions are run. `breaks`: invariants any of which shows it."""

    name: str
    breaks: frozenset[str]
    plant: Callable[[Patch], None] = lambda _: None
    shell: Shell = field(default_factory=Shell)

    def __str__(self) -> str:
        return self.name


def _any_move_goes(patch: Patch) -> None:
    """The table of moves would stop a run before the invariant is looked at."""
    patch.setattr(execution, "_moved", lambda moves, status, _: moves.get(status, status))


def _enough_is_all(patch: Patch) -> None:
    enough = property(lambda state: bool(state.deals) and state.acknowledged >= len(state.deals) - 1)
    patch.setattr(ExecutionState, "all_acknowledged", enough)
    # The second defence: a deal that nobody acknowledged has no answer that completing could rest on.
    patch.setattr(DealState, "booking_answered", property(lambda _: True))


def _any_answer_counts(patch: Patch) -> None:
    patch.setattr(DealState, "is_answered_by", lambda *_: True)
    patch.setattr(DealState, "booking_answered", property(lambda _: True))


def _retry_without_enquiry(patch: Patch) -> None:
    real = answers._overdue

    def overdue(state: Any, command: Any) -> Any:
        waiting = {key: replace(deal, enquired=True) for key, deal in state.deals.items()}
        return real(replace(state, deals=waiting), command)

    patch.setattr(answers, "_overdue", overdue)


def _undone_in_forward_order(patch: Patch) -> None:
    real = decider._undo
    patch.setattr(decider, "_undo", lambda *given: reversed(list(real(*given))))


def _grant_not_consumed(patch: Patch) -> None:
    """Nobody asks whether it was used, and the execution's stream may exist already."""
    real_subject, real_apply = grant.granted_subject, turns.Turns._apply

    def subject(claims: Any, workflow_id: str, state: Any, judge: Any, **_: Any) -> Any:
        return real_subject(claims, workflow_id, state, judge, applied=False)

    def apply(self: Any, state: Any, subject: Any, approved: Any, claims: Any, unit: Any) -> None:
        real_apply(self, state, subject, approved, claims, unit)
        stream = f"execution-{subject.workflow_id}"
        version = len(self.world.streams.get(stream, ()))
        unit.appends = [
            (name, version if name == stream else expected, events) for name, expected, events in unit.appends
        ]

    patch.setattr(turns, "granted_subject", subject)
    patch.setattr(turns.Turns, "_apply", apply)


def _without_others(changes: tuple[Changes, ...]) -> tuple[Changes, ...]:
    return changes[:1]


def _capacity_not_released(patch: Patch) -> None:
    real = decider.finish_compensation
    patch.setattr(decider, "finish_compensation", lambda *given: _without_others(real(*given)))


def _capacity_not_reserved(patch: Patch) -> None:
    real = decider.prepare
    patch.setattr(decider, "prepare", lambda command: _without_others(real(command)))


def _second_contract_overwrites(patch: Patch) -> None:
    _any_move_goes(patch)
    real = answers._answer

    def answer(state: Any, message: Any, now: Any) -> Any:
        deal = state.deals.get(message.deal_booking_id)
        if deal is not None and deal.status is DealStatus.ACKNOWLEDGED and message.answer == "ACK":
            return (answers._acknowledged(deal, message, message.level, now),)
        return real(state, message, now)

    patch.setattr(answers, "_answer", answer)


def _resent_under_another_id(patch: Patch) -> None:
    real = answers._again

    def again(*given: Any) -> Any:
        event = real(*given)
        if isinstance(event, murex.DealSent):
            return event.model_copy(update={"deal_booking_id": f"{event.deal_booking_id}-{event.attempt}"})
        return event

    patch.setattr(answers, "_again", again)


def _late_ack_ignored(patch: Patch) -> None:
    real = answers._answer

    def answer(*given: Any) -> Any:
        return tuple(event for event in real(*given) if not isinstance(event, murex.DealCancelSent))

    patch.setattr(answers, "_answer", answer)


def _absence_counts(patch: Patch) -> None:
    patch.setattr(commands, "due_at", lambda asked, seconds, _: asked + timedelta(seconds=seconds))


def _expired_grant(patch: Patch) -> None:
    patch.setattr(turns, "lapsed", lambda *_: None)


def _two_of_one(patch: Patch) -> None:
    for judges in (grant, emergency):
        patch.setattr(judges, "counting", lambda approvals, *_, **__: list(approvals))


def _given_by_nobody(patch: Patch) -> None:
    patch.setattr(grant, "unfounded", lambda *_: None)


def _digest_not_compared(patch: Patch) -> None:
    patch.setattr(grant, "check_grant", lambda *_: None)


def _silent_deals_not_cancelled(patch: Patch) -> None:
    real = decider.start_compensation

    def start(state: Any, now: Any) -> Any:
        silent = {key for key, deal in state.deals.items() if deal.code == murex.NO_ANSWER}
        return tuple(
            event
            for event in real(state, now)
            if not (isinstance(event, murex.DealCancelSent) and event.deal_booking_id in silent)
        )

    patch.setattr(decider, "start_compensation", start)


def _refusal_taken_for_a_cancel(patch: Patch) -> None:
    real = answers._cancel_refused

    def refused(*given: Any) -> Any:
        event = real(*given)
        told = event.model_dump(exclude={"reason", "refused_at"})
        return undoing.CancelConfirmed(
            **told, in_reply_to=given[0].requests, outcome="CANCELLED", confirmed_at=event.refused_at
        )

    patch.setattr(answers, "_cancel_refused", refused)


def _half_undone(patch: Patch) -> None:
    real = decider._undo
    patch.setattr(decider, "_undo", lambda *given: list(real(*given))[:-1])


def _never_compensates(patch: Patch) -> None:
    real = saga.next_step

    def step(state: ExecutionState) -> Next:
        found = real(state)
        return Next.NOTHING if found is Next.START_COMPENSATION else found

    patch.setattr(saga, "next_step", step)


def _unlimited_attempts(patch: Patch) -> None:
    real = answers._again

    def again(state: Any, *given: Any) -> Any:
        return real(replace(state, prepared=state.prepared.model_copy(update={"attempts_max": 9})), *given)

    patch.setattr(answers, "_again", again)


def _stop_forgotten(patch: Patch) -> None:
    patch.setattr(turns, "sends_deals", lambda _: False)


def _unread_is_no_matter(patch: Patch) -> None:
    patch.setattr(grant, "has_to_wait", lambda *_: False)


def _undoing_not_told(patch: Patch) -> None:
    patch.setattr(messages, "compensating", lambda progress, _: progress)


def _healthy_is_caught_up(patch: Patch) -> None:
    patch.setattr(World, "heard_until", lambda self: self.now)


def _stamps_are_believed(patch: Patch) -> None:
    real = World.heard_until

    def heard_until(self: World) -> Any:
        read = [
            self.stamped[message.id]
            for partition, messages in self.topics.items()
            for message in messages[: self.offsets[partition]]
            if partition[0] == ANSWERS
        ]
        return max(read, default=real(self))

    patch.setattr(World, "heard_until", heard_until)


def _revoked_without_a_stream(patch: Patch) -> None:
    """The plan is closed, the execution's stream is not created, and nobody asks whether a plan was closed."""
    real_revoke, real_subject = turns.revoke, grant.granted_subject

    def revoke(*given: Any) -> Any:
        turn = real_revoke(*given)
        return None if turn is None else replace(turn, changes=turn.changes[1:])

    def subject(claims: Any, workflow_id: str, state: Any, judge: Any, *, applied: bool) -> Any:
        return real_subject(claims, workflow_id, replace(state, closed=None), judge, applied=applied)

    patch.setattr(turns, "revoke", revoke)
    patch.setattr(turns, "granted_subject", subject)
    patch.setattr(turns, "REVOKED", "")


def _slot_leaks(patch: Patch) -> None:
    """Undone workflows are taken for being in flight."""
    real = slots.holds_slot
    patch.setattr(slots, "holds_slot", lambda status: real(status) or status is execution.Status.COMPENSATED)


def _slots_not_counted(patch: Patch) -> None:
    real = World.room
    patch.setattr(World, "room", lambda self, *given: replace(real(self, *given), free=1, before=0))
    patch.setattr(World, "_write_slots", lambda *_: None)


BUGS = (
    Bug("the inbox row is committed before the events are appended", frozenset({"EVERY_WORKFLOW_ENDS"}),
        shell=Shell(inbox_first=True)),
    Bug("no inbox check", frozenset({"HANDLED_ONCE"}), shell=Shell(inbox=False)),
    Bug("offsets are committed before the transaction", frozenset({"NOTHING_LOST"}), shell=Shell(offsets_first=True)),
    Bug("the to-do list is written after the transaction", frozenset({"EVERY_WORKFLOW_ENDS"}),
        shell=Shell(todo_later=True)),
    Bug("expected versions are not checked",
        frozenset({"PROGRESS_DENSE", "FIRST_ANSWER_STANDS", "CAPACITY_SETTLED", "REVOKED_IS_NEVER_USED"}),
        _any_move_goes, shell=Shell(versions=False)),
    Bug(">= instead of set equality before completion", frozenset({"SET_EQUALITY"}), _enough_is_all),
    Bug("an answer to nothing counts", frozenset({"ANSWERS_A_REQUEST"}), _any_answer_counts),
    Bug("retry without enquiry", frozenset({"ASKED_BEFORE_RETRY"}), _retry_without_enquiry),
    Bug("compensation in forward order", frozenset({"UNDONE_IN_REVERSE"}), _undone_in_forward_order),
    Bug("grant not consumed", frozenset({"GRANT_USED_ONCE", "ONE_OUTCOME"}), _grant_not_consumed),
    Bug("capacity not released", frozenset({"CAPACITY_SETTLED"}), _capacity_not_released),
    Bug("capacity not reserved", frozenset({"CAPACITY"}), _capacity_not_reserved),
    Bug("a second ACK overwrites the first contract", frozenset({"FIRST_ANSWER_STANDS"}), _second_contract_overwrites),
    Bug("resent under another booking id", frozenset({"DEAL_PLANNED"}), _resent_under_another_id),
    Bug("an ACK after the cancel is ignored", frozenset({"MUREX_AGREES"}), _late_ack_ignored),
    Bug("silent deals are not cancelled", frozenset({"MUREX_AGREES"}), _silent_deals_not_cancelled),
    Bug("a refused cancel is taken for a cancel", frozenset({"MUREX_AGREES"}), _refusal_taken_for_a_cancel),
    Bug("a deadline is consumed while HAWK was away", frozenset({"ABSENCE_COSTS_NOTHING"}), _absence_counts),
    Bug("healthy means caught up", frozenset({"SILENCE_IS_HEARD"}), _healthy_is_caught_up),
    Bug("timestamps believed", frozenset({"SILENCE_IS_HEARD"}), _stamps_are_believed),
    Bug("a slot that leaks", frozenset({"SLOTS_COME_BACK"}), _slot_leaks),
    Bug("slots are not counted", frozenset({"WORK_IS_BOUNDED"}), _slots_not_counted),
    Bug("an expired grant is accepted", frozenset({"VALID_GRANT"}), _expired_grant),
    Bug("the grant's digest is not compared", frozenset({"VALID_GRANT"}), _digest_not_compared),
    Bug("the last operation is not undone", frozenset({"ALL_OR_NOTHING"}), _half_undone),
    Bug("a declined deal starts no compensation", frozenset({"EVERY_WORKFLOW_ENDS"}), _never_compensates),
    Bug("attempts have no limit", frozenset({"ATTEMPTS_BOUNDED"}), _unlimited_attempts),
    Bug("dashboards are not told of the undoing", frozenset({"PROGRESS_LISTED"}), _undoing_not_told),
    Bug("the stop switch is forgotten while deals are out", frozenset({"STOP_IS_KEPT", "NOTHING_BEGINS_UNREAD"}),
        _stop_forgotten),
    Bug("delegator and delegate count as two", frozenset({"ONE_PERSON_IS_ONE"}), _two_of_one),
    Bug("nobody asks whether a role was given", frozenset({"ROLES_ARE_GIVEN"}), _given_by_nobody),
    Bug("a revoked grant is used", frozenset({"REVOKED_IS_NEVER_USED"}), _revoked_without_a_stream),
    Bug("grants are used while hawk.control is not read", frozenset({"NOTHING_BEGINS_UNREAD"}), _unread_is_no_matter),
)  # fmt: skip
