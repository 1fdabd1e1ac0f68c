"""A decision is taken in when it follows the one that is kept; a stop always; after a gap nothing begins."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.rollout.state import Decision, Kept, Taking, fold, take, take_policy
from shared.events.decisions import DecisionName
from shared.events.policy import PolicyTakenIn
from shared.events.rollout import ExecutionStopped, RolloutTakenIn
from shared.policy.table import STRICT_POLICY
from tests.support.policies import person, policy_changed
from tests.support.rollout import FULL, OBSERVE, OPENED, limited, named, opened, policy_set, resumed, stopped, terms_set
from tests.support.units import WHEN


class Taker:
    """Takes decisions in, one after the other, as the handler does."""

    def __init__(self, *decisions: tuple[Decision, int]) -> None:
        self.noted: list[RolloutTakenIn] = []
        self.refused: list[str] = []
        for decision, version in ((opened(), 1), *decisions):
            self.take(decision, version)

    def take(self, decision: Decision, version: int) -> Taking:
        taking = take(fold(self.noted), decision, named(decision, version), WHEN)
        if isinstance(taking.note, RolloutTakenIn):
            self.noted.append(taking.note)
        if taking.refusal is not None:
            self.refused.append(taking.refusal)
        return taking

    @property
    def kept(self) -> RolloutTakenIn:
        return self.noted[-1]

    @property
    def stands(self) -> tuple[Any, ...]:
        doubted = None if self.kept.doubted is None else self.kept.doubted.version
        version = None if self.kept.decision is None else self.kept.decision.version
        return version, self.kept.terms, self.kept.stopped, doubted


NARROW, STOP = terms_set(OBSERVE), stopped()


def test_terms_and_a_resumption_are_refused_that_do_not_follow_what_is_kept() -> None:
    taker = Taker((NARROW, 2))
    assert taker.take(terms_set(FULL, OPENED), 3).refusal is not None
    assert taker.stands == (2, OBSERVE, False, 3)
    stop = stopped(follows=named(NARROW, 2), terms=OBSERVE)
    taker.take(stop, 4)
    assert taker.take(resumed(named(STOP, 2)), 5).refusal is not None
    assert taker.stands == (4, OBSERVE, True, 5)


def test_a_stop_is_taken_in_whatever_came_before_and_says_the_terms() -> None:
    forged = terms_set(FULL)
    taker = Taker((forged, 99))
    stop = stopped(follows=named(NARROW, 2), terms=OBSERVE)
    taker.take(stop, 3)
    assert taker.stands == (99, FULL, True, None)
    assert taker.take(resumed(named(stop, 3)), 4).refusal is not None
    assert taker.stands == (99, FULL, True, None), "nothing earlier lets HAWK go on"
    late = stopped(follows=named(NARROW, 2), terms=OBSERVE)
    taker.take(late, 100)
    assert taker.stands == (100, OBSERVE, True, None)


def test_an_old_stop_that_comes_late_stops_and_its_resumption_does_not_let_anything_go_on() -> None:
    old, first = stopped(), stopped(follows=named(NARROW, 2), terms=OBSERVE)
    taker = Taker((first, 4), (resumed(named(first, 4)), 5))
    taker.take(old, 2)
    assert taker.stands == (5, OBSERVE, True, None)
    assert taker.take(resumed(named(old, 2)), 3).refusal is not None
    assert taker.stands == (5, OBSERVE, True, None)
    again = stopped(follows=taker.kept.decision or OPENED, terms=OBSERVE)
    taker.take(again, 6)
    taker.take(resumed(named(again, 6)), 7)
    assert taker.stands == (7, OBSERVE, False, None), "stop and resume bring it back"


def test_a_lost_narrowing_is_not_undone_by_a_stop_and_a_resumption() -> None:
    taker = Taker()
    stop = stopped(follows=named(NARROW, 2), terms=OBSERVE)
    taker.take(stop, 3)
    taker.take(resumed(named(stop, 3)), 4)
    assert taker.stands == (4, OBSERVE, False, None)


def test_the_lost_decision_ends_the_doubt_when_it_comes_after_all() -> None:
    wide = terms_set(FULL, named(NARROW, 2))
    taker = Taker()
    assert taker.take(wide, 3).refusal is not None
    assert taker.stands == (1, FULL, False, 3)
    taker.take(NARROW, 2)
    assert taker.stands == (2, OBSERVE, False, 3), "the later one is still missing"
    taker.take(wide, 3)
    assert taker.stands == (3, FULL, False, None)


def test_a_decision_that_was_taken_in_is_a_repeat_and_another_one_under_its_version_is_not() -> None:
    taker = Taker((NARROW, 2), (terms_set(FULL, named(NARROW, 2)), 3))
    before = list(taker.noted)
    assert taker.take(NARROW, 2) == Taking()
    assert taker.take(terms_set(limited()), 2).refusal is not None
    assert taker.noted == before, "an earlier version says nothing about what is missing"
    taker.take(STOP, 2)
    assert taker.stands == (3, FULL, True, None), "a stop that was never taken in stops"


def test_the_opening_is_version_one_and_comes_once() -> None:
    assert take(Kept(), opened(), named(opened(), 2), WHEN).refusal is not None
    assert Taker().take(opened(OBSERVE), 5).refusal is not None
    early = Taker.__new__(Taker)
    early.noted, early.refused = [], []
    early.take(NARROW, 2)
    assert early.stands == (None, None, False, 2)
    early.take(opened(), 1)
    assert early.stands == (1, FULL, False, 2), "the narrowing is known to be missing"


def test_a_stop_before_the_opening_is_kept() -> None:
    note = take(Kept(), STOP, named(STOP, 2), WHEN).note
    assert isinstance(note, RolloutTakenIn)
    assert (note.stopped, note.terms) == (True, FULL)


def test_policies_follow_each_other() -> None:
    first = policy_set()
    name = named(first, 1)
    note = take_policy(Kept(), first, name, WHEN).note
    assert isinstance(note, PolicyTakenIn)
    kept = fold([note])
    assert take_policy(kept, first, name, WHEN) == Taking()
    strict = policy_set(STRICT_POLICY)
    assert take_policy(kept, strict, named(strict, 2), WHEN).refusal is not None
    second = policy_changed(STRICT_POLICY, name)
    assert take_policy(kept, second, named(second, 2), WHEN).note is not None
    assert take_policy(Kept(), first, named(first, 2), WHEN).refusal is not None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"approved_by": (person("rita", "RISK_MANAGER"),)}, "are needed"),
        ({"approved_by": (person("sam", "SENIOR_TRADER"), person("tom", "TRADER"))}, "are needed"),
        ({"approved_by": (person("rita", "RISK_MANAGER"), person("MIRA", "TRADER"))}, "none of them mira"),
        ({"approved_by": (person("rita", "RISK_MANAGER"), person("Rita", "OPERATIONS"))}, "are needed"),
        ({"proposed_by": None}, "nobody proposed it"),
        ({"table": policy_set().table}, "that of an earlier table"),
    ],
)
def test_a_policy_that_too_few_people_decided_is_not_followed_whoever_published_it(
    changes: dict[str, Any], why: str
) -> None:
    first = policy_set()
    name = named(first, 1)
    kept = fold([take_policy(Kept(), first, name, WHEN).note or pytest.fail("not taken in")])
    second = policy_changed(STRICT_POLICY, name).model_copy(update=changes)
    taking = take_policy(kept, second, named(second, 2), WHEN)
    assert taking.note is None
    assert why in (taking.refusal or "")


def _chain(kinds: list[str]) -> list[tuple[Decision, DecisionName]]:
    """Decisions of people, one after the other, as the approval service records them."""
    terms, chain = FULL, [(opened(), OPENED)]
    for kind in kinds:
        before = chain[-1][1]
        decision: Any
        if kind == "stop":
            decision = stopped(follows=before, terms=terms)
        elif kind == "resume":
            decision = resumed(before)
        else:
            terms = OBSERVE if kind == "narrow" else FULL
            decision = terms_set(terms, before)
        chain.append((decision, named(decision, before.version + 1)))
    return chain  # type: ignore[return-value]


@given(
    kinds=st.lists(st.sampled_from(["stop", "resume", "narrow", "widen"]), max_size=8),
    order=st.data(),
)
def test_whatever_is_lost_or_comes_late_only_what_people_decided_last_ever_lets_anything_begin(
    kinds: list[str], order: st.DataObject
) -> None:
    """In any order and with any losses: HAWK works under terms only when they are those after the decision it keeps to,
    and every stop that came as the last message holds."""
    chain = _chain(kinds)
    standing, terms, stops = {}, FULL, False
    for decision, name in chain:
        terms = getattr(decision, "terms", terms)
        stops = isinstance(decision, ExecutionStopped) or (stops and type(decision).__name__ != "ExecutionResumed")
        standing[name.version] = (terms, stops)
    arriving = order.draw(st.permutations(chain))[: order.draw(st.integers(0, len(chain)))]
    noted: list[RolloutTakenIn] = []
    for decision, name in arriving:
        note = take(fold(noted), decision, name, WHEN).note
        if isinstance(note, RolloutTakenIn):
            noted.append(note)
            if isinstance(decision, ExecutionStopped):
                assert note.stopped
    last = noted[-1] if noted else None
    if last is not None and last.decision is not None and not last.stopped and last.doubted is None:
        assert (last.terms, False) == standing[last.decision.version]
        assert last.decision.version == max(name.version for _, name in arriving), "nothing later is known of"


@pytest.mark.parametrize("version", [0, 2**53, 10**20])
def test_no_decision_has_a_version_that_readers_of_json_would_disagree_on(version: int) -> None:
    with pytest.raises(ValueError, match="version"):
        named(STOP, version)
