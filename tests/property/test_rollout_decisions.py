"""Whoever acts in whatever order: two persons stand behind all that HAWK is allowed, one is enough to stop it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

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
from services.approval.rollout.state import Rollout, after_new, rollout_of
from services.approval.two_persons import Actor
from shared.events.base import Event
from shared.events.catalogue import encode
from shared.events.rollout import ExecutionResumed, ExecutionStopped, RolloutTermsSet
from shared.policy.table import APPROVING_ROLES, DEFAULT_POLICY
from tests.support.rollout import DAY, FULL, OBSERVE, limited, opened, opened_state
from tests.support.units import WHEN

ROLES = ("TRADER", "SENIOR_TRADER", "RISK_MANAGER", "OPERATIONS", "VIEWER")
people = st.tuples(st.sampled_from(["ann", "Ann", "bob", "cem"]), st.lists(st.sampled_from(ROLES), max_size=2))
terms = st.sampled_from([FULL, OBSERVE, limited("I"), limited("I", "T"), limited(order="0")])
hours = st.integers(0, 30)
what = st.sampled_from(["propose", "confirm", "stop", "go on", "agree"])
acts = st.lists(st.tuples(what, people, terms, hours, st.booleans()), max_size=25)


def command_of(state: Rollout, act: tuple[str, tuple[str, list[str]], object, int, bool], hour: int) -> RolloutCommand:
    """One person's request; `good` names what was shown, else something older."""
    kind, (name, roles), wanted, _, good = act
    by = Actor(name, tuple(roles), WHEN + timedelta(hours=hour))
    version = state.version if good else max(0, state.version - 1)
    match kind:
        case "propose":
            return ProposeChange(by, wanted, version, "", DAY)  # type: ignore[arg-type]
        case "confirm":
            return ConfirmChange(by, state.change.digest if good and state.change else "sha256:old")
        case "stop":
            return Stop(by, "odd")
        case "go on":
            return ProposeResumption(by, version, "", DAY)
        case _:
            return ConfirmResumption(by, state.resumption.digest if good and state.resumption else "sha256:old")


@given(acts)
def test_two_persons_stand_behind_every_change_and_every_resumption(
    given_acts: list[tuple[str, tuple[str, list[str]], object, int, bool]],
) -> None:
    state, hour, recorded = opened_state(OBSERVE), 0, list[Event]([opened(OBSERVE)])
    for act in given_acts:
        hour += act[3]
        command = command_of(state, act, hour)
        outcome = decide(state, command, DEFAULT_POLICY)
        if isinstance(outcome, Refused):
            assert outcome.reason
            if isinstance(command, Stop):
                assert outcome.fault is Fault.FORBIDDEN
                assert not APPROVING_ROLES & set(command.by.roles)
            continue
        for event in outcome:
            _holds(state, event)
            state = after_new(state, event)
            recorded.append(event)
        if isinstance(command, Stop):
            assert state.stop is not None
    assert rollout_of((event, encode(event)) for event in recorded) == state
    assert state.version == len(recorded)


def _holds(before: Rollout, event: Event) -> None:
    after = after_new(before, event)
    if isinstance(event, RolloutTermsSet | ExecutionResumed):
        first, second = event.proposed_by, event.confirmed_by
        assert first.person.casefold() != second.person.casefold()
        assert {first.role, second.role} <= APPROVING_ROLES
        assert timedelta(0) <= second.at - first.at < DAY
    if isinstance(event, RolloutTermsSet):
        assert "RISK_MANAGER" in {event.proposed_by.role, event.confirmed_by.role}
        assert before.change is not None
        assert event.terms == before.change.terms
        assert after.stop == before.stop
    else:
        assert after.terms == before.terms
    if not isinstance(event, ExecutionStopped | ExecutionResumed):
        assert after.stop == before.stop
    if isinstance(event, ExecutionStopped):
        assert event.stopped_by.role in APPROVING_ROLES
