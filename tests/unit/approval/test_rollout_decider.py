"""Two persons change the rollout, one stops, two resume; whoever comes second has seen what is confirmed."""

from datetime import timedelta

import pytest

from services.approval.requests.decider import Fault, Refused
from services.approval.rollout.commands import (
    ConfirmChange,
    ConfirmResumption,
    ProposeChange,
    ProposeResumption,
    RolloutCommand,
    Stop,
)
from services.approval.rollout.decider import decide
from services.approval.rollout.state import Rollout, after_new
from shared.events.decisions import DecisionName
from shared.events.rollout import (
    ExecutionResumed,
    ExecutionStopped,
    ResumptionProposed,
    RolloutChangeProposed,
    RolloutTerms,
    RolloutTermsSet,
)
from shared.policy.table import DEFAULT_POLICY
from tests.support.rollout import DAY, FULL, OBSERVE, OLGA, RITA, TOM, VIC, actor, limited, opened_state

START = opened_state(OBSERVE)


def given(*commands: RolloutCommand, start: Rollout = START) -> Rollout:
    state = start
    for command in commands:
        events = decide(state, command, DEFAULT_POLICY)
        assert not isinstance(events, Refused), events
        for event in events:
            state = after_new(state, event)
    return state


def refusal(state: Rollout, command: RolloutCommand) -> tuple[Fault, str]:
    outcome = decide(state, command, DEFAULT_POLICY)
    assert isinstance(outcome, Refused), outcome
    return outcome.fault, outcome.code


def propose(terms: RolloutTerms = FULL, by: tuple[str, tuple[str, ...]] = RITA, version: int = 1) -> ProposeChange:
    return ProposeChange(actor(by), terms, version, "go", DAY)


def confirmed(state: Rollout, by: tuple[str, tuple[str, ...]], after: timedelta = timedelta(0)) -> ConfirmChange:
    assert state.change is not None
    return ConfirmChange(actor(by, after=after), state.change.digest)


@pytest.mark.parametrize(("first", "second"), [(RITA, TOM), (TOM, RITA), (RITA, OLGA), (OLGA, RITA)])
def test_terms_come_into_force_when_a_second_person_confirms(
    first: tuple[str, tuple[str, ...]], second: tuple[str, tuple[str, ...]]
) -> None:
    waiting = given(propose(limited("I", "R"), first))
    assert (waiting.terms, waiting.change is not None) == (OBSERVE, True)
    (event,) = decide(waiting, confirmed(waiting, second), DEFAULT_POLICY)  # type: ignore[misc]
    assert isinstance(event, RolloutTermsSet)
    assert (event.proposed_by.person, event.confirmed_by.person) == (first[0], second[0])
    after = after_new(waiting, event)
    assert (after.terms, after.change, after.version) == (limited("I", "R"), None, 3)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (RITA, RITA, "SAME_PERSON"),
        (RITA, ("RITA", ("TRADER",)), "SAME_PERSON"),
        (TOM, OLGA, "ROLE_INSUFFICIENT"),
        (RITA, VIC, "NO_APPROVING_ROLE"),
    ],
)
def test_a_second_person_is_refused_who_adds_nothing(
    first: tuple[str, tuple[str, ...]], second: tuple[str, tuple[str, ...]], code: str
) -> None:
    waiting = given(propose(by=first))
    assert refusal(waiting, confirmed(waiting, second)) == (Fault.FORBIDDEN, code)


def test_a_change_is_refused_when_proposed_without_an_approving_role() -> None:
    assert refusal(START, propose(by=VIC)) == (Fault.FORBIDDEN, "NO_APPROVING_ROLE")


def test_a_change_is_refused_when_another_version_was_shown() -> None:
    assert refusal(given(propose(limited())), propose(version=1)) == (Fault.CONFLICT, "VERSION_CONFLICT")


def test_a_change_is_refused_that_changes_nothing() -> None:
    assert refusal(START, propose(OBSERVE)) == (Fault.CONFLICT, "NOTHING_TO_CHANGE")


@pytest.mark.parametrize(
    "terms",
    [
        RolloutTerms(mode="LIMITED"),
        RolloutTerms(mode="FULL", limits=limited().limits),
        limited("I", "I"),
        limited(order="0"),
        limited(order="70000000"),
        limited(day="60000000.001"),
        limited(day="2000000000000"),
    ],
)
def test_terms_are_refused_that_make_no_sense(terms: RolloutTerms) -> None:
    assert refusal(START, propose(terms)) == (Fault.INVALID, "LIMITS_INVALID")


def test_a_confirmation_is_refused_of_another_proposal_than_the_one_that_waits() -> None:
    shown = given(propose(limited()))
    replaced = given(propose(FULL, version=2), start=shown)
    assert refusal(replaced, confirmed(shown, TOM)) == (Fault.CONFLICT, "DIGEST_MISMATCH")
    assert given(confirmed(replaced, TOM), start=replaced).terms == FULL


def test_a_confirmation_is_refused_when_nothing_waits_or_the_time_is_over() -> None:
    waiting = given(propose())
    assert refusal(START, ConfirmChange(actor(TOM), "sha256:x")) == (Fault.CONFLICT, "NOTHING_PROPOSED")
    assert refusal(waiting, confirmed(waiting, TOM, after=DAY)) == (Fault.CONFLICT, "EXPIRED")
    done = given(confirmed(waiting, TOM), start=waiting)
    assert refusal(done, confirmed(waiting, OLGA)) == (Fault.CONFLICT, "NOTHING_PROPOSED")


def test_two_proposals_of_the_same_terms_have_different_digests() -> None:
    first = given(propose())
    second = given(propose(version=2), start=first)
    assert first.change is not None
    assert second.change is not None
    assert first.change.digest != second.change.digest


@pytest.mark.parametrize("who", [RITA, TOM, OLGA])
def test_one_person_with_an_approving_role_stops(who: tuple[str, tuple[str, ...]]) -> None:
    (event,) = decide(START, Stop(actor(who), "odd"), DEFAULT_POLICY)  # type: ignore[misc]
    assert isinstance(event, ExecutionStopped)
    assert event.stopped_by.person == who[0]


def test_a_stop_is_refused_without_an_approving_role_and_does_nothing_when_it_holds_already() -> None:
    assert refusal(START, Stop(actor(VIC), "odd")) == (Fault.FORBIDDEN, "NO_APPROVING_ROLE")
    stopped = given(Stop(actor(TOM), "odd"))
    assert decide(stopped, Stop(actor(OLGA), "again", stopped.decided), DEFAULT_POLICY) == ()


@pytest.mark.parametrize("kept", [None, START.decided])
def test_a_stop_is_thrown_again_that_the_executor_does_not_keep_to(kept: DecisionName | None) -> None:
    stopped = given(Stop(actor(TOM), "odd"))
    (event,) = decide(stopped, Stop(actor(OLGA), "again", kept), DEFAULT_POLICY)  # type: ignore[misc]
    assert isinstance(event, ExecutionStopped)
    assert (event.follows, event.terms) == (stopped.decided, OBSERVE)


def test_every_decision_names_the_one_before_it() -> None:
    state, before = START, [START.decided]
    for command_of in (lambda _: propose(), lambda state: confirmed(state, TOM), lambda _: Stop(actor(TOM), "odd")):
        for event in decide(state, command_of(state), DEFAULT_POLICY):  # type: ignore[union-attr, no-untyped-call]
            if not isinstance(event, RolloutChangeProposed):
                assert event.follows == before[-1]  # type: ignore[attr-defined]
            state = after_new(state, event)  # type: ignore[arg-type]
        if state.decided != before[-1]:
            before.append(state.decided)
    assert [name.version for name in before] == [1, 3, 4]


def test_two_persons_resume_and_the_terms_stay_what_they_were() -> None:
    stopped = given(propose(limited()), Stop(actor(TOM), "odd"))
    waiting = given(ProposeResumption(actor(TOM), stopped.version, "checked", DAY), start=stopped)
    assert waiting.stop is not None
    assert isinstance(waiting.resumption, ResumptionProposed)
    confirm = ConfirmResumption(actor(OLGA), waiting.resumption.digest)
    (event,) = decide(waiting, confirm, DEFAULT_POLICY)  # type: ignore[misc]
    assert isinstance(event, ExecutionResumed)
    after = after_new(waiting, event)
    assert (after.stop, after.terms) == (None, OBSERVE)
    assert isinstance(after.change, RolloutChangeProposed)
    assert refusal(waiting, ConfirmResumption(actor(TOM), waiting.resumption.digest)) == (
        Fault.FORBIDDEN,
        "SAME_PERSON",
    )


def test_a_stop_thrown_while_a_resumption_waits_takes_it_away() -> None:
    stopped = given(Stop(actor(TOM), "odd"))
    waiting = given(ProposeResumption(actor(TOM), stopped.version, "checked", DAY), start=stopped)
    assert waiting.resumption is not None
    again = given(Stop(actor(RITA), "still odd"), start=waiting)
    confirm = ConfirmResumption(actor(OLGA), waiting.resumption.digest)
    assert refusal(again, confirm) == (Fault.CONFLICT, "NOTHING_PROPOSED")
    assert again.stop is not None
    assert again.stop.reason == "still odd"


def test_a_resumption_is_refused_when_nothing_is_stopped_or_a_later_stop_was_not_seen() -> None:
    assert refusal(START, ProposeResumption(actor(TOM), 1, "", DAY)) == (Fault.CONFLICT, "NOT_STOPPED")
    stopped = given(Stop(actor(TOM), "odd"))
    assert refusal(stopped, ProposeResumption(actor(TOM), 0, "", DAY)) == (Fault.CONFLICT, "VERSION_CONFLICT")
